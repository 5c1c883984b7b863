"""Two clusters, a workload, prices, and any number of processes that run the real engine over them.

Whatever lands in a cluster is judged at that very moment (`invariants.py`); `violations` must stay empty.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from controller.clusters.fleet import WorkloadKey
from controller.clusters.workload_parsing import MINIMUM_ANNOTATION
from controller.decision.settings import BudgetSettings
from controller.migration.access.lease import find_holder, name_lease
from controller.migration.settings import MigrationSettings
from controller.simulation.fleet_plan import STATE_ANNOTATION, ClusterPlan
from oracle.foundation.clocks import Clocks
from oracle.foundation.key_ring import KeyRing
from tests.controller.migration.keys import RING
from tests.simulation.cluster import Cluster
from tests.simulation.invariants import Judge, read_journal
from tests.simulation.market import Market, PriceStore
from tests.simulation.network import Directed, Faults, Network
from tests.simulation.processes import Process, bury_the_dead, install
from tests.simulation.program import BUDGETS, Outside, Program, Rejected
from tests.simulation.virtual_loop import run_virtual

#: Wall time at the start of every simulation, Unix seconds.
EPOCH = 1_790_000_000.0
WORKLOAD = WorkloadKey("paris", "shop", "checkout")
TARGET = "osaka"
REGIONS = {"paris": "eu-west-3", "osaka": "ap-northeast-3"}
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"
PATH = f"{DEPLOYMENTS}/checkout"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/shop/leases"
LEASE_PATH = f"{LEASES}/{name_lease('shop', 'checkout')}"
CONFIG_MAPS = "/api/v1/namespaces/shop/configmaps"
SETTINGS_PATH = f"{CONFIG_MAPS}/settings"

#: Short times, so that a simulation covers much; all of them are settings. Each wave bakes as long as the first: a test
#: that does something in the middle of a move has the time for it, and `test_waves.py` has what is shorter.
SETTINGS = MigrationSettings(
    bake_s=3.0,
    bake_between_s=3.0,
    verify_timeout_s=90.0,
    soak_s=20.0,
    hold_timeout_s=120.0,
    wavering_timeout_s=30.0,
    settle_margin_s=2.0,
)

#: Single replicas, so that the few of a simulation move in more waves than a canary and all the rest.
WAVE_REPLICAS = 1

#: USD per hour of a node that takes 64 pods of the workload: 0.10 and 0.04 a replica.
NODE_USD_PER_HOUR = {"paris": Decimal("6.40"), "osaka": Decimal("2.56")}


def plan_cluster(context: str) -> ClusterPlan:
    """One large node, so that there is room for any workload until a test takes it away."""
    region = REGIONS[context]
    return ClusterPlan(
        context, "aws", region, (f"{region}a",), "m5.16xlarge", node_count=1,
        node_cpu="64", node_memory="256Gi", node_pods=1000, namespaces=("shop",),
    )  # fmt: skip


def build_deployment(replicas: int, image: str = "shop/checkout:7") -> dict[str, Any]:
    """The workload as its owner would write it."""
    labels = {"app": "checkout"}
    container = {
        "name": "web",
        "image": image,
        "envFrom": [{"configMapRef": {"name": "settings"}}],
        "resources": {"requests": {"cpu": "1", "memory": "4Gi"}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "checkout",
            "namespace": "shop",
            "labels": labels,
            "annotations": {"team": "shop", STATE_ANNOTATION: "5"},
        },
        "spec": {
            "replicas": replicas,
            "progressDeadlineSeconds": 60,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [container], "terminationGracePeriodSeconds": 5},
            },
        },
    }


#: How long a person starts the program again and again: longer than the longest sleep of another's machine, during
#: which the target has no room.
GIVES_UP_AFTER_S = 10_000.0

#: The same version of the workload as another registry has it.
IMAGE_THERE = "registry.osaka.example/shop/checkout:7"


class World:
    """Everything of one simulation. Build it inside the virtual loop."""

    def __init__(
        self,
        seed: int,
        directory: Path,
        *,
        replicas: int = 6,
        there: int = 0,
        keeps: int = 0,
        settings: MigrationSettings = SETTINGS,
        wave_replicas: int = WAVE_REPLICAS,
        faults: Faults | None = None,
        directed: Directed | None = None,
        checks_readiness: bool = True,
        unnoticed_s: float | None = None,
        plan: Callable[[str], ClusterPlan] = plan_cluster,
    ) -> None:
        """
        Args:
            replicas: of the source; `there`: of the same workload in the target, with a pod template of its own, 0:
                there is none.
            keeps: how many of the source's do not move.
            wave_replicas: the fewest that move in a wave after the first one.
            checks_readiness: whether serving replicas are held to the floor; False where pods go by themselves.
            unnoticed_s: pods go by themselves, and for so long a write that takes serving replicas may rest on what
                was true before.
            plan: how the cluster of a context is built.
        """
        self.loop = asyncio.get_running_loop()
        install(self.loop)
        self.rng = random.Random(seed)
        self.directory = directory
        self.replicas, self.there, self.keeps = replicas, there, keeps
        self.settings = settings
        self.clusters = {context: Cluster(plan(context), seed, EPOCH) for context in REGIONS}
        self.source, self.target = self.clusters["paris"], self.clusters["osaka"]
        self.source.act("POST", CONFIG_MAPS, {"metadata": {"name": "settings"}, "data": {"a": "1"}})
        self.source.act("POST", DEPLOYMENTS, build_deployment(replicas))
        if keeps:
            self.source.edit(PATH, {"metadata": {"annotations": {MINIMUM_ANNOTATION: str(keeps)}}})
        if there:
            self.target.act("POST", CONFIG_MAPS, {"metadata": {"name": "settings"}, "data": {"a": "2"}})
            self.target.act("POST", DEPLOYMENTS, build_deployment(there, IMAGE_THERE))
        for cluster in self.clusters.values():
            cluster.start()
        self.network = Network(self.rng, faults, directed)
        self.market = Market({REGIONS[context]: price for context, price in NODE_USD_PER_HOUR.items()})
        self.prices = PriceStore(self.wall)
        self.programs: list[Program] = []
        self.judge = Judge(
            self.clusters, self.network, self.prices, PATH, LEASE_PATH, replicas, there, keeps,
            wave_replicas=wave_replicas, renew_deadline_s=settings.renew_deadline_s,
            checks_readiness=checks_readiness, unnoticed_s=unnoticed_s,
        )  # fmt: skip
        self._outside = Outside(
            self.clusters, self.network, self.market, self.prices,
            Clocks(self.wall, self.loop.time), seed, directory, settings, wave_replicas,
        )  # fmt: skip

    @property
    def violations(self) -> list[str]:
        return self.judge.violations

    def wall(self) -> float:
        return EPOCH + self.loop.time()

    def open_program(
        self,
        name: str,
        process: Process | None = None,
        budgets: BudgetSettings = BUDGETS,
        ring: KeyRing = RING,
    ) -> Program:
        """Start the program, in a process of its own unless one is given."""
        program = Program(self._outside, name, process, budgets, ring)
        self.programs.append(program)
        return program

    async def close_all(self) -> None:
        """Nobody does anything any more; what was sent still lands. What no program foresaw is a violation."""
        await asyncio.gather(*(program.close() for program in self.programs))
        told = (entry.text for program in self.programs for entry in program.entries)
        self.judge.violations += [text for text in told if "unexpected error" in text]

    def judge_end(self) -> list[str]:
        """What was broken until the end; what a killed program still holds, nobody could give back."""
        dead = [program for program in self.programs if program.process.is_dead]
        return self.judge.judge_end(lambda holder: any(program.has_id(holder) for program in dead))

    async def work(
        self, program: Program, *, workload: WorkloadKey = WORKLOAD, target: str = TARGET
    ) -> str | None:
        """Arm both sides, go on with what was left unfinished or start the move, and wait until nothing more happens.

        Returns the migration's id; None where there is nothing to do. Raises: Rejected.
        """
        migration_id = await self.begin(program, workload=workload, target=target)
        if migration_id is not None:
            await program.wait_until_over(migration_id)
        return migration_id

    async def begin(
        self, program: Program, *, workload: WorkloadKey = WORKLOAD, target: str = TARGET
    ) -> str | None:
        """Arm both sides and go on with what was left unfinished, or start the move. Raises: Rejected."""
        if not await program.arm(*self.clusters):
            raise Rejected
        if program.views():
            return program.view.migration_id
        is_back = workload != WORKLOAD
        return None if self.is_over() and not is_back else await program.start_move(workload, target)

    def turn_prices(self) -> None:
        """The source becomes as cheap as the target was, and the other way round, at one look of the source."""
        one, other = REGIONS.values()
        prices = self.market.prices
        prices[one], prices[other] = prices[other], prices[one]

    def is_over(self) -> bool:
        """Whether the journal in the source says that the migration ended."""
        return self.journaled_phase() in ("DONE", "ROLLED_BACK")

    def journaled_phase(self) -> str | None:
        """The phase in the source's Lease."""
        record = read_journal(self.source, LEASE_PATH)
        return record.state.phase.value if record is not None else None

    def holders(self) -> set[str]:
        """Who holds a Lease."""
        leases = (cluster.get(LEASE_PATH) for cluster in self.clusters.values())
        return {find_holder(lease) for lease in leases if lease is not None} - {""}

    def result(self) -> tuple[int, int | None]:
        """Replicas at the source and at the target; None where the target has no Deployment."""
        has_target = self.target.get(PATH) is not None
        return self.source.replicas(PATH), self.target.replicas(PATH) if has_target else None

    def available(self) -> int:
        """Replicas that serve, on both sides."""
        return self.source.available(PATH) + self.target.available(PATH)

    async def wait_for(self, condition: Callable[[], bool], timeout_s: float = 4000.0) -> None:
        """Let time pass until something holds."""
        end = self.loop.time() + timeout_s
        while not condition():
            assert self.loop.time() < end, "it never came true"
            await asyncio.sleep(0.05)


