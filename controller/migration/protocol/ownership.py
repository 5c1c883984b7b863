"""Whether what was read is still ours: the Deployment, its fence, its replicas and its template. Pure.

What others have changed turns a migration aside, so these raise: HoldNeeded where a person or time has to help,
LeaseLost where a newer epoch has written, so that this instance leads no more.
"""

from __future__ import annotations

from controller.migration.protocol.errors import HoldNeeded, LeaseLost, NewerWorkFound
from controller.migration.protocol.fences import Fence, parse_epoch
from controller.migration.protocol.newer_work import NewerWork
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.states import Phase
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: What says of a target that it serves nothing, where its replicas are 0.
_LOSSES = (Code.DEPLOYMENT_DELETED, Code.DEPLOYMENT_FOREIGN, Code.REPLICAS_CHANGED)

#: Phases that begin with whatever replicas there are.
_FROM_WHAT_IS_THERE = (Phase.ROLLBACK, Phase.INSURED)


def require_present(facts: DeploymentFacts | None, record: MigrationRecord, side: Side) -> DeploymentFacts:
    """Return the facts of a Deployment that has to exist and to be the one we know. Raises: HoldNeeded."""
    context = record.side(side).context
    if facts is None:
        raise HoldNeeded(Code.DEPLOYMENT_DELETED.because(context=context))
    if not is_ours(facts, record, side):
        raise HoldNeeded(Code.DEPLOYMENT_FOREIGN.because(context=context))
    return facts


def is_ours(facts: DeploymentFacts, record: MigrationRecord, side: Side) -> bool:
    """Whether this is the Deployment that the migration is about, not another one of the same name.

    Before its UID is known, the target's is recognized by our label: somebody else may have deployed the same
    name there since the preflight.
    """
    known_uid = record.side(side).deployment_uid
    return facts.uid == known_uid if known_uid is not None else facts.created_by == record.migration_id


def find_target(facts: DeploymentFacts | None, record: MigrationRecord) -> DeploymentFacts | None:
    """Return the target's Deployment where it is ours. What others run under its name takes no part in a
    migration: it is neither fenced nor scaled, and it serves nobody in the source's place.
    """
    return facts if facts is not None and is_ours(facts, record, Side.TARGET) else None


def require_fence(facts: DeploymentFacts, record: MigrationRecord, side: Side) -> None:
    """Check that the last write to the Deployment was ours, of this epoch.

    Raises: LeaseLost where a newer epoch has written. HoldNeeded where the fence is none of ours.
    """
    context = record.side(side).context
    refuse_newer(facts, record, side)
    fence = _parse_fence(facts, context)
    if (fence.migration_id, fence.epoch) != (record.migration_id, record.epoch):
        raise HoldNeeded(Code.FENCE_FOREIGN.because(context=context, fence=str(fence)))


def _parse_fence(facts: DeploymentFacts, context: str) -> Fence:
    try:
        return Fence.parse(facts.fence or "")
    except ValueError:
        raise HoldNeeded(Code.FENCE_REMOVED.because(context=context)) from None


def require_fence_of(facts: DeploymentFacts, record: MigrationRecord, side: Side) -> None:
    """Check that the last write to the Deployment was one of this migration, of whatever epoch. Raises: HoldNeeded."""
    context = record.side(side).context
    fence = _parse_fence(facts, context)
    if fence.migration_id != record.migration_id:
        raise HoldNeeded(Code.FENCE_FOREIGN.because(context=context, fence=str(fence)))


def refuse_newer(facts: DeploymentFacts, record: MigrationRecord, side: Side) -> None:
    """Raises: LeaseLost where an instance with a higher epoch has written."""
    if parse_epoch(facts.fence, record.epoch) > record.epoch:
        raise LeaseLost(record.side(side).context, f"the instance of {facts.fence}")


def has_our_fence(facts: DeploymentFacts, record: MigrationRecord, side: Side) -> bool:
    """Whether this is the Deployment that we know, and its fence one of this migration.

    Raises: LeaseLost where an instance with a higher epoch has written.
    """
    refuse_newer(facts, record, side)
    try:
        fence = Fence.parse(facts.fence or "")
    except ValueError:
        return False
    return is_ours(facts, record, side) and fence.migration_id == record.migration_id


def is_as_found(
    source: DeploymentFacts | None, target: DeploymentFacts | None, record: MigrationRecord
) -> bool:
    """Whether both sides are still what the preflight has found, before anything of the migration is written."""
    if source is None or not is_ours(source, record, Side.SOURCE):
        return False
    if (source.replicas, source.template_hash) != (record.source.replicas, record.template_hash):
        return False
    if target is not None and target.template_hash != record.planned_template_of(Side.TARGET):
        return False
    found = (target.uid, target.replicas) if target is not None else (None, 0)
    return found == (record.target.deployment_uid, record.target.replicas)


