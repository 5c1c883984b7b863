"""The public list and the Resource Graph together: what they agree on is a price, and what they do not is in doubt."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from oracle.market import Offering
from oracle.reasons import OracleCode
from oracle.sources.azure.resource_graph import AzureResourceGraph
from oracle.sources.azure.retail_prices import AzureRetailPrices
from oracle.sources.base import Observation
from oracle.sources.composite import LiveMarket
from tests.oracle.fakes import NOON
from tests.oracle.sources.azure.test_graph_rows import make_price_row
from tests.oracle.sources.azure.test_retail_items import REGULAR, make_item
from tests.oracle.sources.local_service import Asked, LocalService, Reply, ask

AMSTERDAM = Offering("azure", "westeurope", "Standard_D4s_v5", zone="westeurope-1")
LONG_AGO = "2020-01-01T00:00:00Z"


def answer_with(listed: str, in_graph: str | None) -> Callable[[Asked], Reply]:
    def answer(asked: Asked) -> Reply:
        if asked.path.endswith("/retail/prices"):
            items = [make_item(retailPrice=listed), make_item(**REGULAR)]
            return Reply({"Items": [{**item, "effectiveStartDate": LONG_AGO} for item in items]})
        is_price = "skuspotpricehistory" in asked.body["query"]
        rows = [make_price_row((in_graph, LONG_AGO))] if is_price and in_graph is not None else []
        return Reply({"data": rows})

    return answer


def make_market(service: LocalService) -> LiveMarket:
    sources = (
        AzureRetailPrices(service.web, f"{service.url}/api/retail/prices", 600.0, 1800.0),
        AzureResourceGraph(service.web, service.url, service.login()),
    )
    return LiveMarket(sources, service.time.clocks)


async def observe(service: LocalService) -> tuple[Observation, tuple[OracleCode, ...], Decimal | None]:
    """Look at the market until both services have answered."""
    market = make_market(service)
    try:
        await market.observe([AMSTERDAM], NOON)
        await market.wait_for_answers()
        (observation,) = await market.observe([AMSTERDAM], service.time.wall_s)
        codes = tuple(notice.code for notice in market.notices)
        return observation, codes, market.on_demand(AMSTERDAM, service.time.wall_s)
    finally:
        await market.aclose()


@pytest.mark.parametrize(
    ("listed", "in_graph", "is_disputed"),
    [
        ("0.0425", "0.0425", False),
        ("0.06", "0.04", False),
        ("0.0601", "0.04", True),
        ("0.03", "0.18", True),
        ("0.0425", None, False),
    ],
    ids=["the same", "a third apart", "more than a third apart", "a sixth", "the graph is empty"],
)
def test_price_is_in_doubt_where_both_differ_by_more_than_a_third(
    tmp_path: Path, listed: str, in_graph: str | None, is_disputed: bool
) -> None:
    observation, codes, on_demand = ask(tmp_path, answer_with(listed, in_graph), observe)
    assert observation.offering == AMSTERDAM
    assert observation.usd_per_hour == Decimal(listed)
    assert (observation.dispute is not None) is is_disputed
    assert (OracleCode.PRICE_DISPUTED in codes) is is_disputed
    assert on_demand == Decimal("0.23")


def test_chart_begins_with_what_the_graph_knows_of_the_past(tmp_path: Path) -> None:
    async def recall(service: LocalService) -> list[tuple[float, Decimal]]:
        market = make_market(service)
        try:
            await market.observe([AMSTERDAM], NOON)
            await market.wait_for_answers()
            points = market.recall(AMSTERDAM, NOON - 86_400, NOON, 60.0)
            return [(point.observed_at, point.usd_per_hour) for point in points]
        finally:
            await market.aclose()

    assert ask(tmp_path, answer_with("0.0425", "0.0425"), recall) == [(NOON - 86_400, Decimal("0.0425"))]


def test_price_that_the_public_list_cannot_mean_is_taken_from_the_graph(tmp_path: Path) -> None:
    observation, codes, _ = ask(tmp_path, answer_with("0.0071", "0.0425"), observe)
    assert observation.usd_per_hour == Decimal("0.0425")
    assert observation.origin is not None
    assert observation.origin.source == "Azure Resource Graph"
    assert observation.dispute is None
    assert OracleCode.SERVICE_PARTIAL in codes
