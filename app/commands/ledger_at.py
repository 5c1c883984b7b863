"""`sentinelaura ledger at TIME`: the state at a moment, as far as this installation had recorded it by then."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from app.commands.failures import CommandFailed
from app.exit_codes import ExitCode
from app.moments import format_utc
from controller.history.price_points import Series
from controller.history.prices import read_prices_at
from controller.history.projections import PastMove
from controller.history.reading import read_entries, to_recorded
from controller.history.state import OpenMove, PastState, find_state_at
from oracle.foundation.reason import format_count
from oracle.foundation.untrusted_text import clean_text
from oracle.market import Offering

#: Finished moves that are printed for a person, the newest; programs get all.
MAX_MOVED = 20
_Prices = Mapping[Series, Decimal]


def tell_moment(connection: sqlite3.Connection, at: float, now: float, step_s: float, as_json: bool) -> str:
    """Return the state at Unix time `at`; `step_s` is the time between two prices that are kept.

    Raises: CommandFailed for a moment of which nothing can be known.
    """
    _require_recorded(connection, at, now)
    state = find_state_at(map(to_recorded, read_entries(connection)), at)
    # A point stands for the time until the next; one that is missing is a price that was not known.
    prices = read_prices_at(connection, at, 2 * step_s)
    return _to_json(at, state, prices) if as_json else "\n".join(_to_lines(at, state, prices))


def _require_recorded(connection: sqlite3.Connection, at: float, now: float) -> None:
    if at > now:
        raise CommandFailed(ExitCode.BAD_INPUT, f"{format_utc(at)} has not come yet")
    oldest = next(read_entries(connection), None)
    if oldest is None or at < oldest.at:
        begin = "holds nothing" if oldest is None else f"begins at {format_utc(oldest.at)}"
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"the history {begin}: nobody knows what was at {format_utc(at)}"
        )


def _to_lines(at: float, state: PastState, prices: _Prices) -> Iterator[str]:
    yield format_utc(at)
    yield from _list("armed", sorted(state.armed))
    for unheard in state.unheard:
        armed = ", ".join(sorted(unheard.armed))
        yield from _list(
            "perhaps armed",
            [
                f"{armed} (by a program last heard of at {format_utc(unheard.last_heard_at)}, whose end nobody saw)"
            ],
        )
    yield from _list("running", [one.text for one in state.open if not one.is_held])
    yield from _list("held", [one.text for one in state.open if one.is_held])
    yield from _list("moved", list(_list_moved(state.moved)))
    yield from _list("worth moving", [f"{key} -> {state.offered[key]}" for key in sorted(state.offered)])
    yield from _list("not usable", sorted(state.lost))
    if not state.has_prices:
        yield from _list("prices", ["no new ones arrived"])
    yield from _list(
        "price", [_price_to_text(series, prices[series]) for series in sorted(prices, key=sort_key)]
    )


def _list(name: str, texts: Iterable[str]) -> Iterator[str]:
    label = name
    for text in list(texts) or ["none"]:
        yield f"{label:<14}{clean_text(text, 500)}"
        label = ""


def _list_moved(moves: tuple[PastMove, ...]) -> Iterator[str]:
    if len(moves) > MAX_MOVED:
        yield f"{format_count(len(moves) - MAX_MOVED, 'earlier move')}, and"
    for move in moves[-MAX_MOVED:]:
        yield f"{move.workload} -> {move.target}, at {format_utc(move.ended_at or move.last_seen_at)}"


def _price_to_text(series: Series, usd_per_hour: Decimal) -> str:
    return f"{series.offering}: ${usd_per_hour}/h, {series.mode.value} ({series.source})"


def _to_json(at: float, state: PastState, prices: _Prices) -> str:
    document: dict[str, Any] = {
        "at": at,
        "armed": sorted(state.armed),
        "unheard": [
            {"last_heard_at": one.last_heard_at, "armed": sorted(one.armed)} for one in state.unheard
        ],
        "running": [_open_to_json(one) for one in state.open if not one.is_held],
        "held": [_open_to_json(one) for one in state.open if one.is_held],
        "moved": [{**_move_to_json(move), "ended_at": move.ended_at} for move in state.moved],
        "offered": [{"workload": str(key), "target": state.offered[key]} for key in sorted(state.offered)],
        "lost": sorted(state.lost),
        "has_prices": state.has_prices,
        "prices": [
            {**series_to_json(series), "usd_per_hour": float(prices[series])}
            for series in sorted(prices, key=sort_key)
        ],
    }
    return json.dumps(document, indent=2)


def _open_to_json(one: OpenMove) -> dict[str, Any]:
    return {
        **_move_to_json(one.move),
        "started_at": one.move.started_at,
        "phase": one.move.phase,
        "text": one.text,
    }


def _move_to_json(move: PastMove) -> dict[str, Any]:
    return {"migration_id": move.migration_id, "workload": str(move.workload), "target": move.target}


def sort_key(series: Series) -> tuple[Offering, str]:
    """Return by what series are listed."""
    return series.offering, series.source


def series_to_json(series: Series) -> dict[str, Any]:
    """Return whose prices of what, as docs/commands.md describes."""
    offering = series.offering
    return {
        "provider": offering.provider,
        "region": offering.region,
        "instance_type": offering.instance_type,
        "capacity_type": offering.capacity_type.value,
        "operating_system": offering.system.value,
        "zone": offering.zone or None,
        "source": series.source,
        "mode": series.mode.value,
    }
