"""`sentinelaura ledger`: what happened, read from the history without starting anything.

Here are `show`, `verify` and `export`; `at`, `savings` and `prices` have files of their own.
"""

from __future__ import annotations

import sqlite3
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.commands.failures import CommandFailed
from app.commands.ledger_at import tell_moment
from app.commands.ledger_prices import tell_prices
from app.commands.ledger_report import (
    LedgerVerdict,
    entry_to_json,
    entry_to_text,
    mark_to_json,
    verdict_to_json,
    verdict_to_text,
)
from app.commands.ledger_savings import tell_savings
from app.commands.output import report_line, write_output
from app.composition import history_files, open_key_ring
from app.config.configuration import Configuration
from app.exit_codes import ExitCode
from app.moments import GivenMoment, format_utc
from controller.history.chain import Verified, find_head, is_anchor, verify_chain
from controller.history.database import open_for_reading, snapshot, telling_damage
from controller.history.errors import HistoryDamaged
from controller.history.keys import load_key
from controller.history.reading import ANCHOR, HEAD, read_entries, read_mark, read_newest
from controller.history.settings import HistorySettings
from oracle.foundation.clocks import SYSTEM_CLOCKS, Clocks
from oracle.foundation.key_ring import KeyRing, Purpose


async def run_ledger(
    arguments: Namespace, configuration: Configuration, clocks: Clocks = SYSTEM_CLOCKS
) -> int:
    """Print what the action of `arguments` asks for. Raises: CommandFailed, HistoryUnusable, KeyRingError."""
    files = history_files(configuration)
    path = Path(arguments.file) if arguments.file is not None else files.database
    report_line(f"{path}: what happened to {'simulated' if configuration.is_demo else 'real'} clusters")
    with _reading(path) as connection:
        match arguments.action:
            case "show":
                return _show(connection, arguments.limit, arguments.json)
            case "export":
                return _export(connection)
            case "verify":
                keys = _list_keys(files.key, open_key_ring(configuration))
                return _verify(connection, keys, arguments.head, arguments.json)
        for text in _tell(connection, arguments, configuration.history, clocks.wall()):
            write_output(text)
        return ExitCode.OK


def _tell(
    connection: sqlite3.Connection, arguments: Namespace, settings: HistorySettings, now: float
) -> Iterator[str]:
    """Yield what follows from the events and the prices that were recorded."""
    match arguments.action:
        case "at":
            at = arguments.moment.resolve(now)
            yield tell_moment(connection, at, now, settings.price_step_s, arguments.json)
        case "savings":
            yield tell_savings(connection, _resolve_since(arguments.since, now), arguments.json)
        case "prices":
            form = "json" if arguments.json else "csv" if arguments.csv else "text"
            since = _resolve_since(arguments.since, now)
            yield from tell_prices(connection, arguments.name, since, now, form)


def _resolve_since(since: GivenMoment | None, now: float) -> float:
    """Return the moment in Unix seconds, the beginning of all where none was given. Raises: CommandFailed."""
    moment = 0.0 if since is None else since.resolve(now)
    if moment > now:
        raise CommandFailed(ExitCode.BAD_INPUT, f"{format_utc(moment)} has not come yet")
    return moment


def _show(connection: sqlite3.Connection, limit: int, as_json: bool) -> int:
    to_line = entry_to_json if as_json else entry_to_text
    for entry in read_newest(connection, limit):
        write_output(to_line(entry))
    return ExitCode.OK


def _export(connection: sqlite3.Connection) -> int:
    write_output(mark_to_json(ANCHOR, read_mark(connection, ANCHOR)))
    for entry in read_entries(connection):
        write_output(entry_to_json(entry))
    write_output(mark_to_json(HEAD, read_mark(connection, HEAD)))
    return ExitCode.OK


def _verify(connection: sqlite3.Connection, keys: Sequence[bytes], noted: str | None, as_json: bool) -> int:
    verdict = _judge(connection, keys, noted)
    write_output(verdict_to_json(verdict) if as_json else verdict_to_text(verdict))
    return ExitCode.OK if verdict.reason is None else ExitCode.FAILED


def _judge(connection: sqlite3.Connection, keys: Sequence[bytes], noted: str | None) -> LedgerVerdict:
    try:
        anchor, head = read_mark(connection, ANCHOR), read_mark(connection, HEAD)
        key = next((one for one in keys if is_anchor(one, anchor)), keys[0])
        found = verify_chain(key, anchor, head, read_entries(connection))
        if found.reason is None and noted is not None:
            found = Verified(found.count, find_head(read_entries(connection), anchor, noted))
    except HistoryDamaged as damage:
        return LedgerVerdict(0, 0, "", damage.reason)
    return LedgerVerdict(found.count, anchor.sequence + 1, head.noted, found.reason)


def _list_keys(path: Path, ring: KeyRing | None) -> list[bytes]:
    """Return the key of this installation, and those of histories that began elsewhere with the same ring."""
    of_ring = [] if ring is None else [key.derive(Purpose.LEDGER) for key in ring.keys]
    try:
        return [load_key(path), *of_ring]
    except FileNotFoundError:
        if of_ring:
            return of_ring
        text = f"there is no key {path}, without which nothing can be verified"
        raise CommandFailed(ExitCode.FAILED, text) from None


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """One state of the history. Raises: CommandFailed where it cannot be read at all."""
    try:
        with telling_damage():
            connection = open_for_reading(path)
            try:
                with snapshot(connection):
                    yield connection
            finally:
                connection.close()
    except FileNotFoundError:
        raise CommandFailed(ExitCode.FAILED, f"there is no history {path} yet") from None
    except sqlite3.Error as error:
        raise CommandFailed(ExitCode.FAILED, f"the history {path} cannot be read: {error}") from error
