"""Azure's public price list: what machines cost as spot and on demand, without an account.

It is asked for one region after the other, all machines of it. The list has said a sixth of a spot price for weeks
(azure-docs#72349): a spot price that is dearer than on demand, or cheaper than Azure's own largest discount allows, is
not used. A machine that is missing from one answer is not withdrawn by that (azure-rest-api-specs#13858): what was said
before holds until its deadline.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from oracle.foundation.reason import Reason
from oracle.market import CapacityType, Offering
from oracle.reasons import OracleCode
from oracle.sources.asking import ask_each, note_garbled
from oracle.sources.azure.retail_items import (
    RetailItem,
    RetailPage,
    RetailPrices,
    build_question,
    find_next_skip,
    read_prices,
)
from oracle.sources.live import LiveAnswer, PriceClaim, Service
from oracle.sources.products import find_askable, find_product
from oracle.sources.web.client import Question, WebClient
from oracle.sources.web.decoding import decode, decode_each
from oracle.sources.web.paging import Page, read_pages

#: Azure promises discounts "of up to 90 %"; what is cheaper is a wrong machine or a wrong unit.
MIN_SHARE_OF_ON_DEMAND = Decimal("0.1")


class AzureRetailPrices:
    """A LiveSource over the list."""

    def __init__(self, web: WebClient, url: str, refresh_s: float, life_s: float) -> None:
        self._web = web
        self._url = url
        self._life_s = life_s
        self._host = Question(url).host
        self.service = Service("Azure Retail Prices", "azure", (self._host,), refresh_s)

    async def ask(self, offerings: frozenset[Offering], now: float) -> LiveAnswer:
        """Read the list of each region; one that fails is a problem of its region. Raises: SourceUnavailable."""
        wanted, unaskable = find_askable(offerings)
        by_region: dict[str, set[Offering]] = {}
        for one in wanted:
            by_region.setdefault(one.region.lower(), set()).update((one.of_region, one.on_demand))

        async def ask_region(region: str) -> tuple[RetailPrices, int]:
            machines = {one.instance_type.lower() for one in by_region[region]}
            items, garbled = await self._read_region(region, machines)
            return read_prices(items, now), garbled

        answers, problems = await ask_each(sorted(by_region), ask_region)
        told = [prices for prices, _ in answers]
        prices, doubts = self._choose(told, frozenset().union(*by_region.values()))
        garbage = note_garbled(self._host, sum(garbled for _, garbled in answers))
        return LiveAnswer(now, self._life_s, prices, problems=(*problems, *garbage, *doubts, *unaskable))

    async def _read_region(self, region: str, machines: set[str]) -> tuple[tuple[RetailItem, ...], int]:
        """Return the items about some machines of a region, and how many items are garbled."""
        garbled = 0

        async def fetch(token: str | None) -> Page[RetailItem]:
            nonlocal garbled
            skip = int(token or 0)
            answer = await self._web.ask(Question(self._url, build_question(region, skip)))
            page = decode(answer.body, RetailPage, self._host)
            items, bad = decode_each(page.Items, RetailItem)
            garbled += bad
            next_skip = find_next_skip(page.NextPageLink, skip + len(page.Items), len(page.Items))
            kept = tuple(item for item in items if item.arm_sku_name.lower() in machines)
            return Page(kept, None if next_skip is None else str(next_skip))

        return await read_pages(self._host, fetch), garbled

    def _choose(
        self, answers: Iterable[RetailPrices], wanted: Iterable[Offering]
    ) -> tuple[Mapping[Offering, PriceClaim], tuple[Reason, ...]]:
        """Return the believable prices of what is wanted, and what is not believed."""
        known = {product: claim for answer in answers for product, claim in answer.prices.items()}
        ambiguous = frozenset(product for answer in answers for product in answer.ambiguous)
        chosen = {one: known[product] for one in wanted if (product := find_product(one)) in known}
        implausible = [one for one, claim in chosen.items() if not _is_plausible(one, claim, chosen)]
        doubts = (
            (OracleCode.LIST_CONTRADICTS_ITSELF, [one for one in wanted if find_product(one) in ambiguous]),
            (OracleCode.SPOT_IMPLAUSIBLE, implausible),
        )
        believed = {one: claim for one, claim in chosen.items() if one not in implausible}
        return believed, tuple(self._describe(doubts))

    def _describe(self, doubts: Iterable[tuple[OracleCode, list[Offering]]]) -> Iterator[Reason]:
        for code, offerings in doubts:
            if offerings:
                yield code.because(host=self._host, offerings=tuple(sorted(map(str, offerings))))


def _is_plausible(offering: Offering, claim: PriceClaim, prices: Mapping[Offering, PriceClaim]) -> bool:
    """Whether a spot price fits the on-demand price of the same list; all do where that is unknown."""
    if offering.capacity_type is CapacityType.ON_DEMAND or offering.on_demand not in prices:
        return True
    on_demand = prices[offering.on_demand].usd_per_hour
    return MIN_SHARE_OF_ON_DEMAND * on_demand <= claim.usd_per_hour <= on_demand
