"""The moves of earlier and other processes as the budgets count them, so that a restart forgives nothing. Pure.

History knows those of this installation; the journals that ended moves leave in the Leases know the last one of each
workload in each cluster, whoever made it. Either alone is enough for a cooldown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from math import inf

from controller.clusters.fleet import WorkloadKey
from controller.contract.way_back import WayBack
from controller.decision.budgets import Move
from controller.history.projections import PastMove


def merge_moves(recorded: Iterable[PastMove], journaled: Iterable[PastMove]) -> tuple[PastMove, ...]:
    """Join what history and the Leases say, each move once. An end that only the Lease knows is taken from there.

    But no earlier than history heard of the move, and none of a move that never was: neither another machine's clock
    nor whoever may write Leases ends a rest.
    """
    moves = {move.migration_id: move for move in recorded}
    for move in journaled:
        known = moves.get(move.migration_id)
        if known is None:
            moves[move.migration_id] = move
        elif known.ended_at is None and move.has_changed_anything:
            moves[move.migration_id] = replace(known, ended_at=_find_end(known, move), phase=move.phase)
    return tuple(moves.values())


def _find_end(recorded: PastMove, journaled: PastMove) -> float:
    return max(recorded.last_seen_at, _known_until(journaled))


def to_budget_moves(moves: Iterable[PastMove], now: float, reach_s: float = inf) -> tuple[Move, ...]:
    """Return the moves that may have changed anything, none of them running: what still goes on, the Leases say.

    reach_s: how far back a rule looks, seconds; what was over before then counts for nothing, and may be much.

    Of a move whose end nobody here saw, what was last recorded counts as its end. A clock that was set back makes no
    move younger than now (Unix seconds).
    """
    return tuple(
        Move(
            move.workload,
            move.target,
            min(move.started_at, now),
            min(_known_until(move), now),
            move.predicted_egress_usd or Decimal(0),
            is_rolled_back=move.is_rolled_back,
            is_end_known=move.ended_at is not None,
            egress_gb=move.predicted_egress_gb or Decimal(0),
        )
        for move in moves
        if _known_until(move) > now - reach_s and move.has_changed_anything
    )


def list_ways_back(moves: Iterable[PastMove]) -> Iterator[WayBack]:
    """Turn round the moves that have moved their workload, in their order; but for a side that no Lease of its own
    cluster has named.
    """
    for move in moves:
        if move.is_moved and move.workload.context and move.target:
            there = WorkloadKey(move.target, move.workload.namespace, move.workload.name)
            yield WayBack(there, move.workload.context, move.migration_id, move.stays)


def _known_until(move: PastMove) -> float:
    """When it ended, or was last heard of."""
    return move.last_seen_at if move.ended_at is None else move.ended_at
