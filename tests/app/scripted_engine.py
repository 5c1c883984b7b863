"""A stand-in for the engine with behaviour: prices move, opportunities come and go, migrations progress in waves.

It answers commands in its next snapshot as the real engine does. Time passes only by `advance`; the same seed tells the
same story.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from controller.clusters.acceptance import Acceptance, find_acceptance, tell_accepted
from controller.clusters.arming import ArmedBy, Arming, ArmingTerms, make_arming
from controller.clusters.fleet import Health, WorkloadKey
from controller.contract import commands
from controller.contract.commands import Command
from controller.contract.dry_run import DryRun, UnofferedMove, Verdict
from controller.contract.settlement import Act, ActOutcome, JudgedActs, Settlement
from controller.contract.snapshots import (
    Consideration,
    ContextView,
    EngineSnapshot,
    EntryKind,
    MigrationStage,
    MigrationView,
    MoveOutcome,
    Notice,
    PriceOrigin,
    PriceSourceView,
    QueuedMove,
    StoreView,
    TimelineEntry,
    UnstartedMove,
    WorkloadView,
)
from controller.contract.way_back import WayBack
from controller.decision.questions import name_prices_not_live
from controller.engine.notices import call_for_person, tell_stop
from controller.errors import ClusterError
from controller.migration.protocol.act_reasons import ActCode
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.market import Offering
from oracle.quotes import PriceMode, Quote
from tests.controller.contract.dry_runs import make_dry_run
from tests.controller.decision.worlds import make_rate
from tests.controller.faults import unreachable

STARTED_AT = 1_800_000_000.0
PRICE_LIFE_S = 90.0
HISTORY_STEP_S = 60.0
POD_START_S = 2.5
WAVE_REPLICAS = 2

#: provider, region, city, latitude, longitude, instance type, USD per hour on demand.
REGIONS = (
    ("aws", "us-east-1", "Ashburn", 39.04, -77.49, "m6i.xlarge", 0.192),
    ("aws", "us-west-2", "Boardman", 45.84, -119.70, "m6i.xlarge", 0.192),
    ("aws", "eu-central-1", "Frankfurt", 50.11, 8.68, "m6i.xlarge", 0.230),
    ("aws", "sa-east-1", "São Paulo", -23.55, -46.63, "m6i.xlarge", 0.306),
    ("aws", "ap-northeast-1", "Tokyo", 35.68, 139.69, "m6i.xlarge", 0.248),
    ("aws", "af-south-1", "Cape Town", -33.92, 18.42, "m6i.xlarge", 0.254),
    ("azure", "westeurope", "Amsterdam", 52.37, 4.90, "D4s_v5", 0.230),
    ("azure", "uksouth", "London", 51.51, -0.13, "D4s_v5", 0.222),
    ("azure", "centralindia", "Pune", 18.52, 73.86, "D4s_v5", 0.206),
    ("azure", "australiaeast", "Sydney", -33.87, 151.21, "D4s_v5", 0.240),
    ("gcp", "us-central1", "Council Bluffs", 41.26, -95.86, "n2-standard-4", 0.194),
    ("gcp", "europe-west3", "Frankfurt", 50.11, 8.68, "n2-standard-4", 0.250),
    ("gcp", "europe-north1", "Hamina", 60.57, 27.20, "n2-standard-4", 0.214),
    ("gcp", "asia-southeast1", "Singapore", 1.35, 103.82, "n2-standard-4", 0.240),
    ("gcp", "southamerica-west1", "Santiago", -33.45, -70.67, "n2-standard-4", 0.278),
)
WORKLOAD_NAMES = ("checkout", "render-farm", "search-index", "etl-nightly", "thumbnails")


def tell(text: str) -> Reason:
    """What a migration does, in words of the test."""
    return Code.UNCLASSIFIED.because(text=text)


@dataclass(slots=True)
class _Region:
    context: str
    offering: Offering
    city: str
    latitude: float
    longitude: float
    on_demand: Decimal
    price: float
    history: list[tuple[float, float]]
    arming: Arming | None = None
    health: Health = Health.REACHABLE
    reason: Reason | None = None
    observed_at: float = STARTED_AT
    workloads: dict[str, int] = field(default_factory=dict)

    @property
    def uid(self) -> str:
        return f"uid-{self.context}"

    def arm(self, terms: ArmingTerms | None, now: float) -> None:
        self.arming = None if terms is None else make_arming(self.context, self.uid, terms, now, now)

    def is_armed(self, now: float) -> bool:
        return self.arming is not None and not self.arming.is_over(now, now)


@dataclass(slots=True)
class _Move:
    view: MigrationView
    started: list[float] = field(default_factory=list)


class ScriptedEngine:
    """The engine's snapshots without an engine."""

    def __init__(self, seed: int = 7, demo: bool = True) -> None:
        self.random = random.Random(seed)
        self.now = STARTED_AT
        self.demo = demo
        self.store = StoreView("embedded", True, "embedded store, Unix socket")
        self.notices: tuple[Notice, ...] = ()
        #: What was asked to be done; looking asks for nothing.
        self.commands: list[Command] = []
        self.looked_at: frozenset[str] = frozenset()
        self.considered: commands.StartMigration | None = None
        self.prices_arrive = True
        self.price_source = PriceSourceView(PriceOrigin.SIMULATED, "simulated market")
        self._sequence = 0
        self._entries: list[TimelineEntry] = []
        self._answers: list[DryRun] = []
        #: Why starts are not taken up; empty: they are.
        self.refuses_because = ""
        #: What starts wait for; None: they begin at once.
        self.waits_for: Reason | None = None
        self.queue: tuple[QueuedMove, ...] = ()
        self.is_stopped = False
        #: Workload -> what a move of it leaves behind, which refuses it until a person has accepted that.
        self.ties: dict[WorkloadKey, Reason] = {}
        self._unstarted: tuple[UnstartedMove, ...] = ()
        self._moves: list[_Move] = []
        self._judged: list[JudgedActs] = []
        self._outcomes: list[ActOutcome] = []
        #: Grows where something happens to a move that waits, so that what was read of it is outdated.
        self.version = 0
        #: Whether clusters answer who asks what acts would change.
        self.answers_acts = True
        self._regions = {region.context: region for region in map(self._make_region, REGIONS)}
        self._place_workloads()
        self.log(EntryKind.STORE, "The embedded store is up; 15 contexts are watched.")

    def send(self, command: Command) -> None:
        """Take a command; the next snapshot answers it."""
        if not isinstance(command, commands.LookAt | commands.Consider):
            self.commands.append(command)
        match command:
            case commands.LookAt(contexts):
                self.looked_at = contexts
            case commands.Consider(start):
                self.considered = start
            case commands.RequestDryRun():
                self._answer(command)
            case commands.StartMigration() if self.refuses_because:
                self._refuse(command)
            case commands.StartMigration() if self.waits_for is not None:
                self.queue = (*self.queue, QueuedMove(command, self.now, self.waits_for))
            case commands.StartMigration():
                self._start(command)
            case commands.CancelMigration(migration_id):
                self._cancel(migration_id)
            case _:
                self._decide(command)

    def _decide(self, command: Command) -> None:
        """Take what a person decides beside beginning and ending moves."""
        match command:
            case commands.JudgeActs(migration_id):
                self._judge_acts(migration_id)
            case commands.SettleMigration():
                self._settle(command)
            case commands.TakeOutOfQueue(workload, target):
                self._take_out(workload, target)
            case commands.Stop():
                self.disarm()
                self.is_stopped = True
            case commands.SetArmed():
                self._arm(command)

    def _refuse(self, command: commands.StartMigration) -> None:
        self._answer(command)
        self._report_unstarted(
            command.workload, command.target, Code.UNCLASSIFIED.because(text=self.refuses_because)
        )

    def _take_out(self, workload: WorkloadKey, target: str) -> None:
        self.queue = tuple(
            one for one in self.queue if (one.start.workload, one.start.target) != (workload, target)
        )
        self._report_unstarted(workload, target, Code.TAKEN_OUT_OF_QUEUE.because())

    def begin_queued(self) -> None:
        """The turn of all that wait has come."""
        waiting, self.queue, self.waits_for = self.queue, (), None
        for one in waiting:
            self.send(one.start)

    def _report_unstarted(self, workload: WorkloadKey, target: str, reason: Reason) -> None:
        self._unstarted = (*self._unstarted, UnstartedMove(workload, target, reason, self.now))[-16:]

    def _arm(self, command: commands.SetArmed) -> None:
        context = command.context
        self.is_stopped = self.is_stopped and not command.armed
        self._regions[context].arm(command.terms if command.armed else None, self.now)
        told = "armed" if command.armed else "disarmed"
        self.log(EntryKind.OPERATOR, f"{context} was {told}.", (context,))

    def _answer(self, command: commands.MoveCommand) -> None:
        self._answers = [*self._answers, self._judge(command)][-16:]

    def _judge(self, command: commands.MoveCommand) -> DryRun:
        """The dry run of a move, or of a way back, which costs what it costs."""
        dry_run = self._accept(self.dry_run(command.workload, command.target), command.accepts)
        if command.way_back_of is None:
            return dry_run
        rates = (dry_run.source_usd_per_hour, dry_run.target_usd_per_hour)
        here, there = (None if rate is None or not self.prices_arrive else rate * 24 for rate in rates)
        cost = dry_run.one_off_usd if self.prices_arrive else None
        costs = Code.GOES_BACK.because(cost_usd=cost, here_usd_per_day=here, there_usd_per_day=there)
        return replace(dry_run, verdict=Verdict.WAY_BACK, reason=costs, way_back_of=command.way_back_of)

    def _accept(self, dry_run: DryRun, accepts: frozenset[Acceptance]) -> DryRun:
        tie = self.ties.get(dry_run.workload)
        if tie is not None and find_acceptance(tie) not in accepts:
            return replace(dry_run, verdict=Verdict.REFUSED, reason=tie, accepts=accepts)
        digest = f"{dry_run.plan_digest}{sorted(accepts)}" if accepts else dry_run.plan_digest
        return replace(dry_run, accepts=accepts, plan_digest=digest, warnings=tell_accepted(accepts))

    def find_behind(self, tie: Reason) -> MigrationView:
        """Let the check before the newest move find what it would leave behind, and refuse it."""
        move = self._moves[-1]
        self.ties[move.view.workload] = tie
        move.view = replace(
            move.view, stage=MigrationStage.REFUSED, reason=tie, ended_at=self.now, can_cancel=False
        )
        return move.view

    def stand_still(self) -> MigrationView:
        """Let the newest move hold, since a write to its source was not armed any more."""
        move = self._moves[-1]
        unarmed = Code.NOT_ARMED.because(contexts=(move.view.workload.context,))
        move.view = replace(move.view, stage=MigrationStage.HOLDING, reason=unarmed)
        return move.view

    def stick(self) -> MigrationView:
        """Let the newest move lose its source and wait for a person."""
        move = self._moves[-1]
        why = Code.DEPLOYMENT_DELETED.because(context=move.view.workload.context)
        places = {"source": move.view.workload.context, "target": move.view.target}
        advice = ActCode.ADVICE_ON_DELETED_SOURCE.because(**places, migration_id=move.view.migration_id)
        move.view = replace(
            move.view,
            stage=MigrationStage.NEEDS_OPERATOR,
            phase="NEEDS_OPERATOR",
            detail=Code.PHASE_NEEDS_OPERATOR.because(),
            reason=why,
            advice=advice,
            can_cancel=False,
        )
        self.notices = tuple(call_for_person([move.view]))
        return move.view

    def _judge_acts(self, migration_id: str) -> None:
        view = next((move.view for move in self._moves if move.view.migration_id == migration_id), None)
        if view is None:
            unknown = Code.MOVE_NOT_FOUND.because(migration_id=migration_id)
            self._judged.append(JudgedActs(self._next_answer(), migration_id, None, reason=unknown))
        elif self.answers_acts:
            acts = tuple(self._settlement(view, act) for act in Act)
            sides = (view.workload, view.target)
            self._judged.append(JudgedActs(self._next_answer(), migration_id, sides, acts))

    def _settlement(self, view: MigrationView, act: Act) -> Settlement:
        source, target = view.workload.context, view.target
        stays = ActCode.ACT_LEAVES.because(context=target, replicas=view.landed, serving=view.landed)
        gone = ActCode.ACT_FINDS_NOTHING.because(context=source)
        changes = {
            Act.ADOPT: (stays, gone, ActCode.ACT_ENDS_AS_DONE.because(context=target)),
            Act.ABANDON: (gone, stays, ActCode.ACT_FORGETS.because()),
        }.get(act, ())
        refusal = ActCode.ACT_NEEDS_DEPLOYMENT.because(context=source) if not changes else None
        digest = f"{act.value}-{self.version}"
        return Settlement(view.migration_id, view.workload, target, act, changes, refusal, digest)

    def _settle(self, command: commands.SettleMigration) -> None:
        [move] = [one for one in self._moves if one.view.migration_id == command.migration_id]
        reason = None
        if command.digest != f"{command.act.value}-{self.version}":
            reason = ActCode.ACT_OUTDATED.because()
        elif command.act is Act.ABANDON:
            self._moves.remove(move)
        else:
            move.view = replace(move.view, stage=MigrationStage.DONE, advice=None, ended_at=self.now)
        if reason is None:
            self.notices = ()
        outcome = ActOutcome(self._next_answer(), command.migration_id, command.act, reason)
        self._outcomes.append(outcome)

    def _next_answer(self) -> int:
        return len(self._judged) + len(self._outcomes) + 1

    def restart_counting(self) -> None:
        """Count snapshots from 1 again, as another engine does."""
        self._sequence = 0

    def advance(self, seconds: float) -> None:
        """Let time pass: prices walk, pods start."""
        self.now += seconds
        if self.prices_arrive:
            for region in self._regions.values():
                self._walk(region, seconds)
        for move in self._moves:
            self._progress(move)

    def start_best(self) -> MigrationView:
        """Start the best move there is, and return it."""
        best = self._opportunities()[0]
        self.send(commands.StartMigration(best.workload, best.target, best.plan_digest))
        return self._moves[-1].view

    def set_health(self, context: str, health: Health, error: ClusterError | None = None) -> None:
        """Make a context unreachable."""
        region = self._regions[context]
        region.health, region.reason = health, (error or unreachable(context)).reason

    def disarm(self) -> None:
        """Leave no context armed, as with real clusters."""
        for region in self._regions.values():
            region.arming = None

    def set_price(self, context: str, usd_per_hour: float) -> None:
        """Set a price by hand."""
        self._regions[context].price = usd_per_hour

    def log(
        self, kind: EntryKind, text: str, contexts: tuple[str, ...] = (), **more: str | MoveOutcome
    ) -> None:
        """Add a line to the timeline."""
        self._entries.append(TimelineEntry(len(self._entries) + 1, self.now, kind, text, contexts, **more))  # type: ignore[arg-type]

    def snapshot(self) -> EngineSnapshot:
        """Return everything at this moment."""
        self._sequence += 1
        opportunities = self._opportunities()
        views = tuple(move.view for move in self._moves)
        return EngineSnapshot(
            sequence=self._sequence,
            taken_at=self.now,
            demo=self.demo,
            price_source=self.price_source,
            store=self.store,
            is_complete=True,
            contexts=tuple(self._context_view(region) for region in self._regions.values()),
            opportunities=opportunities,
            refused=self._refusals(opportunities),
            migrations=views,
            timeline=tuple(self._entries[-200:]),
            notices=(*self.notices, *([tell_stop(views)] if self.is_stopped else [])),
            answers=tuple(self._answers),
            unstarted=self._unstarted,
            queue=self.queue,
            considered=self._judge_considered(),
            judged=tuple(self._judged),
            outcomes=tuple(self._outcomes),
            ways_back=tuple(self._list_ways_back()),
        )

    def _list_ways_back(self) -> Iterator[WayBack]:
        for view in (move.view for move in self._moves if move.view.stage is MigrationStage.DONE):
            if view.workload.name in self._regions[view.target].workloads:
                there = replace(view.workload, context=view.target)
                yield WayBack(there, view.workload.context, view.migration_id)

    def _judge_considered(self) -> Consideration | None:
        start = self.considered
        return None if start is None else Consideration(start, self.find_refusal(start), self.waits_for)

    def find_refusal(self, start: commands.StartMigration) -> Reason | None:
        """Judge a start: what the rules say of it, without what the world keeps to itself (`refuses_because`)."""
        sides = [self._regions[context] for context in (start.workload.context, start.target)]
        unarmed = tuple(side.context for side in sides if not side.is_armed(self.now))
        if unarmed:
            return Code.NOT_ARMED.because(contexts=unarmed)
        lost = next((side for side in sides if side.health is not Health.REACHABLE), None)
        if lost is not None:
            return lost.reason
        moves = (move.view for move in self._moves if move.view.workload == start.workload)
        running = next((view for view in moves if not view.stage.is_final), None)
        if running is not None:
            return Code.MOVE_RUNNING.because(source=running.workload.context, target=running.target)
        not_live = name_prices_not_live(map(self._quote, sides))
        if not_live is not None and not self.demo:
            return not_live
        current = self._judge(start)
        return None if current.plan_digest == start.plan_digest else Code.PLAN_CHANGED.because()

    def dry_run(self, workload: WorkloadKey, target: str) -> DryRun:
        """Compute one dry run from the prices of this moment."""
        source, goal = self._regions[workload.context], self._regions[target]
        replicas = source.workloads.get(workload.name, 0)
        share = Decimal("0.5")
        source_rate = Decimal(f"{source.price:.5f}") * replicas * share
        target_rate = Decimal(f"{goal.price:.5f}") * replicas * share
        gigabytes = Decimal(8 + 3 * replicas)
        egress = gigabytes * Decimal("0.02")
        overlap = target_rate * Decimal("0.05")
        warm_up = target_rate * Decimal("0.02")
        savings = (source_rate - target_rate) * 24
        net = savings - egress - overlap - warm_up
        rate = source_rate - target_rate
        pays = net > 0
        sums = {"savings_usd": savings, "cost_usd": egress + overlap + warm_up, "hours": 24}
        reason = Code.PAYS.because(net_usd=net, **sums) if pays else Code.COSTS_MORE.because(**sums)
        digest = hashlib.sha256(f"{workload}{target}{source.price:.3f}{goal.price:.3f}".encode()).hexdigest()
        return make_dry_run(
            workload,
            target,
            replicas,
            now=self.now,
            source_quote=self._quote(source),
            target_quote=self._quote(goal),
            source_usd_per_hour=source_rate,
            target_usd_per_hour=target_rate,
            egress_gb=gigabytes,
            egress_usd=egress,
            egress_charges=make_rate((None, "0.02")).list_charges(gigabytes),
            return_egress_usd=egress * 2,
            overlap_h=Decimal("0.05"),
            overlap_usd=overlap,
            warm_up_usd=warm_up,
            savings_usd=savings,
            net_usd=net,
            payback_h=(egress + overlap + warm_up) / rate if rate > 0 else None,
            verdict=Verdict.PAYS if pays else Verdict.TOO_DEAR,
            reason=reason,
            expires_at=self.now + PRICE_LIFE_S,
            plan_digest=digest,
        )

    def _make_region(self, row: tuple[str, str, str, float, float, str, float]) -> _Region:
        provider, name, city, latitude, longitude, instance_type, on_demand = row
        price = on_demand * self.random.uniform(0.22, 0.55)
        history = []
        walk = price
        for step in range(120):
            history.append((self.now - step * HISTORY_STEP_S, walk))
            walk *= math.exp(self.random.gauss(0.0, 0.012))
        offering = Offering(provider, name, instance_type)
        context = f"{provider}-{name}"
        region = _Region(
            context, offering, city, latitude, longitude, Decimal(str(on_demand)), price, history[::-1]
        )
        region.arm(ArmingTerms(ArmedBy.DEMO), self.now)
        return region

    def _place_workloads(self) -> None:
        for index, region in enumerate(self._regions.values()):
            for offset in range(1 + index % 3):
                name = WORKLOAD_NAMES[(index + offset) % len(WORKLOAD_NAMES)]
                region.workloads[name] = 4 + (index * 3 + offset) % 7

    def _walk(self, region: _Region, seconds: float) -> None:
        region.price *= math.exp(self.random.gauss(0.0, 0.006) * math.sqrt(seconds))
        ceiling = float(region.on_demand) * 0.9
        region.price = min(ceiling, max(float(region.on_demand) * 0.15, region.price))
        region.observed_at = self.now
        if self.now - region.history[-1][0] >= HISTORY_STEP_S:
            region.history = [*region.history, (self.now, region.price)][-240:]

    def _quote(self, region: _Region) -> Quote:
        price = Decimal(f"{region.price:.5f}")
        at = region.observed_at
        mode = PriceMode.SIMULATED
        return Quote(
            region.context, region.offering, price, at, at, at + PRICE_LIFE_S, "simulated market", mode
        )

    def _context_view(self, region: _Region) -> ContextView:
        workloads = tuple(
            self._workload_view(region, name, count) for name, count in region.workloads.items()
        )
        pods = sum(region.workloads.values())
        return ContextView(
            context=region.context,
            provider=region.offering.provider,
            region=region.offering.region,
            city=region.city,
            latitude_degrees=region.latitude,
            longitude_degrees=region.longitude,
            instance_type=region.offering.instance_type,
            health=region.health,
            health_reason=region.reason,
            armed=region.is_armed(self.now),
            quote=self._quote(region),
            on_demand_usd_per_hour=region.on_demand,
            trend=region.price / region.history[0][1] - 1.0,
            history=tuple(region.history),
            workloads=workloads,
            usd_per_day=Decimal(f"{region.price * pods * 12:.2f}"),
            node_count=3,
            ready_replicas=pods,
            desired_replicas=pods,
            cluster_uid=region.uid,
            arming=region.arming if region.is_armed(self.now) else None,
            unarmed_reason=Code.ARMING_OVER.because(contexts=(region.context,))
            if region.arming is not None and not region.is_armed(self.now)
            else None,
        )

    def _workload_view(self, region: _Region, name: str, count: int) -> WorkloadView:
        key = WorkloadKey(region.context, "shop", name)
        return WorkloadView(key, count, count, Decimal(f"{region.price * count * 12:.2f}"), 8.0 + 3 * count)

    def _opportunities(self) -> tuple[DryRun, ...]:
        usable = [region for region in self._regions.values() if region.health is Health.REACHABLE]
        moving = {move.view.workload for move in self._moves if not move.view.stage.is_final}
        found = []
        for source in usable:
            for name in source.workloads:
                key = WorkloadKey(source.context, "shop", name)
                targets = [goal.context for goal in usable if goal.price < source.price * 0.8]
                if key not in (*moving, *self.ties) and targets and self._quote(source).is_usable(self.now):
                    best = min(targets, key=lambda context: self._regions[context].price)
                    found.append(self.dry_run(key, best))
        paying = [dry_run for dry_run in found if dry_run.verdict is Verdict.PAYS]
        return tuple(sorted(paying, key=lambda dry_run: dry_run.net_usd or Decimal(0), reverse=True)[:9])

    def _refusals(self, opportunities: tuple[DryRun, ...]) -> tuple[UnofferedMove, ...]:
        offered = {dry_run.workload for dry_run in opportunities}
        keys = [WorkloadKey(r.context, "shop", name) for r in self._regions.values() for name in r.workloads]
        return tuple(
            UnofferedMove(key, None, Code.NO_REPLICAS.because()) for key in keys if key not in offered
        )

    def _start(self, start: commands.StartMigration) -> None:
        workload, target, dry_run = start.workload, start.target, self._judge(start)
        number = len(self._moves) + 1
        accepted = dry_run.plan_digest == start.plan_digest
        view = MigrationView(
            migration_id=f"m-{number}",
            workload=workload,
            target=target,
            stage=MigrationStage.RUNNING if accepted else MigrationStage.REFUSED,
            phase="scaling target" if accepted else "refused",
            detail=tell(
                "The first wave starts in the target."
                if accepted
                else "The plan has changed since it was shown."
            ),
            replicas=dry_run.replicas,
            landed=0,
            source_ready=dry_run.replicas,
            source_desired=dry_run.replicas,
            target_ready=0,
            target_desired=0,
            wave=1,
            waves=math.ceil(dry_run.replicas / WAVE_REPLICAS),
            started_at=self.now,
            ended_at=None if accepted else self.now,
            can_cancel=accepted,
            dry_run=dry_run,
            cost_usd=None,
            savings_usd_per_day=dry_run.savings_usd_per_day,
        )
        self._moves.append(_Move(view))
        text = f"{workload.name}: {workload.context} to {target} {'started' if accepted else 'was refused'}."
        self.log(EntryKind.MIGRATION, text, (workload.context, target), migration_id=view.migration_id)

    def _cancel(self, migration_id: str) -> None:
        for move in self._moves:
            if move.view.migration_id == migration_id and move.view.can_cancel:
                detail = tell("Cancelled: the source scales up again.")
                move.view = replace(
                    move.view, stage=MigrationStage.ROLLING_BACK, can_cancel=False, detail=detail
                )

    def _progress(self, move: _Move) -> None:
        view = move.view
        if view.stage is MigrationStage.RUNNING:
            self._run_wave(move)
        elif view.stage is MigrationStage.ROLLING_BACK:
            landed = max(0, view.landed - 1)
            stage = MigrationStage.ROLLED_BACK if landed == 0 else MigrationStage.ROLLING_BACK
            move.view = replace(
                view,
                landed=landed,
                stage=stage,
                target_desired=landed,
                target_ready=landed,
                source_desired=view.replicas,
                source_ready=min(view.replicas, (view.source_ready or 0) + 1),
                ended_at=self.now if landed == 0 else None,
            )

    def _run_wave(self, move: _Move) -> None:
        view = move.view
        landed = sum(self.now - at >= POD_START_S for at in move.started)
        if landed == len(move.started) and landed < view.replicas:
            wave = min(WAVE_REPLICAS, view.replicas - landed)
            move.started += [self.now + 0.4 * index for index in range(wave)]
        left = view.replicas - landed
        done = left == 0
        move.view = replace(
            view,
            landed=landed,
            wave=min(view.waves, landed // WAVE_REPLICAS + 1),
            target_ready=landed,
            target_desired=len(move.started),
            source_ready=left,
            source_desired=left,
            stage=MigrationStage.DONE if done else MigrationStage.RUNNING,
            detail=tell("All replicas run in the target.")
            if done
            else tell(f"Wave {landed // WAVE_REPLICAS + 1} of {view.waves}."),
            ended_at=self.now if done else None,
            can_cancel=not done,
            cost_usd=view.dry_run.egress_usd,
        )
        if done:
            self._finish(move.view)

    def _finish(self, view: MigrationView) -> None:
        source, target = self._regions[view.workload.context], self._regions[view.target]
        target.workloads[view.workload.name] = source.workloads.pop(view.workload.name, view.replicas)
        saved, cost = view.savings_usd_per_day or Decimal(0), view.cost_usd or Decimal(0)
        text = f"{view.workload.name} runs in {view.target}: the move cost ${cost:.2f} and saves ${saved:.2f} a day."
        contexts = (view.workload.context, view.target)
        outcome = MoveOutcome(view.workload, view.target, view.cost_usd, view.savings_usd_per_day)
        self.log(EntryKind.MIGRATION, text, contexts, migration_id=view.migration_id, outcome=outcome)
