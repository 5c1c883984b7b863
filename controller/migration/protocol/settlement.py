"""What each of a person's acts would change, and whether it may be done: decided from what was just read. Pure.

All but a cancel are for a migration that nothing moves on: one that waits, one whose journals nobody acts upon, or one
of whose clusters cannot be read. A name alone makes a Deployment nobody's here as well: only `restore` puts another one
in the source's place, because a person has read that it does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from controller.contract.settlement import Act, Settlement
from controller.migration.protocol.act_reasons import ActCode
from controller.migration.protocol.bounds import may_lower
from controller.migration.protocol.errors import ActRefused, JournalDoubted
from controller.migration.protocol.frozen_notes import list_frozen
from controller.migration.protocol.newer_work import NewerWork
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.ownership import find_newer_work, find_target, is_ours
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.states import Event, EventKind, Phase, accepts, transition
from controller.migration.protocol.verification import confirm, merge_sides, require_newest
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: Phases in which nothing is written but, where the target is silent, the source alone.
_WAITING = (Phase.HOLD, Phase.NEEDS_OPERATOR, Phase.INSURED)


@dataclass(frozen=True, slots=True)
class Sight:
    """One side as it was just read: its Deployment, and the journal of this very migration in its Lease.

    unread: why nothing is known of it; None where it was read. has_other: its Lease has the journal of another
    migration, which is none of this one's business. doubt: why the journal is nobody's word: none of our keys has
    signed it.
    """

    facts: DeploymentFacts | None = None
    journal: MigrationRecord | None = None
    unread: Reason | None = None
    has_other: bool = False
    doubt: Reason | None = None

    @property
    def own_journal(self) -> MigrationRecord | None:
        """The journal, where one of our keys has signed it."""
        return self.journal if self.doubt is None else None


@dataclass(frozen=True, slots=True)
class Scene:
    """Both sides of a migration. `known`: the record by which they were looked for."""

    known: MigrationRecord
    source: Sight
    target: Sight

    def sight(self, side: Side) -> Sight:
        """Return one side."""
        return self.source if side is Side.SOURCE else self.target

    @property
    def record(self) -> MigrationRecord | None:
        """The migration as its journals have it, those that we have signed and the source's first; None where no Lease
        speaks of it.
        """
        source, target = self.source.own_journal, self.target.own_journal
        if source is not None:
            return merge_sides(source, target)
        claimed = self.source.journal or self.target.journal
        if target is not None or claimed is None:
            return target
        return _believe_little(claimed, self)

    @property
    def doubt(self) -> Reason | None:
        """Why the record is nobody's word; None where a journal that we have signed says it."""
        if self.source.own_journal is not None or self.target.own_journal is not None:
            return None
        return self.source.doubt or self.target.doubt

    def require_record(self) -> MigrationRecord:
        """Return the record. Raises: ActRefused where no Lease speaks of the migration."""
        record = self.record
        if record is None:
            raise ActRefused(ActCode.ACT_WITHOUT_JOURNAL.because())
        return record


def judge_acts(scene: Scene) -> tuple[Settlement, ...]:
    """Return what each act would change, or why it cannot be done."""
    return tuple(judge_act(scene, act) for act in Act)


def judge_act(scene: Scene, act: Act) -> Settlement:
    """Return what one act would change, or why it cannot be done."""
    changes: tuple[Reason, ...] = ()
    refusal: Reason | None = None
    try:
        changes = tuple(_list_changes(scene, act))
    except ActRefused as refused:
        refusal = refused.reason
    known = scene.known
    target = known.target.context
    digest = _digest(scene, act, changes)
    return Settlement(known.migration_id, known.workload, target, act, changes, refusal, digest)


