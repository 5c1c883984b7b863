"""The simulated market moves as the recorded ones did, and is a function of seed and time alone."""

from __future__ import annotations

import asyncio
import math
import random
import statistics
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.market import Offering
from oracle.quotes import PriceMode
from oracle.reasons import OracleCode
from oracle.sanity import PriceMemory, judge_price
from oracle.sources.base import Observation
from oracle.sources.price_levels import PriceLevels
from oracle.sources.price_paths import (
    AZURE_RHYTHM,
    GCP_RHYTHM,
    StepRhythm,
    compute_aws_deviation,
    compute_regime_deviation,
    compute_step_deviation,
)
from oracle.sources.simulated import DEMO_TIME_SCALE, SimulatedMarket
from resources.loader import load_json

LEVELS = PriceLevels(load_json("price_levels.json"))
DAY = 86_400.0
VIRGINIA = Offering("aws", "us-east-1", "m5.2xlarge")
DUBLIN = Offering("aws", "eu-west-1", "m5.2xlarge")
IOWA = Offering("gcp", "us-central1", "n2-standard-8")
AMSTERDAM = Offering("azure", "westeurope", "Standard_D8s_v5")
POOLS = (VIRGINIA, DUBLIN, IOWA, AMSTERDAM)


def market(seed: int = 7, time_scale: float = 1.0) -> SimulatedMarket:
    return SimulatedMarket(LEVELS, seed, time_scale)


def aws_series(region: str, seed: int = 7, days: int = 1500) -> list[float]:
    return [compute_aws_deviation(seed, region, f"{region}/pool", 20_000.0 + day) for day in range(days)]


def moves(series: list[float], days: int = 1) -> list[float]:
    return [series[at + days] - series[at] for at in range(0, len(series) - days, days)]


def test_two_instances_with_one_seed_agree_whatever_they_computed_before() -> None:
    times = [1.79e9 + 1000.0 * step for step in range(200)]
    one, other = market(), market()
    shuffled = random.Random(1).sample(times, len(times))
    late = {time: other.find_price(VIRGINIA, time) for time in shuffled}
    assert [one.find_price(VIRGINIA, time) for time in times] == [late[time] for time in times]


def test_other_seed_is_another_market() -> None:
    assert [market(1).find_price(pool, 1.79e9) for pool in POOLS] != [
        market(2).find_price(pool, 1.79e9) for pool in POOLS
    ]


@given(st.sampled_from(POOLS), st.floats(0, 4e9), st.integers(0, 1000))
def test_price_is_always_sane(pool: Offering, now: float, seed: int) -> None:
    price = market(seed).find_price(pool, now)
    assert price is not None
    observation = Observation(pool, price, now, now)
    assert judge_price(observation, LEVELS.find_on_demand(pool), PriceMemory())[0] is None


def test_daily_moves_of_aws_have_the_measured_size() -> None:
    """Measured: standard deviation of a day 1.1 to 2.5 %, of a week 2.4 to 4.2 %, over thirty months at most
    1.5 to 1.85.
    """
    for region in ("aws/us-east-1", "aws/us-west-2", "aws/eu-west-1"):
        series = aws_series(region)
        assert 0.008 < statistics.pstdev(moves(series)) < 0.027
        assert 0.02 < statistics.pstdev(moves(series, 7)) < 0.065
        assert 1.3 < math.exp(max(series[:900]) - min(series[:900])) < 2.4


def test_gap_between_two_regions_fades_as_measured() -> None:
    """Measured autocorrelation 0.974, 0.887 and 0.574 after 1, 7 and 30 days; the mean over seeds, as one
    path is noisy.
    """
    for lag, expected in ((1, 0.974), (7, 0.887), (30, 0.574)):
        found = []
        for seed in range(6):
            gaps = [
                one - other
                for one, other in zip(aws_series("aws/a", seed), aws_series("aws/b", seed), strict=True)
            ]
            found.append(statistics.correlation(gaps[:-lag], gaps[lag:]))
        assert statistics.mean(found) == pytest.approx(expected, abs=0.1)


def test_weekly_moves_of_two_regions_are_nearly_independent() -> None:
    """Measured: 0.11."""
    found = [
        statistics.correlation(moves(aws_series("aws/a", seed), 7), moves(aws_series("aws/b", seed), 7))
        for seed in range(6)
    ]
    assert 0.0 < statistics.mean(found) < 0.25


