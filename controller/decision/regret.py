"""Accumulated regret: what staying has cost so far, as evidence beside the 24-hour gate. Pure: state in, state out.

R ← max(0, R + s·dt), with s what the workload would save per hour in the candidate. When R reaches beta times
the round trip (there and back), staying has lost as much as being wrong about the move would cost. Source:
the two-state metrical task system; with beta = 1 the extra cost is at most 3 times the optimum's, with 1/2 at
most 4 times, and on recorded prices 1/2 is a little better on average. The one-way cost as threshold would be
10 times off where the way back is dearer. The regret is shown; it never overrules the veto of the 24-hour
gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from controller.decision.costs import RATE_STEP

#: A gap between two looks longer than this counts as this long: nobody saw what the prices did meanwhile.
#: Seconds.
MAX_GAP_S = 3600.0


@dataclass(frozen=True, slots=True)
class Regret:
    """What staying has cost against one candidate, USD, since `since`; `seen_at` is the last look (Unix seconds).

    `savings_usd_per_hour` is what was seen then; it holds until the next look. None: a price was unknown.
    """

    accumulated_usd: Decimal
    since: float
    seen_at: float
    savings_usd_per_hour: Decimal | None


@dataclass(frozen=True, slots=True)
class RegretEvidence:
    """Whether the regret speaks for the move, and the sentence that says why."""

    speaks_for_move: bool
    accumulated_usd: Decimal
    threshold_usd: Decimal
    reason: str


def start_regret(savings_usd_per_hour: Decimal | None, now: float) -> Regret:
    """The state on arrival in a region, or when a candidate is seen for the first time."""
    return Regret(Decimal(0), now, now, savings_usd_per_hour)


def update_regret(state: Regret, savings_usd_per_hour: Decimal | None, now: float) -> Regret:
    """Account for the time since the last look at the rate that was seen then, and note the new rate.

    Unknown prices add nothing. A clock that went back adds nothing either. At zero the evidence begins anew.
    """
    elapsed_s = min(max(0.0, now - state.seen_at), MAX_GAP_S)
    rate = state.savings_usd_per_hour or Decimal(0)
    gained = (rate * Decimal(repr(elapsed_s)) / 3600).quantize(RATE_STEP)
    accumulated = max(Decimal(0), state.accumulated_usd + gained)
    since = state.since if accumulated > 0 else now
    return Regret(accumulated, since, now, savings_usd_per_hour)


def judge_regret(state: Regret, round_trip_usd: Decimal, beta: Decimal) -> RegretEvidence:
    """Compare the regret with `beta` times the cost of going there and back."""
    threshold = beta * round_trip_usd
    hours = (state.seen_at - state.since) / 3600
    lost = f"staying has cost ${state.accumulated_usd:.2f} more than the target in {hours:.1f} h"
    saves_now = state.savings_usd_per_hour is not None and state.savings_usd_per_hour > 0
    speaks = saves_now and state.accumulated_usd > 0 and state.accumulated_usd >= threshold
    reason = f"{lost}; evidence enough is ${threshold:.2f}, {beta:f} of the way there and back"
    return RegretEvidence(speaks, state.accumulated_usd, threshold, reason)
