from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import DryRun, Verdict
from controller.migration.protocol.gate import (
    NO_SUPPLY,
    MoveRates,
    Supply,
    Unpriced,
    check_gate,
    compute_remaining_value,
)
from controller.migration.protocol.holds import find_hold
from controller.migration.protocol.states import HoldReason
from controller.migration.settings import MigrationSettings
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.controller.migration.records import NOW, dry_run, record

GOOD = MoveRates(Decimal("0.10"), Decimal("0.04"), NOW + 30)


class FixedGate:
    """Always gives the same answers."""

    def __init__(
        self, rates: MoveRates | Unpriced = GOOD, armed: tuple[str, ...] = ("paris", "osaka")
    ) -> None:
        self._rates = rates
        self._armed = armed

    def find_reason(self, dry_run: DryRun) -> Reason | None:
        sides = (dry_run.workload.context, dry_run.target)
        unarmed = tuple(context for context in sides if context not in self._armed)
        return Code.NOT_ARMED.because(contexts=unarmed) if unarmed else None

    def find_supply(self, target: str) -> Supply:
        return NO_SUPPLY

    def find_rates(self, workload: WorkloadKey, target: str) -> MoveRates | Unpriced:
        return self._rates


def hold_of(
    gate: FixedGate, *, replicas_left: int = 6, elapsed_s: float = 0.0, now: float = NOW
) -> HoldReason | None:
    """What the gate says to a wave of the usual plan."""
    closed = check_gate(
        gate, dry_run(), MigrationSettings(), replicas_left=replicas_left, elapsed_s=elapsed_s, now=now
    )
    return find_hold(closed, record()) if closed is not None else None


def test_an_armed_priced_and_worthwhile_wave_may_start() -> None:
    assert hold_of(FixedGate()) is None


@pytest.mark.parametrize("armed", [(), ("paris",), ("osaka",)])
def test_both_contexts_have_to_be_armed(armed: tuple[str, ...]) -> None:
    assert hold_of(FixedGate(armed=armed)) is HoldReason.OPERATOR


def test_permission_is_asked_for_before_the_price() -> None:
    """A person who disarmed reads that, and not that there is no price, too."""
    assert hold_of(FixedGate(rates=Unpriced(), armed=("paris",))) is HoldReason.OPERATOR


def test_a_wave_has_to_be_worth_more_than_the_least() -> None:
    worth = compute_remaining_value(dry_run(), GOOD, replicas_left=6, elapsed_s=0.0)
    assert worth is not None
    for least, is_open in ((worth, False), (worth - Decimal("1e-9"), True)):
        closed = check_gate(
            FixedGate(),
            dry_run(),
            replace(MigrationSettings(), min_remaining_usd=least),
            replicas_left=6,
            elapsed_s=0.0,
            now=NOW,
        )
        assert (closed is None) is is_open


def test_a_missing_price_closes_the_gate() -> None:
    assert hold_of(FixedGate(rates=Unpriced())) is HoldReason.PRICE_STALE


def test_a_price_that_expires_while_the_request_travels_closes_the_gate() -> None:
    assert hold_of(FixedGate(), now=NOW + 29.5) is HoldReason.PRICE_STALE
    assert hold_of(FixedGate(), now=NOW + 29.0) is None, "the margin itself is enough"


def test_a_price_that_has_turned_closes_the_gate() -> None:
    turned = MoveRates(Decimal("0.10"), Decimal("0.11"), NOW + 30)
    assert hold_of(FixedGate(rates=turned)) is HoldReason.COST_FLIPPED


def test_the_value_that_is_left_counts_only_what_is_still_ahead() -> None:
    all_six = compute_remaining_value(dry_run(), GOOD, replicas_left=6, elapsed_s=0.0)
    half = compute_remaining_value(dry_run(), GOOD, replicas_left=3, elapsed_s=12 * 3600.0)
    assert all_six == 24 * Decimal("0.06") * 6 - Decimal("0.15")
    assert half == 12 * Decimal("0.06") * 3 - Decimal("0.075")


@pytest.mark.parametrize("cost", ["egress_usd", "overlap_usd"])
def test_a_move_whose_costs_are_unknown_is_worth_nothing_that_is_known(cost: str) -> None:
    unknown = replace(dry_run(), **{cost: None})  # type: ignore[arg-type]
    assert compute_remaining_value(unknown, GOOD, replicas_left=6, elapsed_s=0.0) is None


def test_after_the_horizon_nothing_is_left_to_save() -> None:
    assert hold_of(FixedGate(), elapsed_s=25 * 3600.0) is HoldReason.COST_FLIPPED


@pytest.mark.parametrize("rates", [Unpriced(), MoveRates(Decimal("0.01"), Decimal("9.00"), NOW + 30)])
def test_a_way_back_needs_no_price_and_nothing_left_to_save(rates: MoveRates | Unpriced) -> None:
    confirmed = replace(dry_run(), verdict=Verdict.WAY_BACK, way_back_of="m1", egress_usd=None)
    judged = {"replicas_left": 6, "elapsed_s": 0.0, "now": NOW}
    assert check_gate(FixedGate(rates), confirmed, MigrationSettings(), **judged) is None  # type: ignore[arg-type]
    unarmed = check_gate(FixedGate(rates, armed=()), confirmed, MigrationSettings(), **judged)  # type: ignore[arg-type]
    assert unarmed is not None
    assert unarmed.code is Code.NOT_ARMED


def test_what_is_left_is_told_with_its_replicas_and_its_worth() -> None:
    turned = MoveRates(Decimal("0.10"), Decimal("0.11"), NOW + 30)
    plan, settings = dry_run(), MigrationSettings()
    worth = compute_remaining_value(plan, turned, replicas_left=4, elapsed_s=0.0)
    assert worth is not None
    closed = check_gate(FixedGate(turned), plan, settings, replicas_left=4, elapsed_s=0.0, now=NOW)
    assert closed == Code.NOTHING_LEFT_TO_SAVE.because(replicas=4, worth_usd=worth)


def test_the_rates_are_those_of_this_workload_and_this_target() -> None:
    class AskedGate(FixedGate):
        def find_rates(self, workload: WorkloadKey, target: str) -> MoveRates | Unpriced:
            return GOOD if (workload, target) == (dry_run().workload, "osaka") else Unpriced()

    assert hold_of(AskedGate()) is None
