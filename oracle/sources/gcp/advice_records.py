"""What Google Cloud advises about spot machines: prices and preemptions so far, and whether one is to be had. Pure.

A price is the region's: Google has none for a zone. A preemption rate is the share that was preempted of all spot
machines that ended within its interval, which is a day, and no rate of those that ran.

Source: docs.cloud.google.com, Compute Engine REST reference, `advice`, v1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from msgspec import Raw, Struct

from oracle.price_history import PricePoint
from oracle.signals import MAX_PERIOD_S, MIN_PERIOD_S, Interruption, Obtainability
from oracle.sources.gcp.money import Money, read_usd
from oracle.sources.price_changes import Change, order_changes
from oracle.sources.products import Moment, tidy_price

#: Newest days of preemptions that are looked at: one day of a rare machine is chance.
PREEMPTION_DAYS = 7
#: Seconds after the end of the last interval up to which its price counts as in force. Arbitrary: intervals are written
#: with a delay that Google does not tell.
MAX_SILENCE_S = 7 * 86_400.0

_DURATION = re.compile(r"\d{1,9}(\.\d{1,9})?s", re.ASCII)
_SPOT = {"scheduling": {"provisioningModel": "SPOT"}}


class _Interval(Struct, frozen=True, rename="camel"):
    start_time: Moment
    end_time: Moment | None = None


class PriceRecord(Struct, frozen=True, rename="camel"):
    """What a machine cost from a moment on."""

    interval: _Interval
    list_price: Money


class PreemptionRecord(Struct, frozen=True, rename="camel"):
    """Which share of the machines that ended in an interval was preempted."""

    interval: _Interval
    preemption_rate: Decimal


class HistoryAnswer(Struct, frozen=True, rename="camel"):
    """Prices and preemptions of one machine type in one region; where Google has none, they are missing."""

    price_history: list[Raw] = []
    preemption_history: list[Raw] = []


class _Scores(Struct, frozen=True, rename="camel"):
    obtainability: Decimal | None = None
    estimated_uptime: str = ""


class _Recommendation(Struct, frozen=True):
    scores: _Scores = _Scores()


class CapacityAnswer(Struct, frozen=True):
    """What Google recommends; nothing where it has nothing to give."""

    recommendations: list[_Recommendation] = []


def build_history_question(machine: str) -> dict[str, Any]:
    """Return the question for the spot prices and preemptions of one machine type."""
    return {"types": ["PRICE", "PREEMPTION"], "instanceProperties": {"machineType": machine, **_SPOT}}


def build_capacity_question(machine: str) -> dict[str, Any]:
    """Return the question whether one spot machine of a type is to be had in any zone."""
    return {
        "size": 1,
        "distributionPolicy": {"targetShape": "ANY_SINGLE_ZONE"},
        "instanceFlexibilityPolicy": {"instanceSelections": {"wanted": {"machineTypes": [machine]}}},
        "instanceProperties": _SPOT,
    }


def read_price_changes(records: Iterable[PriceRecord], now: float) -> tuple[PricePoint, ...]:
    """Return the prices up to wall time `now`, as `order_changes` does; none where the newest is over for long."""
    known = tuple(records)
    ends = [record.interval.end_time or record.interval.start_time for record in known]
    if not known or now - max(ends).timestamp() > MAX_SILENCE_S:
        return ()
    return order_changes(_read_points(known), now)


def _read_points(records: Iterable[PriceRecord]) -> Iterable[Change]:
    for record in records:
        usd = read_usd(record.list_price)
        yield record.interval.start_time.timestamp(), None if usd is None else tidy_price(usd)


def read_preemptions(records: Iterable[PreemptionRecord]) -> Interruption | None:
    """Return the least and the most of the newest days' preemption rates; None where there are none."""
    days = sorted(_read_rates(records))[-PREEMPTION_DAYS:]
    if not days:
        return None
    least, most = min(day[-1] for day in days), max(day[-1] for day in days)
    shown = f"{least:.0%}" if least == most else f"{least:.0%} to {most:.0%}"
    counted = "1 day" if len(days) == 1 else f"{len(days)} days"
    words = f"{shown} of those that ended in a day, by {counted}".replace("%", " %")
    period_s = max(end - start for start, end, _ in days)
    return Interruption(least, most, period_s, words, is_of_stopped=True)


def _read_rates(records: Iterable[PreemptionRecord]) -> Iterable[tuple[float, float, float]]:
    """Yield start, end (Unix seconds) and rate of each interval that is one."""
    for record in records:
        start, end, rate = record.interval.start_time, record.interval.end_time, record.preemption_rate
        if end is None or not MIN_PERIOD_S <= (end - start).total_seconds() <= MAX_PERIOD_S:
            continue
        if rate.is_finite() and 0 <= rate <= 1:
            yield start.timestamp(), end.timestamp(), float(rate)


def read_capacity(answer: CapacityAnswer) -> Obtainability | None:
    """Return whether a machine is to be had; an answer that recommends nothing says that none is."""
    if not answer.recommendations:
        return Obtainability(0.0, "none to be had")
    scores = answer.recommendations[0].scores
    score = scores.obtainability
    if score is None or not score.is_finite() or not 0 <= score <= 1:
        return None
    uptime_s = float(scores.estimated_uptime[:-1]) if _DURATION.fullmatch(scores.estimated_uptime) else 0.0
    return Obtainability(float(score), f"{float(score):.2f} of 1", uptime_s or None)
