"""Whether anything may be changed now, as the header says it: what is armed, and for how long. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.model.formatting import format_left
from app.model.tone import Tone
from controller.clusters.arming import Arming, ArmingTerms
from controller.contract.snapshots import ContextView, EngineSnapshot
from controller.reasons import Code
from oracle.foundation.reason import Reason, ReasonCode, format_count, format_list
from oracle.foundation.untrusted_text import clean_text

#: More names than this are counted in the tool tip.
MAX_NAMES = 20
#: A longer name of the one armed context is counted in the header.
MAX_NAME_LENGTH = 18
_UNTIL_END = "until this program ends or you stop it"
#: What the header says where something was armed and is not any more.
_ENDS: Mapping[ReasonCode, str] = {
    Code.ARMING_OVER: "arming ran out",
    Code.ARMED_CLUSTER_REPLACED: "another cluster",
    Code.ARMED_UNIDENTIFIED: "not identified",
}


@dataclass(frozen=True, slots=True)
class ArmingState:
    """What the header says, what its tool tip adds, and how it is meant."""

    text: str
    tip: str
    tone: Tone


def describe_armed(snapshot: EngineSnapshot | None, now: float, *, is_lost: bool) -> ArmingState:
    """Return whether anything may be changed at wall time `now`, which may be later than the snapshot.

    is_lost: the engine has gone, and with it whatever was armed.
    """
    if is_lost:
        return ArmingState("Stopped", "The engine has stopped: nothing is changed.", Tone.BAD)
    if snapshot is None:
        return ArmingState("Starting…", "Nothing is known yet.", Tone.PLAIN)
    armed = [arming for view in snapshot.contexts if (arming := _find_arming(view, now)) is not None]
    ended = [reason for view in snapshot.contexts if (reason := _find_end(view, now)) is not None]
    if not armed:
        if Code.ARMING_OVER in {reason.code for reason in ended} and (ending := _count_ending(snapshot)):
            tip = "\n".join(("What has begun goes to its end; Stop stops it.", *map(str, ended[:MAX_NAMES])))
            return ArmingState(f"Arming ran out, {format_count(ending, 'move')} ending", tip, Tone.WARNING)
        return _describe_read_only(ended, is_complete=snapshot.is_complete)
    lines = [_describe_one(arming, now) for arming in armed[:MAX_NAMES]]
    more = [f"and {len(armed) - MAX_NAMES} more"] if len(armed) > MAX_NAMES else []
    world = "simulated " if snapshot.demo else ""
    tip = "\n".join((f"Moves may change these {world}contexts:", *lines, *more, *map(str, ended[:MAX_NAMES])))
    tone = Tone.GOOD if snapshot.demo else Tone.WARNING
    return ArmingState(f"Armed: {_what(armed, snapshot)}, {_how_long(armed, now)}", tip, tone)


def describe_terms(terms: ArmingTerms) -> str:
    """Return on which terms a context is armed, but for how long."""
    where = "all namespaces" if terms.namespaces is None else format_list(sorted(terms.namespaces))
    parts = [
        f"cluster {terms.cluster_uid}" if terms.cluster_uid is not None else "the cluster that answers",
        where,
    ]
    if terms.moves_per_day is not None:
        parts.append(f"{format_count(terms.moves_per_day, 'move')} a day")
    if terms.replicas_at_once is not None:
        parts.append(f"{format_count(terms.replicas_at_once, 'replica')} at once")
    return ", ".join(parts)


def _find_arming(view: ContextView, now: float) -> Arming | None:
    """What is armed and has not run out since the snapshot."""
    is_over = view.arming is None or (view.arming.until is not None and now >= view.arming.until)
    return None if is_over else view.arming


def _find_end(view: ContextView, now: float) -> Reason | None:
    if view.arming is not None and _find_arming(view, now) is None:
        return Code.ARMING_OVER.because(contexts=(view.context,))
    return view.unarmed_reason


def _count_ending(snapshot: EngineSnapshot) -> int:
    """How many moves still write where nothing new may begin."""
    return sum(not migration.stage.is_final for migration in snapshot.migrations)


def _describe_read_only(ended: Sequence[Reason], *, is_complete: bool) -> ArmingState:
    if not ended:
        return ArmingState("Read-only", "No context is armed: nothing is changed.", Tone.PLAIN)
    tip = "\n".join(map(str, ended[:MAX_NAMES]))
    if not is_complete and all(reason.code is Code.ARMED_UNIDENTIFIED for reason in ended):
        return ArmingState("Starting…", tip, Tone.PLAIN)
    return ArmingState(f"Read-only: {_ENDS[ended[0].code]}", tip, Tone.WARNING)


def _describe_one(arming: Arming, now: float) -> str:
    lasts = _UNTIL_END if arming.until is None else f"for {format_left(arming.until - now)} more"
    return f"{clean_text(arming.context, 80)}, {lasts}: {clean_text(describe_terms(arming.terms), 200)}"


def _what(armed: Sequence[Arming], snapshot: EngineSnapshot) -> str:
    """Return what is armed in the few words that the header has room for at any width; the tool tip has the names."""
    total = len(snapshot.contexts)
    if snapshot.demo and len(armed) == total:
        return "the demo"
    name = clean_text(armed[0].context, 80)
    return name if len(armed) == 1 and len(name) <= MAX_NAME_LENGTH else f"{len(armed)} of {total}"


def _how_long(armed: Sequence[Arming], now: float) -> str:
    """Return when the first of them runs out."""
    ends = [arming.until for arming in armed if arming.until is not None]
    return format_left(min(ends) - now) if ends else "until the end"
