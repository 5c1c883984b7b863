"""What every judgement rests on at this moment, whoever asks: plan, dry run, confirmation, wave or rates.

The only place of the program where `Facts` are made, so that a rule sees the same whatever its moment. All of it comes
from memory: a wave is asked as its request leaves. Belongs to the engine's loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from controller.clusters.fleet import Workload
from controller.clusters.region_manager import RegionManager
from controller.contract.snapshots import MigrationView
from controller.decision.budgets import DAY_S, BudgetUsage
from controller.decision.facts import Facts
from controller.decision.settings import BudgetSettings, DecisionSettings
from controller.engine.controls import Controls
from controller.engine.earlier_moves import merge_moves, to_budget_moves
from controller.engine.preflight_findings import PreflightFindings
from controller.engine.unfinished_moves import UnfinishedMoves
from oracle.quotes import QuoteBoard


@dataclass(frozen=True, slots=True, eq=False)
class FactCollector:
    """Collects facts, and remembers what preflights have found. `count_moves` gives the usage at a Unix time."""

    regions: RegionManager
    board: Callable[[], QuoteBoard]
    count_moves: Callable[[float], BudgetUsage]
    wall_clock: Callable[[], float]
    settings: DecisionSettings
    accepts_any_prices: bool = field(kw_only=True)
    _findings: PreflightFindings = field(default_factory=PreflightFindings, init=False)

    def collect(self) -> Facts:
        """Return the facts of this moment."""
        now = self.wall_clock()
        return Facts(
            board=self.board(),
            settings=self.settings,
            now=now,
            usage=self.count_moves(now),
            findings=self._findings.current(self.regions.picture()),
            armed=frozenset(filter(self.regions.is_armed, self.regions.contexts)),
            accepts_any_prices=self.accepts_any_prices,
        )

    def note_start(self, migration_id: str, workload: Workload) -> None:
        """Remember what a move was started with."""
        self._findings.note_start(migration_id, workload)

    def follow(self, views: Iterable[MigrationView]) -> None:
        """Take in what preflights have refused, and forget what was refused long ago."""
        self._findings.follow(views, self.wall_clock(), self.settings.preflight_memory_s)


def count_moves(
    controls: Controls, unfinished: UnfinishedMoves, budgets: BudgetSettings, now: float
) -> BudgetUsage:
    """Return the moves that stand in the way of others at Unix time `now`, those of other processes included."""
    migrations = controls.migrations
    own, left = migrations.budget_usage(now), unfinished.moves()
    past = merge_moves(controls.history.past_moves(), unfinished.ended())
    earlier = (move for move in past if not migrations.knows(move.migration_id))
    reach_s = max(DAY_S, budgets.cooldown_s)
    return BudgetUsage((*own.moves, *to_budget_moves(earlier, now, reach_s)), left)
