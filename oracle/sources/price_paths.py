"""How simulated spot prices move over time: relative deviations from a long-run level. Pure.

Every path is a function of seed, name and market time, and not a walk that somebody has to remember: a
restart, a second instance and a failover see the same price at the same time, and any moment can be computed
alone.

AWS: a logarithmic Ornstein-Uhlenbeck process on a grid of days, spread over a few price events within each
day. Google Cloud and Azure: steps every month or so. Both: rare regimes in which a pool costs nearly twice as
much for months. Figures without another word are measured on recorded prices:

- AWS within a day: 397 pools of us-east-1 over 90 days of 2021; from day to day: daily means of 121 offerings in three
  regions, February 2024 to August 2026.
- Google Cloud: weekly snapshots of 724 offerings up to July 2026.
- Azure: 36 machine types in three regions, February 2025 to August 2026.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache
from random import Random

#: A price gap between two AWS regions halves in 37 days (autocorrelation 0.974, 0.887, 0.574 after 1, 7, 30
#: days).
AWS_DECAY_PER_DAY = 0.5 ** (1 / 37)
#: Standard deviation of a day's relative move, lowest and highest over regions.
AWS_DAILY_DEVIATION = (0.010, 0.025)
#: Shares of the variance of a day's shock: the whole provider, the region, the pool alone. Returns of two
#: regions then correlate by 0.11, as measured; how the rest splits between region and pool is arbitrary.
AWS_SHOCK_SHARES = (0.11, 0.45, 0.44)
#: Price events per day and pool.
AWS_EVENTS_PER_DAY = 2.6
#: Shocks are drawn and summed for so many days at once, for speed alone.
BLOCK_DAYS = 64
#: Blocks whose shocks still matter: after six, 384 days, a thousandth of a shock is left.
AWS_MEMORY_BLOCKS = 6

#: Size and share of the steps of Google Cloud and Azure: 5 % is the median of both, 15 % Google's ninth decile.
STEP_SIZES = ((0.05, 0.8), (0.15, 0.2))
#: Part of the deviation that is left after each step. Chosen: prices stay within about a third of their
#: level.
STEP_DECAY = 0.85
#: Steps that still matter.
STEP_MEMORY = 40

#: A regime lasts half a year, one in sixteen is dear, 1.85 times the level (p3 1.9, m6i 1.8 measured; their
#: frequency is an estimate).
REGIME_DAYS, REGIME_SHARE, REGIME_FACTOR = 180.0, 1 / 16, 1.85


@dataclass(frozen=True, slots=True)
class StepRhythm:
    """One price change in each period, the offset of which is drawn from the first `spread_days`."""

    period_days: float
    spread_days: float


#: 5.9 changes a year, never two within 30 days.
GCP_RHYTHM = StepRhythm(period_days=365 / 5.9, spread_days=365 / 5.9 - 30)
#: 8.6 to 13.6 changes a year.
AZURE_RHYTHM = StepRhythm(period_days=365 / 11, spread_days=365 / 11 - 7)


def compute_aws_deviation(seed: int, region_key: str, pool: str, day: float) -> float:
    """Return the logarithm of price over level of one pool at market time `day` (days, any epoch)."""
    whole = math.floor(day)
    today = _compute_daily_level(seed, region_key, pool, whole)
    tomorrow = _compute_daily_level(seed, region_key, pool, whole + 1)
    return today + (tomorrow - today) * _share_of_day_passed(seed, pool, whole, day - whole)


def compute_step_deviation(seed: int, pool: str, rhythm: StepRhythm, day: float) -> float:
    """Return the logarithm of price over level of one pool whose provider changes prices in rare steps."""
    phase = rhythm.period_days * _uniform(seed, "phase", pool)
    period = math.floor((day + phase) / rhythm.period_days)
    # Prices change at midnight, never within a day.
    changes_at = (
        math.floor(
            period * rhythm.period_days - phase + rhythm.spread_days * _uniform(seed, "at", pool, period)
        )
        + 1
    )
    newest = period if day >= changes_at else period - 1
    return sum(STEP_DECAY**age * _draw_step(seed, pool, newest - age) for age in range(STEP_MEMORY))


def compute_regime_deviation(seed: int, pool: str, day: float) -> float:
    """Return the logarithm of the regime's factor: 0 nearly always."""
    regime = math.floor(day / REGIME_DAYS + _uniform(seed, "regime phase", pool))
    return math.log(REGIME_FACTOR) if _uniform(seed, "regime", pool, regime) < REGIME_SHARE else 0.0


def _compute_daily_level(seed: int, region_key: str, pool: str, day: int) -> float:
    low, high = AWS_DAILY_DEVIATION
    deviation = low + (high - low) * _uniform(seed, "deviation", region_key)
    block, within = divmod(day, BLOCK_DAYS)
    return deviation * sum(
        math.sqrt(share) * _compute_levels(seed, name, block)[within]
        for share, name in zip(AWS_SHOCK_SHARES, ("aws", region_key, pool), strict=True)
    )


@lru_cache(maxsize=1024)
def _compute_levels(seed: int, name: str, block: int) -> tuple[float, ...]:
    """Return the decayed sum of the shocks that matter, per day of a block, in deviations of one shock."""
    level = 0.0
    levels: list[float] = []
    for earlier in range(block - AWS_MEMORY_BLOCKS, block + 1):
        levels = []
        for shock in _draw_shocks(seed, name, earlier):
            level = AWS_DECAY_PER_DAY * level + shock
            levels.append(level)
    return tuple(levels)


@lru_cache(maxsize=4096)
def _draw_shocks(seed: int, name: str, block: int) -> tuple[float, ...]:
    chance = Random(f"{seed}/shock/{name}/{block}")
    return tuple(chance.gauss(0.0, 1.0) for _ in range(BLOCK_DAYS))


def _share_of_day_passed(seed: int, pool: str, day: int, time_of_day: float) -> float:
    """Return how much of the day's move has happened, 0 to 1: events of random size at random times."""
    count = _draw_event_count(seed, pool, day)
    times = [_uniform(seed, "event time", pool, day, index) for index in range(count)]
    sizes = [-math.log(1 - _uniform(seed, "event size", pool, day, index)) for index in range(count)]
    passed = sum(size for time, size in zip(times, sizes, strict=True) if time <= time_of_day)
    return passed / sum(sizes) if count else 0.0


def _draw_event_count(seed: int, pool: str, day: int) -> int:
    """Draw from the Poisson distribution by inversion. A day without events moves at its end."""
    remaining = _uniform(seed, "event count", pool, day)
    probability, count = math.exp(-AWS_EVENTS_PER_DAY), 0
    while remaining > probability and count < 20:
        remaining -= probability
        count += 1
        probability *= AWS_EVENTS_PER_DAY / count
    return count


def _draw_step(seed: int, pool: str, period: int) -> float:
    draw = _uniform(seed, "step", pool, period)
    size = STEP_SIZES[0][0] if draw < STEP_SIZES[0][1] else STEP_SIZES[1][0]
    return size if _uniform(seed, "sign", pool, period) < 0.5 else -size


def _uniform(*key: object) -> float:
    """Return a number in [0, 1) that looks random and depends on nothing but `key`."""
    digest = hashlib.blake2b("\0".join(map(str, key)).encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / (1 << 53)
