"""What the moves of the past cost and save, one by one workload and in all. Pure.

An amount that nobody knows is counted as unknown and never taken for zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from controller.clusters.fleet import WorkloadKey
from controller.contract.savings import KnownSum, Savings
from controller.history.events import LedgerLine, Recorded
from controller.history.projections import MOVE_KINDS, PastMove, fold_moves
from controller.history.sentences import DONE

#: The kinds of events that say what a move cost and saves: those of moves, and the lines of older ledgers.
SAVINGS_KINDS = (*MOVE_KINDS, "ledger_line")


def find_finished(events: Iterable[Recorded]) -> tuple[PastMove, ...]:
    """Return the moves that reached their target, those of older ledgers as well, in the order of their ends."""
    known = tuple(events)
    older = (_read_line(one, one.event) for one in known if isinstance(one.event, LedgerLine))
    finished = [move for move in (*older, *fold_moves(known)) if move is not None and move.is_moved]
    return tuple(sorted(finished, key=lambda move: move.ended_at or move.last_seen_at))


def sum_up_savings(moves: Iterable[PastMove]) -> Savings:
    """Compare what the moves were to save with what they save."""
    done = [move for move in moves if move.is_moved]
    return Savings(
        moves=len(done),
        since=min((move.ended_at for move in done if move.ended_at is not None), default=None),
        cost=_sum(move.realised_cost_usd for move in done),
        saved_per_day=_sum(move.realised_savings_usd_per_day for move in done),
        predicted_per_day=_sum(move.predicted_savings_usd_per_day for move in done),
    )


def sum_up_each(moves: Iterable[PastMove]) -> Mapping[WorkloadKey, Savings]:
    """Return the savings of each workload, by its name in the cluster that it left."""
    by_workload: dict[WorkloadKey, list[PastMove]] = {}
    for move in moves:
        by_workload.setdefault(move.workload, []).append(move)
    return {workload: sum_up_savings(by_workload[workload]) for workload in sorted(by_workload)}


def _read_line(recorded: Recorded, line: LedgerLine) -> PastMove | None:
    """An older ledger kept what came of a move with the line about its end."""
    if line.workload is None or line.target is None:
        return None
    return PastMove(
        migration_id=line.migration_id or "",
        workload=line.workload,
        target=line.target,
        started_at=recorded.at,
        last_seen_at=recorded.at,
        phase=DONE,
        ended_at=recorded.at,
        realised_cost_usd=line.cost_usd,
        realised_savings_usd_per_day=line.savings_usd_per_day,
        writer=recorded.writer,
    )


def _sum(amounts: Iterable[Decimal | None]) -> KnownSum:
    all_amounts = list(amounts)
    known = [amount for amount in all_amounts if amount is not None]
    return KnownSum(sum(known, Decimal(0)) if known else None, len(all_amounts) - len(known))
