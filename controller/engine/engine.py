"""The whole thing without a window: fleet picture and prices in, plans and migrations out, snapshots to all.

One asyncio loop; everything here belongs to it. Nothing is polled: the engine wakes when a price, a cluster, a
migration or a command changes something, or when a price grows old by itself, and it publishes at most a few
snapshots a second.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from controller.clusters.discovery import bindings_of
from controller.clusters.fleet import Cluster, FleetPicture, Health
from controller.contract.commands import Command, Stop
from controller.contract.dry_run import UnofferedMove
from controller.contract.snapshots import EngineSnapshot, MigrationView
from controller.decision.facts import Facts
from controller.decision.plan import Plan
from controller.decision.planning import Planner
from controller.decision.settings import DecisionSettings
from controller.engine.asking_again import AskingAgain
from controller.engine.command_handler import CommandHandler
from controller.engine.controls import Controls
from controller.engine.decision_log import DecisionLog
from controller.engine.fact_collector import FactCollector
from controller.engine.instance_requests import InstanceRequests
from controller.engine.main_price import PriceFacts
from controller.engine.notices import call_for_person, collect_notices, describe_store, tell_stop
from controller.engine.outage_log import OutageLog
from controller.engine.price_memory import PriceMemory
from controller.engine.snapshot_building import (
    ContextViews,
    are_all_idle,
    choose_ways_back,
    describe_price_source,
    find_unpriced,
    is_asking_nobody,
)
from controller.engine.unfinished_moves import UnfinishedMoves
from controller.errors import EngineStopped
from oracle.binding import Binding
from oracle.foundation.clocks import Clocks
from oracle.market import Offering
from oracle.oracle import Oracle
from oracle.quotes import QuoteBoard

#: Least seconds between two snapshots: four a second look alive, and cost the window almost nothing.
PUBLISH_INTERVAL_S = 0.25
#: Seconds after which a binding that never got a price no longer keeps the picture incomplete: a replay may not
#: know it.
UNPRICED_GRACE_S = 4.0
#: Seconds between two looks at what no event reports: a price that never comes, a disk that takes no entries, an outage
#: that lasts.
RETRY_S = 4.0
MAX_TIMELINE_ENTRIES = 200
#: Opportunities that a snapshot carries, best first: more than anybody goes through.
MAX_OPPORTUNITIES = 200
#: Refusals that a snapshot carries: of few workloads those of all targets, of many the first of each.
MAX_UNOFFERED = 400

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What the engine was given.

    demo: the clusters are simulated; only shown.
    accepts_any_prices: whether clusters may be changed on prices that are not live; so only for simulated ones.
    """

    demo: bool
    accepts_any_prices: bool = False
    decision: DecisionSettings = field(default_factory=DecisionSettings)


@dataclass(frozen=True, slots=True)
class EngineParts:
    """What the engine joins; built by whoever composes the program."""

    oracle: Oracle
    controls: Controls
    unfinished: UnfinishedMoves
    handler: CommandHandler
    facts: FactCollector
    again: AskingAgain
    views: ContextViews
    planner: Planner
    memory: PriceMemory
    decisions: DecisionLog
    outages: OutageLog


