"""Starts, resumes, cancels and shows migrations; the one face that the engine sees.

Each migration is a task of its own (`migration_run`); this holds them together, lets only one move a workload
at a time, and records what happened in the history.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from controller.clusters.change_hints import ChangeHints
from controller.clusters.fleet import WorkloadKey
from controller.clusters.kube_api import KubeApi
from controller.clusters.user_agent import naming
from controller.contract.dry_run import DryRun
from controller.contract.inventory import Inventory
from controller.contract.settlement import Act, Settlement
from controller.contract.snapshots import MigrationView
from controller.decision.budgets import BudgetUsage, Move
from controller.errors import ControllerError
from controller.history.events import (
    ActRequested,
    CancelNotLed,
    MoveEnded,
    MoveResumed,
    MoveStarted,
    MoveStopped,
    PhaseEntered,
    state_reason,
)
from controller.history.history import History
from controller.history.projections import ABANDONED
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.journal_keys import JournalKeys
from controller.migration.access.timing import Sleep, Timing
from controller.migration.protocol.errors import MigrationRefused
from controller.migration.protocol.gate import Gate, Unpriced
from controller.migration.protocol.lease_requests import LeaseRequest, RequestKind
from controller.migration.protocol.outcomes import predict_figures, realise_figures
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.states import Event, Phase
from controller.migration.run.lease_asking import Asked, ask_leader
from controller.migration.run.lease_requests import LeaseRequests
from controller.migration.run.migration_run import MigrationRun
from controller.migration.run.migration_views import build_view, describe, describe_abandoned
from controller.migration.run.preflight import Preflight, build_draft
from controller.migration.run.settling import Settling
from controller.migration.settings import MigrationSettings
from controller.migration.steps.catalogue import STEPS
from controller.migration.steps.inventory import take_inventory
from controller.reasons import Code
from oracle.foundation.clocks import Clocks
from oracle.foundation.reason import Reason

#: How long `stop` waits for requests that are on their way, seconds; the journal makes waiting longer
#: pointless.
STOP_PATIENCE_S = 3.0

#: How long an ended migration that no view shows any more is remembered, seconds; from then on the
#: budgets know of it from history.
BUDGET_MEMORY_S = 7 * 24 * 3600.0

#: Ended migrations that are still shown.
MAX_ENDED_VIEWS = 20


@dataclass(slots=True)
class _Started:
    """A run and its task, and when this process began it and saw it end, in counted seconds."""

    run: MigrationRun
    task: asyncio.Task[None]
    began_s: float
    #: Counted seconds at which the task ended, which a migration that is not over can survive.
    ended_s: float | None = None
    #: How it is shown once it has ended: what came of it does not change with later prices.
    last_view: MigrationView | None = None


class MigrationController:
    """All migrations of this process. Call it from its own event loop only.

    `apis` gives the API of a context (and raises ControllerError for one that it does not know); `new_id`
    gives strings that are unique in the world and valid in a label, such as hexadecimal UUIDs. `keys`: what journals
    are signed with, for all who read them as well. `requests` hears what is asked through Leases; without, nothing is
    heard there. `hints` wakes moves as soon as a watch tells of them; without, they look once in a while.
    """

    def __init__(
        self,
        apis: Callable[[str], KubeApi],
        history: History,
        clocks: Clocks,
        new_id: Callable[[], str],
        settings: MigrationSettings,
        gate: Gate,
        keys: JournalKeys,
        *,
        requests: LeaseRequests | None = None,
        hints: ChangeHints | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._apis = apis
        self._history = history
        self._new_id = new_id
        self._gate = gate
        self.keys = keys
        self._requests = requests or LeaseRequests(None, clocks.wall, history, lambda: None)
        self._hints = hints or ChangeHints()
        self._timing = Timing(settings, clocks, sleep)
        self._started: dict[str, _Started] = {}
        #: Migrations that a person's act is ending: nobody here goes on with them meanwhile.
        self._settling: set[str] = set()
        self._changed = asyncio.Event()

    async def start(self, dry_run: DryRun) -> str:
        """Start the plan that was confirmed and return the migration's id; the views show its progress.

        Raises: MigrationRefused where the plan may not run, its prices are too old or the workload is being moved;
        ControllerError where a context is not known.
        """
        if not dry_run.may_start:
            raise MigrationRefused(str(dry_run.workload), dry_run.reason)
        now = self._timing.clocks.wall()
        if (expiry := dry_run.find_expiry(now)) is not None:
            raise MigrationRefused(str(dry_run.workload), expiry)
        self._require_free(dry_run.workload, dry_run.target)
        record = build_draft(self._new_id(), dry_run, now)
        self._run(record)
        predicted = predict_figures(dry_run)
        self._history.record(
            MoveStarted(
                *_name(record),
                record.replicas,
                dry_run.plan_digest,
                predicted,
                dry_run.way_back_of,
                tuple(sorted(dry_run.accepts)),
                dry_run.staying.target,
            )
        )
        return record.migration_id

    async def ask_preflight(self, dry_run: DryRun) -> None:
        """Ask both clusters what they have against a move, and change nothing.

        Raises: MigrationRefused where something is; ControllerError where a context is not known.
        """
        record = build_draft(self._new_id(), dry_run, self._timing.clocks.wall())
        await Preflight(self._open_sides(record), self._gate, self._timing, STEPS).check(record)

    def cancel(self, migration_id: str) -> None:
        """Ask for a rollback; a migration that is over or unknown is left as it is.

        One that another instance leads goes back as soon as this one leads it, which may be never: that is reported.
        """
        started = self._started.get(migration_id)
        if started is None or started.task.done():
            return
        started.run.interrupts.request_cancel()
        if not started.run.is_leading:
            self._history.record(CancelNotLed(*_name(started.run.journal.record)))

    async def ask_leader(self, known: MigrationRecord, kind: RequestKind) -> Asked | None:
        """Ask whoever leads a migration through its source's Lease, whose context has to be armed. None: without a key
        ring nobody can be asked.

        Raises: ControllerError.
        """
        if (ring := self._requests.ring) is None:
            return None
        request = LeaseRequest(kind, self._new_id(), self._timing.clocks.wall())
        with naming(known.migration_id):
            return await ask_leader(self._apis(known.source.context), known, request, ring, self._timing)

    async def take_inventory(self, workload: WorkloadKey) -> Inventory:
        """Look at what would travel with a workload, stay and break. Raises: ControllerError for an unknown context."""
        source = ClusterSide(self._apis(workload.context), workload.namespace, workload.name)
        return await take_inventory(source, self._timing.clocks.wall())

    async def judge_acts(self, known: MigrationRecord) -> tuple[Settlement, ...]:
        """Return what each act of a person would change on a migration, as both clusters have it now."""
        with naming(known.migration_id):
            return await self._build_settling(known).judge()

    async def settle(self, known: MigrationRecord, act: Act, digest: str) -> None:
        """Do what a person has confirmed. A rollback that follows runs on; a move that was abandoned is forgotten.

        Raises: ControllerError where it could not be done; a run that waited here waits on then.
        """
        started = self._started.get(known.migration_id)
        waiting = started is not None and not started.task.done()
        self._settling.add(known.migration_id)
        try:
            if started is not None:
                known = started.run.journal.record
                await self._stop_run(started)
            self._history.record(ActRequested(*_name(known), act.value))
            with naming(known.migration_id):
                settled = await self._build_settling(known).perform(act, digest)
        except Exception:  # whatever it is: without the run nobody would raise the source
            if waiting:
                self._run(known)
            raise
        finally:
            self._settling.discard(known.migration_id)
        if settled is None:
            self._started.pop(known.migration_id, None)
            self._record_end(known, ABANDONED, act.value, describe_abandoned(known))
            self._announce()
            return
        self._run(settled)
        if settled.state.phase.is_final:
            self._record_end(settled, settled.state.phase.value, act.value, describe(settled))

    async def _stop_run(self, started: _Started) -> None:
        """Let a run give its Leases back and leave its journal, as at the end of the program."""
        started.run.interrupts.request_stop()
        await asyncio.wait({started.task}, timeout=STOP_PATIENCE_S)
        started.task.cancel()
        await asyncio.gather(started.task, return_exceptions=True)

    def _build_settling(self, known: MigrationRecord) -> Settling:
        apis = {side: self._find_api(known.side(side).context) for side in Side}
        return Settling(known, apis, self._timing, self._new_id(), self.keys, self._requests.check)

    def _find_api(self, context: str) -> KubeApi | Reason:
        try:
            return self._apis(context)
        except ControllerError as error:
            return error.reason

    def knows(self, migration_id: str) -> bool:
        """Whether this process has started or resumed a migration and remembers it."""
        return migration_id in self._started

    def find_record(self, migration_id: str) -> MigrationRecord | None:
        """Return a migration that this process knows, as its journal has it now."""
        started = self._started.get(migration_id)
        return None if started is None else started.run.journal.record

    def list_unfinished(self) -> Iterator[MigrationRecord]:
        """Yield the migrations of this process that are not over, as their journals have them now."""
        records = (started.run.journal.record for started in self._started.values())
        return (record for record in records if not record.state.phase.is_final)

    def resume(self, record: MigrationRecord) -> None:
        """Go on with what an earlier process left unfinished, from its journal. What is known already is left alone,
        and so is what a person is ending.

        Raises: ControllerError where a context is not known.
        """
        if self.knows(record.migration_id) or record.migration_id in self._settling:
            return
        self._run(record)

    def views(self) -> tuple[MigrationView, ...]:
        """Return the migrations that run and the newest that have ended, in the order of their start."""
        hidden = self._find_hidden()
        return tuple(self._build_view(started) for key, started in self._started.items() if key not in hidden)

    def budget_usage(self, now: float) -> BudgetUsage:
        """Return the moves that this process `knows` and that count against the budgets at Unix time `now`.

        However long ago: nobody else is asked about them, and how far back a budget looks is its own rule.
        """
        self._forget_old(now)
        counting = (started for started in self._started.values() if _counts(started))
        return BudgetUsage(tuple(self._to_move(started, now) for started in counting))

    async def wait_for_change(self) -> None:
        """Return when a view has changed since this was called."""
        await self._changed.wait()

    async def stop(self) -> None:
        """Stop all runs where they are and give their Leases back; the next start resumes them. Never rolls
        back.
        """
        tasks = {started.task for started in self._started.values() if not started.task.done()}
        for started in self._started.values():
            started.run.interrupts.request_stop()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=STOP_PATIENCE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _find_hidden(self) -> set[str]:
        ended = [key for key, started in self._started.items() if started.task.done()]
        return set(ended[:-MAX_ENDED_VIEWS])

    def _forget_old(self, now: float) -> None:
        """Drop the runs that no view shows and that no budget counts, or history alone by now."""
        for key in self._find_hidden():
            started = self._started[key]
            ended_at = self._to_move(started, now).ended_at
            is_recent = ended_at is None or now - ended_at < BUDGET_MEMORY_S
            if not (is_recent and _counts(started)):
                del self._started[key]

    def _to_move(self, started: _Started, now: float) -> Move:
        """Say when a move was, as the wall clock has it now: one that was set back makes no move younger than it is."""
        record, now_s = started.run.journal.record, self._timing.counting()
        return Move(
            record.workload,
            record.target.context,
            min(record.started_at, now - (now_s - started.began_s)),
            self._find_end(started, now),
            record.dry_run.egress_usd or Decimal(0),
            waits_for_person=record.state.phase in (Phase.NEEDS_OPERATOR, Phase.INSURED),
            is_rolled_back=record.state.phase is Phase.ROLLED_BACK,
            is_end_known=record.state.phase.is_final,
            is_soaking=record.state.phase is Phase.SOAK,
            replicas=record.replicas,
            egress_gb=record.dry_run.egress_gb or Decimal(0),
        )

    def _find_end(self, started: _Started, now: float) -> float | None:
        """Say when a migration ended, or stopped in the middle: then nothing goes on with it in this process."""
        ended_at = started.run.journal.record.ended_at
        if started.ended_s is None:
            return None if ended_at is None else min(ended_at, now)
        stopped_at = now - (self._timing.counting() - started.ended_s)
        return stopped_at if ended_at is None else min(ended_at, stopped_at)

    def _require_free(self, workload: WorkloadKey, target: str) -> None:
        for started in self._started.values():
            record = started.run.journal.record
            same_name = (record.workload.namespace, record.workload.name) == (
                workload.namespace,
                workload.name,
            )
            contexts = {record.source.context, record.target.context}
            if not started.task.done() and same_name and contexts & {workload.context, target}:
                sides = {"source": record.source.context, "target": record.target.context}
                raise MigrationRefused(str(workload), Code.MOVE_RUNNING.because(**sides))

    def _run(self, record: MigrationRecord) -> None:
        run = MigrationRun(
            record,
            self._open_sides(record),
            self._gate,
            self._timing,
            self._new_id,
            self.keys,
            self._announce,
            self._on_event,
            self._on_takeover,
            self._requests,
            self._hints,
        )
        task = asyncio.ensure_future(self._supervise(run))
        self._started[record.migration_id] = _Started(run, task, self._timing.counting())
        self._announce()

    def _open_sides(self, record: MigrationRecord) -> dict[Side, ClusterSide]:
        """Raises: ControllerError where a context is not known."""
        workload = record.workload
        apis = {side: self._apis(record.side(side).context) for side in Side}
        return {side: ClusterSide(api, workload.namespace, workload.name) for side, api in apis.items()}

    async def _supervise(self, run: MigrationRun) -> None:
        """The edge of a run's task: an error that nobody foresaw ends the run, is reported, and leaves the
        journal.
        """
        try:
            await run.run()
        except Exception as error:
            record, reason = run.journal.record, Code.UNEXPECTED_ERROR.because(error=repr(error))
            run.journal.describe(reason)
            self._history.record(MoveStopped(*_name(record), record.state.phase.value, state_reason(reason)))
        self._started[run.journal.record.migration_id].ended_s = self._timing.counting()
        self._announce()

    def _announce(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _build_view(self, started: _Started) -> MigrationView:
        if started.last_view is not None:
            return started.last_view
        record, reader = started.run.journal.record, started.run.reader
        rates = self._gate.find_rates(record.workload, record.target.context)
        source, target = reader.last(Side.SOURCE), reader.last(Side.TARGET)
        run = started.run
        view = build_view(
            record,
            source,
            target,
            rates,
            is_leading=run.is_leading,
            source_is_fresh=reader.unread_since(Side.SOURCE) is None,
            target_unread_since=reader.unread_since(Side.TARGET),
            refused_by=run.refused_by,
            counted=reader.counted(Side.TARGET),
        )
        if started.task.done():
            started.last_view = view
        return view

    def _on_takeover(self, record: MigrationRecord) -> None:
        """Record that this instance goes on with a migration: who only follows another one resumes nothing."""
        predicted = predict_figures(record.dry_run)
        self._history.record(
            MoveResumed(
                *_name(record), record.replicas, record.started_at, predicted, record.state.staying.target
            )
        )

    def _on_event(self, record: MigrationRecord, event: Event) -> None:
        """Record a transition, at the end with what the move was to cost and save and what came of it."""
        state = record.state
        phase, cause, detail = state.phase.value, event.kind.value, state_reason(describe(record))
        reason = state_reason(state.reason) if state.reason is not None else None
        if not state.phase.is_final:
            entered = PhaseEntered(
                *_name(record),
                phase=phase,
                cause=cause,
                detail=detail,
                epoch=record.epoch,
                operation=record.operation,
                source_replicas=record.source.replicas,
                target_replicas=record.target.replicas,
                reason=reason,
            )
            self._history.record(entered)
            return
        self._record_end(record, phase, cause, describe(record))

    def _record_end(self, record: MigrationRecord, phase: str, cause: str, detail: Reason) -> None:
        rates, why = self._gate.find_rates(record.workload, record.target.context), record.state.reason
        ended = MoveEnded(
            *_name(record),
            phase=phase,
            cause=cause,
            detail=state_reason(detail),
            started_at=record.started_at,
            predicted=predict_figures(record.dry_run),
            realised=realise_figures(record, rates),
            at_todays_prices=not isinstance(rates, Unpriced),
            double_replica_hours=record.meter.double_replica_hours,
            reason=state_reason(why) if why is not None else None,
        )
        self._history.record(ended)


def _name(record: MigrationRecord) -> tuple[str, WorkloadKey, str]:
    """Return what every event of a migration begins with."""
    return record.migration_id, record.workload, record.target.context


def _counts(started: _Started) -> bool:
    """Whether a migration has changed anything, or still may."""
    phase = started.run.journal.record.state.phase
    if started.ended_s is not None and not phase.is_final and not started.run.has_led:
        return False  # its journal was not confirmed, so that nothing was done in its name
    return phase is not Phase.REFUSED
