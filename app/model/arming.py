"""Whether anything may be changed now, as the header says it: what is armed, and for how long. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.model.tone import Tone
from controller.contract.snapshots import EngineSnapshot, MigrationView
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.foundation.untrusted_text import clean_text

#: More names than this are counted in the tool tip.
MAX_NAMES = 20
#: A longer name of the one armed context is counted in the header.
MAX_NAME_LENGTH = 18
_UNTIL = "until this program ends or you stop it"


@dataclass(frozen=True, slots=True)
class ArmingState:
    """What the header says, what its tool tip adds, and how it is meant."""

    text: str
    tip: str
    tone: Tone


def describe_armed(snapshot: EngineSnapshot, *, is_lost: bool) -> ArmingState:
    """Return whether anything may be changed. is_lost: the engine has gone, and with it whatever was armed."""
    if is_lost:
        return ArmingState("Stopped", "The engine has stopped: nothing is changed.", Tone.BAD)
    armed = [view.context for view in snapshot.contexts if view.armed]
    if not armed:
        return ArmingState("Read-only", "No context is armed: nothing is changed.", Tone.PLAIN)
    names = [clean_text(context, 80) for context in armed[:MAX_NAMES]]
    more = [f"and {len(armed) - MAX_NAMES} more"] if len(armed) > MAX_NAMES else []
    world = "simulated " if snapshot.demo else ""
    tip = "\n".join((f"Moves may change these {world}contexts, {_UNTIL}:", *names, *more))
    return ArmingState(
        f"Armed: {_what(armed, snapshot)}, until the end", tip, Tone.GOOD if snapshot.demo else Tone.WARNING
    )


def _what(armed: Sequence[str], snapshot: EngineSnapshot) -> str:
    """Return what is armed in the few words that the header has room for at any width; the tool tip has the names."""
    total = len(snapshot.contexts)
    if snapshot.demo and len(armed) == total:
        return "the demo"
    name = clean_text(armed[0], 80)
    return name if len(armed) == 1 and len(name) <= MAX_NAME_LENGTH else f"{len(armed)} of {total}"


def describe_stop(migrations: Sequence[MigrationView], names: Mapping[str, str]) -> Reason:
    """Return what is said after a stop: nothing is armed, and where each move stands still."""
    moves = tuple(_stand_of(migration, names) for migration in migrations if not migration.stage.is_final)
    return Code.STOPPED_MOVES.because(moves=moves) if moves else Code.STOPPED_BY_HAND.because()


def _stand_of(migration: MigrationView, names: Mapping[str, str]) -> str:
    workload = clean_text(migration.workload.name, 60)
    target = names.get(migration.target) or clean_text(migration.target, 40)
    return f"{workload} with {migration.landed} of {migration.replicas} replicas in {target}"
