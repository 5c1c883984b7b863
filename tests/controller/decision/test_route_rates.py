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


def test_nothing_is_used_up_where_no_price_has_tiers_or_nothing_is_known_of_the_month() -> None:
    rates = RouteRates()
    assert (rates.most_used_gb, rates.dearest_gb_usd, len(rates)) == (0.0, 0.0, 0)
    rates.number(FLAT)
    assert not rates.use_up({"aws": Decimal(100)}, "2026-11"), "a flat price has no tiers"
    assert (rates.most_used_gb, rates.dearest_gb_usd, len(rates)) == (0.0, 0.02, 1)


def test_a_month_that_is_over_begins_the_tiers_anew() -> None:
    said = replace(of("aws"), month_so_far_gb=Decimal(150), month="2026-11")
    rates = RouteRates()
    number = rates.number(said)
    assert rates.use_up({}, "2026-11")
    assert rates.price(np.array([[10.0]]))[0][number] == 10.0
    assert rates.use_up({}, "2026-12"), "what is free counts as used up, and no more than that"
    assert rates.most_used_gb == 100.0
    assert not rates.use_up({"gcp": Decimal(5)}, "2026-12"), "of another provider"
    assert rates.use_up({"aws": Decimal(120)}, "2026-12")
    assert rates.most_used_gb == 120.0


def test_rates_with_few_and_with_many_tiers_are_priced_beside_one_another() -> None:
    rates = RouteRates()
    many = replace(make_rate(("10", "3"), ("30", "2"), (None, "1")), month_so_far_gb=Decimal(5))
    numbers = [rates.number(rate) for rate in (FLAT, many, of("aws"))]
    usd = rates.price(np.array([[50.0], [4.0]]))
    assert usd[:, numbers].tolist() == [[1.0, 5 * 3 + 20 * 2 + 25 * 1, 0.0], [0.08, 12.0, 0.0]]
    assert rates.dearest_gb_usd == 3.0
    assert len(rates) == 3


def test_tiers_of_two_months_that_people_speak_of_are_two_prices() -> None:
    rates = RouteRates()
    said = replace(of("aws"), month_so_far_gb=Decimal(150))
    months = {rates.number(replace(said, month=month)) for month in (None, "2026-11", "2026-12")}
    assert len(months) == 3
    assert rates.number(replace(said, month_so_far_gb=Decimal(151))) not in months
    assert rates.number(replace(said)) in months
