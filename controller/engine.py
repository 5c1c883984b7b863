"""The whole thing without a window: fleet picture and prices in, plans and migrations out, snapshots to all.

One asyncio loop; everything here belongs to it. Nothing is polled: the engine wakes when a price, a cluster, a
migration or a command changes something, or when a price grows old by itself, and it publishes at most a few
snapshots a second.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from controller.clusters.discovery import bindings_of
from controller.clusters.fleet import FleetPicture, Health, WorkloadKey
from controller.clusters.region_manager import RegionManager
from controller.commands import CancelMigration, Command, RequestDryRun, SetArmed, StartMigration
from controller.decision.budgets import BudgetUsage, Move, find_budget_obstacle, find_cooldown_obstacle
from controller.decision.dry_run import DryRun
from controller.decision.evaluation import confirm_move
from controller.decision.planning import Plan, evaluate_candidate, plan_moves
from controller.decision.settings import DecisionSettings
from controller.decision_log import DecisionLog
from controller.errors import ControllerError
from controller.migration.ledger import Ledger
from controller.migration.migration_controller import MigrationController
from controller.notices import collect_notices, describe_store
from controller.snapshot_building import PriceFacts, build_context_views
from controller.snapshots import EngineSnapshot, EntryKind, MigrationStage, Severity
from oracle.binding import Binding
from oracle.clocks import Clocks
from oracle.market import Offering, Region
from oracle.oracle import Oracle
from oracle.quotes import Quote, QuoteBoard

#: Least seconds between two snapshots: four a second look alive, and cost the window almost nothing.
PUBLISH_INTERVAL_S = 0.25
#: Seconds after which a binding that never got a price no longer keeps the picture incomplete: a replay may not
#: know it.
UNPRICED_GRACE_S = 4.0
MAX_ANSWERS = 16
MAX_TIMELINE_ENTRIES = 200


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What the engine was told. `demo`: the clusters are simulated; only shown, nothing depends on it."""

    demo: bool
    price_source: str
    decision: DecisionSettings = field(default_factory=DecisionSettings)


