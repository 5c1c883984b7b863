"""The migration controller alone over simulated clusters in virtual time: for what needs no engine around it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

from controller.clusters import paths
from controller.clusters.fleet import Cluster, FleetPicture, Health, Workload, WorkloadKey
from controller.clusters.kube import KubeClient
from controller.clusters.settings import KubeSettings
from controller.clusters.workload_parsing import hash_template
from controller.contract.dry_run import DryRun, Staying
from controller.errors import ControllerError
from controller.history.history import History
from controller.migration.protocol.gate import NO_SUPPLY, MoveRates, Supply, Unpriced
from controller.migration.run.migration_controller import MigrationController
from controller.migration.run.unfinished import find_unfinished
from controller.reasons import Code
from controller.simulation.api.json_objects import uid_of
from oracle.foundation.clocks import Clocks
from oracle.foundation.reason import Reason
from tests.controller.clusters.clients import Switch
from tests.controller.contract.dry_runs import make_dry_run
from tests.controller.migration.keys import KEYS
from tests.simulation import cluster as simulated
from tests.simulation.network import Network
from tests.simulation.processes import Process
from tests.simulation.wire import WireConnection, describe_contexts
from tests.simulation.world import EPOCH, PATH, TARGET, WORKLOAD, World, simulate


def build_dry_run(replicas: int, now: float = EPOCH) -> DryRun:
    """A dry run that pays: one replica costs 0.10 USD an hour at the source and 0.04 at the target."""
    return make_dry_run(WORKLOAD, TARGET, replicas, now=now, expires_at=now + 300)


class FakeGate:
    """Answers as the engine would; a test turns its knobs."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self.has_prices = True
        self.target_usd_per_hour = Decimal("0.04")
        self.disarmed: set[str] = set()

    def find_reason(self, dry_run: DryRun) -> Reason | None:
        sides = (dry_run.workload.context, dry_run.target)
        unarmed = tuple(context for context in sides if context in self.disarmed)
        return Code.NOT_ARMED.because(contexts=unarmed) if unarmed else None

    def find_supply(self, target: str) -> Supply:
        return NO_SUPPLY

    def find_rates(self, workload: WorkloadKey, target: str) -> MoveRates | Unpriced:
        if not self.has_prices:
            return Unpriced()
        return MoveRates(Decimal("0.10"), self.target_usd_per_hour, self._wall() + 60)


def open_client(cluster: simulated.Cluster, network: Network) -> KubeClient:
    """An armed client of one simulated cluster."""
    context = describe_contexts({cluster.context: cluster}).contexts[cluster.context]
    settings = KubeSettings()
    connection = WireConnection(context, settings, cluster, network)
    return KubeClient(context, settings, licence=Switch(), connection=connection)  # type: ignore[arg-type]


class Moves(World):
    """A world whose processes are migration controllers, with a gate for all of them."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.gate = FakeGate(self.wall)
        self.judge.judges_prices = False
        self._ids = 0

    def new_id(self) -> str:
        self._ids += 1
        return f"id-{self._ids}"

    def api(self, context: str) -> KubeClient:
        return open_client(self.clusters[context], self.network)

    def build_controller(self, name: str) -> MigrationController:
        """A MigrationController as a process has it."""
        history = History(self.wall, writer=name)
        clocks = Clocks(self.wall, self.loop.time)
        return MigrationController(self.api, history, clocks, self.new_id, self.settings, self.gate, KEYS)

    def dry_run(self) -> DryRun:
        """A fresh plan for the move."""
        plan = build_dry_run(self.replicas - self.keeps, self.wall())
        template = self.target.require(PATH)["spec"]["template"] if self.there else None
        return replace(
            plan,
            staying=Staying(self.keeps, self.there),
            target_template=None if template is None else hash_template(template),
        )

    def picture(self) -> FleetPicture:
        """The fleet as the engine would see it."""
        workload = Workload(WORKLOAD, "uid", self.replicas, None, None, None, None)
        clusters = {
            context: Cluster(
                context,
                Health.REACHABLE,
                uid=uid_of(cluster.require(paths.namespace(paths.IDENTITY_NAMESPACE))),
                workloads=(replace(workload, key=replace(WORKLOAD, context=context)),),
                is_complete=True,
            )
            for context, cluster in self.clusters.items()
        }
        return FleetPicture(clusters)

    async def migrate(self, process: Process, controller: MigrationController) -> str | None:
        """Start the migration, or resume what is there; returns its id when nothing more happens in this process."""

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


simulate_moves = partial(simulate, world_type=Moves)


async def resume_all(controller: MigrationController, picture: FleetPicture) -> tuple[str, ...]:
    """Resume what an earlier process left in the clusters that answer; returns the ids that are new to this one."""
    resumed: list[str] = []
    for context, cluster in picture.clusters.items():
        namespaces = {workload.key.namespace for workload in cluster.workloads}
        try:
            findings = await find_unfinished(controller._apis(context), namespaces, controller.keys)
        except ControllerError:
            continue
        for record in (move.record for move in findings.moves if move.doubt is None):
            if not controller.knows(record.migration_id):
                controller.resume(record)
                resumed.append(record.migration_id)
    return tuple(resumed)


async def wait_until_over(controller: MigrationController, migration_id: str) -> None:
    """Return when nothing more happens to a migration in this process: later than its last view."""
    await asyncio.wait({controller._started[migration_id].task})


async def start(world: Moves, name: str = "a") -> tuple[MigrationController, str, asyncio.Task[Any]]:
    """Start the migration in a process of its own; returns its controller, its id and the task to wait for."""
    controller = world.build_controller(name)
    task = world.loop.create_task(world.migrate(Process(name), controller))
    await world.wait_for(lambda: bool(controller.views()))
    return controller, controller.views()[0].migration_id, task
