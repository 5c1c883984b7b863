"""The long form of the simulation: many seeds, a kill, a freeze and a sleep at every await.

    python3 bootstrap.py prove campaign                     # all of it, with a report under docs/evidence/
    .venv/bin/python -m tests.simulation.campaign --name noise --seed 17 [--kill-at 400]    # again

A run depends on the commit and on its line of arguments alone: a failure prints both.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import random
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery, Directed, Faults
from tests.simulation.processes import Process
from tests.simulation.world import PATH, World, keep_alive, simulate

#: How often a program resumes its tasks in a run without faults, and in one with noise, until it is over; or some more.
CLEAN_STEPS = 1_700
NOISY_STEPS = 3_400
MAX_STEPS = 2_000

#: A request without an answer takes 10 s, and some more follow until it is sealed off.
UNNOTICED_S = 15.0
#: The dead notice nothing, and a cluster that is cut off cannot be sealed: until a takeover, or until it is back.
UNNOTICED_DEAD_S = 150.0

#: Runs of one worker before another takes its place: what was killed stays in memory, because it is never cleaned up.
RUNS_OF_A_WORKER = 40


@dataclass(frozen=True)
class Plan:
    """What happens in one run."""

    faults: Faults
    has_two_instances: bool = False
    kill_at: int | None = None
    freeze_at: int | None = None
    #: The machine of the first program sleeps, and all that serves in the target goes meanwhile.
    sleep_at: int | None = None
    #: Spot nodes go, one now and then.
    reclaims: bool = False
    #: Where pods go: a write that takes replicas may rest on reads that are no older than this, seconds.
    unnoticed_s: float | None = None
    has_late_scale_downs: bool = False
    has_no_capacity: bool = False


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
    "sleep": lambda rng: Plan(
        Faults(delayed=0.05), sleep_at=rng.randrange(MAX_STEPS), unnoticed_s=UNNOTICED_S
    ),
    "two instances, sleep": lambda rng: Plan(
        replace(noise(), delayed=0.03),
        has_two_instances=True,
        sleep_at=rng.randrange(MAX_STEPS),
        unnoticed_s=UNNOTICED_DEAD_S,
    ),
    "reclaims, late scale-downs": lambda rng: Plan(
        Faults(), reclaims=True, unnoticed_s=UNNOTICED_S, has_late_scale_downs=True
    ),
    "reclaims, partitions, kill": lambda rng: Plan(
        partitions(rng), kill_at=rng.randrange(MAX_STEPS), reclaims=True, unnoticed_s=UNNOTICED_DEAD_S
    ),
    # One schedule, and the moment is chosen: for every await.
    "kill at every await": lambda rng: Plan(noise()),
    "freeze at every await, two instances": lambda rng: Plan(Faults(), has_two_instances=True),
    "sleep at every await": lambda rng: Plan(Faults(delayed=0.02), unnoticed_s=UNNOTICED_S),
}

#: name -> (what happens, the seed of its only schedule, the moments that are gone through)
EVERY_AWAIT = {
    "kill at every await": ("kill_at", 7, range(1, NOISY_STEPS)),
    "freeze at every await, two instances": ("freeze_at", 2, range(1, CLEAN_STEPS)),
    "sleep at every await": ("sleep_at", 2, range(1, CLEAN_STEPS)),
}

#: How long a machine sleeps, seconds: shorter than its Leases last, hardly longer, and over lunch.
NAPS_S = (15.0, 40.0, 300.0, 3600.0)
#: How long after the machine falls asleep the target loses its pods, and after it wakes there are new ones, seconds.
LOST_AFTER_S, BACK_AFTER_S = 5.0, 120.0


@dataclass(frozen=True)
class Run:
    """One run of a campaign; its text is the line of arguments that runs it again."""

    name: str
    seed: int
    kill_at: int | None = None
    freeze_at: int | None = None
    sleep_at: int | None = None

    def __str__(self) -> str:
        moments = (
            ("--kill-at", self.kill_at),
            ("--freeze-at", self.freeze_at),
            ("--sleep-at", self.sleep_at),
        )
        chosen = "".join(f" {flag} {step}" for flag, step in moments if step is not None)
        return f'--name "{self.name}" --seed {self.seed}{chosen}'

    def plan(self) -> Plan:
        made = CAMPAIGNS[self.name](random.Random(self.seed * 7 + 1))
        return replace(
            made,
            kill_at=made.kill_at if self.kill_at is None else self.kill_at,
            freeze_at=made.freeze_at if self.freeze_at is None else self.freeze_at,
            sleep_at=made.sleep_at if self.sleep_at is None else self.sleep_at,
        )


@dataclass(frozen=True)
class Outcome:
    """What came of a run: what was broken, in words, and how long it was in virtual time."""

    run: Run
    violations: tuple[str, ...]
    virtual_s: float


@dataclass
class Tally:
    """What came of one campaign."""

    name: str
    runs: int = 0
    virtual_s: float = 0.0
    wall_s: float = 0.0
    broken: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.runs += 1
        self.virtual_s += outcome.virtual_s
        if outcome.violations:
            self.broken.append(outcome)

    def kinds(self) -> dict[str, int]:
        """Which promises were broken how often."""
        return dict(Counter(text.split(" at ")[0] for one in self.broken for text in one.violations))


def perform(run: Run) -> Outcome:
    """Run one simulation and judge it."""
    plan = run.plan()
    # The dead and the frozen leave coroutines behind that are never resumed: that is the point.
    warnings.simplefilter("ignore", RuntimeWarning)
    with tempfile.TemporaryDirectory() as directory:
        try:
            world = simulate(
                lambda world: live_through(world, plan), run.seed, Path(directory),
                faults=plan.faults, unnoticed_s=plan.unnoticed_s,
            )  # fmt: skip
        except Exception as error:  # the edge: what nobody foresaw is a finding like any other
            return Outcome(run, (f"an error: {error!r}",), 0.0)
    return Outcome(run, tuple(world.judge_end()), world.loop.time())


async def live_through(world: World, plan: Plan) -> None:
    """Let happen what a plan says, and keep programs alive until the move is over."""
    if plan.has_no_capacity:
        world.target.set_capacity(world.rng.randrange(world.replicas))
    if plan.reclaims:
        world.loop.create_task(reclaim(world))
    if plan.has_late_scale_downs:
        world.network.directed = delay_scale_downs(world)
    freeze_s = world.rng.uniform(20, 80)
    nap_s = world.rng.choice(NAPS_S) if plan.sleep_at is not None else 0.0
    first = Process(
        "a", kill_at=plan.kill_at, freeze_at=plan.freeze_at, freeze_s=freeze_s,
        sleep_at=plan.sleep_at, sleep_s=nap_s, on_sleep=lambda: lose_target_for(world, nap_s + BACK_AFTER_S),
    )  # fmt: skip
    lives = [keep_alive(world, "a", first=first)]
    if plan.has_two_instances:
        lives.append(keep_alive(world, "b", delay_s=world.rng.uniform(0, 20)))
    await asyncio.gather(*lives)


def lose_target_for(world: World, seconds: float) -> None:
    """In a moment the target loses all its pods, and for so long it gets no others."""

    def lose_all() -> None:
        world.target.set_capacity(0)
        world.target.lose_pods(PATH)

    world.loop.call_later(LOST_AFTER_S, lose_all)
    world.loop.call_later(seconds, world.target.set_capacity)


async def reclaim(world: World) -> None:
    """Spot nodes of the target go, one pod at a time, for five minutes."""
    while world.loop.time() < 300:
        await asyncio.sleep(world.rng.uniform(5, 60))
        world.target.lose_pods(PATH, 1)


def delay_scale_downs(world: World) -> Directed:
    """Half of all writes that lower the source land late, and meanwhile the target loses its pods for a while.

    Chance alone hardly ever lets both meet.
    """

    def lose_all() -> None:
        world.target.set_capacity(0)
        world.target.lose_pods(PATH)
        world.loop.call_later(60, world.target.set_capacity)

    def choose(cluster: Cluster, request: Request) -> Delivery | None:
        if cluster is not world.source or not request.lowers or world.rng.random() < 0.5:
            return None
        world.loop.call_later(world.rng.uniform(0, 9), lose_all)
        return Delivery(world.rng.uniform(10, 160))

    return choose


def plan_runs(seeds: Iterable[int], *, stride: int = 1) -> Iterator[tuple[str, list[Run]]]:
    """Every campaign with its runs: by seeds, and at every `stride`-th await."""
    seeds = list(seeds)
    for name in CAMPAIGNS:
        if name not in EVERY_AWAIT:
            yield name, [Run(name, seed) for seed in seeds]
            continue
        _, _, steps = EVERY_AWAIT[name]
        yield name, [interrupt(name, step) for step in steps[stride // 2 :: stride]]


def interrupt(name: str, step: int) -> Run:
    """The run of a campaign over every await in which it happens at this one."""
    what, seed, _ = EVERY_AWAIT[name]
    moments: dict[str, int] = {what: step}
    return Run(name, seed, **moments)


def run_campaign(name: str, runs: list[Run], workers: int) -> Tally:
    """Perform all runs, in processes of their own."""
    tally, began_at = Tally(name), time.monotonic()
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, maxtasksperchild=RUNS_OF_A_WORKER) as pool:
        for outcome in pool.imap_unordered(perform, runs):
            tally.add(outcome)
    tally.wall_s = time.monotonic() - began_at
    return tally


def describe(tally: Tally) -> str:
    """One line for a person."""
    hours = tally.virtual_s / 3600
    return (
        f"{tally.name:40} {tally.runs:5} runs {hours:6.1f} virtual hours {len(tally.broken):4} broken "
        f"{tally.kinds() or ''} {tally.wall_s:6.1f} s"
    )


def main(arguments: list[str]) -> int:
    """Run one simulation again, or all of them; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.campaign", description=__doc__)
    parser.add_argument("--name", choices=CAMPAIGNS, help="run one simulation of this campaign again")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kill-at", type=int)
    parser.add_argument("--freeze-at", type=int)
    parser.add_argument("--sleep-at", type=int)
    parser.add_argument("--seeds", type=int, default=100, help="how many seeds, where all campaigns run")
    parser.add_argument("--stride", type=int, default=1, help="every how many awaits something happens")
    chosen = parser.parse_args(arguments)
    if chosen.name is not None:
        outcome = perform(Run(chosen.name, chosen.seed, chosen.kill_at, chosen.freeze_at, chosen.sleep_at))
        print(*(outcome.violations or ["nothing was broken"]), sep="\n")
        return 1 if outcome.violations else 0
    is_good = True
    for name, runs in plan_runs(range(chosen.seeds), stride=chosen.stride):
        tally = run_campaign(name, runs, os.cpu_count() or 1)
        print(
            describe(tally),
            *(f"  {one.run}: {one.violations[0]}" for one in tally.broken[:3]),
            sep="\n",
            flush=True,
        )
        is_good = is_good and not tally.broken
    return 0 if is_good else 1


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets of texts is to be the same in every process.
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, "PYTHONHASHSEED": "0"})
    sys.exit(main(sys.argv[1:]))
