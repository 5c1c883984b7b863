"""The one place where an event becomes a sentence: a line of the timeline, of the operator and of `ledger`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import singledispatch

from controller.contract.snapshots import EntryKind, MoveOutcome, TimelineEntry, join_sentence
from controller.history.events import (
    ActRequested,
    AnyEvent,
    ArmingEnded,
    ArmingRefused,
    CancelNotLed,
    CancelRequested,
    ClustersBack,
    ClustersLost,
    ContextArmed,
    ContextDisarmed,
    EngineStarted,
    EngineStopped,
    HistoryBegun,
    JournalNotUnderstood,
    LeasesDenied,
    LedgerLine,
    LedgerTakenOver,
    MoveEnded,
    MoveEvent,
    MoveLeftUnfinished,
    MoveOffered,
    MoveResumed,
    MoveStarted,
    MoveStopped,
    OfferWithdrawn,
    PhaseEntered,
    PricesBack,
    PricesLost,
    Recorded,
    RequestIgnored,
    SearchFailed,
    StartQueued,
    StartRefused,
    UnknownEvent,
)
from oracle.foundation.reason import Severity, format_count, format_duration, format_list, format_usd
from oracle.foundation.untrusted_text import clean_text

#: The phase in which a workload has been moved, as journals have it.
DONE = "DONE"


@dataclass(frozen=True, slots=True)
class Line:
    """What is said of an event. `is_shown`: also in the timeline, where only what concerns the fleet stands."""

    kind: EntryKind
    text: str
    contexts: tuple[str, ...] = ()
    severity: Severity = Severity.INFO
    outcome: MoveOutcome | None = None
    is_shown: bool = True


def to_entry(sequence: int, recorded: Recorded, line: Line) -> TimelineEntry:
    """Return the entry of the timeline that says `line` of an event."""
    event = recorded.event
    migration_id = event.migration_id if isinstance(event, (MoveEvent, LedgerLine)) else None
    return TimelineEntry(
        sequence, recorded.at, line.kind, line.text, line.contexts, migration_id, line.severity, line.outcome
    )


@singledispatch
def describe(event: AnyEvent) -> Line:
    """Return what is said of an event."""
    raise AssertionError(f"nothing is said of {type(event).__name__}")


@describe.register
def _(event: UnknownEvent) -> Line:
    text = f"An event that this version does not know ({clean_text(event.kind) or 'not readable'})"
    return Line(EntryKind.OPERATOR, text, is_shown=False)


@describe.register
def _(event: EngineStarted) -> Line:
    return Line(EntryKind.OPERATOR, "The program was started", is_shown=False)


@describe.register
def _(event: EngineStopped) -> Line:
    return Line(EntryKind.OPERATOR, "The program was ended", is_shown=False)


@describe.register
def _(event: MoveOffered) -> Line:
    savings, net = (_show(amount) for amount in (event.savings_usd_per_day, event.net_usd))
    text = (
        f"{event.workload} would be cheaper in {event.target}: {savings} a day, "
        f"net {net} in {event.horizon_h:g} h"
    )
    return Line(EntryKind.DECISION, text, (event.workload.context, event.target))


@describe.register
def _(event: OfferWithdrawn) -> Line:
    return Line(EntryKind.DECISION, f"{event.workload} stays: {event.reason}", (event.workload.context,))


@describe.register
def _(event: StartRefused) -> Line:
    text = f"{event.workload} was not moved to {event.target}: {event.reason}"
    return Line(EntryKind.DECISION, text, (event.workload.context, event.target), Severity.WARNING)


@describe.register
def _(event: StartQueued) -> Line:
    text = f"{event.workload} waits in the queue to be moved to {event.target}, until the program ends: {event.reason}"
    return Line(EntryKind.DECISION, text, (event.workload.context, event.target))


@describe.register
def _(event: MoveStarted) -> Line:
    replicas = format_count(event.replicas, "replica")
    to = "to" if event.way_back_of is None else "back to"
    accepting = f", accepting {', '.join(event.accepts)}" if event.accepts else ""
    return _of_move(event, f"Moving {event.workload} {to} {event.target} ({replicas}){accepting}")


@describe.register
def _(event: MoveResumed) -> Line:
    return _of_move(event, f"Resuming the move of {event.workload} to {event.target}")


@describe.register
def _(event: PhaseEntered) -> Line:
    return _of_move(event, _tell_where_it_stands(event), event.detail.severity)


@describe.register
def _(event: MoveEnded) -> Line:
    text = _tell_where_it_stands(event)
    if event.phase != DONE:
        return _of_move(event, text, event.detail.severity)
    cost, savings = event.realised.cost_usd, event.realised.savings_usd_per_day
    prices = "today's" if event.at_todays_prices else "the plan's"
    text = f"{text}. It cost {_show(cost)} and saves {_show(savings)} a day at {prices} prices"
    outcome = MoveOutcome(event.workload, event.target, cost, savings)
    return _of_move(event, text, event.detail.severity, outcome)


@describe.register
def _(event: MoveStopped) -> Line:
    text = f"The move of {event.workload} stands in {event.phase}, {event.reason}; restart to resume it"
    return _of_move(event, text, Severity.ERROR)


@describe.register
def _(event: CancelRequested) -> Line:
    text = f"{event.workload} is to go back to {event.workload.context}: the move was cancelled"
    return _of_move(event, text)


@describe.register
def _(event: CancelNotLed) -> Line:
    text = f"{event.workload} is not led by this window; cancel it in the one that leads it"
    return _of_move(event, text, Severity.WARNING)


@describe.register
def _(event: ActRequested) -> Line:
    return _of_move(event, f"{event.workload}: a person decided to {event.act} the move to {event.target}")


@describe.register
def _(event: RequestIgnored) -> Line:
    return _of_move(event, f"{event.workload}: {event.reason}", Severity.WARNING)


@describe.register
def _(event: MoveLeftUnfinished) -> Line:
    return _of_move(event, str(event.reason), Severity.WARNING)


@describe.register
def _(event: JournalNotUnderstood) -> Line:
    text = f"{event.context}: the Lease {event.lease} was left alone, please look: {event.reason}"
    return Line(EntryKind.MIGRATION, text, (event.context,), Severity.ERROR)


@describe.register
def _(event: LeasesDenied) -> Line:
    where = format_list(event.namespaces)
    text = f"{event.context}: Leases may not be read in {where}; a move left unfinished there is not seen"
    return Line(EntryKind.CLUSTER, text, (event.context,))


@describe.register
def _(event: SearchFailed) -> Line:
    text = f"Unfinished moves could not be looked for in {event.context}: {event.reason}"
    return Line(EntryKind.CLUSTER, text, (event.context,), Severity.WARNING)


@describe.register
def _(event: PricesLost) -> Line:
    return Line(EntryKind.STORE, f"No new prices: {event.reason}", severity=Severity.ERROR)


@describe.register
def _(event: PricesBack) -> Line:
    return Line(EntryKind.STORE, "New prices arrive again")


@describe.register
def _(event: ClustersLost) -> Line:
    contexts = tuple(event.reasons)
    if len(contexts) == 1:
        text = f"{contexts[0]} cannot be used: {event.reasons[contexts[0]]}"
    else:
        text = f"{len(contexts)} clusters cannot be used: {', '.join(contexts)}"
    return Line(EntryKind.CLUSTER, text, contexts, Severity.WARNING)


@describe.register
def _(event: ClustersBack) -> Line:
    verb = "answers" if len(event.contexts) == 1 else "answer"
    return Line(EntryKind.CLUSTER, f"{', '.join(event.contexts)} {verb} again", event.contexts)


@describe.register
def _(event: ContextArmed) -> Line:
    where = f" in {format_list(event.namespaces)}" if event.namespaces is not None else ""
    lasts = f" for {format_duration(event.lasts_s)}" if event.lasts_s is not None else ""
    by = f" by {event.by}" if event.by is not None else ""
    text = f"{event.context} armed{by}{lasts}: writes{where} are allowed"
    return Line(EntryKind.OPERATOR, text, (event.context,))


@describe.register
def _(event: ArmingEnded) -> Line:
    return Line(EntryKind.OPERATOR, f"{event.context} armed no more: {event.reason}", (event.context,))


@describe.register
def _(event: ArmingRefused) -> Line:
    return Line(EntryKind.OPERATOR, f"{event.context} not armed: {event.reason}", (event.context,))


@describe.register
def _(event: ContextDisarmed) -> Line:
    return Line(EntryKind.OPERATOR, f"{event.context} disarmed: read-only", (event.context,))


@describe.register
def _(event: HistoryBegun) -> Line:
    if event.reason is None:
        return Line(EntryKind.OPERATOR, "The history was begun", is_shown=False)
    return Line(EntryKind.OPERATOR, str(event.reason), severity=Severity.WARNING)


@describe.register
def _(event: LedgerTakenOver) -> Line:
    text = f"The older ledger {event.file} was taken over ({format_count(event.lines, 'line')})"
    if event.reason is None:
        return Line(EntryKind.OPERATOR, text, is_shown=False)
    return Line(EntryKind.OPERATOR, f"{text}, but {event.reason}", severity=Severity.WARNING)


@describe.register
def _(event: LedgerLine) -> Line:
    outcome = None
    if event.workload is not None and event.target is not None:
        outcome = MoveOutcome(event.workload, event.target, event.cost_usd, event.savings_usd_per_day)
    return Line(event.entry_kind, event.text, event.contexts, event.severity, outcome)


def _tell_where_it_stands(event: PhaseEntered | MoveEnded) -> str:
    return f"{event.workload}: {join_sentence(event.detail, event.reason)}"


def _of_move(
    event: MoveEvent, text: str, severity: Severity = Severity.INFO, outcome: MoveOutcome | None = None
) -> Line:
    contexts = (event.workload.context, event.target)
    return Line(EntryKind.MIGRATION, text, contexts, severity, outcome)


def _show(amount_usd: Decimal | None) -> str:
    return "an unknown amount" if amount_usd is None else format_usd(amount_usd)
