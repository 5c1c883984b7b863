"""Takes the commands of a person or a program, and answers each: by a dry run, a migration, or a rejection in words.

Belongs to the engine's loop and is called by the engine alone.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from decimal import Decimal

from controller.clusters.fleet import FleetPicture, WorkloadKey
from controller.clusters.region_manager import RegionManager
from controller.contract.commands import (
    CancelMigration,
    Command,
    LookAt,
    RequestDryRun,
    SetArmed,
    StartMigration,
)
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import Rejection
from controller.decision.budgets import BudgetUsage, find_budget_obstacle, find_cooldown_obstacle
from controller.decision.evaluation import confirm_move
from controller.decision.planning import evaluate_candidate
from controller.decision.price_sources import find_source_obstacle
from controller.decision.settings import DecisionSettings
from controller.engine.earlier_moves import merge_moves, to_budget_moves
from controller.engine.unfinished_moves import UnfinishedMoves
from controller.errors import ControllerError
from controller.history.events import (
    ArmingRefused,
    CancelRequested,
    ContextArmed,
    ContextDisarmed,
    StartRefused,
    state_reason,
)
from controller.history.history import History
from controller.migration.run.migration_controller import MigrationController
from oracle.quotes import QuoteBoard

#: Answers and rejections that a snapshot carries: more than a person asks for before the next one.
MAX_ANSWERS = 16

logger = logging.getLogger(__name__)


class CommandHandler:
    """Owns the waiting commands, the answers and the rejections. `wake` asks the engine for another round."""

    def __init__(
        self,
        regions: RegionManager,
        migrations: MigrationController,
        unfinished: UnfinishedMoves,
        history: History,
        decision: DecisionSettings,
        wake: Callable[[], None],
        accepts_any_prices: bool,
    ) -> None:
        self._regions = regions
        self._migrations = migrations
        self._unfinished = unfinished
        self._history = history
        self._decision = decision
        self._wake = wake
        self._accepts_any_prices = accepts_any_prices
        self._commands: deque[Command] = deque()
        self._answers: deque[DryRun] = deque(maxlen=MAX_ANSWERS)
        self._rejections: deque[Rejection] = deque(maxlen=MAX_ANSWERS)
        self._looked_at: frozenset[str] = frozenset()

    @property
    def looked_at(self) -> frozenset[str]:
        """The contexts of whose workloads somebody wants to know why they are not offered."""
        return self._looked_at

    @property
    def answers(self) -> tuple[DryRun, ...]:
        """The newest dry runs that were asked for, newest last."""
        return tuple(self._answers)

    @property
    def rejections(self) -> tuple[Rejection, ...]:
        """The newest starts that were not taken up, newest last."""
        return tuple(self._rejections)

    def submit(self, command: Command) -> None:
        """Let a command wait for the next round."""
        self._commands.append(command)
        self._wake()

    def budget_usage(self, now: float) -> BudgetUsage:
        """Return the moves that stand in the way of others at Unix time `now`, those of other processes included."""
        own, unfinished = self._migrations.budget_usage(now), self._unfinished.moves()
        past = merge_moves(self._history.past_moves(), self._unfinished.ended())
        earlier = (move for move in past if not self._migrations.knows(move.migration_id))
        return BudgetUsage((*own.moves, *to_budget_moves(earlier, now)), unfinished)

    async def work(self, picture: FleetPicture, board: QuoteBoard, now: float) -> None:
        """Obey what waits, in order. A start waits for the looks at its contexts: they may find the same workload."""
        self._unfinished.follow(picture)
        while self._commands:
            first = self._commands[0]
            if isinstance(first, StartMigration) and self._unfinished.is_looking(
                (first.workload.context, first.target)
            ):
                return
            await self._answer(self._commands.popleft(), picture, board, now)

    async def _answer(self, command: Command, picture: FleetPicture, board: QuoteBoard, now: float) -> None:
        """Obey; an error that nobody foresaw costs this command only, and is told."""
        try:
            await self._obey(command, picture, board, now)
        except Exception as error:
            logger.exception("a command failed: %s", command)
            if isinstance(command, (RequestDryRun, StartMigration)):
                reason = f"an unexpected error stood in the way: {error!r}; the log has more"
                self._reject(command.workload, command.target, reason, now)

    async def _obey(self, command: Command, picture: FleetPicture, board: QuoteBoard, now: float) -> None:
        if isinstance(command, SetArmed):
            self._set_armed(command)
            self._unfinished.follow(picture)
        elif isinstance(command, CancelMigration):
            self._cancel(command.migration_id)
        elif isinstance(command, LookAt):
            self._looked_at = command.contexts
        elif isinstance(command, RequestDryRun):
            self._answers.append(self._evaluate(command.workload, command.target, picture, board, now))
        else:
            await self._start(command, picture, board, now)

    def _cancel(self, migration_id: str) -> None:
        view = next((view for view in self._migrations.views() if view.migration_id == migration_id), None)
        if view is not None and not view.stage.is_final:
            self._history.record(CancelRequested(migration_id, view.workload, view.target))
        self._migrations.cancel(migration_id)

    def _set_armed(self, command: SetArmed) -> None:
        if command.context not in self._regions.contexts:
            return
        self._regions.set_armed(command.context, command.armed)
        if command.armed and not self._regions.is_armed(command.context):
            obstacle = self._regions.arming_obstacle(command.context) or ""
            self._history.record(ArmingRefused(command.context, state_reason(obstacle)))
        elif command.armed:
            self._history.record(ContextArmed(command.context))
        else:
            self._history.record(ContextDisarmed(command.context))

    def _evaluate(
        self, workload: WorkloadKey, target: str, picture: FleetPicture, board: QuoteBoard, now: float
    ) -> DryRun:
        usage = self.budget_usage(now)
        return evaluate_candidate(workload, target, picture, board, self._decision, now, usage)

    async def _start(
        self, command: StartMigration, picture: FleetPicture, board: QuoteBoard, now: float
    ) -> None:
        """Start the very plan that was confirmed, or say why not and answer with the plan as it is now."""
        workload, target = command.workload, command.target
        try:
            dry_run = confirm_move(picture, board, self._decision, workload, target, command.plan_digest, now)
            obstacle = self._find_obstacle(dry_run, now)
            if obstacle is None:
                await self._migrations.start(dry_run)
                return
        except ControllerError as error:
            obstacle = str(error)
        self._answers.append(self._evaluate(workload, target, picture, board, now))
        self._reject(workload, target, obstacle, now)

    def _find_obstacle(self, dry_run: DryRun, now: float) -> str | None:
        """Say why a confirmed move may not start now: not armed, on prices of nobody, or against the budgets."""
        contexts = (dry_run.workload.context, dry_run.target)
        unarmed = [context for context in contexts if not self._regions.is_armed(context)]
        if unarmed:
            return f"{' and '.join(unarmed)} not armed (read-only)"
        quotes = (dry_run.source_quote, dry_run.target_quote)
        usage, budgets = self.budget_usage(now), self._decision.budgets
        return (
            find_source_obstacle(quotes, accepts_any=self._accepts_any_prices)
            or find_cooldown_obstacle(dry_run.workload, usage, budgets, now)
            or find_budget_obstacle(usage, budgets, dry_run.egress_usd or Decimal(0), now)
        )

    def _reject(self, workload: WorkloadKey, target: str, reason: str, now: float) -> None:
        self._rejections.append(Rejection(workload, target, reason, now))
        self._history.record(StartRefused(workload, target, state_reason(reason)))
