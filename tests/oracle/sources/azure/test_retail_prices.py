"""Azure's public list over the network: page after page, within bounds, and nothing of it that contradicts itself."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from oracle.errors import SourceUnavailable
from oracle.market import CapacityType, Offering, OperatingSystem
from oracle.reasons import OracleCode
from oracle.sources.azure.retail_prices import AzureRetailPrices
from oracle.sources.live import LiveAnswer, PriceClaim
from tests.oracle.sources.azure.test_retail_items import JULY, NOW, REGULAR, make_item
from tests.oracle.sources.local_service import Asked, LocalService, Reply, ask

AMSTERDAM = Offering("azure", "westeurope", "Standard_D4s_v5", zone="westeurope-1")
SPOT, ON_DEMAND = AMSTERDAM.of_region, AMSTERDAM.on_demand


def make_page(*items: dict[str, Any], link: str | None = None) -> dict[str, Any]:
    return {"BillingCurrency": "USD", "Items": list(items), "NextPageLink": link, "Count": len(items)}


def make_fillers(count: int, first: int = 0) -> list[dict[str, Any]]:
    """Other machines of the region."""
    return [
        make_item(armSkuName=f"Standard_X{number}", meterId=f"x{number}")
        for number in range(first, first + count)
    ]


async def ask_all(service: LocalService, *offerings: Offering) -> LiveAnswer:
    source = AzureRetailPrices(service.web, f"{service.url}/api/retail/prices", 600.0, 1800.0)
    return await source.ask(frozenset(offerings or (AMSTERDAM,)), NOW)


def answer_with(pages: Callable[[int], dict[str, Any]]) -> Callable[[Asked], Reply]:
    return lambda asked: Reply(pages(int(asked.params.get("$skip", 0))))


def test_zone_is_answered_with_the_regions_price_and_that_on_demand(tmp_path: Path) -> None:
    page = make_page(make_item(), make_item(**REGULAR), *make_fillers(3))
    answer = ask(tmp_path, answer_with(lambda skip: page), ask_all)
    assert answer.prices == {
        SPOT: PriceClaim(Decimal("0.0425"), JULY),
        ON_DEMAND: PriceClaim(Decimal("0.23"), JULY),
    }
    assert (answer.confirmed_at, answer.life_s, answer.problems) == (NOW, 1800.0, ())


def test_pages_are_read_to_the_last_one_though_one_of_them_is_empty(tmp_path: Path) -> None:
    link = "https://prices.azure.com:443/api/retail/prices?$filter=x&$skip="
    pages = {
        0: make_page(*make_fillers(100), link=f"{link}100"),
        100: make_page(link=f"{link}200"),
        200: make_page(make_item()),
    }
    assert SPOT in ask(tmp_path, answer_with(pages.__getitem__), ask_all).prices


def test_missing_links_do_not_hide_the_pages_behind_full_ones(tmp_path: Path) -> None:
    pages = {
        0: make_page(*make_fillers(100)),
        100: make_page(*make_fillers(100, 100)),
        200: make_page(make_item()),
    }
    assert SPOT in ask(tmp_path, answer_with(pages.__getitem__), ask_all).prices


def test_ten_thousand_items_out_of_order_and_twice_are_read(tmp_path: Path) -> None:
    items = [*make_fillers(9_000), *make_fillers(999), make_item()]

    def page(skip: int) -> dict[str, Any]:
        return make_page(*reversed(items[skip : skip + 1000]))

    answer = ask(tmp_path, answer_with(page), ask_all)
    assert answer.prices == {SPOT: PriceClaim(Decimal("0.0425"), JULY)}


def test_page_that_comes_for_ever_is_refused(tmp_path: Path) -> None:
    page = make_page(make_item(), link="https://prices.azure.com/api/retail/prices?$skip=1")
    with pytest.raises(SourceUnavailable) as refused:
        ask(tmp_path, answer_with(lambda skip: page), ask_all)
    assert refused.value.reason.code is OracleCode.WEB_PAGE_REPEATED


def test_pages_without_end_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable) as refused:
        ask(tmp_path, answer_with(lambda skip: make_page(*make_fillers(100, skip))), ask_all)
    assert refused.value.reason.code is OracleCode.WEB_PAGES_ENDLESS


@pytest.mark.parametrize("page", ["<html>Sign in</html>", "", {"Error": {}}, [], {"Items": "none"}])
def test_what_is_no_list_is_refused(tmp_path: Path, page: Any) -> None:
    with pytest.raises(SourceUnavailable) as refused:
        ask(tmp_path, lambda asked: Reply(page), ask_all)
    assert refused.value.reason.code is OracleCode.WEB_GARBLED


def test_garbled_items_are_left_out_and_counted(tmp_path: Path) -> None:
    items = [{"armSkuName": "Standard_D4s_v5"}, 7, None, make_item(retailPrice="much"), make_item()]
    answer = ask(tmp_path, answer_with(lambda skip: make_page(*items)), ask_all)
    assert answer.prices == {SPOT: PriceClaim(Decimal("0.0425"), JULY)}
    assert [(one.code, one["count"]) for one in answer.problems] == [(OracleCode.WEB_ITEMS_GARBLED, 4)]


@pytest.mark.parametrize(
    ("spot", "is_believed"),
    [("0.23", True), ("0.2301", False), ("0.023", True), ("0.0229", False)],
    ids=["as dear as on demand", "dearer", "Azure's largest discount", "a larger discount"],
)
def test_spot_price_has_to_fit_the_price_on_demand(tmp_path: Path, spot: str, is_believed: bool) -> None:
    page = make_page(make_item(retailPrice=spot), make_item(**REGULAR))
    answer = ask(tmp_path, answer_with(lambda skip: page), ask_all)
    assert (SPOT in answer.prices) is is_believed
    assert ON_DEMAND in answer.prices
    assert [one.code for one in answer.problems] == ([] if is_believed else [OracleCode.SPOT_IMPLAUSIBLE])


def test_machine_with_two_prices_has_none_and_is_named(tmp_path: Path) -> None:
    page = make_page(make_item(), make_item(meterId="other", retailPrice=0.05))
    answer = ask(tmp_path, answer_with(lambda skip: page), ask_all)
    assert answer.prices == {}
    (problem,) = answer.problems
    assert problem.code is OracleCode.LIST_CONTRADICTS_ITSELF
    assert problem["offerings"] == (str(SPOT),)


def test_windows_is_answered_with_the_price_of_windows(tmp_path: Path) -> None:
    windows = Offering("azure", "westeurope", "Standard_D4s_v5", system=OperatingSystem.WINDOWS)
    product = "Virtual Machines DSv5 Series Windows"
    page = make_page(make_item(), make_item(meterId="3", productName=product, retailPrice=0.11))
    answer = ask(tmp_path, answer_with(lambda skip: page), lambda service: ask_all(service, windows))
    assert answer.prices == {windows: PriceClaim(Decimal("0.11"), JULY)}


def test_region_that_fails_takes_nothing_from_the_others(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Reply:
        if "westus2" in asked.params["$filter"]:
            return Reply("gone", status=404)
        return Reply(make_page(make_item()))

    seattle = Offering("azure", "westus2", "Standard_D4s_v5")
    told = ask(tmp_path, answer, lambda service: ask_all(service, AMSTERDAM, seattle))
    assert told.prices.keys() == {SPOT}
    assert [one.code for one in told.problems] == [OracleCode.WEB_STATUS_UNEXPECTED]


def test_throttled_list_is_asked_again_when_it_says_so(tmp_path: Path) -> None:
    replies = [Reply("slow down", status=429, headers={"Retry-After": "7"}), Reply(make_page(make_item()))]

    async def question(service: LocalService) -> tuple[LiveAnswer, float]:
        began = service.time.counted_s
        return await ask_all(service), service.time.counted_s - began

    answer, waited_s = ask(tmp_path, lambda asked: replies.pop(0), question)
    assert SPOT in answer.prices
    assert waited_s >= 7


@pytest.mark.parametrize("region", ["westeurope' or armRegionName eq 'x", "", "a b", "ä"])
def test_name_that_could_change_the_question_is_not_asked(tmp_path: Path, region: str) -> None:
    hostile = Offering("azure", region, "Standard_D4s_v5", CapacityType.SPOT)
    kept: list[Asked] = []

    def answer(asked: Asked) -> Reply:
        kept.append(asked)
        return Reply(make_page(make_item()))

    told = ask(tmp_path, answer, lambda service: ask_all(service, hostile, AMSTERDAM))
    assert [asked.params["$filter"].count("armRegionName") for asked in kept] == [1]
    assert told.prices.keys() == {SPOT}
    assert [one.code for one in told.problems] == [OracleCode.NAMES_UNASKABLE]
