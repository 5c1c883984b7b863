"""Two clusters, a workload, prices, and any number of processes that run the real MigrationController over
them.

Every landed change of replicas is checked against the invariants at that very moment; `violations` must stay
empty.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from controller.clusters.fleet import Cluster, FleetPicture, Health, Workload, WorkloadKey
from controller.contract.dry_run import DryRun, Verdict
from controller.decision.waves import plan_wave_sizes
from controller.errors import ControllerError
from controller.history.history import History
from controller.migration.access.lease import find_holder, find_journal, name_lease
from controller.migration.protocol.gate import MoveRates, Unpriced
from controller.migration.protocol.journal import decode_journal
from controller.migration.run.migration_controller import MigrationController
from controller.migration.run.unfinished import find_unfinished
from controller.migration.settings import MigrationSettings
from controller.reasons import Code
from oracle.clocks import Clocks
from oracle.reason import Reason
from tests.simulation.fake_cluster import FakeCluster, Request
from tests.simulation.network import Directed, FakeApi, Faults, Network
from tests.simulation.processes import Process, install
from tests.simulation.virtual_loop import run_virtual

#: Wall time at the start of every simulation, Unix seconds.
EPOCH = 1_790_000_000.0
WORKLOAD = WorkloadKey("paris", "shop", "checkout")
TARGET = "osaka"
PATH = "/apis/apps/v1/namespaces/shop/deployments/checkout"
LEASE_PATH = f"/apis/coordination.k8s.io/v1/namespaces/shop/leases/{name_lease('shop', 'checkout')}"

#: Short times, so that a simulation covers much; all of them are settings.
SETTINGS = MigrationSettings(
    bake_s=3.0,
    verify_timeout_s=90.0,
    soak_s=20.0,
    hold_timeout_s=120.0,
    wavering_timeout_s=30.0,
    settle_margin_s=2.0,
)


def build_deployment(replicas: int) -> dict[str, Any]:
    """A Deployment as an API server would return it."""
    labels = {"app": "checkout"}
    pod_spec = {
        "containers": [
            {"name": "web", "image": "shop/checkout:7", "envFrom": [{"configMapRef": {"name": "settings"}}]}
        ],
        "terminationGracePeriodSeconds": 5,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "checkout",
            "namespace": "shop",
            "labels": labels,
            "annotations": {"team": "shop"},
        },
        "spec": {
            "replicas": replicas,
            "progressDeadlineSeconds": 60,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod_spec},
        },
    }


def build_dry_run(replicas: int, now: float = EPOCH) -> DryRun:
    """A dry run that pays: one replica costs 0.10 USD an hour at the source and 0.04 at the target."""
    count = Decimal(replicas)
    return DryRun(
        workload=WORKLOAD,
        target=TARGET,
        replicas=replicas,
        wave_sizes=plan_wave_sizes(replicas, Decimal("0.25")),
        horizon_h=24.0,
        source_quote=None,
        target_quote=None,
        source_usd_per_hour=count * Decimal("0.10"),
        target_usd_per_hour=count * Decimal("0.04"),
        egress_gb=Decimal(5),
        egress_usd_per_gb=Decimal("0.02"),
        egress_usd=Decimal("0.10"),
        return_egress_usd=Decimal("0.10"),
        overlap_h=Decimal("0.1"),
        overlap_usd=Decimal("0.05"),
        warm_up_usd=Decimal("0.01"),
        savings_usd=count * Decimal("1.44"),
        net_usd=count * Decimal("1.44") - Decimal("0.16"),
        payback_h=Decimal("1.5"),
        verdict=Verdict.PAYS,
        reason=Code.RECORDED.because(sentence="it pays"),
        computed_at=now,
        expires_at=now + 300,
        plan_digest="digest",
    )


class FakeGate:
    """Answers as the engine would; a test turns its knobs."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self.has_prices = True
        self.target_usd_per_hour = Decimal("0.04")
        self.disarmed: set[str] = set()

    def find_obstacle(self, workload: WorkloadKey, target: str) -> Reason | None:
        unarmed = tuple(context for context in (workload.context, target) if context in self.disarmed)
        return Code.NOT_ARMED.because(contexts=unarmed) if unarmed else None

    def find_rates(self, workload: WorkloadKey, target: str) -> MoveRates | Unpriced:
        if not self.has_prices:
            return Unpriced()
        return MoveRates(Decimal("0.10"), self.target_usd_per_hour, self._wall() + 60)