def _list_changes(scene: Scene, act: Act) -> Iterator[Reason]:
    """Raises: ActRefused."""
    record = scene.require_record()
    if act is Act.CANCEL:
        _require_cancellable(scene, record)
        yield _cancel(record)
        return
    _require_stuck(scene, record)
    if scene.doubt is not None:
        yield scene.doubt
    if act is Act.ABANDON:
        yield from (_keep(scene, record, side) for side in Side)
        yield from _list_thawed(scene, record)
        yield ActCode.ACT_FORGETS.because()
        return
    for side in Side:
        if scene.sight(side).has_other:
            raise ActRefused(ActCode.ACT_BESIDE_ANOTHER.because(context=record.side(side).context))
    if act is Act.ADOPT:
        target = _require_deployment(scene, Side.TARGET)
        yield _keep(scene, record, Side.TARGET)
        yield (
            _lower_source(scene, record, target)
            if has_source_to_lower(scene)
            else _keep(scene, record, Side.SOURCE)
        )
        yield from _list_thawed(scene, record)
        yield ActCode.ACT_ENDS_AS_DONE.because(context=record.target.context)
    else:
        yield from _list_restored(scene, record)


def _cancel(record: MigrationRecord) -> Reason:
    context, replicas = record.source.context, record.state.source_replicas
    if not record.keeps_target:
        return ActCode.ACT_CANCELS.because(context=context, replicas=replicas)
    there, stays = record.target.context, record.state.staying.target
    return ActCode.ACT_CANCELS_SHIFT.because(context=context, replicas=replicas, target=there, stays=stays)


def _list_restored(scene: Scene, record: MigrationRecord) -> Iterator[Reason]:
    source = _require_deployment(scene, Side.SOURCE)
    if scene.target.unread is not None:
        raise ActRefused(
            ActCode.ACT_NEEDS_CLUSTER.because(context=record.target.context, why=scene.target.unread)
        )
    context = record.source.context
    if not is_ours(source, record, Side.SOURCE):
        yield ActCode.ACT_TAKES_FOR_ORIGINAL.because(context=context)
    raised = max(source.replicas, _take_in_newer_work(scene, record).state.source_replicas)
    target = find_target(scene.target.facts, record)
    stays = record.state.staying.target
    if scene.doubt is not None and target is not None and raised + stays < target.replicas:
        sides = {"source": context, "target": record.target.context}
        raise ActRefused(ActCode.ACT_RESTORES_TOO_FEW.because(**sides, replicas=raised, kept=target.replicas))
    yield ActCode.ACT_SCALES.because(context=context, before=source.replicas, after=raised)
    if scene.doubt is not None and not record.keeps_target:
        there = {"context": record.target.context, "migration_id": record.migration_id}
        yield ActCode.ACT_DELETES_LABELLED.because(**there)
    if target is None:
        yield _keep(scene, record, Side.TARGET)
        return
    if stays == 0 and target.template_hash != record.planned_template_of(Side.TARGET):
        manager = target.template_manager or "somebody else"
        yield ActCode.ACT_DELETES_NEWER_WORK.because(context=record.target.context, manager=manager)
    left = min(target.replicas, stays)
    yield ActCode.ACT_SCALES.because(context=record.target.context, before=target.replicas, after=left)
    if record.target_notes:
        created = len(record.target_notes)
        yield ActCode.ACT_DELETES_COPIES.because(context=record.target.context, created=created)


def _take_in_newer_work(scene: Scene, record: MigrationRecord) -> MigrationRecord:
    """Return the record with what others have made of the target by now: as many replicas come back as they ask for,
    and what a person has read of may be deleted.
    """
    target = find_target(scene.target.facts, record)
    newer = find_newer_work(target, record) or record.state.newer
    if target is not None and target.template_hash != record.planned_template_of(Side.TARGET):
        wanted = record.state.target_replicas if newer is None else newer.replicas
        newer = NewerWork(wanted, target.template_hash)
    return replace(record, state=replace(record.state, newer=newer))


