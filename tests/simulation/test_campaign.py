"""The campaign in its short form: some seeds of every kind of trouble, always the same ones.

All of it is run by `python3 bootstrap.py prove campaign`.
"""

from __future__ import annotations

import random

import pytest

from tests.simulation.campaign import CAMPAIGNS, EVERY_AWAIT, Run, interrupt, perform

#: Runs of each campaign: less than a minute in all.
RUNS = 3


def choose_run(name: str, number: int) -> Run:
    """A seed of its own, or another await of the only schedule."""
    chance = random.Random(f"{name}/{number}")
    if name not in EVERY_AWAIT:
        return Run(name, chance.randrange(1_000_000))
    _, _, steps = EVERY_AWAIT[name]
    return interrupt(name, chance.choice(steps))


@pytest.mark.parametrize("number", range(RUNS))
@pytest.mark.parametrize("name", CAMPAIGNS)
def test_no_promise_is_broken(name: str, number: int) -> None:
    run = choose_run(name, number)
    found = perform(run).violations
    assert found == (), f"again: python -m tests.simulation.campaign {run}"


def test_same_run_ends_the_same() -> None:
    run = Run("two instances, kill", 12)
    assert perform(run) == perform(run)