def require_untouched(facts: DeploymentFacts | None, record: MigrationRecord, side: Side) -> DeploymentFacts:
    """Return the facts if identity, fence, replicas and pod template are what we left.

    Raises: HoldNeeded, LeaseLost; NewerWorkFound where others have changed a target that is the truth.
    """
    present = require_present(facts, record, side)
    context = record.side(side).context
    if side is Side.TARGET and (newer := find_newer_work(present, record)) is not None:
        raise NewerWorkFound(
            Code.NEWER_WORK_ADOPTED.because(
                context=context,
                replicas=newer.replicas,
                manager=_find_author(present, record),
            ),
            newer,
        )
    require_fence(present, record, side)
    if present.template_hash != record.template_of(side):
        manager = present.template_manager or "somebody else"
        raise HoldNeeded(Code.TEMPLATE_CHANGED.because(context=context, manager=manager))
    if present.replicas not in _expected_replicas(record, side):
        expected, replicas = record.side(side).replicas, present.replicas
        manager = present.replicas_manager or "somebody else"
        raise HoldNeeded(
            Code.REPLICAS_CHANGED.because(
                context=context, replicas=replicas, expected=expected, manager=manager
            )
        )
    return present


def find_newer_work(target: DeploymentFacts | None, record: MigrationRecord) -> NewerWork | None:
    """Return what others have made of the target since the source is at 0, where that is not known yet: another pod
    template, or another number of replicas, one at least. A target that others scale to 0 is lost.

    Who deploys an older revision again takes our fence away with it; that of another migration is no work of a person.
    Raises: LeaseLost.
    """
    target = find_target(target, record)
    if target is None or target.replicas < 1 or not record.state.target_is_truth:
        return None
    refuse_newer(target, record, Side.TARGET)
    is_fenced_by_others = target.fence is not None and not has_our_fence(target, record, Side.TARGET)
    found = NewerWork(target.replicas, target.template_hash)
    known = NewerWork(record.state.target_replicas, record.template_of(Side.TARGET))
    return None if found == known or is_fenced_by_others else found


def is_newer_than_known(target: DeploymentFacts, record: MigrationRecord) -> bool:
    """Whether the target has a pod template that nobody has spoken of yet: its deletion has to be asked for. Where
    replicas ran in the target before, they stay, and the template with them.
    """
    if record.state.staying.target:
        return False
    known = (record.planned_template_of(Side.TARGET), record.template_of(Side.TARGET))
    return target.template_hash not in known


def _find_author(target: DeploymentFacts, record: MigrationRecord) -> str:
    has_template = target.template_hash == record.template_of(Side.TARGET)
    manager = target.replicas_manager if has_template else target.template_manager
    return manager or "somebody else"


def is_loss_of_target(reason: Reason, record: MigrationRecord) -> bool:
    """Whether a reason to hold says that the target is known to serve nothing: deleted, replaced or scaled to 0."""
    if reason.code not in _LOSSES or reason["context"] != record.target.context:
        return False
    return reason.code is not Code.REPLICAS_CHANGED or reason["replicas"] == 0


def _expected_replicas(record: MigrationRecord, side: Side) -> set[int]:
    expected = {record.side(side).replicas}
    if record.intent is not None and record.intent.side is side:
        expected.add(record.intent.replicas)
    return expected


def require_scalable(
    scaled: DeploymentFacts | None, other: DeploymentFacts | None, record: MigrationRecord, side: Side
) -> tuple[DeploymentFacts, DeploymentFacts | None]:
    """Return the side that is to be scaled, and the other one where it takes part, if both may be written by.

    On the way forward neither may be touched by others. A rollback starts from what is there: the target may be
    missing or another one, the source may not; so does an insurance, which asks for the source alone. `other` is None
    where nobody asks for it.
    Raises: HoldNeeded, LeaseLost.
    """
    other_side = side.other
    if record.state.phase not in _FROM_WHAT_IS_THERE:
        if other is not None:
            require_untouched(other, record, other_side)
        return require_untouched(scaled, record, side), other
    present = require_present(scaled, record, side)
    require_fence(present, record, side)
    if other_side is Side.TARGET:
        return present, find_target(other, record)
    return present, require_present(other, record, other_side)


def may_be_missing(record: MigrationRecord, side: Side) -> bool:
    """Whether there need not be a Deployment of ours to fence: the target's is not created yet, or it was
    deleted, by a rollback or by others.
    """
    is_going_back = record.state.phase in (Phase.ROLLBACK, Phase.ROLLED_BACK)
    return side is Side.TARGET and (record.target.deployment_uid is None or is_going_back)


def settle_sealed(record: MigrationRecord, side: Side, facts: DeploymentFacts) -> MigrationRecord:
    """Return the record after a seal: an open intent has landed, if the sealed Deployment shows it, or never will.

    Replicas that are neither are left for `require_untouched` to object to. A rollback starts from what is there, and
    so does the source of an insurance; its target may have been raised by the wave that was under way.
    """
    has_intent = record.intent is not None and record.intent.side is side
    is_known = has_intent and record.intent_replicas == facts.replicas
    if is_known or _starts_from(record, side, facts.replicas):
        return record.with_replicas(side, facts.replicas)
    return record.with_replicas(side, record.side(side).replicas)


def _starts_from(record: MigrationRecord, side: Side, replicas: int) -> bool:
    """Whether these replicas are taken as they are."""
    if record.state.phase is Phase.INSURED and side is Side.TARGET:
        wave, stays = record.state.wave, record.state.staying.target
        return replicas - stays in record.state.waves[wave : wave + 2]
    return record.state.phase in _FROM_WHAT_IS_THERE
