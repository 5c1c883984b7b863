"""What can happen, as typed events with a strict codec. Pure.

An event says what happened in facts; the sentence for a person is made in `sentences.py` and nowhere else. The tags and
the fields' names stand in databases and never change with the names in the code. A new field needs a default, so that
older events still decode; a program that is older than an event keeps it as an `UnknownEvent`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from controller.clusters.fleet import WorkloadKey
from controller.contract.snapshots import EntryKind
from oracle.foundation.reason import Reason, Severity, encode_reason


class StatedReason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reason as it was stated at the time: its code may have gone since, its sentence has not.

    `code` is None where a text from outside had none; `parameters` are JSON values.
    """

    sentence: str
    code: str | None = None
    severity: Severity = Severity.INFO
    parameters: dict[str, Any] = {}

    def __str__(self) -> str:
        return self.sentence


def state_reason(reason: Reason | str) -> StatedReason:
    """Return a reason as history keeps it."""
    if isinstance(reason, Reason):
        return msgspec.convert(encode_reason(reason), StatedReason)
    return StatedReason(reason)


class MoveFigures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a move costs and saves, US dollars, and sends, GB: as the plan had it, or as it came. None: not known."""

    egress_usd: Decimal | None = None
    overlap_usd: Decimal | None = None
    cost_usd: Decimal | None = None
    savings_usd_per_day: Decimal | None = None
    egress_gb: Decimal | None = None


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """The root of all events."""


class EngineStarted(Event, frozen=True, tag="engine_started"):
    """A process of this installation began; what it armed ends with it."""


class EngineStopped(Event, frozen=True, tag="engine_stopped"):
    """The process ended in an orderly way; after a crash this is missing."""


class MoveOffered(Event, frozen=True, tag="move_offered"):
    """A move has become worthwhile. `net_usd` is within `horizon_h` hours."""

    workload: WorkloadKey
    target: str
    savings_usd_per_day: Decimal | None
    net_usd: Decimal | None
    horizon_h: float


class OfferWithdrawn(Event, frozen=True, tag="offer_withdrawn"):
    """A move that was offered is worthwhile no longer."""

    workload: WorkloadKey
    target: str
    reason: StatedReason


class StartRefused(Event, frozen=True, tag="start_refused"):
    """A start that was asked for was not taken up; nothing was changed."""

    workload: WorkloadKey
    target: str
    reason: StatedReason


class StartQueued(Event, frozen=True, tag="start_queued"):
    """A start that was confirmed waits for its turn, until the program ends; nothing was changed."""

    workload: WorkloadKey
    target: str
    reason: StatedReason


class MoveEvent(Event, frozen=True):
    """The root of what happens to one migration."""

    migration_id: str
    workload: WorkloadKey
    target: str


class MoveStarted(MoveEvent, frozen=True, tag="move_started"):
    """A migration was begun on a confirmed plan. `way_back_of`: the finished one that a person takes back by it.
    `accepts`: what they accepted for this one move, by name. `stays`: how many replicas ran in the target before.
    """

    replicas: int
    plan_digest: str
    predicted: MoveFigures
    way_back_of: str | None = None
    accepts: tuple[str, ...] = ()
    stays: int = 0


class MoveResumed(MoveEvent, frozen=True, tag="move_resumed"):
    """A migration that was left unfinished goes on. `started_at` is when it first began, Unix seconds; `stays`: how
    many replicas ran in the target before.
    """

    replicas: int
    started_at: float
    predicted: MoveFigures
    stays: int = 0


class PhaseEntered(MoveEvent, frozen=True, tag="phase_entered"):
    """A migration went to another phase. `detail` says what happens now, `reason` why, `cause` the kind of event."""

    phase: str
    cause: str
    detail: StatedReason
    epoch: int
    operation: int
    source_replicas: int
    target_replicas: int
    reason: StatedReason | None = None


class MoveEnded(MoveEvent, frozen=True, tag="move_ended"):
    """A migration is over: moved, rolled back, or refused before anything was changed.

    `started_at` is in Unix seconds; `at_todays_prices` says whether the realised savings rest on prices of the end, and
    not on the plan's.
    """

    phase: str
    cause: str
    detail: StatedReason
    started_at: float
    predicted: MoveFigures
    realised: MoveFigures
    at_todays_prices: bool
    double_replica_hours: float
    reason: StatedReason | None = None


class MoveStopped(MoveEvent, frozen=True, tag="move_stopped"):
    """An error that nobody foresaw ended a migration's task in this process; its journal is left in place."""

    phase: str
    reason: StatedReason


class CancelRequested(MoveEvent, frozen=True, tag="cancel_requested"):
    """A person or a program asked for a rollback."""


class CancelNotLed(MoveEvent, frozen=True, tag="cancel_not_led"):
    """A rollback was asked for here, but another instance leads the migration."""


class ActRequested(MoveEvent, frozen=True, tag="act_requested"):
    """A person decided what becomes of a migration that waits: `act` is adopt, restore or abandon."""

    act: str


class RequestIgnored(MoveEvent, frozen=True, tag="request_ignored"):
    """What somebody has asked through a migration's Lease was not heard."""

    reason: StatedReason


