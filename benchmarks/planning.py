"""How long a plan takes: all of it, after one tick, and against the obvious loop over all pairs.

Run by hand on a quiet machine: `python -m benchmarks.planning --json`. Milliseconds are of one core's time: `min` of
the rounds, which is what the work takes (other programs only add to it), beside their `median`. The limits in `goals`
are held against the minimum, and so is the loop in `times_as_fast`, which can be trusted further than milliseconds. The
loop plans a part of the workloads in the same run, and its targets have to be the planner's. With --check, exit code 1
where a goal was missed.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable
from decimal import Decimal

from msgspec import structs

from benchmarks.naive_planning import plan_naively
from controller.clusters.fleet import (
    Cluster,
    FleetPicture,
    Health,
    Node,
    Resources,
    WatchedKind,
    Workload,
    WorkloadKey,
)
from controller.decision.egress_file import load_egress_table
from controller.decision.facts import Facts
from controller.decision.planning import Planner
from controller.decision.settings import DecisionSettings
from controller.scheduling.domains import Crowd
from controller.scheduling.nodes import NodeKind, NodeTerms, Taint
from controller.scheduling.pods import AffinityTerm, PodShape, PodTerms, Toleration
from controller.scheduling.selectors import Labels, Requirement
from oracle.market import Offering
from oracle.quotes import PriceMode, Quote, QuoteBoard
from oracle.regions import load_regions

WHOLE_LIMIT_MS = 50.0
TICK_LIMIT_MS = 5.0
MEMORY_LIMIT_MIB = 100.0

NOW = 1_800_000_000.0
ROUNDS = 9
NODES = 20
#: Allocatable of a node with 8 vCPU and 32 GiB.
NODE_SIZE = Resources(7.91, 29.0)
AMOUNTS = (("cpu", 7910), ("ephemeral-storage", 10**11), ("memory", 29 * 2**30), ("pods", 58))
KIND = NodeKind(
    Labels({"topology.kubernetes.io/zone": "a", "kubernetes.io/arch": "amd64"}), (Taint("spot", "true"),)
)
#: Every how many workloads have replicas that keep one another off their nodes.
APART_EVERY = 10
#: What pods ask for; their products are the classes.
CPU_CORES = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
MEMORY_GIB = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)


def build_fleet(contexts: int, workloads: int, seed: int) -> FleetPicture:
    """Healthy clusters in real regions with `workloads` in all; prices and sizes are drawn."""
    chance = random.Random(seed)
    regions = sorted(load_regions().values(), key=lambda region: region.key)
    chance.shuffle(regions)
    clusters = {}
    for number in range(contexts):
        region, context = regions[number % len(regions)], f"context-{number:03d}"
        offering = Offering(region.provider, region.name, "m5.2xlarge")
        names = [f"{context}-{n}" for n in range(NODES)]
        nodes = tuple(
            Node(
                name,
                offering,
                None,
                NODE_SIZE,
                True,
                True,
                "amd64",
                terms=NodeTerms(name, KIND, AMOUNTS, name),
            )
            for name in names
        )
        keys = [WorkloadKey(context, "shop", f"app-{number}-{n}") for n in range(number, workloads, contexts)]
        clusters[context] = Cluster(
            context,
            Health.REACHABLE,
            uid=f"uid-{number}",
            provider=region.provider,
            region=region.name,
            nodes=nodes,
            workloads=tuple(_draw_workload(key, offering, chance) for key in keys),
            free=Resources(chance.uniform(10, 150), chance.uniform(40, 600)),
            crowds={name: _draw_crowd(chance) for name in names},
            read_at=dict.fromkeys(WatchedKind, NOW),
            is_complete=True,
        )
    return FleetPicture(clusters, NOW)


def _draw_crowd(chance: random.Random) -> Crowd:
    """The pods of a node: some of the same few kinds, and one that keeps its like away."""
    return frozenset((RUNNING[n], chance.randint(1, 2)) for n in range(chance.randint(1, len(RUNNING))))


def _build_shape(name: str, cpu: int, memory: int, *, is_apart: bool = False) -> PodShape:
    own = (Requirement("app", "In", (name,)),)
    terms = (AffinityTerm("kubernetes.io/hostname", own, frozenset({"shop"})),) if is_apart else ()
    requests = (("cpu", cpu), ("memory", memory), ("pods", 1))
    return PodShape("shop", Labels({"app": name}), requests, anti_affinity=terms)


RUNNING = tuple(_build_shape(f"other-{n}", 250, 2**29, is_apart=n == 0) for n in range(8))
TOLERATION = Toleration("spot", "Equal", "true")


def _draw_workload(key: WorkloadKey, offering: Offering, chance: random.Random) -> Workload:
    replicas = chance.randint(1, 30)
    requests = Resources(chance.choice(CPU_CORES), chance.choice(MEMORY_GIB))
    is_apart = chance.randrange(APART_EVERY) == 0
    shape = _build_shape(
        key.name, int(requests.cpu_cores * 1000), int(requests.memory_gib * 2**30), is_apart=is_apart
    )
    return Workload(
        key=key,
        uid=f"uid-{key.name}",
        desired_replicas=replicas,
        ready_replicas=replicas,
        available_replicas=replicas,
        requests=requests,
        state_gb=round(chance.uniform(0, 60), 2),
        template_hash="template",
        terms=PodTerms(shape, tolerations=(TOLERATION,)),
        hosts=((offering, replicas),),
    )


class Market:
    """A board of quotes whose prices move."""

    def __init__(self, picture: FleetPicture, seed: int) -> None:
        self._chance = random.Random(seed)
        self._quotes = {}
        for cluster in picture.clusters.values():
            offering = cluster.nodes[0].offering
            assert offering is not None
            price = self._draw()
            quote = Quote(
                cluster.context, offering, price, NOW, NOW, NOW + 180.0, "benchmark", PriceMode.LIVE
            )
            self._quotes[cluster.context, offering] = quote
        self._keys = list(self._quotes)

    def tick(self, count: int) -> QuoteBoard:
        """Change the prices of so many contexts."""
        for key in self._chance.sample(self._keys, count):
            self._quotes[key] = structs.replace(self._quotes[key], usd_per_hour=self._draw())
        return QuoteBoard(dict(self._quotes))

    def _draw(self) -> Decimal:
        return Decimal(f"{self._chance.uniform(0.05, 0.4):.4f}")


def time_ms(action: Callable[[], object]) -> float:
    """Milliseconds of processor time."""
    started = time.process_time()
    action()
    return (time.process_time() - started) * 1000.0


def peak_mib() -> float:
    """The most memory that this process has held, program and fleet included."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def run(contexts: int, workloads: int, every: int, seed: int) -> dict[str, object]:
    """Measure; every `every`-th workload is also planned by the loop."""
    picture, settings = build_fleet(contexts, workloads, seed), DecisionSettings(egress=load_egress_table())
    market, planner = Market(picture, seed), Planner()

    def plan(board: QuoteBoard) -> None:
        planner.plan(picture, Facts(board, settings, NOW))

    first_ms = time_ms(lambda: plan(market.tick(0)))
    still_ms: list[float] = []
    tick_ms: list[float] = []
    whole_ms: list[float] = []
    for _ in range(ROUNDS):
        for times, count in ((still_ms, 0), (tick_ms, 1), (whole_ms, contexts)):
            board = market.tick(count)
            times.append(time_ms(lambda board=board: plan(board)))  # type: ignore[misc]
    memory_mib = peak_mib()
    board = market.tick(contexts)
    started = time.process_time()
    naive = plan_naively(picture, board, settings, NOW, every)
    naive_ms = (time.process_time() - started) * 1000.0 * every
    offers = {
        offer.workload: offer.target for offer in planner.plan(picture, Facts(board, settings, NOW)).offers
    }
    sample = [w.key for cluster in picture.clusters.values() for w in cluster.workloads[::every]]
    whole, tick = min(whole_ms), min(tick_ms)
    return {
        "contexts": contexts,
        "workloads": workloads,
        "offers": len(offers),
        "first_ms": first_ms,
        "rounds": ROUNDS,
        "whole_min_ms": whole,
        "whole_median_ms": statistics.median(whole_ms),
        "tick_min_ms": tick,
        "tick_median_ms": statistics.median(tick_ms),
        "nothing_changed_min_ms": min(still_ms),
        "nothing_changed_median_ms": statistics.median(still_ms),
        "memory_mib": memory_mib,
        "naive_ms": naive_ms,
        "naive_part": 1 / every,
        "times_as_fast": naive_ms / whole,
        "goals": {
            f"whole plan in {WHOLE_LIMIT_MS:g} ms (min of {ROUNDS} rounds)": whole <= WHOLE_LIMIT_MS,
            f"a tick in {TICK_LIMIT_MS:g} ms (min of {ROUNDS} rounds)": tick <= TICK_LIMIT_MS,
            f"{MEMORY_LIMIT_MIB:g} MiB": memory_mib <= MEMORY_LIMIT_MIB,
            "the same targets as the loop": all(offers.get(k) == naive.targets.get(k) for k in sample),
        },
    }


def main() -> int:
    """Print the figures and return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--contexts", type=int, default=100)
    parser.add_argument("--workloads", type=int, default=10_000, help="in all contexts together")
    parser.add_argument("--every", type=int, default=25, help="the loop plans every so-manieth workload")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a goal was missed")
    arguments = parser.parse_args()
    figures = run(arguments.contexts, arguments.workloads, arguments.every, arguments.seed)
    if arguments.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            print(f"{name:<26} {value:.3g}" if isinstance(value, float) else f"{name:<26} {value}")
    goals = figures["goals"]
    assert isinstance(goals, dict)
    return 1 if arguments.check and not all(goals.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
