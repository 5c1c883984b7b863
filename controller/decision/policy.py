"""The gates that a move has to pass, as values with a reason. Pure.

The 24-hour gate is a hard veto: savings in the window that do not exceed the cost of moving never pay,
whatever else speaks for the move.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from controller.contract.dry_run import Verdict
from controller.decision.settings import DecisionSettings


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and the sentence that explains it."""

    verdict: Verdict
    reason: str


def judge_savings(
    source_usd_per_hour: Decimal,
    target_usd_per_hour: Decimal,
    one_off_usd: Decimal,
    settings: DecisionSettings,
) -> Judgement:
    """Judge a move whose numbers are all known. Rates are of all replicas, `one_off_usd` is all the move costs."""
    savings_rate = source_usd_per_hour - target_usd_per_hour
    savings = savings_rate * settings.horizon_h
    net = savings - one_off_usd
    hours = f"{settings.horizon_h.normalize():f} h"
    if savings_rate <= 0:
        return Judgement(
            Verdict.TOO_DEAR,
            f"the target is not cheaper: ${_day(target_usd_per_hour)} a day against ${_day(source_usd_per_hour)} here",
        )
    if net <= 0:
        return Judgement(
            Verdict.TOO_DEAR,
            f"the move costs ${one_off_usd:.2f}, more than the ${savings:.2f} it saves in {hours}",
        )
    if savings_rate < source_usd_per_hour * settings.minimum_savings_share:
        share = savings_rate / source_usd_per_hour
        return Judgement(
            Verdict.TOO_DEAR,
            f"it saves {share:.1%} of the rate, less than the minimum of {settings.minimum_savings_share:.1%}",
        )
    if net < settings.minimum_net_usd:
        return Judgement(
            Verdict.TOO_DEAR,
            f"it gains ${net:.2f} in {hours}, less than the minimum of ${settings.minimum_net_usd:.2f}",
        )
    return Judgement(
        Verdict.PAYS,
        f"it saves ${savings:.2f} in {hours} and costs ${one_off_usd:.2f} to move: ${net:.2f} net",
    )


def _day(usd_per_hour: Decimal) -> str:
    return f"{usd_per_hour * 24:.2f}"
