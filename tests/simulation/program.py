"""One run of SentinelAura in a process of its own, and what a person does at its window.

The engine is built by `app.composition.run_engine`, as in production; only what it is joined to is simulated. The
process can die at any await; the person cannot, and sees the newest snapshot that the window was sent.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from app.composition import Surroundings, run_engine
from controller.clusters.fleet import WorkloadKey
from controller.clusters.kube_connection import KubeConnection
from controller.clusters.kubeconfig import KubeconfigContext
from controller.clusters.region_manager import RegionManager
from controller.clusters.settings import FleetSettings, KubeSettings
from controller.contract.commands import CancelMigration, Command, RequestDryRun, SetArmed, StartMigration
from controller.contract.dry_run import DryRun
from controller.contract.settlement import Act, Settlement
from controller.contract.snapshots import EngineSnapshot, MigrationView, TimelineEntry, UnstartedMove
from controller.decision.egress_file import load_egress_table
from controller.decision.settings import BudgetSettings, DecisionSettings
from controller.engine.engine import Engine, EngineSettings
from controller.errors import EngineStopped
from controller.history.history import History
from controller.migration.protocol.record import MigrationRecord
from controller.migration.run.migration_controller import MigrationController
from controller.migration.settings import MigrationSettings
from oracle.foundation.clocks import Clocks
from oracle.foundation.key_ring import FixedRing, KeyRing
from oracle.foundation.reason import Reason, ReasonCode
from oracle.instance import Instance
from oracle.oracle import open_oracle
from oracle.settings import OracleSettings
from tests.controller.migration.keys import RING
from tests.simulation.cluster import Cluster
from tests.simulation.market import Market, PriceStore
from tests.simulation.network import Network
from tests.simulation.processes import Process
from tests.simulation.virtual_loop import fail_run
from tests.simulation.wire import WireConnection, describe_contexts

#: What this fleet's person allows: the tests move one workload again and again.
BUDGETS = BudgetSettings(cooldown_s=0.0, moves_per_day=1_000_000)
EGRESS = load_egress_table()
#: One heartbeat a minute, and little backing off: a simulation has few minutes.
FLEET = FleetSettings(
    heartbeat_s=60.0, retry_maximum_s=10.0, regional_differences=frozenset({"image-registry"})
)
ORACLE = OracleSettings(refresh_s=5.0, quote_life_s=15.0)

#: How often a person looks at the window, seconds.
LOOK_S = 0.1
#: How long a person waits for the window to answer, seconds.
PATIENCE_S = 120.0


class Rejected(Exception):
    """A move that was asked for and not begun. `reason` is what the window says; None: it says nothing in time."""

    def __init__(self, reason: Reason | None = None) -> None:
        super().__init__(str(reason) if reason is not None else "the window does not answer")
        self.reason = reason

    @property
    def code(self) -> ReasonCode | None:
        """What stands in the way."""
        return self.reason.code if self.reason is not None else None


@dataclass(frozen=True)
class Outside:
    """What all programs of a simulation have in common."""

    clusters: Mapping[str, Cluster]
    network: Network
    market: Market
    prices: PriceStore
    clocks: Clocks
    seed: int
    directory: Path
    timing: MigrationSettings
    wave_replicas: int


class Program:
    """Open from its making until `close`, or until its process dies."""

    def __init__(
        self,
        outside: Outside,
        name: str,
        process: Process | None = None,
        budgets: BudgetSettings = BUDGETS,
        ring: KeyRing = RING,
    ) -> None:
        self._ring = ring
        self.name = name
        self.process = process or Process(name)
        self.snapshot: EngineSnapshot | None = None
        self._outside = outside
        self._decision = DecisionSettings(egress=EGRESS, budgets=budgets, wave_replicas=outside.wave_replicas)
        self._ids = 0
        self._seen: list[MigrationRecord] = []
        self._views: tuple[MigrationView, ...] = ()
        self._engine: Engine | None = None
        self._history: History | None = None
        self._closing = asyncio.Event()
        self._task = self.process.spawn(self._live())

    # What is seen from outside.

    @property
    def is_over(self) -> bool:
        """Whether the process has ended or died."""
        return self._task.done() or self.process.is_dead

    def views(self) -> tuple[MigrationView, ...]:
        """The migrations of this process as they are now; built anew only where a record has changed."""
        if self._engine is None:
            return ()
        records = [started.run.journal.record for started in self._migrations._started.values()]
        if list(map(id, records)) != list(map(id, self._seen)):
            self._seen, self._views = records, self._migrations.views()
        return self._views

    @property
    def view(self) -> MigrationView:
        """The only migration of this process."""
        return self.views()[0]

    @property
    def entries(self) -> tuple[TimelineEntry, ...]:
        """What this program has written down, oldest first."""
        return self._history.newest(10_000) if self._history is not None else ()

    def has_id(self, identifier: str) -> bool:
        """Whether this process has made an identifier, such as the one under which it holds Leases."""
        return identifier.rpartition("-")[0] == self.name

    def leads(self, migration_id: str) -> bool:
        """Whether this process holds both Leases of a migration."""
        return self._migrations._started[migration_id].run.journal._leases is not None

    async def wait_until_over(self, migration_id: str) -> None:
        """Return when nothing more happens to a migration in this process: later than its last view."""
        await self.process.outlive(self._migrations._started[migration_id].task)

    @property
    def _migrations(self) -> MigrationController:
        assert self._engine is not None, "it has not started yet"
        return self._engine._migrations

    # What a person does.

    async def close(self) -> None:
        """Close the window and wait for the end of the process, or for its death."""
        self._closing.set()
        await self.process.outlive(self._task)

    async def arm(self, *contexts: str) -> bool:
        """Arm contexts and wait until what was left unfinished in them is known; False where that takes too long."""
        if not await self._wait_for(lambda: self._engine is not None):
            return False
        for context in contexts:
            self.submit(SetArmed(context, armed=True))
        return await self._wait_for(self._is_ready)

    def submit(self, command: Command) -> None:
        assert self._engine is not None, "it has not started yet"
        self._engine.submit(command)

    def cancel(self, migration_id: str) -> None:
        self.submit(CancelMigration(migration_id))

    async def judge_acts(self, known: MigrationRecord) -> dict[Act, Settlement]:
        """Ask what each act on a migration would change."""
        return {one.act: one for one in await self._migrations.judge_acts(known)}

    async def settle(self, known: MigrationRecord, act: Act) -> None:
        """Confirm an act as it is shown at this moment, and wait until it is done. Raises: ControllerError."""
        shown = (await self.judge_acts(known))[act]
        if shown.reason is not None:
            raise Rejected(shown.reason)
        await self._migrations.settle(known, act, shown.digest)

    async def start_move(self, workload: WorkloadKey, target: str, way_back_of: str | None = None) -> str:
        """Ask for a plan, confirm it, and return the migration's id. Raises: Rejected."""
        plan = await self._ask(workload, target, way_back_of)
        if not plan.may_start:
            raise Rejected(plan.reason)
        known, rejected = {view.migration_id for view in self.views()}, self._unstarted()
        self.submit(StartMigration(workload, target, plan.plan_digest, way_back_of=way_back_of))
        await self._wait_for(
            lambda: {view.migration_id for view in self.views()} != known or self._unstarted() != rejected
        )
        begun = [view.migration_id for view in self.views() if view.migration_id not in known]
        if begun:
            return begun[0]
        raise Rejected(self._unstarted()[-1].reason if self._unstarted() != rejected else None)

    async def _ask(self, workload: WorkloadKey, target: str, way_back_of: str | None) -> DryRun:
        before = self.snapshot.answers if self.snapshot is not None else ()
        self.submit(RequestDryRun(workload, target, way_back_of=way_back_of))
        if not await self._wait_for(lambda: self.snapshot is not None and self.snapshot.answers != before):
            raise Rejected
        assert self.snapshot is not None, "it holds the answer"
        return self.snapshot.answers[-1]

    def _unstarted(self) -> tuple[UnstartedMove, ...]:
        return self.snapshot.unstarted if self.snapshot is not None else ()

    def _is_ready(self) -> bool:
        """Whether the window shows everything, and what was left unfinished was taken up."""
        if self.snapshot is None or self._engine is None:
            return False
        armed = [view.context for view in self.snapshot.contexts if view.armed]
        return self.snapshot.is_complete and all(self._engine.has_searched(context) for context in armed)

    async def _wait_for(self, is_true: Callable[[], bool]) -> bool:
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE_S
        while not is_true():
            if self.is_over or loop.time() > end:
                return False
            await asyncio.sleep(LOOK_S)
        return True

    # The process.

    def _new_id(self) -> str:
        self._ids += 1
        return f"{self.name}-{self._ids}"

    def _connect(
        self, context: KubeconfigContext, settings: KubeSettings, *_: object, **__: object
    ) -> KubeConnection:
        cluster = self._outside.clusters[context.name]
        return WireConnection(context, settings, cluster, self._outside.network)  # type: ignore[return-value]

    async def _live(self) -> None:
        outside, name = self._outside, self.name
        chance = random.Random(f"{outside.seed}/{name}")
        async with AsyncExitStack() as stack:
            fleet = await stack.enter_async_context(
                RegionManager(
                    describe_contexts(outside.clusters),
                    FLEET,
                    clocks=outside.clocks,
                    chance=chance,
                    connect=self._connect,
                )
            )
            instance = Instance("simulation", 1, name)
            opening = open_oracle(
                ORACLE, outside.market, outside.clocks, host=outside.prices, instance=instance
            )
            oracle = await stack.enter_async_context(opening)
            self._history = History(outside.clocks.wall, writer=name)
            surroundings = Surroundings(
                outside.clocks, fleet, oracle, self._history, self._new_id, FixedRing(self._ring)
            )
            settings = EngineSettings(demo=False, decision=self._decision)
            running = run_engine(surroundings, settings, outside.timing)
            self._engine = await stack.enter_async_context(running)
            window = asyncio.create_task(self._show(self._engine))
            await self._closing.wait()
            window.cancel()

    async def _show(self, engine: Engine) -> None:
        """Keep the newest snapshot where a person sees it."""
        sequence = 0
        while True:
            try:
                self.snapshot = await engine.next_snapshot(sequence)
            except EngineStopped as error:
                fail_run(error)
                return
            sequence = self.snapshot.sequence
