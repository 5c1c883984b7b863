"""The Resource Graph over the network: prices with their past and eviction rates, asked with a token, in pages."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from oracle.errors import SourceUnavailable
from oracle.market import Offering, OperatingSystem
from oracle.reasons import OracleCode
from oracle.sources.azure.graph_rows import MAX_NAMES
from oracle.sources.azure.resource_graph import AzureResourceGraph
from oracle.sources.live import LiveAnswer, PriceClaim
from tests.oracle.sources.azure.test_graph_rows import JULY, MAY, NOW, make_price_row
from tests.oracle.sources.local_service import Asked, LocalService, Reply, ask

AMSTERDAM = Offering("azure", "westeurope", "Standard_D4s_v5", zone="westeurope-1")
SPOT = AMSTERDAM.of_region
PRICES = make_price_row((0.0425, "2026-07-01T00:00:00Z"), (0.05, "2026-05-01T00:00:00Z"))
RATE = {
    "sku": {"name": "standard_d4s_v5"},
    "location": "westeurope",
    "properties": {"evictionRate": "5-10"},
}


def make_page(rows: list[Any], token: str | None = None) -> dict[str, Any]:
    more = {} if token is None else {"$skipToken": token}
    return {"totalRecords": len(rows), "count": len(rows), "resultTruncated": "false", "data": rows, **more}


def is_about_prices(asked: Asked) -> bool:
    return "skuspotpricehistory" in asked.body["query"]


def answer_with(prices: list[Any], rates: list[Any]) -> Callable[[Asked], Reply]:
    return lambda asked: Reply(make_page(prices if is_about_prices(asked) else rates))


async def ask_all(service: LocalService, *offerings: Offering) -> LiveAnswer:
    source = AzureResourceGraph(service.web, service.url, service.login())
    return await source.ask(frozenset(offerings or (AMSTERDAM,)), NOW)


def test_price_its_past_and_the_eviction_rate_are_the_regions(tmp_path: Path) -> None:
    answer = ask(tmp_path, answer_with([PRICES], [RATE]), ask_all)
    assert answer.prices == {SPOT: PriceClaim(Decimal("0.0425"), JULY)}
    assert [point.observed_at for point in answer.past[SPOT]] == [MAY, JULY]
    assert answer.interruptions[SPOT].words == "5-10 % an hour, by the last 28 days"
    assert answer.problems == ()


def test_question_proves_who_asks(tmp_path: Path) -> None:
    kept: list[Asked] = []

    def answer(asked: Asked) -> Reply:
        kept.append(asked)
        return Reply(make_page([]))

    ask(tmp_path, answer, ask_all)
    assert {asked.headers["Authorization"] for asked in kept} == {"Bearer secret"}
    assert {asked.path for asked in kept} == {"/providers/Microsoft.ResourceGraph/resources"}
    assert {asked.params["api-version"] for asked in kept} == {"2024-04-01"}


def test_pages_are_read_to_the_last_one_though_one_of_them_is_empty(tmp_path: Path) -> None:
    pages = {None: make_page([], "a"), "a": make_page([], "b"), "b": make_page([PRICES])}

    def answer(asked: Asked) -> Reply:
        token = asked.body["options"].get("$skipToken")
        return Reply(pages[token] if is_about_prices(asked) else make_page([]))

    assert SPOT in ask(tmp_path, answer, ask_all).prices


def test_token_that_comes_back_ends_the_question_and_keeps_the_other_answer(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Reply:
        return Reply(make_page([PRICES], "same") if is_about_prices(asked) else make_page([RATE]))

    told = ask(tmp_path, answer, ask_all)
    assert told.prices == {}
    assert SPOT in told.interruptions
    assert [one.code for one in told.problems] == [OracleCode.WEB_PAGE_REPEATED]


def test_empty_graph_says_nothing_and_is_no_fault(tmp_path: Path) -> None:
    answer = ask(tmp_path, answer_with([], []), ask_all)
    assert (answer.prices, answer.interruptions, answer.problems) == ({}, {}, ())


def test_garbled_rows_are_left_out_and_counted(tmp_path: Path) -> None:
    odd = [{"sku": None}, "row", {**PRICES, "properties": {"osType": "linux"}}, PRICES]
    answer = ask(tmp_path, answer_with(odd, [RATE]), ask_all)
    assert answer.prices.keys() == {SPOT}
    assert [(one.code, one["count"]) for one in answer.problems] == [(OracleCode.WEB_ITEMS_GARBLED, 3)]


def test_ten_thousand_rows_are_read(tmp_path: Path) -> None:
    fillers = [{**PRICES, "sku": {"name": f"Standard_X{number}"}} for number in range(10_000)]
    rows = [*fillers, PRICES]

    def answer(asked: Asked) -> Reply:
        first = int(asked.body["options"].get("$skipToken", 0))
        more = str(first + 1000) if first + 1000 < len(rows) else None
        return Reply(make_page(rows[first : first + 1000], more) if is_about_prices(asked) else make_page([]))

    assert ask(tmp_path, answer, ask_all).prices == {SPOT: PriceClaim(Decimal("0.0425"), JULY)}


def test_many_machines_are_asked_about_in_several_questions(tmp_path: Path) -> None:
    machines = [Offering("azure", "westeurope", f"Standard_X{number}") for number in range(MAX_NAMES + 1)]
    kept: list[Asked] = []

    def answer(asked: Asked) -> Reply:
        kept.append(asked)
        return Reply(make_page([]))

    ask(tmp_path, answer, lambda service: ask_all(service, *machines))
    about_prices = [asked.body["query"] for asked in kept if is_about_prices(asked)]
    assert len(about_prices) == 2
    assert all(sum(f"'{one.instance_type}'" in query for query in about_prices) == 1 for one in machines)


def test_windows_is_answered_with_the_price_of_windows_alone(tmp_path: Path) -> None:
    windows = Offering("azure", "westeurope", "Standard_D4s_v5", system=OperatingSystem.WINDOWS)
    rows = [PRICES, make_price_row((0.11, "2026-07-01T00:00:00Z"), system="Windows")]
    answer = ask(tmp_path, answer_with(rows, []), lambda service: ask_all(service, windows))
    assert answer.prices == {windows: PriceClaim(Decimal("0.11"), JULY)}


def test_account_that_may_not_read_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable) as refused:
        ask(tmp_path, lambda asked: Reply({"error": {"code": "AuthorizationFailed"}}, status=403), ask_all)
    assert refused.value.reason.code is OracleCode.WEB_DENIED
