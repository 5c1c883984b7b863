"""Moves that an earlier process left unfinished: found in every context, taken up where both sides are armed.

A look reads Leases and changes nothing, so it needs no arming: who starts the program after a crash is told that a
workload stands in two clusters, and what goes on with it. Belongs to the engine's loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import chain

from controller.clusters.fleet import Cluster, FleetPicture, Health
from controller.contract.snapshots import ContextView, Notice
from controller.decision.budgets import Move
from controller.engine.controls import Controls
from controller.errors import ClusterError, ControllerError
from controller.history.events import (
    JournalNotUnderstood,
    KnownEvent,
    LeasesDenied,
    MoveLeftUnfinished,
    SearchFailed,
    state_reason,
)
from controller.history.projections import PastMove
from controller.migration.protocol.record import MigrationRecord, Side, SideRecord
from controller.migration.protocol.states import Phase
from controller.migration.run.unfinished import (
    EndedMove,
    Findings,
    UnfinishedMove,
    find_unfinished,
)
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: Between two looks at a context with unfinished moves, seconds: a leader that has not renewed its Lease for so long
#: writes nothing more (`MigrationSettings.renew_deadline_s`).
LOOK_AGAIN_S = 20.0
#: Between two looks at a context without any, seconds: another process may leave one while this one runs. Arbitrary: a
#: look is a request for each namespace with a workload.
LOOK_QUIET_S = 300.0
#: Before a look that failed is tried again, seconds.
RETRY_S = 4.0

logger = logging.getLogger(__name__)


class _Standing(Enum):
    """Who leads a move: nobody any more, another process, or nobody knows before the second look."""

    ABANDONED = auto()
    LED = auto()
    UNDECIDED = auto()


@dataclass(frozen=True, slots=True)
class _Look:
    """The newest look at a context, whether it was armed then, and what was found.

    was_searched: this or an earlier look since it was armed went well. is_first: this one did, and no earlier one.
    again_at: when to look again, by the counting clock. namespaces: where it looked. elsewhere: see `Findings`.
    """

    was_armed: bool = False
    failed: bool = False
    was_searched: bool = False
    is_first: bool = False
    again_at: float = 0.0
    found: tuple[tuple[UnfinishedMove, _Standing], ...] = ()
    ended: tuple[EndedMove, ...] = ()
    namespaces: frozenset[str] = frozenset()
    elsewhere: tuple[MigrationRecord, ...] = ()
    #: Those of them that the look before has found as well.
    lasting: tuple[MigrationRecord, ...] = ()


class UnfinishedMoves:
    """Looks, remembers, reports and resumes."""

    def __init__(self, controls: Controls, counting: Callable[[], float]) -> None:
        self._controls = controls
        self._regions = controls.regions
        self._migrations = controls.migrations
        self._history = controls.history
        self._wake = controls.wake.set
        self._counting = counting
        self._looks: dict[str, _Look] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        #: UID of a cluster -> the contexts that lead to it.
        self._contexts: Mapping[str, list[str]] = {}
        #: (context or migration, what was said of it), each said once.
        self._reported: set[tuple[str, str]] = set()

    def seconds_to_next_look(self) -> float | None:
        """Return when another look is due although nothing else happens; None: nothing was looked at yet."""
        due = min((look.again_at for look in self._looks.values()), default=None)
        return None if due is None else max(0.0, due - self._counting())

    def has_looked(self, context: str) -> bool:
        """Whether a first look at this context has ended, well or not."""
        return context in self._looks

    def has_searched(self, context: str) -> bool:
        """Whether what was left unfinished in this context has been found since it was armed."""
        look = self._looks.get(context, _Look())
        return look.was_armed and not look.failed and context not in self._tasks

    def is_looking(self, contexts: Collection[str]) -> bool:
        """Whether a look at one of these contexts is under way."""
        return not self._tasks.keys().isdisjoint(contexts)

    def follow(self, picture: FleetPicture) -> None:
        """Begin the looks that are due, and take up what both sides are armed for."""
        self._contexts = _name_clusters(picture)
        for cluster in picture.clusters.values():
            if self._is_due(cluster):
                self._tasks[cluster.context] = asyncio.create_task(self._look_at(cluster))
        self._take_up()

    def stop(self) -> None:
        """Begin nothing more."""
        for task in self._tasks.values():
            task.cancel()

    def moves(self) -> tuple[Move, ...]:
        """Return the moves that are neither over nor taken up by this process, as the budgets know them. What none of
        our keys has signed holds up nothing but its own workload.
        """
        return tuple(
            Move(
                replace(record.workload, context=context),
                record.target.context,
                record.started_at,
                replicas=record.replicas,
            )
            for context, look in self._looks.items()
            for record in (move.record for move, _ in look.found if move.doubt is None)
        )

    def ended(self) -> tuple[PastMove, ...]:
        """Return the moves that are over, as the Leases have them: the last one of each workload in each cluster.

        A Lease speaks for its own cluster: a side whose Lease was not seen has an empty name, so that whoever may write
        Leases in one cluster makes nothing rest in another. But of a move that was rolled back either Lease names both
        sides: each may keep its own cluster from another, and only one of them may still hold that journal.
        """
        leases: dict[str, list[tuple[str, EndedMove]]] = {}
        for context, look in self._looks.items():
            for ended in look.ended:
                leases.setdefault(ended.record.migration_id, []).append((context, ended))
        return tuple(self._join(known) for known in leases.values())

    def notices(self) -> tuple[Notice, ...]:
        """Return what a person should know of them, each move once: two contexts may lead to one cluster."""
        found = {
            move.record.migration_id: (move, standing)
            for look in self._looks.values()
            for move, standing in look.found
        }
        described = (
            Notice(f"{reason.code}:{key}", reason, key if _may_be_decided(move, standing) else None)
            for key, (move, standing) in found.items()
            if (reason := self._describe(move, standing)) is not None
        )
        return (*described, *self._describe_unseen())

    def _describe_unseen(self) -> Iterator[Notice]:
        """Say which moves only their targets' mirrors speak of, because no look at the source has gone well."""
        records = {record.migration_id: record for look in self._looks.values() for record in look.lasting}
        for key, record in records.items():
            sources = self._contexts.get(record.source.cluster_uid, ())
            is_seen = any(not self._looks.get(context, _Look(failed=True)).failed for context in sources)
            if not is_seen and not self._migrations.knows(key):
                reason = Code.MOVE_SOURCE_UNSEEN.because(
                    workload=f"{record.workload.namespace}/{record.workload.name}",
                    source=record.source.context,
                    target=record.target.context,
                )
                yield Notice(f"{reason.code}:{key}", reason)

    def find_record(self, migration_id: str) -> MigrationRecord | None:
        """Return what a Lease says of a migration that is neither over nor taken up."""
        records = (move.record for move in self._list_found())
        return next((record for record in records if record.migration_id == migration_id), None)

    def name_clusters(self, views: Iterable[ContextView]) -> tuple[ContextView, ...]:
        """Say of contexts that do not say it themselves which clusters they are, by the targets of signed journals: who
        cannot name a cluster cannot arm it, and a source is raised although its target never answers.
        """
        return tuple(
            view
            if view.cluster_uid is not None or (uid := self._find_uid(view.context)) is None
            else replace(view, cluster_uid=uid)
            for view in views
        )

    def _find_uid(self, context: str) -> str | None:
        """Return which cluster all journals of ours mean by a context; None where there is no such one."""
        left = (move.record for move in self._list_found() if move.doubt is None)
        records = chain(left, self._migrations.list_unfinished())
        uids = {one.target.cluster_uid for one in records if one.target.context == context} - {""}
        return uids.pop() if len(uids) == 1 else None

    def _list_found(self) -> Iterator[UnfinishedMove]:
        return (move for look in self._looks.values() for move, _ in look.found)

    def _join(self, leases: list[tuple[str, EndedMove]]) -> PastMove:
        """Say what the Leases of one move say. One alone that has the workload back where it was shortens no rest."""
        records = [ended.record for _, ended in leases]
        told = next((one for one in records if one.state.phase is not Phase.ROLLED_BACK), records[0])
        move = self._to_past_move(told)
        for context, ended in leases:
            if ended.side is Side.SOURCE:
                move = replace(move, workload=replace(move.workload, context=context))
            else:
                move = replace(move, target=context)
        return move

    def _to_past_move(self, record: MigrationRecord) -> PastMove:
        """Return the move with neither side named, unless it was rolled back."""
        ended_at = record.started_at if record.ended_at is None else record.ended_at
        move = PastMove(
            record.migration_id,
            replace(record.workload, context=""),
            "",
            record.started_at,
            last_seen_at=ended_at,
            phase=record.state.phase.value,
            ended_at=ended_at,
            predicted_egress_usd=record.dry_run.egress_usd,
            predicted_egress_gb=record.dry_run.egress_gb,
            stays=record.state.staying.target,
        )
        if not move.is_rolled_back:
            return move
        source, target = self._find_context(record.source), self._find_context(record.target)
        return replace(move, workload=replace(record.workload, context=source), target=target)

    def _find_context(self, side: SideRecord) -> str:
        """How this program calls a cluster of a journal: others may know it by another context. Empty: not at all."""
        names = self._contexts.get(side.cluster_uid, ())
        return side.context if side.context in names else next(iter(names), "")

    def _is_due(self, cluster: Cluster) -> bool:
        context = cluster.context
        if cluster.health is not Health.REACHABLE or not cluster.is_complete or context in self._tasks:
            return False
        last = self._looks.get(context)
        if last is None or self._counting() >= last.again_at:
            return True
        if not self._find_mirrored(cluster) <= last.namespaces:
            return True
        return self._regions.is_armed(context) and not last.was_armed

    async def _look_at(self, cluster: Cluster) -> None:
        """A look that fails is reported, and tried again."""
        context, was_armed = cluster.context, self._regions.is_armed(cluster.context)
        own = frozenset(workload.key.namespace for workload in cluster.workloads)
        namespaces = own | self._find_mirrored(cluster)
        try:
            findings = await find_unfinished(self._regions.api(context), namespaces, self._migrations.keys)
            self._take_in(context, was_armed, findings, namespaces)
        except Exception as error:  # the edge of the task: whatever it is must not go unheard
            if not isinstance(error, ClusterError):
                logger.exception("the search for unfinished moves failed")
            last, again_at = self._looks.get(context, _Look()), self._counting() + RETRY_S
            self._looks[context] = replace(
                last,
                was_armed=was_armed,
                failed=True,
                was_searched=was_armed and last.was_searched,
                again_at=again_at,
                namespaces=namespaces,
            )
            self._tell(context, "failed", SearchFailed(context, state_reason(_find_reason(error))))
        finally:
            del self._tasks[context]
            self._wake()

    def _find_mirrored(self, cluster: Cluster) -> frozenset[str]:
        """Return the namespaces in which a move began here, as its target's Lease says: its Deployment may be gone."""
        records = (record for look in self._looks.values() for record in look.elsewhere)
        return frozenset(
            record.workload.namespace for record in records if record.source.cluster_uid == cluster.uid
        )

    def _take_in(self, context: str, was_armed: bool, findings: Findings, namespaces: frozenset[str]) -> None:
        before = {
            move.record.migration_id: move.version for move, _ in self._looks.get(context, _Look()).found
        }
        found = tuple(
            (move, _judge(move, before.get(move.record.migration_id)))
            for move in findings.moves
            if not self._migrations.knows(move.record.migration_id)
        )
        known = {record.migration_id for record in self._looks.get(context, _Look()).elsewhere}
        lasting = tuple(record for record in findings.elsewhere if record.migration_id in known)
        is_due = bool(found) or len(lasting) < len(findings.elsewhere)
        again_at = self._counting() + (LOOK_AGAIN_S if is_due else LOOK_QUIET_S)
        is_first = was_armed and not self._looks.get(context, _Look()).was_searched
        self._looks[context] = _Look(
            was_armed,
            False,
            was_armed,
            is_first,
            again_at,
            found,
            findings.ended,
            namespaces,
            findings.elsewhere,
            lasting,
        )
        self._tell_findings(context, findings)

    def _take_up(self) -> None:
        """Resume what was found since its source was armed, as soon as its target is armed as well.

        Whoever arms a context means what the first look finds there, even if somebody may still lead it. What comes
        later is another process's, until that has left it.
        """
        for context, look in self._looks.items():
            if self.has_searched(context):
                taken = [move for move, standing in look.found if self._is_ours(move, standing, look)]
                for move in taken:
                    self._resume(move.record)
                rest = tuple((move, standing) for move, standing in look.found if move not in taken)
                self._looks[context] = replace(look, found=rest)

    def _resume(self, record: MigrationRecord) -> None:
        self._migrations.resume(record)
        self._regions.begin_move(record.migration_id, record.workload, record.target.context)

    def _is_ours(self, move: UnfinishedMove, standing: _Standing, look: _Look) -> bool:
        is_left = look.is_first or standing is _Standing.ABANDONED
        return is_left and move.doubt is None and not self._find_unarmed(move.record)

    def _find_unarmed(self, record: MigrationRecord) -> list[str]:
        contexts = (record.source.context, record.target.context)
        return self._controls.find_unarmed(contexts, record.workload.namespace)

    def _describe(self, found: UnfinishedMove, standing: _Standing) -> Reason | None:
        """Say who goes on with a move, and what it takes; None where it is just being taken up."""
        if found.doubt is not None:
            return found.doubt
        record, workload = found.record, found.record.workload
        move = {
            "workload": f"{workload.namespace}/{workload.name}",
            "source": record.source.context,
            "target": record.target.context,
        }
        if standing is not _Standing.ABANDONED:
            led = Code.MOVE_LED if standing is _Standing.LED else Code.MOVE_LED_PERHAPS
            return led.because(**move)
        unarmed = self._find_unarmed(record)
        unknown = [context for context in unarmed if context not in self._regions.contexts]
        if unknown:
            return Code.MOVE_LEFT_ELSEWHERE.because(**move, contexts=tuple(unknown))
        return Code.MOVE_LEFT_UNARMED.because(**move, contexts=tuple(unarmed)) if unarmed else None

    def _tell_findings(self, context: str, findings: Findings) -> None:
        for move, standing in self._looks[context].found:
            record, reason = move.record, self._describe(move, standing)
            is_left = standing is _Standing.ABANDONED or move.doubt is not None
            if is_left and reason is not None:
                name = (record.migration_id, record.workload, record.target.context)
                self._tell(record.migration_id, "left", MoveLeftUnfinished(*name, state_reason(reason)))
        for problem in findings.unreadable:
            event = JournalNotUnderstood(context, problem.lease, state_reason(problem.reason))
            self._tell(context, problem.lease, event)
        if findings.denied:
            self._tell(context, "denied", LeasesDenied(context, findings.denied))

    def _tell(self, about: str, what: str, event: KnownEvent) -> None:
        """Record what was not said of this before."""
        if (about, what) not in self._reported:
            self._reported.add((about, what))
            self._history.record(event)


def _name_clusters(picture: FleetPicture) -> Mapping[str, list[str]]:
    contexts: dict[str, list[str]] = {}
    for context, cluster in picture.clusters.items():
        if cluster.uid is not None:
            contexts.setdefault(cluster.uid, []).append(context)
    return contexts


def _find_reason(error: Exception) -> Reason:
    if isinstance(error, ControllerError):
        return error.reason
    return Code.UNEXPECTED_ERROR.because(error=repr(error))


def _may_be_decided(move: UnfinishedMove, standing: _Standing) -> bool:
    """Whether a person can be asked what is to become of it: nobody goes on with it by themselves."""
    return standing is _Standing.ABANDONED or move.doubt is not None


def _judge(move: UnfinishedMove, version_before: str | None) -> _Standing:
    if not move.holder:
        return _Standing.ABANDONED
    if version_before is None:
        return _Standing.UNDECIDED
    return _Standing.ABANDONED if move.version == version_before else _Standing.LED
