"""The campaign in its short form: some seeds of every kind of trouble, always the same ones.

All of it is run by `python3 bootstrap.py prove campaign`.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from dataclasses import replace

import pytest

from tests.simulation.branching import Branches, BranchFailed
from tests.simulation.campaign import CAMPAIGNS, EVERY_AWAIT, Outcome, Run, interrupt, perform

#: Runs of each campaign: some three minutes of one core in all.
RUNS = 2


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


def test_the_trouble_meets_the_move_and_not_the_asking_for_it() -> None:
    """A start that is refused tries none of the promises: one program carries the move through all the noise."""
    outcome = perform(Run("noise", 1))
    assert (outcome.starts, outcome.virtual_s > perform(Run("clean", 1)).virtual_s) == (1, True)


@pytest.mark.parametrize("name", ["freeze at every await, two instances", "forged Leases at every await"])
def test_a_branch_ends_as_the_run_that_is_interrupted_there(name: str) -> None:
    ends: dict[int, Outcome] = {}
    branches = Branches[Outcome]((900,), 1, lambda step, outcome: ends.update({step: outcome}))
    branches.end(trunk := perform(interrupt(name, sys.maxsize), branches.is_due))
    alone = perform(interrupt(name, 900))
    assert replace(ends[900], run=alone.run) == alone
    assert replace(alone, run=trunk.run) != trunk, "something happened there"


def test_a_branch_that_breaks_off_is_told() -> None:
    branches = Branches[None]((1,), 1, lambda step, result: None)

    async def main() -> None:
        if branches.is_due(1):
            os._exit(3)

    asyncio.run(main())
    with pytest.raises(BranchFailed, match="at await 1: the copy ended with 3"):
        branches.end(None)


def test_same_run_ends_the_same() -> None:
    run = Run("two instances, kill", 12)
    assert perform(run) == perform(run)
