"""Who goes on with a migration, under which epoch and from which journal: the choices of a takeover. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from controller.migration.protocol.errors import JournalDoubted, LeaseTaken
from controller.migration.protocol.fences import parse_epoch
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.ownership import require_fence_of, require_present
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.states import Event, EventKind, MigrationState, Phase, transition
from controller.migration.protocol.verification import (
    confirm,
    has_nothing_left,
    is_same_plan,
    is_unfenced,
    require_newest,
)
from controller.reasons import Code
from oracle.foundation.reason import Reason


def choose_epoch(leased: int, fences: Iterable[str | None]) -> int:
    """Return an epoch above all that either cluster has ever seen. `leased`: the highest that a Lease has."""
    return max(leased, *(parse_epoch(fence, leased) + 1 for fence in fences))


@dataclass(frozen=True, slots=True)
class Lead:
    """Go on from this record."""

    record: MigrationRecord


@dataclass(frozen=True, slots=True)
class Over:
    """The migration has ended; this is its last record."""

    record: MigrationRecord


@dataclass(frozen=True, slots=True)
class Close:
    """Nothing is left but to say so in the source's journal: the program ended before anything was touched, or after
    everything was done. `record` is that last word, but for its moment.
    """

    record: MigrationRecord


@dataclass(frozen=True, slots=True)
class Doubted:
    """Nobody may act on a migration whose journal is not to be trusted."""

    record: MigrationRecord


Takeover = Lead | Over | Close | Doubted


def judge_journals(
    journal: MigrationRecord | None,
    mirror: MigrationRecord | None,
    known: MigrationRecord,
    epoch: int,
    found: Mapping[Side, DeploymentFacts | None],
) -> Takeover:
    """Decide what follows from the source's journal and the target's mirror of it, once both Leases are held.

    `known` is the record that the takeover began with; None stands for a journal that is missing, not understood or not
    signed by us. `found`: the Deployments, read under these Leases.
    """
    if (nothing := _find_nothing_to_lead(journal, known)) is not None:
        return nothing
    assert journal is not None, "without one there is nothing to lead"
    is_bare = is_unfenced(journal, found[Side.SOURCE])
    never_began = (journal.state.resume_phase or journal.state.phase) is Phase.LOCKED
    if never_began and (is_bare or not _is_mirrored(mirror, journal)):
        reason = Code.STOPPED_BEFORE_START.because()
        state = replace(journal.state, phase=Phase.ROLLED_BACK, hold=None, resume_phase=None, reason=reason)
        return Close(replace(journal, state=state))
    if is_bare and has_nothing_left(journal):
        return Close(replace(journal, state=_end(journal.state)))
    try:
        confirmed = confirm(journal, mirror)
        require_newest(journal, found)
    except JournalDoubted as doubted:
        return doubt(journal, doubted.reason)
    return Lead(replace(confirmed, epoch=epoch, state=_leave_hold(confirmed)))


def judge_source_alone(
    journal: MigrationRecord | None, source: DeploymentFacts | None, known: MigrationRecord, epoch: int
) -> Takeover:
    """Decide what follows from the source's journal, where the target gives no answer and the source's Lease is held.

    No mirror confirms the journal, so that the source's own fence has to: whoever may write Leases alone cannot have
    written that. Raises: HoldNeeded where it does not.
    """
    if (nothing := _find_nothing_to_lead(journal, known)) is not None:
        return nothing
    assert journal is not None, "without one there is nothing to lead"
    require_fence_of(require_present(source, journal, Side.SOURCE), journal, Side.SOURCE)
    try:
        require_newest(journal, {Side.SOURCE: source})
    except JournalDoubted as doubted:
        return doubt(journal, doubted.reason)
    return Lead(replace(journal, epoch=epoch))


def _find_nothing_to_lead(journal: MigrationRecord | None, known: MigrationRecord) -> Doubted | Over | None:
    """Return why nobody leads, where the source's journal was replaced or says that the migration is over."""
    if (over := find_end(journal, known)) is not None:
        return over
    if journal is None or not is_same_plan(journal, known):
        return doubt(known, Code.JOURNAL_REPLACED.because())
    return None


def find_end(journal: MigrationRecord | None, known: MigrationRecord) -> Over | None:
    """Return that the migration is over, where the source's journal says so of this very plan.

    A person may have put another Deployment in the source's place meanwhile.
    """
    if journal is None or not journal.state.phase.is_final:
        return None
    source = replace(known.source, deployment_uid=journal.source.deployment_uid)
    return Over(journal) if is_same_plan(journal, replace(known, source=source)) else None


def show_followed(journal: MigrationRecord) -> MigrationRecord:
    """Return what another instance's journal says, as it is shown here: with its own reason where it has one."""
    reason = journal.state.reason or Code.LED_BY_ANOTHER.because()
    return replace(journal, state=replace(journal.state, reason=reason))


def _is_mirrored(mirror: MigrationRecord | None, record: MigrationRecord) -> bool:
    return mirror is not None and mirror.migration_id == record.migration_id


def doubt(record: MigrationRecord, reason: Reason) -> Doubted:
    """Leave a migration to a person, for this reason."""
    return Doubted(replace(record, state=replace(record.state, phase=Phase.NEEDS_OPERATOR, reason=reason)))


def _end(state: MigrationState) -> MigrationState:
    """Return the end of a state that has nothing left: that of a rollback keeps the reason for which it began."""
    is_back = state.phase is Phase.ROLLBACK
    event = Event(EventKind.RESTORED, state.reason) if is_back else Event(EventKind.SOAKED)
    return transition(state, event)[0]


def _leave_hold(record: MigrationRecord) -> MigrationState:
    """After a takeover a HOLD is judged anew: by trying again where it came from."""
    if record.state.phase is not Phase.HOLD:
        return record.state
    return transition(record.state, Event(EventKind.HOLD_ENDED, Code.RESUMED.because()))[0]


def refuse_start(left: MigrationRecord, wanted: MigrationRecord) -> LeaseTaken:
    """Return which migration stands in the way of another one, and how it can be ended."""
    source, target = left.source.context, left.target.context
    is_in_reach = left.source.cluster_uid in (wanted.source.cluster_uid, wanted.target.cluster_uid)
    if is_in_reach:
        return LeaseTaken(Code.MOVE_UNFINISHED.because(source=source, target=target))
    code = Code.MOVE_NOT_FINISHED_ELSEWHERE
    return LeaseTaken(code.because(source=source, target=target, migration_id=left.migration_id))
