"""Azure's Resource Graph: spot prices of the last 90 days and eviction rates, for whoever has an account.

A price of it and one of the public list that differ by more than a third put the machine in doubt (knowledge.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import msgspec

from oracle.market import Offering
from oracle.sources.asking import ask_each, note_garbled
from oracle.sources.azure.graph_rows import (
    API_VERSION,
    MAX_NAMES,
    PATH,
    EvictionRow,
    GraphPage,
    PriceRow,
    build_eviction_question,
    build_price_question,
    read_eviction_rates,
    read_price_changes,
)
from oracle.sources.live import LiveAnswer, PriceClaim, Service
from oracle.sources.login import Login
from oracle.sources.products import find_askable, find_place, find_product, list_spot
from oracle.sources.web.client import Question, WebClient
from oracle.sources.web.decoding import decode, decode_each
from oracle.sources.web.paging import Page, read_pages

#: Its prices are of days, its rates of weeks.
REFRESH_S, LIFE_S = 3600.0, 3 * 3600.0

Row: TypeAlias = PriceRow | EvictionRow


class _Batch(NamedTuple):
    """One question: for what, and about which regions and machines."""

    build: Callable[[Sequence[str], Sequence[str], str | None], dict[str, Any]]
    shape: type[Row]
    regions: Sequence[str]
    machines: Sequence[str]


class AzureResourceGraph:
    """A LiveSource over the Resource Graph."""

    def __init__(self, web: WebClient, url: str, login: Login) -> None:
        """`url` is the address of the Resource Manager."""
        self._web = web
        self._url = f"{url.rstrip('/')}{PATH}"
        self._login = login
        self._host = Question(url).host
        self.service = Service("Azure Resource Graph", "azure", (self._host, *login.hosts), REFRESH_S)

    async def ask(self, offerings: frozenset[Offering], now: float) -> LiveAnswer:
        """Ask for prices and rates of all spot machines that are wanted. Raises: SourceUnavailable."""
        askable, unaskable = find_askable(offerings)
        wanted = list_spot(askable)
        header = await self._login.authorize()
        batches = tuple(_make_batches(wanted))
        answers, failures = await ask_each(batches, lambda batch: self._read(batch, header))
        rows = [row for found, _ in answers for row in found]
        changes = read_price_changes((row for row in rows if isinstance(row, PriceRow)), now)
        rates = read_eviction_rates(row for row in rows if isinstance(row, EvictionRow))
        past = {one: changes[product] for one in wanted if (product := find_product(one)) in changes}
        garbage = note_garbled(self._host, sum(bad for _, bad in answers))
        return LiveAnswer(
            now,
            LIFE_S,
            {
                one: PriceClaim(points[-1].usd_per_hour, points[-1].observed_at)
                for one, points in past.items()
            },
            {one: rates[find_place(one)] for one in wanted if find_place(one) in rates},
            past=past,
            problems=(*failures, *garbage, *unaskable),
        )

    async def _read(self, batch: _Batch, header: Mapping[str, str]) -> tuple[tuple[Row, ...], int]:
        """Return the rows that answer one question, and how many are garbled."""
        garbled = 0

        async def fetch(token: str | None) -> Page[Row]:
            nonlocal garbled
            body = msgspec.json.encode(batch.build(batch.regions, batch.machines, token))
            params = (("api-version", API_VERSION),)
            answer = await self._web.ask(Question(self._url, params, header, body))
            page = decode(answer.body, GraphPage, self._host)
            rows, bad = decode_each(page.data, batch.shape)
            garbled += bad
            return Page(rows, page.skip_token)

        return await read_pages(self._host, fetch), garbled


def _make_batches(wanted: Collection[Offering]) -> Iterator[_Batch]:
    regions = sorted({one.region for one in wanted})
    machines = sorted({one.instance_type for one in wanted})
    for first in range(0, len(regions), MAX_NAMES):
        for at in range(0, len(machines), MAX_NAMES):
            names = (regions[first : first + MAX_NAMES], machines[at : at + MAX_NAMES])
            yield _Batch(build_price_question, PriceRow, *names)
            yield _Batch(build_eviction_question, EvictionRow, *names)
