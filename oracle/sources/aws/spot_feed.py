"""The public spot feed of AWS: one price for each machine of a region, without an account.

A script that calls a function with one object (JSONP); the object alone is read, and nothing is run. It has no time, so
that its prices count from the moment at which it was asked for, and it knows no zones.

Source: http://spot-price.s3.amazonaws.com/spot.js, as the price page of AWS and public clients read it. Taken over
HTTPS only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from decimal import Decimal, InvalidOperation

import msgspec

from oracle.foundation.reason import Reason
from oracle.market import CapacityType, Offering, OperatingSystem
from oracle.sources.asking import note_garbled
from oracle.sources.aws.regions import PROVIDER, find_region
from oracle.sources.live import LiveAnswer, PriceClaim, Service
from oracle.sources.products import list_spot
from oracle.sources.web.client import Question, WebClient
from oracle.sources.web.decoding import decode, decode_each, garbled

#: The call around the object. What stands before it is a comment with the licence. No space could belong to two of its
#: parts: an answer of spaces would be tried in all ways, and nothing else would run meanwhile.
_CALL = re.compile(rb"\A\s*(?:/\*.*?\*/\s*)?callback\s*\(\s*(\{.*\})\s*\)\s*(?:;\s*)?\Z", re.DOTALL)
#: The feed takes three megabytes.
MAX_BYTES = 32 * 1024 * 1024
_SYSTEMS = {"linux": OperatingSystem.LINUX, "mswin": OperatingSystem.WINDOWS}


class _Column(msgspec.Struct):
    name: str
    prices: dict[str, str]


class _Size(msgspec.Struct):
    size: str
    columns: list[_Column] = msgspec.field(name="valueColumns")


class _Family(msgspec.Struct):
    sizes: list[msgspec.Raw]


class _Region(msgspec.Struct):
    region: str
    families: list[_Family] = msgspec.field(name="instanceTypes")


class _Config(msgspec.Struct):
    rate: str
    currencies: list[str]
    regions: list[_Region]


class _Feed(msgspec.Struct):
    config: _Config


class AwsSpotFeed:
    """A LiveSource over the feed."""

    def __init__(self, web: WebClient, url: str, refresh_s: float, life_s: float) -> None:
        self._web = web
        self._question = Question(url, max_bytes=MAX_BYTES)
        self._life_s = life_s
        self.service = Service("AWS spot feed", PROVIDER, (self._question.host,), refresh_s)

    async def ask(self, offerings: frozenset[Offering], now: float) -> LiveAnswer:
        """Raises: SourceUnavailable."""
        answer = await self._web.ask(self._question)
        prices, problems = parse_feed(answer.body, self._question.host, list_spot(offerings))
        return LiveAnswer(now, self._life_s, prices, problems=problems)


def parse_feed(
    body: bytes, host: str, wanted: Set[Offering]
) -> tuple[dict[Offering, PriceClaim], tuple[Reason, ...]]:
    """Return what the feed says of the offerings that are wanted, and what of it is garbled.

    Raises: SourceUnavailable where the whole is not what is documented, is not per hour or not in USD.
    """
    call = _CALL.match(body)
    if call is None:
        raise garbled(host, "no call of a function with one object")
    config = decode(call[1], _Feed, host).config
    if config.rate != "perhr" or "USD" not in config.currencies:
        raise garbled(host, f"prices {config.rate} in {', '.join(config.currencies)}")
    places = {(offering.region, offering.instance_type) for offering in wanted}
    prices: dict[Offering, PriceClaim] = {}
    count = 0
    wanted_regions = {offering.region for offering in wanted}
    for region in config.regions:
        for family in region.families if find_region(region.region) in wanted_regions else ():
            sizes, bad = decode_each(family.sizes, _Size)
            count += bad
            for size in sizes:
                if (find_region(region.region), size.size) in places:
                    prices |= _read_size(find_region(region.region), size)
    found = {offering: claim for offering, claim in prices.items() if offering in wanted}
    return found, note_garbled(host, count)


def _read_size(region: str, size: _Size) -> Iterator[tuple[Offering, PriceClaim]]:
    """Yield the prices of one machine; one that is not sold ("N/A*") has none."""
    for column in size.columns:
        system, text = _SYSTEMS.get(column.name), column.prices.get("USD", "")
        if system is None or (price := _parse_price(text)) is None:
            continue
        yield Offering(PROVIDER, region, size.size, CapacityType.SPOT, system=system), PriceClaim(price)


def _parse_price(text: str) -> Decimal | None:
    try:
        return Decimal(text) if text[:1].isdigit() and len(text) < 32 else None
    except InvalidOperation:
        return None
