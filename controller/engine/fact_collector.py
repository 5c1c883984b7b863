"""What every judgement rests on at this moment, whoever asks: plan, dry run, confirmation, wave or rates.

The only place of the program where `Facts` are made, so that a rule sees the same whatever its moment. All of it comes
from memory: a wave is asked as its request leaves. Belongs to the engine's loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from controller.clusters.fleet import Workload, WorkloadKey
from controller.clusters.region_manager import RegionManager
from controller.contract.snapshots import MigrationView
from controller.contract.way_back import WayBack
from controller.decision.budgets import DAY_S, BudgetUsage, find_month_start, sum_sent_gb
from controller.decision.facts import Facts
from controller.decision.settings import BudgetSettings, DecisionSettings
from controller.engine.controls import Controls
from controller.engine.earlier_moves import list_ways_back, merge_moves, to_budget_moves
from controller.engine.inventories import Inventories
from controller.engine.preflight_findings import PreflightFindings
from controller.engine.unfinished_moves import UnfinishedMoves
from controller.history.projections import PastMove
from oracle.quotes import QuoteBoard


@dataclass(frozen=True, slots=True, eq=False)
class FactCollector:
    """Collects facts, and remembers what preflights and looks found. `count_moves` gives the usage at a Unix time."""

    regions: RegionManager
    board: Callable[[], QuoteBoard]
    count_moves: Callable[[float], BudgetUsage]
    wall_clock: Callable[[], float]
    settings: DecisionSettings
    #: The finished moves that a person can take back at this moment.
    find_ways_back: Callable[[], tuple[WayBack, ...]]
    accepts_any_prices: bool = field(kw_only=True)
    findings: PreflightFindings = field(default_factory=PreflightFindings, init=False)
    inventories: Inventories = field(default_factory=Inventories, init=False)

    def collect(self, workload: WorkloadKey | None = None, target: str = "") -> Facts:
        """Return the facts of this moment; of a move that has begun, that of this workload to this target, with what it
        may change.
        """
        now = self.wall_clock()
        usage, picture = self.count_moves(now), self.regions.picture()
        providers = {context: cluster.provider for context, cluster in picture.clusters.items()}
        return Facts(
            board=self.board(),
            settings=self.settings,
            now=now,
            usage=usage,
            findings=self.findings.current(),
            inventories=self.inventories.current(picture, now),
            armed=self.regions.list_armed(workload, target),
            unarmed=self.regions.list_unarmed(),
            accepts_any_prices=self.accepts_any_prices,
            ways_back=self.find_ways_back(),
            sent_gb=sum_sent_gb(usage.of_month, providers),
        )

    def note_start(self, migration_id: str, workload: Workload) -> None:
        """Remember what a move was started with."""
        self.findings.note_start(migration_id, workload)

    def follow(self, views: Iterable[MigrationView]) -> None:
        """Take in what preflights have refused, and forget what the watches know better by now."""
        self.findings.follow(views, self.regions.picture(), self.wall_clock())


def count_moves(
    controls: Controls, unfinished: UnfinishedMoves, budgets: BudgetSettings, now: float
) -> BudgetUsage:
    """Return the moves that stand in the way of others at Unix time `now`, those of other processes included."""
    migrations = controls.migrations
    own, left = migrations.budget_usage(now), unfinished.moves()
    past = _find_past(controls, unfinished)
    earlier = (move for move in past if not migrations.knows(move.migration_id))
    reach_s = max(DAY_S, budgets.cooldown_s)
    month_at = find_month_start(now)
    remembered = to_budget_moves(earlier, now, max(reach_s, now - month_at))
    counting = (move for move in remembered if move.ended_at is None or move.ended_at > now - reach_s)
    # What others have left unfinished is in history already where it is ours.
    of_month = (move for move in (*own.moves, *remembered) if move.started_at >= month_at)
    return BudgetUsage((*own.moves, *counting), left, tuple(of_month))


class WaysBack:
    """The finished moves that history or a Lease knows, turned round; made anew only where one of them has changed."""

    def __init__(self, controls: Controls, unfinished: UnfinishedMoves) -> None:
        self._controls = controls
        self._unfinished = unfinished
        self._known: tuple[PastMove, ...] = ()
        self._ways: tuple[WayBack, ...] = ()

    def find(self) -> tuple[WayBack, ...]:
        """Return them, the newest last."""
        known = _find_past(self._controls, self._unfinished)
        if known != self._known:
            self._known, self._ways = known, tuple(list_ways_back(known))
        return self._ways


def _find_past(controls: Controls, unfinished: UnfinishedMoves) -> tuple[PastMove, ...]:
    return merge_moves(controls.history.past_moves(), unfinished.ended())
