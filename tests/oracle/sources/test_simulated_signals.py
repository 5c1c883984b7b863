"""Simulated interruptions and chances are spread as published, and always the same for the same pool."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from oracle.market import Offering
from oracle.sources.simulated_signals import simulate_interruption, simulate_obtainability
from tests.oracle.fakes import DUBLIN, VIRGINIA

POOLS = [Offering("aws", f"region-{number // 50}", f"m{number % 50}") for number in range(2000)]


def test_bands_are_as_frequent_as_those_of_the_spot_advisor() -> None:
    bands = Counter(simulate_interruption(7, pool).at_least for pool in POOLS)
    shares = [bands[low] / len(POOLS) for low in (0.0, 0.05, 0.10, 0.15, 0.20)]
    assert shares == pytest.approx([0.216, 0.193, 0.135, 0.125, 0.331], abs=0.03)


def test_scores_are_one_to_ten() -> None:
    scores = Counter(simulate_obtainability(7, pool).words for pool in POOLS)
    assert sorted(scores) == sorted(f"{score} of 10" for score in range(1, 11))


def test_a_pool_keeps_its_band_and_another_seed_or_place_may_have_another() -> None:
    assert simulate_interruption(7, VIRGINIA) == simulate_interruption(7, replace(VIRGINIA))
    drawn = {simulate_interruption(seed, place).words for seed in range(20) for place in (VIRGINIA, DUBLIN)}
    assert len(drawn) == 5
    assert "more than 20% a month" in drawn
