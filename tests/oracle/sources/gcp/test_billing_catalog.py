"""Google's catalog over the network: page after page, the key in no address, and no machine with a part missing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from oracle.errors import SourceUnavailable
from oracle.market import Offering, OperatingSystem
from oracle.reasons import OracleCode
from oracle.sources.gcp.billing_catalog import GcpBillingCatalog
from oracle.sources.live import LiveAnswer, PriceClaim
from tests.oracle.sources.gcp.test_catalog_items import E2, E2_SPOT, NOW, SHAPES, make_item
from tests.oracle.sources.local_service import Asked, LocalService, Reply, ask

IOWA = Offering("gcp", "us-central1", "e2-standard-2", zone="us-central1-a")
SPOT, ON_DEMAND = IOWA.of_region, IOWA.on_demand


async def ask_all(service: LocalService, *offerings: Offering) -> LiveAnswer:
    source = GcpBillingCatalog(service.web, f"{service.url}/v1", lambda: "the-key", SHAPES)
    return await source.ask(frozenset(offerings or (IOWA,)), NOW)


def make_page(items: list[Any], token: str = "") -> dict[str, Any]:
    return {"skus": items, "nextPageToken": token}


def test_machine_has_its_price_as_spot_and_on_demand(tmp_path: Path) -> None:
    kept: list[Asked] = []

    def answer(asked: Asked) -> Reply:
        kept.append(asked)
        return Reply(make_page(E2 + E2_SPOT))

    told = ask(tmp_path, answer, ask_all)
    # Since when is not said: the times of the catalog are those of the question.
    assert told.prices == {
        SPOT: PriceClaim(Decimal("0.020102")),
        ON_DEMAND: PriceClaim(Decimal("0.06701142")),
    }
    (asked,) = kept
    assert asked.path == "/v1/services/6F81-5844-456A/skus"
    assert asked.headers["X-Goog-Api-Key"] == "the-key"
    assert "the-key" not in str(asked.params)
    assert asked.params["currencyCode"] == "USD"


def test_parts_are_found_on_all_pages_though_one_of_them_is_empty(tmp_path: Path) -> None:
    pages = {"": make_page(E2[:1], "a"), "a": make_page([], "b"), "b": make_page(E2[1:])}
    told = ask(tmp_path, lambda asked: Reply(pages[asked.params.get("pageToken", "")]), ask_all)
    assert told.prices == {ON_DEMAND: PriceClaim(Decimal("0.06701142"))}


def test_part_that_is_missing_leaves_the_machine_unknown(tmp_path: Path) -> None:
    told = ask(tmp_path, lambda asked: Reply(make_page([*E2[:1], *E2_SPOT[1:]])), ask_all)
    assert told.prices == {}


@pytest.mark.parametrize("machine", ["e2-custom-4-8192", "a3-highgpu-8g", "e2-standard-3"])
def test_machine_whose_shape_is_not_known_has_no_price(tmp_path: Path, machine: str) -> None:
    unknown = Offering("gcp", "us-central1", machine)
    told = ask(tmp_path, lambda asked: Reply(make_page(E2)), lambda service: ask_all(service, unknown))
    assert told.prices == {}


def test_windows_whose_licence_is_billed_beside_has_no_price(tmp_path: Path) -> None:
    windows = Offering("gcp", "us-central1", "e2-standard-2", system=OperatingSystem.WINDOWS)
    told = ask(tmp_path, lambda asked: Reply(make_page(E2)), lambda service: ask_all(service, windows))
    assert told.prices == {}


def test_ten_thousand_items_are_read(tmp_path: Path) -> None:
    fillers = [make_item(f"Z9 Instance Core running in place {number}", "1") for number in range(10_000)]
    items = [*fillers, *E2]

    def answer(asked: Asked) -> Reply:
        first = int(asked.params.get("pageToken", 0))
        last = first + int(asked.params["pageSize"])
        return Reply(make_page(items[first:last], str(last) if last < len(items) else ""))

    assert ask(tmp_path, answer, ask_all).prices == {ON_DEMAND: PriceClaim(Decimal("0.06701142"))}


def test_garbled_items_are_left_out_and_counted(tmp_path: Path) -> None:
    told = ask(tmp_path, lambda asked: Reply(make_page([None, {"skuId": "1"}, *E2])), ask_all)
    assert told.prices.keys() == {ON_DEMAND}
    assert [(one.code, one["count"]) for one in told.problems] == [(OracleCode.WEB_ITEMS_GARBLED, 2)]


def test_token_that_comes_back_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable) as refused:
        ask(tmp_path, lambda asked: Reply(make_page(E2, "same")), ask_all)
    assert refused.value.reason.code is OracleCode.WEB_PAGE_REPEATED


def test_key_that_is_refused_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable) as refused:
        ask(tmp_path, lambda asked: Reply({"error": "API key not valid: the-key"}, status=403), ask_all)
    assert refused.value.reason.code is OracleCode.WEB_DENIED
    assert "the-key" not in str(refused.value)
