"""Spot prices of AWS by zone, with their past: DescribeSpotPriceHistory, with the credentials that a person named.

All zones of a region are asked about at once, machine types as filters: named as `InstanceTypes`, one that AWS does not
know would make it refuse the whole question. The last day is asked for each time, because a chart reaches back as far,
and AWS keeps ninety days; of a pool it has two or three changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from oracle.market import Offering
from oracle.price_history import SPAN_S, PricePoint
from oracle.sources.asking import note_garbled
from oracle.sources.aws.api import Ec2Api
from oracle.sources.aws.by_region import ask_regions
from oracle.sources.aws.regions import PROVIDER, list_spot_by_zone
from oracle.sources.aws.spot_records import SYSTEMS, collect_series, find_past, find_prices
from oracle.sources.live import LiveAnswer, PriceClaim, Service
from oracle.sources.web.decoding import garbled
from oracle.sources.web.paging import Page, read_pages

#: Machine types that one question may name; EC2 takes no more values in a filter.
MAX_TYPES = 200
#: Records of a page; EC2 gives no more.
PAGE_RECORDS = 1000


class AwsSpotHistory:
    """A LiveSource over the history of each region that is wanted."""

    def __init__(self, api: Ec2Api, refresh_s: float, life_s: float) -> None:
        self._api = api
        self._life_s = life_s
        self.service = Service("AWS spot price history", PROVIDER, (api.find_host("REGION"),), refresh_s)

    async def ask(self, offerings: frozenset[Offering], now: float) -> LiveAnswer:
        """Ask about the spot machines that stand in a zone. Raises: SourceUnavailable."""
        prices: dict[Offering, PriceClaim] = {}
        past: dict[Offering, tuple[PricePoint, ...]] = {}
        garbled_records = 0
        wanted = list_spot_by_zone(offerings)
        since = datetime.fromtimestamp(now - SPAN_S, UTC)

        async def ask_region(region: str, there: frozenset[Offering]) -> list[Any]:
            return await self._ask_region(region, there, since)

        answers, problems = await ask_regions(wanted, ask_region)
        for region, records in answers.items():
            series, count = collect_series(region, records, wanted)
            garbled_records += count
            prices |= find_prices(series, now)
            past |= find_past(series, now)
        problems = (*problems, *note_garbled(self.service.hosts[0], garbled_records))
        return LiveAnswer(now, self._life_s, prices, past=past, problems=problems)

    async def _ask_region(self, region: str, wanted: frozenset[Offering], since: datetime) -> list[Any]:
        types = sorted({offering.instance_type for offering in wanted})
        records: list[Any] = []
        for start in range(0, len(types), MAX_TYPES):
            records += await self._read_all(region, types[start : start + MAX_TYPES], since)
        return records

    async def _read_all(self, region: str, types: list[str], since: datetime) -> tuple[Any, ...]:
        host = self._api.find_host(region)
        parameters = {
            "Filters": [
                {"Name": "instance-type", "Values": types},
                {"Name": "product-description", "Values": sorted(SYSTEMS)},
            ],
            "StartTime": since,
            "MaxResults": PAGE_RECORDS,
        }

        async def fetch(token: str | None) -> Page[Any]:
            more = {} if token is None else {"NextToken": token}
            answer = await self._api.ask(region, "describe_spot_price_history", {**parameters, **more})
            return read_page(answer, host)

        return await read_pages(host, fetch)


def read_page(answer: Mapping[str, Any], host: str) -> Page[Any]:
    """Return the records of a page, unread. Raises: SourceUnavailable."""
    records, token = answer.get("SpotPriceHistory"), answer.get("NextToken")
    if not isinstance(records, list) or not isinstance(token, (str, type(None))):
        raise garbled(host, "no list of prices")
    return Page(tuple(records), token)
