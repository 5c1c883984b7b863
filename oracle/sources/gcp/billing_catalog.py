"""Google Cloud's billing catalog: list prices on demand and as spot, for whoever has an API key.

The catalog is one list of tens of thousands of items for all regions, of which page after page is read and only the
parts of machines in the regions that are wanted are kept. Its times say when it was read and not since when a price
holds (knowledge.py remembers that).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from oracle.foundation.own_thread import in_thread
from oracle.market import Offering, OperatingSystem
from oracle.sources.asking import note_garbled
from oracle.sources.gcp.catalog_items import (
    PAGE_ITEMS,
    PATH,
    CatalogItem,
    CatalogPage,
    Part,
    PartPrices,
    Shape,
    read_parts,
)
from oracle.sources.live import LiveAnswer, PriceClaim, Service
from oracle.sources.products import find_askable
from oracle.sources.web.client import Question, WebClient
from oracle.sources.web.decoding import decode, decode_each
from oracle.sources.web.paging import Page, read_pages

#: List prices change once a month.
REFRESH_S, LIFE_S = 6 * 3600.0, 86_400.0


class GcpBillingCatalog:
    """A LiveSource over the catalog. A licence for Windows is billed beside: only machines with Linux have a price."""

    def __init__(
        self, web: WebClient, url: str, read_key: Callable[[], str], shapes: Mapping[str, Shape]
    ) -> None:
        """Ask at `url`.

        Args:
            read_key: reads the API key anew before each question; may block, and raises SourceUnavailable.
            shapes: machine type -> what it is made of.
        """
        self._web = web
        self._url = f"{url.rstrip('/')}{PATH}"
        self._read_key = read_key
        self._shapes = shapes
        self._host = Question(url).host
        self.service = Service("Google Cloud billing catalog", "gcp", (self._host,), REFRESH_S)

    async def ask(self, offerings: frozenset[Offering], now: float) -> LiveAnswer:
        """Read the catalog for the regions that are wanted. Raises: SourceUnavailable."""
        askable, unaskable = find_askable(offerings)
        linux = [one for one in askable if one.system is OperatingSystem.LINUX]
        wanted = {place for one in linux for place in (one.of_region, one.on_demand)}
        # Not in the address, which would stand in the logs of proxies.
        header = {"X-Goog-Api-Key": await in_thread(self._read_key)}
        parts, garbled = await self._read(frozenset(one.region for one in wanted), header, now)
        prices = dict(self._price(wanted, PartPrices(parts)))
        return LiveAnswer(now, LIFE_S, prices, problems=(*note_garbled(self._host, garbled), *unaskable))

    def _price(self, wanted: set[Offering], parts: PartPrices) -> Iterator[tuple[Offering, PriceClaim]]:
        for one in wanted:
            shape = self._shapes.get(one.instance_type)
            price = None if shape is None else parts.find_price(shape, one.region, one.capacity_type)
            if price is not None:
                yield one, PriceClaim(price)

    async def _read(
        self, regions: frozenset[str], header: Mapping[str, str], now: float
    ) -> tuple[tuple[tuple[Part, Decimal], ...], int]:
        """Return the parts of machines in some regions with their prices, and how many items are garbled."""
        garbled = 0

        async def fetch(token: str | None) -> Page[tuple[Part, Decimal]]:
            nonlocal garbled
            page_token = (("pageToken", token),) if token else ()
            params = (("currencyCode", "USD"), ("pageSize", str(PAGE_ITEMS)), *page_token)
            answer = await self._web.ask(Question(self._url, params, header))
            # Thousands of items: read in a thread, so that nothing else waits for them.
            page, bad = await in_thread(_read_page, answer.body, self._host, regions, now)
            garbled += bad
            return page

        return await read_pages(self._host, fetch), garbled


def _read_page(
    body: bytes, host: str, regions: frozenset[str], now: float
) -> tuple[Page[tuple[Part, Decimal]], int]:
    """Return the parts on one page, and how many of its items are garbled. Raises: SourceUnavailable."""
    page = decode(body, CatalogPage, host)
    items, garbled = decode_each(page.skus, CatalogItem)
    return Page(tuple(read_parts(items, regions, now)), page.next_page_token), garbled
