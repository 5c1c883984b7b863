"""`sentinelaura ledger savings`: what finished moves cost and save; what nobody knows is unknown and never zero."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from app.model.formatting import to_number
from app.moments import format_utc
from controller.clusters.fleet import WorkloadKey
from controller.contract.savings import KnownSum, Savings
from controller.history.reading import read_kinds
from controller.history.savings import SAVINGS_KINDS, find_finished, sum_up_each, sum_up_savings
from oracle.foundation.reason import format_count, format_usd
from oracle.foundation.untrusted_text import clean_text

_Each = Mapping[WorkloadKey, Savings]


def tell_savings(connection: sqlite3.Connection, since: float, as_json: bool) -> str:
    """Return what the moves that ended since a moment (Unix seconds) cost and save, each workload and in all."""
    finished = find_finished(read_kinds(connection, SAVINGS_KINDS, 0.0))
    moves = [move for move in finished if (move.ended_at or move.last_seen_at) >= since]
    whole, each = sum_up_savings(moves), sum_up_each(moves)
    return _to_json(whole, each) if as_json else "\n".join(_to_lines(whole, each, since))


def _to_lines(whole: Savings, each: _Each, since: float) -> Iterator[str]:
    if whole.since is None:
        yield f"no move has reached its target since {format_utc(since) if since else 'the history began'}"
        return
    for workload, savings in each.items():
        yield _to_line(clean_text(str(workload)), savings)
    yield _to_line(f"in all, since {format_utc(whole.since)}", whole)


def _to_line(name: str, savings: Savings) -> str:
    saved, predicted = _show(savings.saved_per_day), _show(savings.predicted_per_day)
    moves = format_count(savings.moves, "move")
    return f"{name}: {moves}; cost {_show(savings.cost)}; savings a day {saved}, predicted {predicted}"


def _show(amount: KnownSum) -> str:
    if amount.usd is None:
        return "unknown"
    return (
        f"{format_usd(amount.usd)} and {amount.unknown} unknown" if amount.unknown else format_usd(amount.usd)
    )


def _to_json(whole: Savings, each: _Each) -> str:
    document = {
        "workloads": [{"workload": str(workload), **_sums(savings)} for workload, savings in each.items()],
        "whole": _sums(whole),
    }
    return json.dumps(document, indent=2)


def _sums(savings: Savings) -> dict[str, Any]:
    return {
        "moves": savings.moves,
        "since": savings.since,
        "cost_usd": to_number(savings.cost.usd),
        "cost_unknown": savings.cost.unknown,
        "savings_usd_per_day": to_number(savings.saved_per_day.usd),
        "savings_unknown": savings.saved_per_day.unknown,
        "predicted_usd_per_day": to_number(savings.predicted_per_day.usd),
        "predicted_unknown": savings.predicted_per_day.unknown,
    }