class Engine:
    """Owns the plan and the snapshots. Call it from its own loop only."""

    def __init__(self, parts: EngineParts, settings: EngineSettings, clocks: Clocks) -> None:
        self._oracle = parts.oracle
        #: What other processes of the same person may ask.
        self.requests = InstanceRequests(
            parts.controls, lambda: self.submit(Stop()), lambda: parts.handler.queue, parts.handler.take_out
        )
        self._regions = parts.controls.regions
        self._migrations = parts.controls.migrations
        self._history = parts.controls.history
        self._unfinished = parts.unfinished
        self._handler = parts.handler
        self._facts = parts.facts
        self._again = parts.again
        self._views = parts.views
        self._decisions = parts.decisions
        self._outages = parts.outages
        self._wake = parts.controls.wake
        self._settings = settings
        self._clocks = clocks
        self._planner = parts.planner
        self._memory = parts.memory
        self._bindings: frozenset[Binding] = frozenset()
        self._bindings_since = clocks.counting()
        self._published = asyncio.Condition()
        self._snapshot: EngineSnapshot | None = None
        self._failure: Exception | None = None

    @property
    def contexts(self) -> tuple[str, ...]:
        """The contexts of the kubeconfig, whether they answer or not."""
        return self._regions.contexts

    @property
    def aliases(self) -> Mapping[str, str]:
        """Context that is not shown -> the one that stands for the same cluster."""
        return self._regions.aliases

    def submit(self, command: Command) -> None:
        """Take a command; a later snapshot shows what came of it."""
        self._handler.submit(command)

    def has_searched(self, context: str) -> bool:
        """Whether a migration that an earlier process left unfinished in this armed context is known by now."""
        return self._unfinished.has_searched(context)

    async def next_snapshot(self, after: int) -> EngineSnapshot:
        """Return the newest snapshot as soon as its sequence is greater than `after`. Raises: EngineStopped."""
        async with self._published:
            while self._snapshot is None or self._snapshot.sequence <= after:
                if self._failure is not None:
                    raise EngineStopped(self._failure) from self._failure
                await self._published.wait()
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
            pass  # the caller sees by the snapshot itself that it is not enough
        return snapshot

    async def keep_running(self) -> None:
        """Serve until cancelled. An unexpected error ends the engine and is passed to all who wait for snapshots."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for wait in (
                    self._oracle.wait_for_change,
                    self._regions.wait_for_change,
                    self._migrations.wait_for_change,
                ):
                    tasks.create_task(self._wake_on(wait))
                tasks.create_task(self._work())
        except* Exception as group:
            logger.exception("the engine stumbled", exc_info=group)
            async with self._published:
                self._failure = group.exceptions[0]
                self._published.notify_all()
        finally:
            self._unfinished.stop()
            self._handler.stop()
            self._again.stop()

    async def _wake_on(self, wait: Callable[[], Awaitable[object]]) -> None:
        while True:
            await wait()
            self._wake.set()

    async def _work(self) -> None:
        while True:
            self._wake.clear()
            facts = await self._refresh()
            await asyncio.sleep(PUBLISH_INTERVAL_S)
            await self._wait_for_reason(facts)

    async def _wait_for_reason(self, facts: Facts) -> None:
        """Wait until something changes, or until one of these facts ends by the clock alone."""
        try:
            async with asyncio.timeout(self._find_delay_s(facts)):
                await self._wake.wait()
        except TimeoutError:
            return

    def _find_delay_s(self, facts: Facts) -> float | None:
        """Return after how many seconds to look again although nothing wakes us; None: never."""
        if self._history.has_prices:
            return 0.0
        delays = []
        ask_again_at = self._facts.findings.find_next_due(facts.settings.ask_again_s, facts.now)
        moments = [*_ageing_moments(facts.board, facts.now), facts.find_next_end(), ask_again_at]
        if ends := [moment for moment in moments if moment is not None]:
            delays.append(max(0.0, min(ends) - self._clocks.wall()) + 0.01)
        if (outdated_s := self._regions.seconds_to_next_outdated()) is not None:
            delays.append(outdated_s + 0.01)
        if (look_s := self._unfinished.seconds_to_next_look()) is not None:
            delays.append(max(look_s, RETRY_S))
        is_waiting = self._history.has_waiting or self._outages.has_waiting or self._memory.has_open
        if is_waiting or self._handler.waits_for_price or not self._is_settled():
            delays.append(RETRY_S)
        return min(delays, default=None)

    async def _refresh(self) -> Facts:
        now, picture = self._clocks.wall(), self._regions.picture()
        self._history.take_in()
        self._follow_bindings(picture)
        self._memory.work(self._bindings, self._oracle.board(), now)
        await self._handler.work(picture, now)
        self._handler.record_ended_armings()
        views = self._migrations.views()
        self._facts.follow(views)
        facts = self._facts.collect()
        self._again.work(picture, facts)
        plan = self._planner.plan(picture, facts)
        self._decisions.record(plan, [view.workload for view in views], self._history, now)
        self._outages.record(self._oracle.status, picture, self._history, now)
        self._history.sample_prices(facts.board.quotes.values())
        await self._publish(picture, facts, plan, views)
        return facts

    def _follow_bindings(self, picture: FleetPicture) -> None:
        bindings = frozenset(bindings_of(picture))
        if bindings != self._bindings:
            self._bindings = bindings
            self._bindings_since = self._clocks.counting()
            self._oracle.set_bindings(bindings)

    async def _publish(
        self,
        picture: FleetPicture,
        facts: Facts,
        plan: Plan,
        migrations: tuple[MigrationView, ...],
    ) -> None:
        board, now = facts.board, facts.now
        status = self._oracle.status
        price_source = describe_price_source(board, self._bindings, status, now)
        snapshot = EngineSnapshot(
            sequence=self._snapshot.sequence + 1 if self._snapshot else 1,
            taken_at=now,
            demo=self._settings.demo,
            price_source=price_source,
            store=describe_store(status),
            is_complete=self._is_complete(picture),
            unpriced=find_unpriced(board, self._bindings, status.notices, now),
            contexts=self._unfinished.name_clusters(
                self._views.build(picture, self._collect_prices(board), facts.armed, facts.unarmed, now)
            ),
            opportunities=plan.opportunities(MAX_OPPORTUNITIES),
            refused=self._list_refused(picture, plan),
            migrations=migrations,
            timeline=self._history.newest(MAX_TIMELINE_ENTRIES),
            notices=(
                *call_for_person(migrations),
                *([tell_stop(migrations)] if self._regions.is_stopped else []),
                *self._unfinished.notices(),
                *collect_notices(
                    status,
                    picture,
                    self._history.reasons,
                    price_source.origin,
                    needs_live_prices=not self._settings.accepts_any_prices,
                ),
            ),
            answers=self._handler.answers,
            unstarted=self._handler.unstarted,
            queue=self._handler.queue,
            savings=self._history.savings(),
            judged=self._handler.acts.judged,
            outcomes=self._handler.acts.outcomes,
            ways_back=choose_ways_back(facts.ways_back, picture),
            considered=self._handler.judge_considered(picture, facts),
        )
        async with self._published:
            self._snapshot = snapshot
            self._published.notify_all()

    def _list_refused(self, picture: FleetPicture, plan: Plan) -> tuple[UnofferedMove, ...]:
        """Return why the workloads that somebody looks at are not offered: all pairs of a large fleet are a million."""
        looked_at = (picture.clusters.get(context) for context in sorted(self._handler.looked_at))
        workloads = [w for cluster in looked_at if cluster is not None for w in cluster.workloads]
        each = max(1, MAX_UNOFFERED // max(1, len(workloads)))
        return tuple(r for w in workloads[:MAX_UNOFFERED] for r in plan.list_unoffered(w.key, each))

    def _collect_prices(self, board: QuoteBoard) -> PriceFacts:
        histories = {
            (binding.context, binding.offering): self._oracle.history(binding.context, binding.offering)
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
            or (cluster.health is Health.REACHABLE and not self._is_known(cluster))
        ]
        answers = any(cluster.health is Health.REACHABLE for cluster in picture.clusters.values())
        return answers and not waiting and self._is_settled()

    def _is_known(self, cluster: Cluster) -> bool:
        """Whether a reachable cluster was listed, and asked for moves that were left unfinished."""
        return cluster.is_complete and self._unfinished.has_looked(cluster.context)

    def _is_settled(self) -> bool:
        """Whether prices have arrived: for every binding, or for some and the others have had their time.

        Where none can come, none are waited for; that no service speaks for a cloud is known a moment after somebody
        wants its prices.
        """
        status = self._oracle.status
        if is_asking_nobody(status):
            return True
        board = self._oracle.board()
        priced = [b for b in self._bindings if board.find(b.context, b.offering) is not None]
        if len(priced) == len(self._bindings):
            return True
        waited_s = self._clocks.counting() - self._bindings_since
        return waited_s >= UNPRICED_GRACE_S and (bool(priced) or are_all_idle(status))


def _ageing_moments(board: QuoteBoard, now: float) -> list[float]:
    """Return when quotes change their freshness by the clock alone, Unix seconds after `now`."""
    moments = (moment for quote in board.quotes.values() for moment in (quote.ageing_at, quote.deadline))
    return [moment for moment in moments if moment > now]