class Engine:
    """Owns the plan and the snapshots. Call it from its own loop only."""

    def __init__(
        self,
        *,
        oracle: Oracle,
        regions: RegionManager,
        migrations: MigrationController,
        ledger: Ledger,
        places: Mapping[str, Region],
        settings: EngineSettings,
        clocks: Clocks,
    ) -> None:
        self._oracle = oracle
        self._regions = regions
        self._migrations = migrations
        self._ledger = ledger
        self._places = places
        self._settings = settings
        self._clocks = clocks
        self._decisions = DecisionLog()
        self._commands: deque[Command] = deque()
        self._answers: deque[DryRun] = deque(maxlen=MAX_ANSWERS)
        self._bindings: frozenset[Binding] = frozenset()
        self._bindings_since = clocks.monotonic()
        self._wake = asyncio.Event()
        self._published = asyncio.Condition()
        self._snapshot: EngineSnapshot | None = None
        self._errands: set[asyncio.Task[object]] = set()
        self._looked_for_unfinished: set[str] = set()

    @property
    def contexts(self) -> tuple[str, ...]:
        """The contexts of the kubeconfig, whether they answer or not."""
        return self._regions.contexts

    def submit(self, command: Command) -> None:
        """Take a command; a later snapshot shows what came of it."""
        self._commands.append(command)
        self._wake.set()

    async def next_snapshot(self, after: int) -> EngineSnapshot:
        """Return the newest snapshot as soon as its sequence is greater than `after`."""
        async with self._published:
            await self._published.wait_for(
                lambda: self._snapshot is not None and self._snapshot.sequence > after
            )
            assert self._snapshot is not None
            return self._snapshot

    async def wait_until(
        self, is_enough: Callable[[EngineSnapshot], bool], timeout_s: float
    ) -> EngineSnapshot:
        """Return the first snapshot that is enough, or the newest one when the time is over."""
        snapshot = await self.next_snapshot(0)
        try:
            async with asyncio.timeout(timeout_s):
                while not is_enough(snapshot):
                    snapshot = await self.next_snapshot(snapshot.sequence)
        except TimeoutError:
            pass
        return snapshot

    async def keep_running(self) -> None:
        """Serve until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for wait in (
                self._oracle.wait_for_change,
                self._regions.wait_for_change,
                self._migrations.wait_for_change,
            ):
                tasks.create_task(self._wake_on(wait))
            tasks.create_task(self._work())

    async def _wake_on(self, wait: Callable[[], Awaitable[object]]) -> None:
        while True:
            await wait()
            self._wake.set()

    async def _work(self) -> None:
        while True:
            self._wake.clear()
            await self._refresh()
            await asyncio.sleep(PUBLISH_INTERVAL_S)
            await self._wait_for_reason()

    async def _wait_for_reason(self) -> None:
        """Wait until something changes, or until the next price grows old by the clock alone."""
        delay_s = _seconds_to_next_ageing(self._oracle.board(), self._clocks.wall())
        if not self._is_settled():
            delay_s = min(delay_s or UNPRICED_GRACE_S, UNPRICED_GRACE_S)
        try:
            async with asyncio.timeout(delay_s):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _refresh(self) -> None:
        now = self._clocks.wall()
        picture, board = self._regions.picture(), self._oracle.board()
        self._follow_bindings(picture)
        self._resume_unfinished(picture)
        self._obey(picture, board, now)
        plan = plan_moves(picture, board, self._settings.decision, now, self._budget_usage())
        moved = [view.workload for view in self._migrations.views()]
        self._decisions.record(plan, moved, self._ledger, now)
        await self._publish(picture, board, plan, now)

    def _follow_bindings(self, picture: FleetPicture) -> None:
        bindings = frozenset(bindings_of(picture))
        if bindings != self._bindings:
            self._bindings = bindings
            self._bindings_since = self._clocks.monotonic()
            self._oracle.set_bindings(bindings)

    def _obey(self, picture: FleetPicture, board: QuoteBoard, now: float) -> None:
        while self._commands:
            command = self._commands.popleft()
            if isinstance(command, SetArmed):
                self._set_armed(command)
            elif isinstance(command, CancelMigration):
                self._migrations.cancel(command.migration_id)
            elif isinstance(command, RequestDryRun):
                self._answers.append(self._evaluate(command.workload, command.target, picture, board, now))
            else:
                self._start(command, picture, board, now)

    def _evaluate(
        self, workload: WorkloadKey, target: str, picture: FleetPicture, board: QuoteBoard, now: float
    ) -> DryRun:
        decision = self._settings.decision
        return evaluate_candidate(workload, target, picture, board, decision, now, self._budget_usage())

    def _budget_usage(self) -> BudgetUsage:
        return BudgetUsage(
            tuple(
                Move(
                    view.workload,
                    view.target,
                    view.started_at,
                    view.ended_at,
                    view.dry_run.egress_usd or Decimal(0),
                )
                for view in self._migrations.views()
                if view.stage is not MigrationStage.REFUSED
            )
        )

    def _resume_unfinished(self, picture: FleetPicture) -> None:
        """Look once for journals of an earlier process in every context that is listed and armed."""
        clusters = {
            context: cluster
            for context, cluster in picture.clusters.items()
            if cluster.is_complete
            and self._regions.is_armed(context)
            and context not in self._looked_for_unfinished
        }
        if clusters:
            self._looked_for_unfinished |= clusters.keys()
            self._spawn(self._migrations.resume_all(FleetPicture(clusters, picture.observed_at)))

    def _spawn(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def _set_armed(self, command: SetArmed) -> None:
        self._regions.set_armed(command.context, command.armed)
        text = f"{command.context} {'armed: writes are allowed' if command.armed else 'disarmed: read-only'}"
        self._ledger.record(EntryKind.OPERATOR, text, contexts=(command.context,))

    def _start(self, command: StartMigration, picture: FleetPicture, board: QuoteBoard, now: float) -> None:
        """Start the very plan that was confirmed, or say why not and show the plan as it is now."""
        decision = self._settings.decision
        workload, target = command.workload, command.target
        try:
            dry_run = confirm_move(picture, board, decision, workload, target, command.plan_digest, now)
            refusal = self._find_obstacle(dry_run, now)
        except ControllerError as error:
            refusal = str(error)
        if refusal is not None:
            self._answers.append(self._evaluate(workload, target, picture, board, now))
            self._tell_refusal(workload, target, refusal)
            return
        self._spawn(self._migrate(dry_run))

    def _find_obstacle(self, dry_run: DryRun, now: float) -> str | None:
        """Say why a confirmed move may not start now: not armed, or against the budgets."""
        contexts = (dry_run.workload.context, dry_run.target)
        unarmed = [context for context in contexts if not self._regions.is_armed(context)]
        if unarmed:
            return f"{' and '.join(unarmed)} not armed (read-only)"
        usage, budgets = self._budget_usage(), self._settings.decision.budgets
        return find_cooldown_obstacle(dry_run.workload, usage, budgets, now) or find_budget_obstacle(
            usage, budgets, dry_run.egress_usd or Decimal(0), now
        )

    async def _migrate(self, dry_run: DryRun) -> None:
        try:
            await self._migrations.start(dry_run)
        except ControllerError as error:
            self._tell_refusal(dry_run.workload, dry_run.target, str(error))
        self._wake.set()

    def _tell_refusal(self, workload: WorkloadKey, target: str, reason: str) -> None:
        text = f"{workload} was not moved to {target}: {reason}"
        self._ledger.record(
            EntryKind.DECISION, text, contexts=(workload.context, target), severity=Severity.WARNING
        )

    async def _publish(self, picture: FleetPicture, board: QuoteBoard, plan: Plan, now: float) -> None:
        armed = frozenset(context for context in picture.clusters if self._regions.is_armed(context))
        status = self._oracle.status
        snapshot = EngineSnapshot(
            sequence=self._snapshot.sequence + 1 if self._snapshot else 1,
            taken_at=now,
            demo=self._settings.demo,
            price_source=self._settings.price_source,
            store=describe_store(status),
            is_complete=self._is_complete(picture),
            contexts=build_context_views(picture, self._collect_prices(board), self._places, armed, now),
            opportunities=plan.opportunities,
            refused=plan.refused,
            migrations=self._migrations.views(),
            timeline=self._ledger.newest(MAX_TIMELINE_ENTRIES),
            notices=collect_notices(status, picture, self._ledger.trouble),
            answers=tuple(self._answers),
        )
        async with self._published:
            self._snapshot = snapshot
            self._published.notify_all()

    def _collect_prices(self, board: QuoteBoard) -> PriceFacts:
        histories = {
            (binding.context, binding.offering): [
                (point.observed_at, float(point.usd_per_hour))
                for point in self._oracle.history(binding.context, binding.offering)
            ]
            for binding in self._bindings
        }
        return PriceFacts(board, histories, self._collect_on_demand())

    def _collect_on_demand(self) -> dict[Offering, Decimal]:
        known = {binding.offering: self._oracle.on_demand(binding.offering) for binding in self._bindings}
        return {offering: price for offering, price in known.items() if price is not None}

    def _is_complete(self, picture: FleetPicture) -> bool:
        waiting = [
            cluster
            for cluster in picture.clusters.values()
            if cluster.health is Health.CONNECTING
            or (cluster.health is Health.REACHABLE and not cluster.is_complete)
        ]
        return bool(picture.clusters) and not waiting and self._is_settled()

    def _is_settled(self) -> bool:
        """Whether prices have arrived: for every binding, or for some and the others have had their time."""
        board = self._oracle.board()
        priced = [b for b in self._bindings if board.find(b.context, b.offering) is not None]
        if len(priced) == len(self._bindings):
            return True
        waited_s = self._clocks.monotonic() - self._bindings_since
        return bool(priced) and waited_s >= UNPRICED_GRACE_S


def _seconds_to_next_ageing(board: QuoteBoard, now: float) -> float | None:
    """Return the seconds until the next quote changes its freshness by the clock alone; None where none will."""
    moments = [moment for quote in board.quotes.values() for moment in _ageing_moments(quote) if moment > now]
    return min(moments) - now + 0.01 if moments else None


def _ageing_moments(quote: Quote) -> tuple[float, float]:
    return quote.ageing_at, quote.deadline