def simulate(
    scenario: Callable[[Any], Any],
    seed: int,
    directory: Path,
    *,
    world_type: type[World] = World,
    **options: Any,
) -> World:
    """Run a scenario in a new world to its end, let what is still on its way land, and return the world."""

    async def main() -> World:
        world = world_type(seed, directory, **options)
        async with asyncio.timeout(20_000):
            await scenario(world)
        await world.close_all()
        await asyncio.sleep(300)
        return world

    try:
        world: World = run_virtual(main())
    finally:
        bury_the_dead()
    return world


async def start(
    world: World, name: str = "a", ring: KeyRing = RING
) -> tuple[Program, str, asyncio.Task[None]]:
    """Start the move in a process of its own; returns the program, the migration's id and what to wait for."""
    program = world.open_program(name, ring=ring)
    migration_id = await world.begin(program)
    assert migration_id is not None, "there is something to move"
    return program, migration_id, world.loop.create_task(program.wait_until_over(migration_id))


async def start_into_full(world: World) -> tuple[Program, str, asyncio.Task[None]]:
    """Start the move, and let the target be full when the first replica comes, as nobody could know before."""
    program, migration_id, task = await start(world)
    await world.wait_for(lambda: program.view.phase in ("LOCKED", "PROVISION", "SURGE"))
    world.target.set_capacity(0)
    return program, migration_id, task


async def cancel_at(world: World, phase: str, wave: int = 0) -> Program:
    """Start the move, cancel it once it is as far as this, and wait for its end."""
    program, migration_id, task = await start(world)
    await world.wait_for(lambda: program.view.phase == phase and program.view.wave >= wave)
    program.cancel(migration_id)
    await task
    return program


async def kill_at(world: World, phase: str) -> None:
    """Start the move and kill the program as soon as the journal says that it is in this phase."""
    program, _, _ = await start(world)
    await world.wait_for(lambda: world.journaled_phase() == phase)
    program.process.kill()


async def keep_alive(world: World, name: str, *, first: Process | None = None, delay_s: float = 0.0) -> None:
    """Run the program again and again, as a person would, until the journal says that the migration is over."""
    await asyncio.sleep(delay_s)
    process, end = first, world.loop.time() + GIVES_UP_AFTER_S
    for generation in itertools.count():
        assert world.loop.time() < end, f"{name} never came to an end"
        program = world.open_program(f"{name}-{generation}", process)
        process = None
        try:
            await world.work(program)
        except Rejected:
            pass  # it is asked for again, by another start of the program
        if world.is_over():
            return
        await program.close()
        await asyncio.sleep(world.rng.uniform(2, 30))