class MoveLeftUnfinished(MoveEvent, frozen=True, tag="move_left_unfinished"):
    """A start found a migration that nobody goes on with. `reason` says what would let it go on."""

    reason: StatedReason


class JournalNotUnderstood(Event, frozen=True, tag="journal_not_understood"):
    """A Lease holds a journal that this program does not understand; it was left alone. `lease`: NAMESPACE/NAME."""

    context: str
    lease: str
    reason: StatedReason


class LeasesDenied(Event, frozen=True, tag="leases_denied"):
    """Leases may not be read in these namespaces."""

    context: str
    namespaces: tuple[str, ...]


class SearchFailed(Event, frozen=True, tag="search_failed"):
    """Unfinished moves could not be looked for in a context."""

    context: str
    reason: StatedReason


class PricesLost(Event, frozen=True, tag="prices_lost"):
    """No new prices arrive."""

    reason: StatedReason


class PricesBack(Event, frozen=True, tag="prices_back"):
    """New prices arrive again."""


class ClustersLost(Event, frozen=True, tag="clusters_lost"):
    """Contexts cannot be used: context -> why."""

    reasons: dict[str, StatedReason]


class ClustersBack(Event, frozen=True, tag="clusters_back"):
    """Contexts answer again."""

    contexts: tuple[str, ...]


class ContextArmed(Event, frozen=True, tag="context_armed"):
    """A person allowed writes to a context: to the cluster with this UID, or the one that answers; in these namespaces,
    or all; for so long, or until the process ends. What an older program wrote says none of it.
    """

    context: str
    cluster_uid: str | None = None
    namespaces: tuple[str, ...] | None = None
    lasts_s: float | None = None
    by: str | None = None


class ArmingEnded(Event, frozen=True, tag="arming_ended"):
    """What a person had allowed ended by itself."""

    context: str
    reason: StatedReason


class ArmingRefused(Event, frozen=True, tag="arming_refused"):
    """A person asked to allow writes to a context that may not be armed as it is."""

    context: str
    reason: StatedReason


class ContextDisarmed(Event, frozen=True, tag="context_disarmed"):
    """A person made a context read-only again."""

    context: str


class HistoryBegun(Event, frozen=True, tag="history_begun"):
    """A new database; `reason` where an older one was set aside for it."""

    reason: StatedReason | None = None


class LedgerTakenOver(Event, frozen=True, tag="ledger_taken_over"):
    """A ledger of JSON lines was read in, verified on the way. `reason` says what did not fit."""

    file: str
    lines: int
    reason: StatedReason | None = None


class LedgerLine(Event, frozen=True, tag="ledger_line"):
    """One line of an older ledger, which kept the sentence and not the event."""

    entry_kind: EntryKind
    text: str
    contexts: tuple[str, ...]
    migration_id: str | None
    severity: Severity
    facts: dict[str, Any]
    workload: WorkloadKey | None = None
    target: str | None = None
    cost_usd: Decimal | None = None
    savings_usd_per_day: Decimal | None = None


class UnknownEvent(msgspec.Struct, frozen=True):
    """What a newer program wrote, or what is no event at all; `kind` is empty where not even that can be read."""

    kind: str


KnownEvent: TypeAlias = (
    EngineStarted
    | EngineStopped
    | MoveOffered
    | OfferWithdrawn
    | StartRefused
    | StartQueued
    | MoveStarted
    | MoveResumed
    | PhaseEntered
    | MoveEnded
    | MoveStopped
    | CancelRequested
    | CancelNotLed
    | ActRequested
    | RequestIgnored
    | MoveLeftUnfinished
    | JournalNotUnderstood
    | LeasesDenied
    | SearchFailed
    | PricesLost
    | PricesBack
    | ClustersLost
    | ClustersBack
    | ContextArmed
    | ArmingEnded
    | ArmingRefused
    | ContextDisarmed
    | HistoryBegun
    | LedgerTakenOver
    | LedgerLine
)
AnyEvent: TypeAlias = KnownEvent | UnknownEvent


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event with its moment in Unix seconds and the process (`writer`) that saw it."""

    at: float
    writer: str
    event: AnyEvent


_DECODER = msgspec.json.Decoder(KnownEvent)


def tag_of(event: AnyEvent) -> str:
    """Return the event's kind, as databases have it."""
    return event.kind if isinstance(event, UnknownEvent) else str(event.__struct_config__.tag)


def encode_event(event: KnownEvent) -> bytes:
    """Return the event as JSON."""
    try:
        return msgspec.json.encode(event)
    except UnicodeEncodeError:  # half a character, which a cluster can send and UTF-8 has no bytes for
        return msgspec.json.encode(_mend_texts(msgspec.to_builtins(event)))


def decode_event(body: bytes, kind: str = "") -> AnyEvent:
    """Return the event; an `UnknownEvent` of this kind where it is not exactly one that this program writes."""
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return UnknownEvent(kind)


def _mend_texts(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_mend_texts(key): _mend_texts(item) for key, item in value.items()}
    return [_mend_texts(item) for item in value] if isinstance(value, (list, tuple)) else value
