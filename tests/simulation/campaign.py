"""The long form of the simulation: many seeds, a kill, a freeze, a sleep and forged Leases at every await.

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
from typing import Any

from controller.decision.settings import DecisionSettings
from tests.simulation.branching import Branches
from tests.simulation.cluster import Cluster, Request
from tests.simulation.floor_watch import FloorWatch
from tests.simulation.forgery import Forger
from tests.simulation.invariants import read_journal
from tests.simulation.network import Delivery, Directed, Faults
from tests.simulation.processes import Process
from tests.simulation.program import Rejected
from tests.simulation.world import LEASE_PATH, PATH, SETTINGS, World, keep_alive, simulate

#: How often a program resumes its tasks in a run without faults, and in one with noise, until the move is over.
CLEAN_STEPS = 2_200
NOISY_STEPS = 5_000

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
    #: Somebody writes over the journals in the Leases, and nobody acts as a person would: the move may stop for good.
    forge_at: int | None = None
    #: As soon as the journal is in this phase of this wave, what runs is killed and all that serves in the target goes.
    restart_in: tuple[str, int] | None = None
    #: Spot nodes go, one now and then.
    reclaims: bool = False
    #: Where pods go: a write that takes replicas may rest on reads that are no older than this, seconds.
    unnoticed_s: float | None = None
    has_late_scale_downs: bool = False
    has_no_capacity: bool = False
    #: So many run in the target already, and so many of the source's six stay there.
    there: int = 0
    keeps: int = 0
    #: As people have them by default: few waves, and a shorter bake between the first and the last.
    has_shipped_waves: bool = False


def draw_shift(rng: random.Random, plan: Plan) -> Plan:
    """The same between two Deployments that both exist, with any numbers."""
    return replace(plan, there=rng.randint(1, 9), keeps=rng.choice((0, 0, 1, 4)))


def noise() -> Faults:
    """Every tenth request has some trouble."""
    return Faults(lost=0.03, unanswered=0.03, late=0.03, doubled=0.02)


def draw_outage(
    rng: random.Random, latest_s: float, shortest_s: float, longest_s: float
) -> tuple[str, float, float]:
    """One of the clusters, and from when until when it is out of reach; it begins at `latest_s` at the latest."""
    start = rng.uniform(0, latest_s)
    return rng.choice(["paris", "osaka"]), start, start + rng.uniform(shortest_s, longest_s)


def partitions(rng: random.Random) -> Faults:
    """Four partitions of up to 90 s and some noise."""
    cuts = [draw_outage(rng, 200, 5, 90) for _ in range(4)]
    return Faults(lost=0.02, unanswered=0.02, late=0.02, partitions=cuts)


def lost_credentials(rng: random.Random) -> Faults:
    """Twice one of the clusters takes our credentials for expired, for up to five minutes, beside some noise."""
    windows = [draw_outage(rng, 250, 10, 300) for _ in range(2)]
    return Faults(lost=0.02, unanswered=0.02, late=0.02, unauthorized=windows)


#: Where a restart finds a migration, as far as the journal says: the phase, and the wave from 0 on.
MOMENTS = [
    ("LOCKED", 0),
    ("PROVISION", 0),
    *((phase, wave) for phase in ("SURGE", "VERIFY", "SCALE_DOWN_SOURCE", "SETTLE") for wave in range(4)),
    ("SOAK", 3),
]

#: How long the target has no pods after a restart, seconds.
RESTART_LOSES_FOR_S = 200.0


#: name -> the plan of a seed
CAMPAIGNS: dict[str, Callable[[random.Random], Plan]] = {
    "clean": lambda rng: Plan(Faults()),
    "noise": lambda rng: Plan(noise()),
    "kill at a random await": lambda rng: Plan(noise(), kill_at=rng.randrange(NOISY_STEPS)),
    "two instances": lambda rng: Plan(noise(), has_two_instances=True),
    "two instances, kill": lambda rng: Plan(
        noise(), has_two_instances=True, kill_at=rng.randrange(NOISY_STEPS)
    ),
    "two instances, freeze": lambda rng: Plan(
        noise(), has_two_instances=True, freeze_at=rng.randrange(NOISY_STEPS)
    ),
    "partitions, kill": lambda rng: Plan(partitions(rng), kill_at=rng.randrange(NOISY_STEPS)),
    "two, freeze, partitions, no capacity": lambda rng: Plan(
        partitions(rng), has_two_instances=True, freeze_at=rng.randrange(NOISY_STEPS), has_no_capacity=True
    ),
    "sleep": lambda rng: Plan(
        Faults(delayed=0.05), sleep_at=rng.randrange(CLEAN_STEPS), unnoticed_s=UNNOTICED_S
    ),
    "two instances, sleep": lambda rng: Plan(
        replace(noise(), delayed=0.03),
        has_two_instances=True,
        sleep_at=rng.randrange(CLEAN_STEPS),
        unnoticed_s=UNNOTICED_DEAD_S,
    ),
    "reclaims, late scale-downs": lambda rng: Plan(
        Faults(), reclaims=True, unnoticed_s=UNNOTICED_S, has_late_scale_downs=True
    ),
    "reclaims, partitions, kill": lambda rng: Plan(
        partitions(rng), kill_at=rng.randrange(NOISY_STEPS), reclaims=True, unnoticed_s=UNNOTICED_DEAD_S
    ),
    "forged Leases": lambda rng: Plan(noise(), forge_at=rng.randrange(NOISY_STEPS)),
    "credentials lost": lambda rng: Plan(lost_credentials(rng), unnoticed_s=UNNOTICED_S),
    "credentials lost, kill": lambda rng: Plan(
        lost_credentials(rng), kill_at=rng.randrange(NOISY_STEPS), unnoticed_s=UNNOTICED_DEAD_S
    ),
    "restart in each phase, target lost": lambda rng: Plan(
        noise(), restart_in=rng.choices(MOMENTS, k=8)[-1], unnoticed_s=UNNOTICED_DEAD_S
    ),
    "shift, kill": lambda rng: draw_shift(rng, Plan(noise(), kill_at=rng.randrange(NOISY_STEPS))),
    "shift, two instances, partitions, kill": lambda rng: draw_shift(
        rng, Plan(partitions(rng), has_two_instances=True, kill_at=rng.randrange(NOISY_STEPS))
    ),
    "shift, reclaims, late scale-downs": lambda rng: draw_shift(
        rng, Plan(Faults(), reclaims=True, unnoticed_s=UNNOTICED_S, has_late_scale_downs=True)
    ),
    "shift, restart in each phase, target lost": lambda rng: draw_shift(
        rng, Plan(noise(), restart_in=rng.choices(MOMENTS, k=8)[-1], unnoticed_s=UNNOTICED_DEAD_S)
    ),
    "waves as shipped, kill": lambda rng: Plan(
        noise(), kill_at=rng.randrange(NOISY_STEPS), has_shipped_waves=True
    ),
    "waves as shipped, two instances, partitions, sleep": lambda rng: Plan(
        partitions(rng),
        has_two_instances=True,
        sleep_at=rng.randrange(CLEAN_STEPS),
        unnoticed_s=UNNOTICED_DEAD_S,
        has_shipped_waves=True,
    ),
    "waves as shipped, reclaims, late scale-downs": lambda rng: Plan(
        Faults(),
        reclaims=True,
        unnoticed_s=UNNOTICED_S,
        has_late_scale_downs=True,
        has_shipped_waves=True,
    ),
    # One schedule, and the moment is chosen: for every await.
    "kill at every await": lambda rng: Plan(noise()),
    "freeze at every await, two instances": lambda rng: Plan(Faults(), has_two_instances=True),
    "sleep at every await": lambda rng: Plan(Faults(delayed=0.02), unnoticed_s=UNNOTICED_S),
    "forged Leases at every await": lambda rng: Plan(Faults()),
}

#: name -> (what happens, the seed of its only schedule, about the moments that there are: with all tests one is drawn)
EVERY_AWAIT = {
    "kill at every await": ("kill_at", 7, range(1, NOISY_STEPS)),
    "freeze at every await, two instances": ("freeze_at", 2, range(1, CLEAN_STEPS)),
    "sleep at every await": ("sleep_at", 2, range(1, CLEAN_STEPS)),
    "forged Leases at every await": ("forge_at", 2, range(1, CLEAN_STEPS)),
}

#: Of a simulation: eight replicas make three waves, of which the one between has the shorter bake.
SHIPPED_WAVES: dict[str, Any] = {
    "replicas": 8,
    "wave_replicas": DecisionSettings().wave_replicas,
    "settings": replace(SETTINGS, bake_between_s=None),
}

#: How long somebody waits for a move whose Leases others write over, seconds: longer than any patience of the program.
PATIENCE_S = 900.0

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
    forge_at: int | None = None

    def __str__(self) -> str:
        moments = (
            ("--kill-at", self.kill_at),
            ("--freeze-at", self.freeze_at),
            ("--sleep-at", self.sleep_at),
            ("--forge-at", self.forge_at),
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
            forge_at=made.forge_at if self.forge_at is None else self.forge_at,
        )


@dataclass(frozen=True)
class Outcome:
    """What came of a run: what was broken, in words, and how long it was in virtual time."""

    run: Run
    violations: tuple[str, ...]
    virtual_s: float
    #: Seconds below the floor, and the longest stretch of them in which it was possible to end that.
    below_s: float = 0.0
    longest_s: float = 0.0
    #: How often a program was started, all instances together.
    starts: int = 0


@dataclass
class Tally:
    """What came of one campaign."""

    name: str
    runs: int = 0
    virtual_s: float = 0.0
    wall_s: float = 0.0
    below_s: float = 0.0
    longest_s: float = 0.0
    starts: int = 0
    broken: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.runs += 1
        self.virtual_s += outcome.virtual_s
        self.starts += outcome.starts
        self.below_s += outcome.below_s
        self.longest_s = max(self.longest_s, outcome.longest_s)
        if outcome.violations:
            self.broken.append(outcome)

    def kinds(self) -> dict[str, int]:
        """Which promises were broken how often."""
        return dict(Counter(text.split(" at ")[0] for one in self.broken for text in one.violations))


def perform(run: Run, is_due: Callable[[int], bool] | None = None) -> Outcome:
    """Run one simulation and judge it. is_due: says at each await of the first program whether it happens now."""
    plan = run.plan()
    # The dead and the frozen leave coroutines behind that are never resumed: that is the point.
    warnings.simplefilter("ignore", RuntimeWarning)
    watches: list[FloorWatch] = []

    async def live(world: World) -> None:
        watches.append(FloorWatch(world))
        looking = asyncio.ensure_future(watches[0].look_on())
        await live_through(world, plan, is_due)
        looking.cancel()

    with tempfile.TemporaryDirectory() as directory:
        try:
            world = simulate(
                live, run.seed, Path(directory), faults=plan.faults, unnoticed_s=plan.unnoticed_s,
                there=plan.there, keeps=plan.keeps, **(SHIPPED_WAVES if plan.has_shipped_waves else {}),
            )  # fmt: skip
        except Exception as error:  # the edge: what nobody foresaw is a finding like any other
            return Outcome(run, (f"an error: {error!r}",), 0.0)
    broken = world.judge_end() if plan.forge_at is None else world.judge.judge_stop()
    return Outcome(
        run, tuple(broken), world.loop.time(), watches[0].below_s, watches[0].longest_s, len(world.programs)
    )


async def live_through(world: World, plan: Plan, is_due: Callable[[int], bool] | None = None) -> None:
    """Let happen what a plan says, and keep programs alive until the move is over."""
    world.loop.create_task(trouble_the_move(world))
    if plan.forge_at is not None:
        await live_through_forgery(world, plan.forge_at, is_due)
        return
    if plan.has_no_capacity:
        world.loop.create_task(fill_target(world, world.rng.randrange(world.replicas)))
    if plan.reclaims:
        world.loop.create_task(reclaim(world))
    if plan.has_late_scale_downs:
        world.network.directed = delay_scale_downs(world)
    for context, start, end in plan.faults.unauthorized:
        if context == world.target.context:  # its region goes, and the plugin that gives tokens with it
            world.loop.call_at(start, lose_target_for, world, end - start)
    freeze_s = world.rng.uniform(20, 80)
    nap_s = world.rng.choice(NAPS_S) if plan.sleep_at is not None else 0.0
    first = Process(
        "a", kill_at=plan.kill_at, freeze_at=plan.freeze_at, freeze_s=freeze_s,
        sleep_at=plan.sleep_at, sleep_s=nap_s, on_sleep=lambda: lose_target_for(world, nap_s + BACK_AFTER_S),
        is_due=is_due,
    )  # fmt: skip
    if plan.restart_in is not None:
        world.loop.create_task(restart_in(world, *plan.restart_in))
    lives = [keep_alive(world, "a", first=first)]
    if plan.has_two_instances:
        lives.append(keep_alive(world, "b", delay_s=world.rng.uniform(0, 20)))
    await asyncio.gather(*lives)


async def live_through_forgery(
    world: World, forge_at: int, is_due: Callable[[int], bool] | None = None
) -> None:
    """Write over the journals at some await, and start the program once more: in vain, or to go on with ours."""
    forger = Forger(world)

    def strike() -> None:
        forger.strike(random.Random(first.steps))

    first = Process("a", strike_at=forge_at, on_strike=strike, is_due=is_due)
    for name, process in (("a", first), ("b", None)):
        program = world.open_program(name, process)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await world.work(program)
        except (Rejected, TimeoutError):
            pass  # it was stopped, by what others have written
        await program.close()


async def trouble_the_move(world: World) -> None:
    """Let chance begin with the move: what is troubled before is refused, again and again, and nothing is tried."""
    world.network.is_quiet = True
    await world.wait_for(lambda: world.journaled_phase() is not None)
    world.network.is_quiet = False


def lose_target_for(world: World, seconds: float) -> None:
    """In a moment the target loses all its pods, and for so long it gets no others."""

    def lose_all() -> None:
        world.target.set_capacity(0)
        world.target.lose_pods(PATH)

    world.loop.call_later(LOST_AFTER_S, lose_all)
    world.loop.call_later(seconds, world.target.set_capacity)


async def restart_in(world: World, phase: str, wave: int) -> None:
    """Kill what runs as soon as the journal is in a phase of a wave, with all that serves in the target."""

    def is_there() -> bool:
        record = read_journal(world.source, LEASE_PATH)
        return record is not None and (record.state.phase.value, record.state.wave) == (phase, wave)

    await world.wait_for(lambda: is_there() or world.is_over())
    for program in world.programs:
        program.process.kill()
    lose_target_for(world, RESTART_LOSES_FOR_S)


async def fill_target(world: World, left: int) -> None:
    """Leave the target room for so many pods once the move has begun, as nobody could know before."""
    await world.wait_for(lambda: world.journaled_phase() not in (None, "PREFLIGHT"))
    world.target.set_capacity(left)


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


def run_all(seeds: Iterable[int], stride: int, workers: int) -> Iterator[Tally]:
    """Every campaign: by seeds, and at every `stride`-th await."""
    seeds = list(seeds)
    for name in CAMPAIGNS:
        if name in EVERY_AWAIT:
            yield run_every_await(name, stride, workers)
        else:
            yield run_campaign(name, [Run(name, seed) for seed in seeds], workers)


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


def run_every_await(name: str, stride: int, workers: int) -> Tally:
    """Perform the only schedule of a campaign, with a copy at every `stride`-th await until it is over."""
    tally, began_at = Tally(name), time.monotonic()
    steps = range(1 + stride // 2, sys.maxsize, stride)
    branches = Branches[Outcome](
        steps, workers, lambda step, outcome: tally.add(replace(outcome, run=interrupt(name, step)))
    )
    branches.end(perform(interrupt(name, sys.maxsize), branches.is_due))
    tally.wall_s = time.monotonic() - began_at
    return tally


def describe(tally: Tally) -> str:
    """One line for a person."""
    hours = tally.virtual_s / 3600
    return (
        f"{tally.name:40} {tally.runs:5} runs {hours:6.1f} virtual hours {len(tally.broken):4} broken "
        f"{tally.kinds() or ''} {tally.below_s:7.0f} s below the floor, {tally.longest_s:4.0f} s at once when it was "
        f"possible to end that {tally.wall_s:6.1f} s"
    )


def main(arguments: list[str]) -> int:
    """Run one simulation again, or all of them; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.campaign", description=__doc__)
    parser.add_argument("--name", choices=CAMPAIGNS, help="run one simulation of this campaign again")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kill-at", type=int)
    parser.add_argument("--freeze-at", type=int)
    parser.add_argument("--sleep-at", type=int)
    parser.add_argument("--forge-at", type=int)
    parser.add_argument("--seeds", type=int, default=100, help="how many seeds, where all campaigns run")
    parser.add_argument("--stride", type=int, default=1, help="every how many awaits something happens")
    chosen = parser.parse_args(arguments)
    if chosen.name is not None:
        moments = (chosen.kill_at, chosen.freeze_at, chosen.sleep_at, chosen.forge_at)
        outcome = perform(Run(chosen.name, chosen.seed, *moments))
        print(*(outcome.violations or ["nothing was broken"]), sep="\n")
        return 1 if outcome.violations else 0
    is_good = True
    for tally in run_all(range(chosen.seeds), chosen.stride, os.cpu_count() or 1):
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
