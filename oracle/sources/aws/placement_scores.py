"""How likely AWS has spot machines in a region: GetSpotPlacementScores, with the credentials that a person named.

AWS scores a request for some machines of any of several types, 1 to 10, and gives no fair score for fewer than three
types; so all types that are wanted are asked about together, in all regions. Few new requests are allowed a day: as
long as the same types are wanted it is the same request, and another one costs a part of a budget of our own.
"""

from __future__ import annotations

from typing import Any

from oracle.errors import SourceUnavailable
from oracle.foundation.clocks import Clocks
from oracle.market import Offering
from oracle.reasons import OracleCode
from oracle.signals import Obtainability
from oracle.sources.aws.api import Ec2Api
from oracle.sources.aws.regions import PROVIDER
from oracle.sources.live import LiveAnswer, Service
from oracle.sources.products import list_spot
from oracle.sources.web.decoding import garbled
from oracle.sources.web.paging import Page, read_pages

#: Scores change within hours; a price is acted on with one of the same half-day.
REFRESH_S, LIFE_S = 3600.0, 4 * 3600.0
#: Fewest types for a fair score, and most that are asked about at once. Source: the user guide of EC2.
MIN_TYPES, MAX_TYPES = 3, 200
#: For how many machines room is asked. Arbitrary: a wave of a large workload.
MACHINES = 10
#: Regions of one question.
MAX_REGIONS = 10
BEST_SCORE = 10
#: New requests of a day. Arbitrary and below what AWS allows, which it does not say.
MAX_REQUESTS, DAY_S = 5, 86_400.0


class RequestBudget:
    """Says which requests may be made: each that was made within a day, and a few new ones. Pure."""

    def __init__(self, limit: int = MAX_REQUESTS) -> None:
        self._limit = limit
        self._made: dict[tuple[str, ...], float] = {}

    def find_wait(self, request: tuple[str, ...], now: float) -> float:
        """Return for how many seconds a request has to wait; 0: it may be made now, and is noted."""
        self._made = {one: at for one, at in self._made.items() if now - at < DAY_S}
        if request not in self._made and len(self._made) >= self._limit:
            return min(self._made.values()) + DAY_S - now
        self._made.setdefault(request, now)
        return 0.0


class AwsPlacementScores:
    """A LiveSource over the scores. It says no price."""

    def __init__(self, api: Ec2Api, clocks: Clocks) -> None:
        self._api = api
        self._clocks = clocks
        self._budget = RequestBudget()
        self.service = Service("AWS placement scores", PROVIDER, (api.find_host("REGION"),), REFRESH_S)

    async def ask(self, offerings: frozenset[Offering], now: float) -> LiveAnswer:
        """Raises: SourceUnavailable, also where the budget of the day is spent."""
        wanted = list_spot(offerings)
        types = tuple(sorted({one.instance_type for one in wanted})[:MAX_TYPES])
        if len(types) < MIN_TYPES:
            few = OracleCode.SCORES_NEED_TYPES.because(found=len(types), needed=MIN_TYPES)
            return LiveAnswer(now, LIFE_S, problems=(few,))
        if wait_s := self._budget.find_wait(types, self._clocks.counting()):
            raise SourceUnavailable(
                OracleCode.SCORES_SPENT.because(limit=MAX_REQUESTS, wait_s=wait_s), wait_s
            )
        scores = await self._ask_all(sorted({one.region for one in wanted}), types)
        found = {
            one: Obtainability(
                score / BEST_SCORE, f"{score} of {BEST_SCORE} for {MACHINES} of {len(types)} types"
            )
            for one in wanted
            if (score := scores.get(one.region)) is not None and one.instance_type in types
        }
        return LiveAnswer(now, LIFE_S, obtainabilities=found)

    async def _ask_all(self, regions: list[str], types: tuple[str, ...]) -> dict[str, int]:
        scores: dict[str, int] = {}
        for start in range(0, len(regions), MAX_REGIONS):
            scores |= await self._ask_some(regions[start : start + MAX_REGIONS], types)
        return scores

    async def _ask_some(self, regions: list[str], types: tuple[str, ...]) -> dict[str, int]:
        asked, host = regions[0], self._api.find_host(regions[0])
        parameters = {
            "InstanceTypes": list(types),
            "TargetCapacity": MACHINES,
            "TargetCapacityUnitType": "units",
            "SingleAvailabilityZone": False,
            "RegionNames": regions,
        }

        async def fetch(token: str | None) -> Page[Any]:
            more = {} if token is None else {"NextToken": token}
            answer = await self._api.ask(asked, "get_spot_placement_scores", {**parameters, **more})
            records = answer.get("SpotPlacementScores")
            if not isinstance(records, list):
                raise garbled(host, "no list of scores")
            return Page(tuple(records), answer.get("NextToken"))

        return read_scores(await read_pages(host, fetch))


def read_scores(records: tuple[Any, ...]) -> dict[str, int]:
    """Return region -> score; what is no score from 1 to 10 of a region is left out."""
    scores = {}
    for record in records:
        region, score = record.get("Region"), record.get("Score")
        if isinstance(region, str) and isinstance(score, int) and 1 <= score <= BEST_SCORE:
            scores[region] = score
    return scores
