"""What one price makes of a volume: tiers, the provider's own unit, the month so far, and the lines of a bill."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.contract.egress import EgressKind, EgressUnit, PriceSource, Trust
from controller.decision.egress import EgressRate
from tests.controller.decision.worlds import make_rate

TIERED = make_rate(("10", "0.09"), ("50", "0.08"), (None, "0.05"))
#: As Azure has it: what is free, and what follows.
FREE_FIRST = replace(make_rate(("100", "0"), ("10240", "0.087"), (None, "0.083")), provider="azure")
volumes = st.decimals(min_value=0, max_value=10_000, places=3)


def make_extra(usd: str, kind: EgressKind = EgressKind.NAT_GATEWAY) -> EgressRate:
    listed = [(None, Decimal(usd))]
    return EgressRate.of_list(listed, kind, PriceSource("a list", "2026", Trust.PUBLISHED), EgressUnit.GIB)


def test_tiers_split_a_volume() -> None:
    assert TIERED.compute_usd(Decimal(60)) == Decimal("0.9") + Decimal("3.2") + Decimal("0.5")


def test_what_was_sent_before_uses_up_the_dear_tiers() -> None:
    assert TIERED.compute_usd(Decimal(10), used_gb=Decimal(50)) == Decimal("0.50")


@given(first=volumes, second=volumes, used=volumes)
def test_sending_in_two_parts_costs_the_same(first: Decimal, second: Decimal, used: Decimal) -> None:
    together = TIERED.compute_usd(first + second, used)
    assert together == TIERED.compute_usd(first, used) + TIERED.compute_usd(second, used + first)


def test_a_negative_volume_is_an_error() -> None:
    with pytest.raises(ValueError, match="negative"):
        TIERED.compute_usd(Decimal(-1))


def test_a_price_for_each_gib_is_charged_for_the_gib_that_the_declared_gb_are() -> None:
    """107.3741824 GB are 100 GiB."""
    rate = make_rate((None, "0.02"), unit=EgressUnit.GIB)
    assert rate.compute_usd(Decimal("107.3741824")) == Decimal(2)


def test_a_tier_of_gib_ends_where_so_many_gib_are_sent() -> None:
    rate = make_rate(("100", "0"), (None, "1"), unit=EgressUnit.GIB)
    assert rate.compute_usd(Decimal("107.3741824")) == 0
    assert rate.compute_usd(Decimal("1.073741824"), used_gb=Decimal("107.3741824")) == 1


def test_what_is_free_each_month_counts_as_spent_until_a_person_says_what_was_sent() -> None:
    assert FREE_FIRST.find_used_gb({}) == 100
    assert replace(FREE_FIRST, month_so_far_gb=Decimal(0)).find_used_gb({}) == 0
    assert replace(FREE_FIRST, month_so_far_gb=Decimal(40)).find_used_gb({}) == 40


def test_our_own_moves_use_up_the_month_whatever_a_person_says() -> None:
    said = replace(FREE_FIRST, month_so_far_gb=Decimal(40))
    assert said.find_used_gb({"azure": Decimal(150), "aws": Decimal(900)}) == 150
    assert said.find_used_gb({"azure": Decimal(20)}) == 40, "they are part of what the account has sent"
    assert FREE_FIRST.find_used_gb({"azure": Decimal(150)}) == 150


def test_what_was_said_of_another_month_is_not_known_of_this_one() -> None:
    said = replace(FREE_FIRST, month_so_far_gb=Decimal(20_000), month="2026-11")
    assert said.find_used_gb({}, "2026-11") == 20_000
    assert said.find_used_gb({}, "2026-12") == 100
    assert said.find_used_gb({"azure": Decimal(150)}, "2026-12") == 150


def test_a_flat_price_has_no_month() -> None:
    flat = replace(make_rate((None, "0.02")), provider="azure", month_so_far_gb=Decimal(40))
    assert flat.find_used_gb({"azure": Decimal(150)}) == 0


@pytest.mark.parametrize("used_gb", ["0", "90", "100", "20000"])
@pytest.mark.parametrize("gb", ["0", "3", "30", "20000"])
def test_the_lines_of_a_bill_add_up_to_the_price(gb: str, used_gb: str) -> None:
    rate = replace(FREE_FIRST, extras=(make_extra("0.045"), make_extra("0.02", EgressKind.CROSS_ZONE)))
    lines = rate.list_charges(Decimal(gb), Decimal(used_gb))
    assert sum(line.usd for line in lines) == pytest.approx(rate.compute_usd(Decimal(gb), Decimal(used_gb)))
    for kind in (EgressKind.INTERNET, EgressKind.NAT_GATEWAY, EgressKind.CROSS_ZONE):
        assert sum(line.gb for line in lines if line.kind is kind) == Decimal(gb)


def test_each_line_names_its_tier_as_the_list_has_it() -> None:
    rate = make_rate(("100", "0"), ("10240", "0.09"), (None, "0.085"), unit=EgressUnit.GIB)
    lines = rate.list_charges(Decimal(200), Decimal(0))
    shown = [(line.usd_per_unit, line.above, line.up_to) for line in lines]
    assert shown == [(Decimal(0), Decimal(0), Decimal(100)), (Decimal("0.09"), Decimal(100), Decimal(10240))]
    assert {line.unit for line in lines} == {EgressUnit.GIB}


def test_no_volume_still_names_the_tier_that_the_next_one_would_meet() -> None:
    [line] = FREE_FIRST.list_charges(Decimal(0), Decimal(100))
    assert (line.usd_per_unit, line.usd) == (Decimal("0.087"), 0)


def test_each_line_says_how_much_it_is_of_at_what_price_and_whose() -> None:
    rate = replace(FREE_FIRST, extras=(make_extra("0.045"),))
    free, paid, extra = rate.list_charges(Decimal(30), Decimal(90))
    assert [(line.gb, line.usd) for line in (free, paid)] == [(10, 0), (20, Decimal("1.74"))]
    assert (free.above, free.up_to, paid.above, paid.up_to) == (0, 100, 100, 10_240)
    assert (paid.kind, paid.source) == (EgressKind.INTERNET, FREE_FIRST.source)
    assert (extra.kind, extra.gb, extra.above, extra.up_to) == (EgressKind.NAT_GATEWAY, 30, 0, None)
    assert (extra.usd_per_unit, extra.unit) == (Decimal("0.045"), EgressUnit.GIB)
    assert extra.source == rate.extras[0].source


@pytest.mark.parametrize(
    ("used_gb", "usd"), [("0", "0.09"), ("9.999", "0.09"), ("10", "0.08"), ("50", "0.05"), ("1e9", "0.05")]
)
def test_the_next_gb_costs_what_the_tier_costs_that_it_falls_into(used_gb: str, usd: str) -> None:
    assert TIERED.find_next_usd_per_gb(Decimal(used_gb)) == Decimal(usd)
    extra = make_extra("1.073741824")
    on_top = replace(TIERED, extras=(extra, extra))
    assert on_top.find_next_usd_per_gb(Decimal(used_gb)) == Decimal(usd) + 2


@pytest.mark.parametrize(("gb", "used_gb"), [("-0.001", "0"), ("1", "-0.001")])
def test_an_error_of_a_negative_volume_says_both_volumes(gb: str, used_gb: str) -> None:
    with pytest.raises(ValueError, match=f"^a volume cannot be negative: {gb} GB after {used_gb} GB$"):
        TIERED.compute_usd(Decimal(gb), Decimal(used_gb))
    assert TIERED.compute_usd(Decimal(0), Decimal(0)) == 0


def test_only_what_costs_nothing_before_something_that_does_is_free() -> None:
    assert FREE_FIRST.free_gb == 100
    assert TIERED.free_gb == 0
    assert make_rate((None, "0")).free_gb == 0, "all is free, and nothing of it is used up"
    assert (TIERED.is_tiered, make_rate((None, "0.02")).is_tiered) == (True, False)


def test_no_volume_at_the_beginning_and_the_end_of_a_tier_names_one_line() -> None:
    for used_gb, above in (("0", 0), ("9", 0), ("10", 10), ("50", 50), ("51", 50)):
        [line] = TIERED.list_charges(Decimal(0), Decimal(used_gb))
        assert (line.above, line.gb, line.usd) == (above, 0, 0)