def _require_cancellable(scene: Scene, record: MigrationRecord) -> None:
    """Raises: ActRefused where it is over or goes back already, or where no instance would go on with it."""
    for side in Side:
        if (unread := scene.sight(side).unread) is not None:
            raise ActRefused(ActCode.ACT_NEEDS_CLUSTER.because(context=record.side(side).context, why=unread))
    phase = record.state.phase
    if phase.is_final:
        raise ActRefused(ActCode.ACT_AFTER_END.because(phase=phase.value))
    if (doubt := scene.source.doubt or scene.target.doubt) is not None:
        raise ActRefused(doubt)
    if _is_doubted(scene):
        raise ActRefused(ActCode.ACT_ON_DOUBTED_JOURNAL.because())
    if record.state.asks_before_going_back or find_newer_work(scene.target.facts, record) is not None:
        raise ActRefused(ActCode.ACT_CANCELS_NEWER_WORK.because(context=record.target.context))
    if not accepts(record.state, EventKind.CANCELLED):
        raise ActRefused(ActCode.ACT_GOES_BACK_ALREADY.because(context=record.source.context))


def _require_stuck(scene: Scene, record: MigrationRecord) -> None:
    phase = record.state.phase
    if phase.is_final:
        raise ActRefused(ActCode.ACT_AFTER_END.because(phase=phase.value))
    unread = [side for side in Side if scene.sight(side).unread is not None]
    if len(unread) == len(Side):
        raise ActRefused(
            ActCode.ACT_NEEDS_CLUSTER.because(context=record.source.context, why=scene.source.unread)
        )
    is_asked_about = record.state.asks_before_going_back or phase in _WAITING
    if not is_asked_about and not unread and not _is_doubted(scene):
        raise ActRefused(ActCode.ACT_WHILE_UNDER_WAY.because(phase=phase.value))


def _is_doubted(scene: Scene) -> bool:
    """Whether the journals are such that no instance goes on with them."""
    journal = scene.source.own_journal
    if journal is None or scene.target.doubt is not None:
        return True
    try:
        confirm(journal, scene.target.journal)
        require_newest(journal, {side: scene.sight(side).facts for side in Side})
    except JournalDoubted:
        return True
    return False


def _require_deployment(scene: Scene, side: Side) -> DeploymentFacts:
    sight, context = scene.sight(side), scene.known.side(side).context
    if sight.unread is not None:
        raise ActRefused(ActCode.ACT_NEEDS_CLUSTER.because(context=context, why=sight.unread))
    if sight.facts is None:
        raise ActRefused(ActCode.ACT_NEEDS_DEPLOYMENT.because(context=context))
    return sight.facts


def has_source_to_lower(scene: Scene) -> bool:
    """Whether the source still runs more than it keeps, so that an adopted target would run beside it."""
    facts, record = scene.source.facts, scene.require_record()
    stays = record.state.staying.source
    return facts is not None and is_ours(facts, record, Side.SOURCE) and facts.replicas > stays


def may_lower_source(scene: Scene) -> bool:
    """Whether the target alone covers the floor, by what was just read, so that the source may go."""
    record, source = scene.require_record(), scene.source.facts
    target = find_target(scene.target.facts, record)
    if source is None or target is None:
        return False
    stays, total = record.state.staying.source, record.state.total_replicas
    return may_lower(source, stays, target, floor=record.floor_now, desired=total)


def _lower_source(scene: Scene, record: MigrationRecord, target: DeploymentFacts) -> Reason:
    source = scene.source.facts
    assert source is not None, "it was seen to run"
    if not may_lower_source(scene):
        raise ActRefused(
            ActCode.ACT_BELOW_FLOOR.because(
                source=record.source.context,
                replicas=source.replicas,
                target=record.target.context,
                serving=target.available,
                floor=record.floor_now,
            )
        )
    left = record.state.staying.source
    return ActCode.ACT_SCALES.because(context=record.source.context, before=source.replicas, after=left)