class World:
    """Everything of one simulation. Build it inside the virtual loop."""

    def __init__(
        self,
        seed: int,
        directory: Path,
        *,
        replicas: int = 6,
        settings: MigrationSettings = SETTINGS,
        faults: Faults | None = None,
        directed: Directed | None = None,
        checks_readiness: bool = True,
        unnoticed_s: float | None = None,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        install(self.loop)
        self.rng = random.Random(seed)
        self.replicas = replicas
        self.settings = settings
        self.violations: list[str] = []
        self.checks_readiness = checks_readiness
        #: Where pods go by themselves: for how long a write that takes serving replicas may rest on what was true
        #: before. None: no pods go, so that every landed change has to find enough replicas.
        self.unnoticed_s = unnoticed_s
        self._seen: deque[tuple[float, dict[str, int]]] = deque()
        self.source = FakeCluster("paris", self.loop.time, self.rng)
        self.target = FakeCluster("osaka", self.loop.time, self.rng)
        self.clusters = {cluster.context: cluster for cluster in (self.source, self.target)}
        settings_map = {
            "kind": "ConfigMap",
            "metadata": {"name": "settings", "namespace": "shop"},
            "data": {"a": "1"},
        }
        self.source._store("/api/v1/namespaces/shop/configmaps/settings", settings_map)
        self.source.deploy(PATH, build_deployment(replicas))
        for cluster in self.clusters.values():
            cluster.on_scaled = self._check
        self.network = Network(self.rng, faults, directed)
        self.gate = FakeGate(self.wall)
        self.largest_step = max(1, -(-replicas // 4))
        self._directory = directory
        self._ids = 0
        self._clockwork = asyncio.ensure_future(self._run_clusters())

    def wall(self) -> float:
        return EPOCH + self.loop.time()

    def new_id(self) -> str:
        self._ids += 1
        return f"id-{self._ids}"

    def build_controller(self, name: str) -> MigrationController:
        """A MigrationController as a process has it."""
        history = History(self.wall, writer=name)
        apis = {context: FakeApi(cluster, self.network) for context, cluster in self.clusters.items()}
        clocks = Clocks(self.wall, self.loop.time)
        return MigrationController(apis.__getitem__, history, clocks, self.new_id, self.settings, self.gate)

    def dry_run(self) -> DryRun:
        """A fresh plan for the move."""
        return build_dry_run(self.replicas, self.wall())

    def picture(self) -> FleetPicture:
        """The fleet as the engine would see it."""
        workload = Workload(WORKLOAD, "uid", self.replicas, None, None, None, None)
        clusters = {
            context: Cluster(
                context,
                Health.REACHABLE,
                workloads=(replace(workload, key=replace(WORKLOAD, context=context)),),
                is_complete=True,
            )
            for context in self.clusters
        }
        return FleetPicture(clusters)

    async def migrate(self, process: Process, controller: MigrationController) -> str | None:
        """Start the migration, or resume what is there; returns its id when nothing more happens in this
        process.
        """

        async def work() -> str | None:
            found = await resume_all(controller, self.picture())
            migration_id = found[0] if found else None
            if migration_id is None and not self.is_over():
                migration_id = await controller.start(self.dry_run())
            if migration_id is not None:
                await wait_until_over(controller, migration_id)
            return migration_id

        result: str | None = await process.spawn(work())
        return result

    def is_over(self) -> bool:
        """Whether the journal in the source says that the migration ended."""
        return self.journaled_phase() in ("DONE", "ROLLED_BACK")

    def journaled_phase(self) -> str | None:
        """The phase in the source's Lease."""
        lease = self.source.objects.get(LEASE_PATH)
        journal = find_journal(lease) if lease is not None else None
        return decode_journal(journal).state.phase.value if journal is not None else None

    def holders(self) -> set[str]:
        """Who holds a Lease."""
        leases = (cluster.objects.get(LEASE_PATH) for cluster in self.clusters.values())
        return {find_holder(lease) for lease in leases if lease is not None} - {""}

    def result(self) -> tuple[int, int | None]:
        """Replicas at the source and at the target; None where the target has no Deployment."""
        target = self.target.deployment(PATH)
        return self.source.replicas(PATH), target["spec"]["replicas"] if target is not None else None

    def available(self) -> int:
        """Replicas that serve, on both sides."""
        return self.source.available(PATH) + self.target.available(PATH)

    async def wait_for(self, condition: Callable[[], bool], timeout_s: float = 4000.0) -> None:
        """Let time pass until something holds."""
        end = self.loop.time() + timeout_s
        while not condition():
            assert self.loop.time() < end, "it never came true"
            await asyncio.sleep(0.05)

    async def _run_clusters(self) -> None:
        while True:
            await asyncio.sleep(1)
            for cluster in self.clusters.values():
                cluster.tick()
            self._note_available()

    def _note_available(self) -> None:
        now = self.loop.time()
        self._seen.append(
            (now, {context: cluster.available(PATH) for context, cluster in self.clusters.items()})
        )
        while self._seen[0][0] < now - (self.unnoticed_s or 0):
            self._seen.popleft()

    def _was_permitted(self, cluster: FakeCluster, request: Request) -> bool:
        """Whether any read of the last `unnoticed_s` seconds could have allowed this write, which took replicas."""
        if cluster.taken == 0 or request.replicas is None:
            return True
        others = [context for context in self.clusters if context != cluster.context]
        return any(
            min(seen[cluster.context], request.replicas) + sum(seen[other] for other in others)
            >= self.replicas
            for _, seen in self._seen
        )

    def _check(self, cluster: FakeCluster, request: Request) -> None:
        source, target = self.source.replicas(PATH), self.target.replicas(PATH)
        told = f"at {self.loop.time():.1f} s, {cluster.context}: {request.method} -> {source} + {target}"
        if source + target < self.replicas:
            self.violations.append(f"floor of the spec {told}")
        if source + target > self.replicas + self.largest_step:
            self.violations.append(f"ceiling {told}")
        if self.unnoticed_s is not None:
            if not self._was_permitted(cluster, request):
                self.violations.append(f"floor of the available, {self.available()} {told}")
        elif self.checks_readiness and self.available() < self.replicas:
            self.violations.append(f"floor of the available, {self.available()} {told}")


def simulate(scenario: Callable[[World], Any], seed: int, directory: Path, **options: Any) -> World:
    """Run a scenario in a new world to its end, let what is still on its way land, and return the world."""

    async def main() -> World:
        world = World(seed, directory, **options)
        async with asyncio.timeout(20_000):
            await scenario(world)
        await asyncio.sleep(300)
        return world

    world: World = run_virtual(main())
    return world


async def resume_all(controller: MigrationController, picture: FleetPicture) -> tuple[str, ...]:
    """Resume what an earlier process left in the clusters that answer; returns the ids that are new to this one."""
    resumed: list[str] = []
    for context, cluster in picture.clusters.items():
        namespaces = {workload.key.namespace for workload in cluster.workloads}
        try:
            findings = await find_unfinished(controller._apis(context), namespaces)
        except ControllerError:
            continue
        for record in (move.record for move in findings.moves):
            if not controller.knows(record.migration_id):
                controller.resume(record)
                resumed.append(record.migration_id)
    return tuple(resumed)


async def wait_until_over(controller: MigrationController, migration_id: str) -> None:
    """Return when nothing more happens to a migration in this process: later than its last view."""
    await asyncio.wait({controller._started[migration_id].task})


async def start(world: World, name: str = "a") -> tuple[MigrationController, str, asyncio.Task[Any]]:
    """Start the migration in a process of its own; returns its controller, its id and the task to wait for."""
    controller = world.build_controller(name)
    task = world.loop.create_task(world.migrate(Process(name), controller))
    await world.wait_for(lambda: bool(controller.views()))
    return controller, controller.views()[0].migration_id, task


async def keep_alive(world: World, name: str, *, first: Process | None = None, delay_s: float = 0.0) -> None:
    """Run the program again and again, as a person would, until the journal says that the migration is over.

    A start that was refused, because a request of the preflight was lost, is tried again in the same program.
    """
    await asyncio.sleep(delay_s)
    process = first or Process(name)
    for generation in range(200):
        controller = world.build_controller(f"{name}-{generation}")
        working = asyncio.ensure_future(world.migrate(process, controller))
        dying = asyncio.ensure_future(process.died.wait())
        await asyncio.wait({working, dying}, return_when=asyncio.FIRST_COMPLETED)
        if world.is_over():
            return
        await asyncio.sleep(world.rng.uniform(2, 30))
        if process.is_dead:
            process = Process(f"{name}-{generation + 1}")
    raise AssertionError(f"{name} never came to an end")
