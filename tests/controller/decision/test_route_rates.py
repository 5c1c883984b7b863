"""A volume is priced once by each price that differs, and by nobody else's month."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np

from controller.decision.egress import EgressRate
from controller.decision.route_rates import UNKNOWN_ROUTE, RouteRates
from tests.controller.decision.worlds import make_rate

FLAT = make_rate((None, "0.02"))


def of(provider: str) -> EgressRate:
    """The same tiers of each provider, in a month of which its account has sent nothing."""
    return replace(make_rate(("100", "0"), (None, "1")), provider=provider, month_so_far_gb=Decimal(0))


def test_the_same_tiers_are_charged_by_each_providers_own_month() -> None:
    rates = RouteRates()
    aws, gcp = rates.number(of("aws")), rates.number(of("gcp"))
    assert rates.use_up({"aws": Decimal(95)}, "2026-11")
    usd = rates.price(np.array([[10.0]]))[0]
    assert (usd[aws], usd[gcp]) == (5.0, 0.0)
    assert not rates.use_up({"aws": Decimal(95)}, "2026-11")
    assert rates.most_used_gb == 95.0


def test_prices_that_are_the_same_share_a_number_whoever_charges_them() -> None:
    rates = RouteRates()
    numbers = {rates.number(replace(FLAT, provider=provider)) for provider in ("aws", "gcp", "azure")}
    assert numbers == {0}
    assert rates.number(None) == UNKNOWN_ROUTE


def test_what_comes_on_top_makes_another_price() -> None:
    rates = RouteRates()
    plain, extra = rates.number(FLAT), rates.number(replace(FLAT, extras=(make_rate((None, "0.045")),)))
    usd = rates.price(np.array([[100.0]]))[0]
    assert (usd[plain], usd[extra]) == (2.0, 6.5)
    assert rates.dearest_gb_usd == 0.065


def test_a_rate_that_is_met_later_is_priced_by_the_month_that_is_known() -> None:
    rates = RouteRates()
    rates.number(FLAT)
    rates.use_up({"aws": Decimal(100)}, "2026-11")
    rates.price(np.array([[1.0]]))
    number = rates.number(of("aws"))
    assert rates.price(np.array([[3.0]]))[0][number] == 3.0
