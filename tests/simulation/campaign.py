"""The long form of the simulation: many seeds, a kill or a freeze at every await. Run by hand or at night:

python -m tests.simulation.campaign [SEEDS]

Prints one line for each campaign; ends with 1 if any invariant was broken. A seed that failed can be run
again alone.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.simulation.fake_cluster import FakeCluster, Request
from tests.simulation.network import Delivery, Directed, Faults
from tests.simulation.processes import Process
from tests.simulation.world import PATH, World, keep_alive, simulate

#: How often a run without faults (seed 2) resumes its tasks, and one with noise (seed 7) until it is over.
CLEAN_STEPS = 688
NOISY_STEPS = 1394

#: Some more than most runs take.
MAX_STEPS = 900

#: A request without an answer takes 10 s, and some more follow until it is sealed off.
UNNOTICED_S = 15.0
#: The dead notice nothing, and a cluster that is cut off cannot be sealed: until a takeover, or until it is back.
UNNOTICED_DEAD_S = 150.0


@dataclass(frozen=True)
class Plan:
    """What happens in one run."""

    faults: Faults
    has_two_instances: bool = False
    kill_at: int | None = None
    freeze_at: int | None = None
    #: Spot nodes go; a write that takes replicas may rest on reads that are no older than this, seconds.
    reclaims_unnoticed_s: float | None = None
    has_late_drains: bool = False
    has_no_capacity: bool = False


def run_once(seed: int, plan: Plan) -> list[str]:
    """Run one simulation; returns the invariants that were broken."""

    async def scenario(world: World) -> None:
        if plan.has_no_capacity:
            world.target.capacity = world.rng.randrange(world.replicas)
        if plan.reclaims_unnoticed_s is not None:
            world.loop.create_task(reclaim(world))
        if plan.has_late_drains:
            world.network.directed = delay_drains(world)
        freeze_s = world.rng.uniform(20, 80)
        first = Process("a", kill_at=plan.kill_at, freeze_at=plan.freeze_at, freeze_s=freeze_s)
        lives = [keep_alive(world, "a", first=first)]
        if plan.has_two_instances:
            lives.append(keep_alive(world, "b", delay_s=world.rng.uniform(0, 20)))
        await asyncio.gather(*lives)

    with tempfile.TemporaryDirectory() as directory:
        world = simulate(
            scenario, seed, Path(directory), faults=plan.faults, unnoticed_s=plan.reclaims_unnoticed_s
        )
    ends = (("DONE", (0, world.replicas)), ("ROLLED_BACK", (world.replicas, None)))
    end = (world.journaled_phase(), world.result())
    return world.violations + ([] if end in ends else [f"it ended as {end}"])


async def reclaim(world: World) -> None:
    """Spot nodes of the target go, one pod at a time, for five minutes."""
    while world.loop.time() < 300:
        await asyncio.sleep(world.rng.uniform(5, 60))
        world.target.lose_pods(PATH, 1)


def delay_drains(world: World) -> Directed:
    """Half of all writes that lower the source land late, and meanwhile the target loses its pods for a while.

    Chance alone hardly ever lets both meet.
    """

    def lose_all() -> None:
        world.target.readiness = 0.01
        world.target.lose_pods(PATH, 100)
        world.loop.call_later(60, setattr, world.target, "readiness", 0.5)

    def choose(cluster: FakeCluster, request: Request) -> Delivery | None:
        if cluster is not world.source or not request.lowers or world.rng.random() < 0.5:
            return None
        world.loop.call_later(world.rng.uniform(0, 9), lose_all)
        return Delivery(world.rng.uniform(10, 160))

    return choose


def noise() -> Faults:
    """Every tenth request has some trouble."""
    return Faults(lost=0.03, unanswered=0.03, late=0.03, doubled=0.02)


def partitions(rng: random.Random) -> Faults:
    """Four partitions of up to 90 s and some noise."""
    cuts = []
    for _ in range(4):
        start = rng.uniform(0, 200)
        cuts.append((rng.choice(["paris", "osaka"]), start, start + rng.uniform(5, 90)))
    return Faults(lost=0.02, unanswered=0.02, late=0.02, partitions=cuts)


#: name -> the plan of a seed
CAMPAIGNS: dict[str, Callable[[random.Random], Plan]] = {
    "clean": lambda rng: Plan(Faults()),
    "noise": lambda rng: Plan(noise()),
    "kill at a random await": lambda rng: Plan(noise(), kill_at=rng.randrange(MAX_STEPS)),
    "two instances": lambda rng: Plan(noise(), has_two_instances=True),
    "two instances, kill": lambda rng: Plan(
        noise(), has_two_instances=True, kill_at=rng.randrange(MAX_STEPS)
    ),
    "two instances, freeze": lambda rng: Plan(
        noise(), has_two_instances=True, freeze_at=rng.randrange(MAX_STEPS)
    ),
    "partitions, kill": lambda rng: Plan(partitions(rng), kill_at=rng.randrange(MAX_STEPS)),
    "two, freeze, partitions, no capacity": lambda rng: Plan(
        partitions(rng), has_two_instances=True, freeze_at=rng.randrange(MAX_STEPS), has_no_capacity=True
    ),
    "reclaims, late drains": lambda rng: Plan(
        Faults(), reclaims_unnoticed_s=UNNOTICED_S, has_late_drains=True
    ),
    "reclaims, partitions, kill": lambda rng: Plan(
        partitions(rng), kill_at=rng.randrange(MAX_STEPS), reclaims_unnoticed_s=UNNOTICED_DEAD_S
    ),
}


def run_campaign(name: str, plans: list[tuple[int, Plan]]) -> bool:
    """Run all plans and print one line; True where nothing was broken."""
    started_at = time.monotonic()
    broken = {
        (seed, plan.kill_at, plan.freeze_at): found for seed, plan in plans if (found := run_once(seed, plan))
    }
    kinds = Counter(text.split(" at ")[0] for found in broken.values() for text in found)
    print(
        f"{name:40} {len(plans):5} runs {len(broken):4} broken {dict(kinds)} {time.monotonic() - started_at:6.1f} s",
        *list(broken.items())[:2],
        flush=True,
    )
    return not broken


def main(seeds: int) -> int:
    """Run everything; returns the exit code."""
    # The dead and the frozen leave coroutines behind that are never resumed: that is the point.
    warnings.simplefilter("ignore", RuntimeWarning)
    is_good = [
        run_campaign(name, [(seed, make(random.Random(seed * 7 + 1))) for seed in range(seeds)])
        for name, make in CAMPAIGNS.items()
    ]
    is_good.append(
        run_campaign(
            "kill at every await", [(7, Plan(noise(), kill_at=step)) for step in range(1, NOISY_STEPS)]
        )
    )
    is_good.append(
        run_campaign(
            "freeze at every await, two instances",
            [(2, Plan(Faults(), freeze_at=step, has_two_instances=True)) for step in range(1, CLEAN_STEPS)],
        )
    )
    return 0 if all(is_good) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
