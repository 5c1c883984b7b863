"""The file of the Spot Advisor of AWS: how often each machine was taken away within the last month, without an account.

It has five bands, and says of what they reach. Its own savings are not used: they are whole percents of a price that it
does not name.

Source: https://spot-bid-advisor.s3.amazonaws.com/spot-advisor-data.json, as the page of the Spot Advisor and public
clients read it.
"""

from __future__ import annotations

from collections.abc import Set

import msgspec

from oracle.market import Offering, OperatingSystem
from oracle.signals import Interruption
from oracle.sources.aws.regions import PROVIDER
from oracle.sources.live import LiveAnswer, Service
from oracle.sources.products import list_spot
from oracle.sources.web.client import Question, WebClient
from oracle.sources.web.decoding import decode, decode_each, garbled

#: AWS makes it anew a few times a day; what it says is of a month.
REFRESH_S, LIFE_S = 6 * 3600.0, 86_400.0
#: Of which the shares are: "the last month".
PERIOD_S = 30 * 86_400.0
#: The file takes half a megabyte.
MAX_BYTES = 16 * 1024 * 1024
#: Band -> from and to which share, and the file's own words for it. A file with other words has other bands.
_BANDS = (
    (0.0, 0.05, "<5%"),
    (0.05, 0.10, "5-10%"),
    (0.10, 0.15, "10-15%"),
    (0.15, 0.20, "15-20%"),
    (0.20, 1.0, ">20%"),
)
_SYSTEMS = {OperatingSystem.LINUX: "Linux", OperatingSystem.WINDOWS: "Windows"}


class _Range(msgspec.Struct):
    index: int
    label: str


class _Machine(msgspec.Struct):
    band: int = msgspec.field(name="r")


class _Advice(msgspec.Struct):
    ranges: list[_Range]
    by_region: dict[str, dict[str, dict[str, msgspec.Raw]]] = msgspec.field(name="spot_advisor")


class AwsSpotAdvisor:
    """A LiveSource over the file. It says no price."""

    def __init__(self, web: WebClient, url: str) -> None:
        self._web = web
        self._question = Question(url, max_bytes=MAX_BYTES)
        self.service = Service("AWS Spot Advisor", PROVIDER, (self._question.host,), REFRESH_S)

    async def ask(self, offerings: frozenset[Offering], now: float) -> LiveAnswer:
        """Raises: SourceUnavailable."""
        answer = await self._web.ask(self._question)
        found = parse_advice(answer.body, self._question.host, list_spot(offerings))
        return LiveAnswer(now, LIFE_S, interruptions=found)


def parse_advice(body: bytes, host: str, wanted: Set[Offering]) -> dict[Offering, Interruption]:
    """Return how often the machines that are wanted were taken away, as far as the file says it.

    Raises: SourceUnavailable where it is not what is documented, or its bands are others.
    """
    advice = decode(body, _Advice, host)
    labels = {one.index: one.label.replace(" ", "") for one in advice.ranges}
    if labels != {index: label for index, (_, _, label) in enumerate(_BANDS)}:
        raise garbled(host, "its bands of interruption are not the five that are documented")
    found = ((offering, _find_band(advice, offering)) for offering in wanted)
    return {offering: _to_interruption(band) for offering, band in found if band is not None}


def _find_band(advice: _Advice, offering: Offering) -> int | None:
    raw = (
        advice.by_region.get(offering.region, {})
        .get(_SYSTEMS[offering.system], {})
        .get(offering.instance_type)
    )
    machines, _ = decode_each(() if raw is None else (raw,), _Machine)
    return machines[0].band if machines and 0 <= machines[0].band < len(_BANDS) else None


def _to_interruption(band: int) -> Interruption:
    at_least, at_most, label = _BANDS[band]
    return Interruption(at_least, at_most, PERIOD_S, f"{label.replace('%', ' %')} in the last month")