def _keep(scene: Scene, record: MigrationRecord, side: Side) -> Reason:
    """Say of a side that nothing changes there but what is ours."""
    sight, context = scene.sight(side), record.side(side).context
    if sight.unread is not None:
        return ActCode.ACT_LEAVES_UNREAD.because(context=context, why=sight.unread)
    if sight.facts is None:
        return ActCode.ACT_FINDS_NOTHING.because(context=context)
    code = ActCode.ACT_LEAVES if is_ours(sight.facts, record, side) else ActCode.ACT_LEAVES_FOREIGN
    return code.because(context=context, replicas=sight.facts.replicas, serving=sight.facts.available)


def _list_thawed(scene: Scene, record: MigrationRecord) -> Iterator[Reason]:
    """Say which autoscalers come free: nobody is left who would do that later."""
    for side in Side:
        sight, context = scene.sight(side), record.side(side).context
        if sight.unread is None and not sight.has_other:
            for note in list_frozen(record, side):
                yield ActCode.ACT_THAWS.because(context=context, name=note.key.rpartition("/")[2])


def _digest(scene: Scene, act: Act, changes: tuple[Reason, ...]) -> str:
    """Name what an act would do. How many pods serve changes by itself, and is judged anew where it matters."""
    if act is Act.CANCEL:
        return act.value  # it means the same at every moment
    record = scene.record
    uids = [None if facts is None else facts.uid for facts in (scene.source.facts, scene.target.facts)]
    state = None if record is None else (record.migration_id, record.state.phase.value, record.target_notes)
    claims = "" if scene.doubt is None else repr(scene.require_record())
    lines = [
        (change.code.value, [each for each in change.parameters if each[0] != "serving"])
        for change in changes
    ]
    return hashlib.sha256(repr((act.value, state, claims, uids, lines)).encode()).hexdigest()[:16]


def _believe_little(claimed: MigrationRecord, scene: Scene) -> MigrationRecord:
    """Return what an act takes from a journal that none of our keys has signed: whose move it is said to be, and of how
    many replicas, which a person reads before. Nothing is deleted by its word; the floor is what the clusters have.
    """
    record = replace(merge_sides(claimed, None), steps=(), intent=None)
    there = [facts.replicas for side in Side if (facts := scene.sight(side).facts) is not None]
    source = scene.source.facts
    most = max(record.state.total_replicas, 0 if source is None else source.replicas)
    return replace(record, floor=min(max(record.floor, *there, 1), most))


def build_adopted(scene: Scene, now: float) -> MigrationRecord:
    """Return the last record of a migration that ends in its target as it is."""
    record = scene.require_record()
    target = scene.target.facts
    assert target is not None, "an act was judged before"
    reason = Code.ADOPTED.because(context=record.target.context, replicas=target.replicas)
    state = replace(record.state, phase=Phase.DONE, hold=None, resume_phase=None, reason=reason)
    record = replace(record, state=replace(state, wave=len(state.waves) - 1), ended_at=now)
    return record.with_replicas(Side.TARGET, target.replicas).with_replicas(
        Side.SOURCE, 0 if scene.source.facts is None else scene.source.facts.replicas
    )


def build_restored(scene: Scene) -> MigrationRecord:
    """Return the record of the rollback that a person asked for, with the Deployment that stands in the source now."""
    record = scene.require_record()
    source = scene.source.facts
    assert source is not None, "an act was judged before"
    record = _take_in_newer_work(scene, record)
    reason = Code.RESTORE_REQUESTED.because(context=record.source.context)
    state = replace(
        record.state,
        phase=Phase.ROLLBACK,
        hold=None,
        resume_phase=None,
        reason=reason,
        source_first=True,
    )
    known = replace(record.source, deployment_uid=source.uid, replicas=source.replicas)
    return replace(record, source=known, state=state, intent=None)


def build_cancelled(scene: Scene) -> MigrationRecord:
    """Return the record of the rollback of a migration that a person cancelled."""
    record = scene.require_record()
    event = Event(EventKind.CANCELLED, Code.CANCELLED.because())
    return replace(record, state=transition(record.state, event)[0])
