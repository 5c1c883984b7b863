"""The services of Google Cloud together: each says what it knows, and being throttled by one holds up no other."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from oracle.market import Offering
from oracle.sources.base import Observation
from oracle.sources.composite import LiveMarket
from oracle.sources.gcp.billing_catalog import GcpBillingCatalog
from oracle.sources.gcp.capacity_advice import GcpCapacityAdvice
from oracle.sources.gcp.capacity_history import GcpCapacityHistory
from oracle.sources.gcp.compute_api import ComputeApi
from tests.oracle.fakes import NOON
from tests.oracle.sources.gcp.test_advice_records import make_price
from tests.oracle.sources.gcp.test_catalog_items import E2, E2_SPOT, SHAPES
from tests.oracle.sources.local_service import Asked, LocalService, Reply, ask

IOWA = Offering("gcp", "us-central1", "e2-standard-2", zone="us-central1-a")
#: More machines than are asked about at a time.
OTHERS = [Offering("gcp", "us-central1", f"e2-highmem-{cores}") for cores in (2, 4, 8, 16)]
ADVICE = {"recommendations": [{"scores": {"obtainability": 0.7, "estimatedUptime": "600s"}}]}
LONG_AGO = "2020-01-01T00:00:00.000Z"


def answer_with(nanos: int, advice: Reply) -> Callable[[Asked], Reply]:
    """Say a spot price in the history; the catalog says 0.020102, and 0.06701142 on demand."""

    def answer(asked: Asked) -> Reply:
        if asked.path.endswith("/advice/capacityHistory"):
            record: Any = make_price(LONG_AGO, "2100-01-01T00:00:00Z", "0", nanos)
            return Reply({"priceHistory": [record]})
        if asked.path.endswith("/advice/capacity"):
            return advice
        items = [dict(item) for item in E2 + E2_SPOT]
        for item in items:
            item["pricingInfo"] = [{**item["pricingInfo"][0], "effectiveTime": LONG_AGO}]
        return Reply({"skus": items})

    return answer


async def observe(service: LocalService) -> tuple[Observation, Decimal | None, float]:
    """Look at the market once all services have answered; and how long that took."""
    login = service.login()
    market = LiveMarket(
        (
            GcpCapacityAdvice(ComputeApi(service.web, service.url, "my-project", login)),
            GcpCapacityHistory(ComputeApi(service.web, service.url, "my-project", login)),
            GcpBillingCatalog(service.web, service.url, lambda: "the-key", SHAPES),
        ),
        service.time.clocks,
    )
    try:
        await market.observe([IOWA, *OTHERS], NOON)
        await market.wait_for_answers()
        now = service.time.wall_s
        (observation,) = await market.observe([IOWA], now)
        return observation, market.on_demand(IOWA, now), now - NOON
    finally:
        await market.aclose()


def test_each_service_says_what_it_knows(tmp_path: Path) -> None:
    observation, on_demand, _ = ask(tmp_path, answer_with(20_200_000, Reply(ADVICE)), observe)
    assert (observation.usd_per_hour, on_demand) == (Decimal("0.0202"), Decimal("0.06701142"))
    assert observation.obtainability is not None
    assert observation.obtainability.expected_uptime_s == 600
    assert observation.dispute is None


@pytest.mark.parametrize(("nanos", "is_disputed"), [(30_000_000, False), (31_000_000, True)])
def test_price_is_in_doubt_where_history_and_catalog_differ_by_more_than_a_third(
    tmp_path: Path, nanos: int, is_disputed: bool
) -> None:
    observation, _, _ = ask(tmp_path, answer_with(nanos, Reply(ADVICE)), observe)
    assert (observation.dispute is not None) is is_disputed


def test_quota_of_the_advice_that_is_used_up_holds_up_no_price(tmp_path: Path) -> None:
    throttled = Reply("quota", status=429, headers={"Retry-After": "3600"})
    observation, _, waited_s = ask(tmp_path, answer_with(20_200_000, throttled), observe)
    assert observation.usd_per_hour == Decimal("0.0202")
    assert observation.obtainability is None
    assert waited_s < 60