def test_aws_changes_a_few_times_a_day() -> None:
    """Measured: 2.6 price events per day and pool."""
    days, per_day = 40, 24 * 60
    path = [
        compute_aws_deviation(3, "aws/a", "aws/a/pool", 20_000 + minute / per_day)
        for minute in range(days * per_day)
    ]
    events = sum(one != other for one, other in pairwise(path))
    assert 2.0 < events / days < 3.3


@pytest.mark.parametrize(
    ("rhythm", "low", "high", "least_gap_days"), [(GCP_RHYTHM, 5, 7, 29), (AZURE_RHYTHM, 9, 13, 5)]
)
def test_steps_are_as_rare_and_as_large_as_recorded(
    rhythm: StepRhythm, low: float, high: float, least_gap_days: int
) -> None:
    """Measured: 5.9 (Google Cloud) and 8.6 to 13.6 (Azure) changes a year, 5 % at the median, 15 % at the
    90th percentile.
    """
    years = 20
    path = [compute_step_deviation(5, "pool", rhythm, 20_000.0 + day) for day in range(365 * years)]
    changes = [day for day, (one, other) in enumerate(pairwise(path)) if one != other]
    sizes = sorted(abs(path[day + 1] - path[day]) for day in changes)
    assert low < len(changes) / years < high
    assert min(later - earlier for earlier, later in pairwise(changes)) >= least_gap_days
    assert 0.03 < sizes[len(sizes) // 2] < 0.09
    assert 0.10 < sizes[int(0.9 * len(sizes))] < 0.22


def test_steps_never_come_within_a_day() -> None:
    path = [compute_step_deviation(5, "pool", AZURE_RHYTHM, 20_000.0 + hour / 24) for hour in range(24 * 200)]
    assert all((hour + 1) % 24 == 0 for hour, (one, other) in enumerate(pairwise(path)) if one != other)


def test_dear_regimes_are_rare_and_nearly_double_the_price() -> None:
    regimes = [compute_regime_deviation(1, f"pool {number}", 20_000.0) for number in range(2000)]
    dear = [regime for regime in regimes if regime]
    assert 0.04 < len(dear) / len(regimes) < 0.09
    assert all(math.exp(regime) == pytest.approx(1.85) for regime in dear)


def test_in_the_demo_prices_move_while_one_watches() -> None:
    demo = market(time_scale=DEMO_TIME_SCALE)
    seen = {demo.find_price(VIRGINIA, 1.79e9 + second) for second in range(60)}
    assert len(seen) > 5


def test_market_is_told_by_seed_and_pace() -> None:
    assert market(7, 60.0).market_id == market(7, 60).market_id
    assert len({one.market_id for one in (market(7, 60.0), market(8, 60.0), market(7, 60.5))}) == 3


def test_source_says_that_it_is_simulated_how_fast_it_runs_and_what_it_does_not_know() -> None:
    source = market(time_scale=7200.0)
    unknown = Offering("aws", "us-east-1", "x9.large")
    observed = asyncio.run(source.observe([VIRGINIA, unknown], 1.79e9))
    assert [one.offering for one in observed] == [VIRGINIA]
    assert observed[0].confirmed_at == 1.79e9
    assert source.mode is PriceMode.SIMULATED
    assert "simulated" in source.name
    assert source.notices == (
        OracleCode.PRICES_SIMULATED.because(speed=7200.0),
        OracleCode.PRICE_NOT_SIMULATED.because(offering=str(unknown)),
    )
    assert source.on_demand(VIRGINIA, 0.0) == Decimal("0.384000")


def test_past_is_the_one_that_would_have_been_seen() -> None:
    source = market()
    points = source.recall(VIRGINIA, 1.79e9, 1.79e9 + 95.0, 10.0)
    assert [point.observed_at - 1.79e9 for point in points] == [10.0 * number for number in range(10)]
    assert points[3].usd_per_hour == source.find_price(VIRGINIA, 1.79e9 + 30.0)
    assert source.recall(VIRGINIA, 1.79e9, 1.79e9 - 1.0, 10.0) == ()


@pytest.mark.parametrize("scale", [0.0, -1.0, math.inf, math.nan])
def test_market_time_must_run_forward(scale: float) -> None:
    with pytest.raises(ValueError, match="market time"):
        market(time_scale=scale)
