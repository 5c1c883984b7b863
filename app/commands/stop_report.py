"""`sentinelaura stop`'s answer, as JSON and as text: who acknowledged, and where each migration stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from app.commands.migrations_report import moves_to_json, moves_to_text
from app.control.asking import Instance
from app.control.messages import MoveState
from controller.migration.protocol.request_reasons import RequestCode
from controller.migration.run.standing_moves import StandingMove, StandingMoves
from oracle.foundation.reason import Reason, encode_if_any
from oracle.foundation.untrusted_text import clean_text

#: Longest line, in characters: a sentence may quote a cluster.
_LINE = 400


@dataclass(frozen=True, slots=True)
class Led:
    """A migration by its journal, and who stopped it.

    stopped_by: the process or the holder that acknowledged; None: nobody did. phase: where it stood then, if that was
    said. why: why its leader did not acknowledge; None also where nobody leads it.
    """

    move: StandingMove
    stopped_by: str | None = None
    phase: str | None = None
    why: Reason | None = None

    @property
    def is_settled(self) -> bool:
        """Whether nobody is known to write for it any more."""
        return self.why is None


def list_silent(instances: Iterable[Instance]) -> list[Instance]:
    """Return those that have not acknowledged."""
    return [one for one in instances if one.answer is None or not one.answer.is_done]


def instances_to_text(instances: Iterable[Instance]) -> str:
    """Return a line for each process, and below it its migrations."""
    lines = [line for instance in instances for line in _instance_lines(instance)]
    return "\n".join(lines) or str(RequestCode.NOBODY_RUNS.because())


def instances_to_json(instances: Iterable[Instance]) -> list[dict[str, Any]]:
    """Return what docs/commands.md describes."""
    return [_instance_to_json(instance) for instance in instances]


def describe_answer(instance: Instance) -> str:
    """Return what a process answered, as a person reads it."""
    if instance.answer is None:
        return str(RequestCode.NO_ANSWER.because(pid=instance.pid))
    if instance.answer.why is not None:
        return f"process {instance.pid}: {clean_text(instance.answer.why.sentence, _LINE)}"
    return str(RequestCode.STOPPED.because(pid=instance.pid))


def led_to_text(led: Iterable[Led]) -> str:
    """Return each migration as `migrations list` has it, and who stopped it."""
    return "\n".join(line for one in led for line in (moves_to_text([one.move]), _led_line(one)))


def led_to_json(led: Iterable[Led], standing: StandingMoves) -> dict[str, Any]:
    """Return the document of `migrations list`, each migration with who stopped it."""
    known = tuple(led)
    document = moves_to_json([one.move for one in known], standing)
    for one, migration in zip(known, document["migrations"], strict=True):
        migration["stopped_by"] = one.stopped_by
        migration["stopped_in"] = one.phase
        migration["not_acknowledged"] = encode_if_any(one.why)
    return document


def _led_line(one: Led) -> str:
    if one.why is not None:
        return f"  not stopped: {clean_text(one.why, _LINE)}"
    if one.stopped_by is None:
        return "  nobody leads it; an instance that is armed takes it up"
    where = "" if one.phase is None else f" in {clean_text(one.phase)}{_tell_journaled(one)}"
    still = RequestCode.STANDS_STILL.because(migration_id=one.move.record.migration_id)
    return f"  stopped by {clean_text(one.stopped_by)}{where}; {clean_text(still, _LINE)}"


def _tell_journaled(one: Led) -> str:
    """Return what the journal says where that is another phase: nothing is written to it any more."""
    journaled = one.move.record.state.phase.value
    return "" if journaled == one.phase else f" (journaled as {journaled})"


def _instance_lines(instance: Instance) -> Iterator[str]:
    yield describe_answer(instance)
    for move in instance.answer.moves if instance.answer is not None else ():
        yield from _move_lines(move)


def _move_lines(move: MoveState) -> Iterator[str]:
    source, _, workload = move.workload.partition("/")
    sides = f"{source} ({_count(move.source_replicas)}) -> {move.target} ({_count(move.target_replicas)})"
    wave = f"wave {move.wave}/{move.waves}"
    yield "  " + "  ".join(map(clean_text, (move.migration_id, move.phase, wave, workload, sides)))
    if move.is_leading:
        yield f"    {RequestCode.STANDS_STILL.because(migration_id=move.migration_id)}"
    else:
        yield f"    {clean_text(move.sentence, _LINE)}"


def _count(replicas: int | None) -> str:
    return "?" if replicas is None else str(replicas)


def _instance_to_json(instance: Instance) -> dict[str, Any]:
    answer = instance.answer
    return {
        "pid": instance.pid,
        "acknowledged": answer is not None and answer.is_done,
        "detail": describe_answer(instance),
        "migrations": [] if answer is None else msgspec.to_builtins(answer.moves),
    }
