"""`sentinelaura migrations`' answers, as JSON and as text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from app.control.messages import QueuedState
from controller.contract.settlement import Settlement
from controller.contract.snapshots import join_sentence
from controller.migration.protocol.advice import find_advice
from controller.migration.run.migration_views import describe
from controller.migration.run.standing_moves import StandingMove, StandingMoves
from oracle.foundation.reason import encode_if_any, encode_reason
from oracle.foundation.untrusted_text import clean_text


def moves_to_text(moves: Iterable[StandingMove]) -> str:
    """Return a block of lines for each migration."""
    return "\n".join(line for move in moves for line in _move_lines(move)) or "no migration is unfinished"


def moves_to_json(moves: Iterable[StandingMove], standing: StandingMoves) -> dict[str, Any]:
    """Return the document that docs/commands.md describes."""
    return {
        "migrations": [_move_to_json(move) for move in moves],
        "unread": {context: encode_reason(reason) for context, reason in standing.unread.items()},
        "unreadable": {one.lease: encode_reason(one.reason) for one in standing.unreadable},
    }


def queue_to_lines(queue: Iterable[tuple[int, QueuedState]]) -> Iterator[str]:
    """Return a line for each move that waits for its turn, each with the process in which it does."""
    for pid, queued in queue:
        workload, target, sentence = map(clean_text, (queued.workload, queued.target, queued.sentence))
        yield f"in the queue of process {pid}: {workload} -> {target}: {sentence}"[:_LINE]


def queue_to_json(queue: Iterable[tuple[int, QueuedState]]) -> list[dict[str, Any]]:
    """Return the moves that wait for their turn, in the order of each process."""
    return [
        {"pid": pid, "workload": one.workload, "target": one.target, "waits_for": one.sentence}
        for pid, one in queue
    ]


def show_to_text(move: StandingMove, settlements: Iterable[Settlement]) -> str:
    """Return one migration with what each act would change."""
    return "\n".join((*_move_lines(move), *(settlement_to_text(one) for one in settlements)))


def show_to_json(move: StandingMove, settlements: Iterable[Settlement]) -> str:
    """Return one migration with what each act would change, as a document."""
    return json.dumps({**_move_to_json(move), "acts": [_act_to_json(one) for one in settlements]}, indent=2)


def settlement_to_text(settlement: Settlement) -> str:
    """Return what an act would change, one change a line, or why it cannot be done."""
    if settlement.reason is not None:
        return f"  {settlement.act.value}: not now: {clean_text(settlement.reason, _LINE)}"
    changes = (f"    {clean_text(change, _LINE)}" for change in settlement.changes)
    return "\n".join((f"  {settlement.act.value}:", *changes))


#: Longest line, in characters: a change may quote a cluster, and a reason its scheduler and its autoscaler.
_LINE = 800


def _move_lines(move: StandingMove) -> Iterator[str]:
    record = move.record
    workload = f"{record.workload.namespace}/{record.workload.name}"
    sides = f"{record.source.context} ({record.source.replicas}) -> {record.target.context} ({record.target.replicas})"
    # Ids and names come from a Lease, which others may write.
    yield "  ".join(
        (
            clean_text(record.migration_id),
            f"{record.state.phase.value:<14}",
            *map(clean_text, (workload, sides)),
        )
    )
    if move.doubt is not None and record.state.phase.is_final:
        yield "  none of our keys has signed this"
    elif move.doubt is not None:
        # What it says of itself is nobody's word.
        yield f"  {clean_text(move.doubt, _LINE)}"
        return
    yield f"  {clean_text(join_sentence(describe(record), record.state.reason), _LINE)}"
    if (advice := find_advice(record)) is not None:
        yield f"  {clean_text(advice, _LINE)}"
    if not record.state.phase.is_final:
        yield f"  held by {clean_text(move.holder)}" if move.holder else "  nobody leads it"


def _move_to_json(move: StandingMove) -> dict[str, Any]:
    record, reason = move.record, move.record.state.reason
    return {
        "migration_id": record.migration_id,
        "workload": str(record.workload),
        "target": record.target.context,
        "phase": record.state.phase.value,
        "detail": join_sentence(describe(record), reason),
        "reason": encode_if_any(reason),
        "advice": encode_if_any(find_advice(record)),
        "replicas": record.replicas,
        "source_replicas": record.source.replicas,
        "target_replicas": record.target.replicas,
        "wave": record.state.wave + 1,
        "waves": len(record.state.waves),
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "doubt": encode_if_any(move.doubt),
        "holder": move.holder or None,
        "read_from": move.side.value,
    }


def _act_to_json(settlement: Settlement) -> dict[str, Any]:
    return {
        "act": settlement.act.value,
        "changes": [encode_reason(change) for change in settlement.changes],
        "reason": encode_if_any(settlement.reason),
    }
