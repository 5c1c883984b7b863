"""Writes a history: appends to the chain, samples prices, prunes, sets aside what is broken.

Belongs to one thread at a time (`writer.py`); several processes of one installation may write the same file, each in
short transactions.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from controller.history.chain import (
    Mark,
    compute_mac,
    is_anchor,
    is_head,
    sign_anchor,
    sign_head,
)
from controller.history.database import (
    measure_used_bytes,
    open_for_writing,
    snapshot,
    telling_damage,
    transaction,
)
from controller.history.errors import HistoryDamaged
from controller.history.events import HistoryBegun, Recorded, UnknownEvent, encode_event, tag_of
from controller.history.price_points import PriceSample
from controller.history.prices import add_samples, drop_days, drop_oldest_days, pack_days
from controller.history.reading import ANCHOR, HEAD, read_entries, read_mark, read_newest, to_recorded
from controller.history.settings import HistorySettings
from controller.reasons import Code

_DAY_S = 86400.0
#: Share of what is kept that goes at once where the database has become too big.
_PRUNED_SHARE = 0.1


class HistoryStore:
    """One open history. `writer` names this process in its entries; `wall` gives Unix seconds.

    Every method raises sqlite3.Error or OSError where the disk or another process stands in the way, after which it may
    be called again, and HistoryDamaged where the file cannot go on.
    """

    def __init__(
        self,
        path: Path,
        key: bytes,
        writer: str,
        wall: Callable[[], float],
        settings: HistorySettings,
    ) -> None:
        """Open the file and check its ends. Raises also: HistoryUnusable."""
        self.path = path
        self._key = key
        self._writer = writer
        self._wall = wall
        self._settings = settings
        self._connection = open_for_writing(path, settings.busy_timeout_s)
        self._data_version = -1
        try:
            #: The newest entry that this process has written or read.
            self._seen = 0
            with self._change():
                self._begin_chain()
                self._seen = self._read_head().sequence
            self._identity = _identify(path)
        except BaseException:
            self._connection.close()
            raise

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection, for reading."""
        return self._connection

    @property
    def is_moved(self) -> bool:
        """Whether the file is no longer the one that stands at its path: deleted, replaced, or set aside."""
        return _identify(self.path) != self._identity

    def close(self) -> None:
        """Close the file; SQLite folds its log into it where nobody else has it open."""
        self._connection.close()

    def append(self, recorded: Sequence[Recorded]) -> list[Recorded]:
        """Append events in one transaction; returns what others have written since the last time."""
        with self._change():
            head = self._read_head()
            others = self._read_news(head)
            newest = self._extend(head, recorded)
        self._seen = newest
        return others

    def look(self) -> list[Recorded]:
        """Return what others have written since the last time."""
        with telling_damage(), snapshot(self._connection):
            version = int(self._connection.execute("PRAGMA data_version").fetchone()[0])
            if version == self._data_version:
                return []
            head = self._read_head()
            others = self._read_news(head)
        self._data_version, self._seen = version, head.sequence
        return others

    def sample_prices(self, samples: Iterable[PriceSample]) -> None:
        """Keep prices, and pack those of the days before yesterday."""
        with self._change():
            add_samples(self._connection, samples, self._settings.price_step_s)
            pack_days(self._connection, self._wall() - _DAY_S)

    def take_over(self, file: str, digest: bytes, recorded: Sequence[Recorded]) -> bool:
        """Append the lines of an older ledger; False where a file with this digest was taken over before."""
        with self._change():
            if self._connection.execute(
                "SELECT 1 FROM taken_over WHERE file = ? AND digest = ?", (file, digest)
            ).fetchone():
                return False
            newest = self._extend(self._read_head(), recorded)
            self._connection.execute("INSERT OR REPLACE INTO taken_over VALUES (?, ?)", (file, digest))
        self._seen = newest
        return True

    def prune(self) -> None:
        """Remove what is older than the settings keep, and the oldest tenth of what is too much.

        Old is what is old beside the newest entry as well: a start with a clock that is years ahead removes nothing.
        """
        with self._change():
            newest = read_newest(self._connection, 1)
            now = min([self._wall(), *(entry.at for entry in newest)])
            oldest_kept = now - self._settings.keep_days * _DAY_S
            drop_days(self._connection, oldest_kept)
            newer = self._connection.execute(
                "SELECT min(sequence) FROM events WHERE at >= ?", (oldest_kept,)
            ).fetchone()[0]
            self._prune_before(self._read_head().sequence if newer is None else newer)
        while self._is_too_big():
            if not self._prune_share():
                break

    def _begin_chain(self) -> None:
        """Begin the chain of a new file; check both ends of one that exists."""
        if self._connection.execute("SELECT count(*) FROM marks").fetchone()[0] == 0:
            if self._connection.execute("SELECT count(*) FROM events").fetchone()[0]:
                raise HistoryDamaged(
                    Code.HISTORY_DAMAGED.because(problem=Code.HISTORY_MARKS_MISSING.because())
                )
            # Random, so that entries of one history fit into no other that has the same key.
            begin = secrets.token_bytes(32)
            self._put_mark(ANCHOR, sign_anchor(self._key, 0, begin))
            begun = Recorded(self._wall(), self._writer, HistoryBegun())
            self._extend(Mark(0, begin, b""), (begun,))
        anchor = read_mark(self._connection, ANCHOR)
        if not is_anchor(self._key, anchor):
            raise HistoryDamaged(Code.LEDGER_ANCHOR_FORGED.because(sequence=anchor.sequence + 1))

    def _read_head(self) -> Mark:
        """Return the head, which must be signed and stand at the newest entry. Raises: HistoryDamaged."""
        head = read_mark(self._connection, HEAD)
        if not is_head(self._key, head):
            raise HistoryDamaged(Code.LEDGER_HEAD_FORGED.because())
        newest = read_newest(self._connection, 1)
        at_end = (newest[0].sequence, newest[0].mac) if newest else None
        anchor = read_mark(self._connection, ANCHOR)
        if at_end != (head.sequence, head.mac) and (newest or anchor.sequence != head.sequence):
            last = newest[0].sequence if newest else anchor.sequence
            raise HistoryDamaged(Code.LEDGER_NEWEST_MISSING.because(last=last, expected=head.sequence))
        if head.sequence < self._seen:
            raise HistoryDamaged(Code.LEDGER_NEWEST_MISSING.because(last=head.sequence, expected=self._seen))
        return head

    def _read_news(self, head: Mark) -> list[Recorded]:
        if head.sequence == self._seen:
            return []
        return [to_recorded(entry) for entry in read_entries(self._connection, self._seen)]

    def _extend(self, head: Mark, recorded: Sequence[Recorded]) -> int:
        """Append to the chain and sign its new end; returns the newest sequence."""
        sequence, mac = head.sequence, head.mac
        for one in recorded:
            sequence, mac = self._insert(one, sequence, mac)
        self._put_mark(HEAD, sign_head(self._key, sequence, mac))
        return sequence

    def _insert(self, recorded: Recorded, last: int, previous: bytes) -> tuple[int, bytes]:
        event = recorded.event
        assert not isinstance(event, UnknownEvent), "only what is understood is written"
        sequence, kind, body = last + 1, tag_of(event), encode_event(event)
        mac = compute_mac(self._key, previous, sequence, recorded.at, recorded.writer, kind, body)
        self._connection.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)",
            (sequence, recorded.at, recorded.writer, kind, body, mac),
        )
        return sequence, mac

    def _put_mark(self, name: str, mark: Mark) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?)",
            (name, mark.sequence, mark.mac, mark.signature),
        )

    def _prune_before(self, sequence: int) -> int:
        """Remove the entries before this one, and move the anchor to the last that went; returns how many went."""
        last = self._connection.execute(
            "SELECT sequence, mac FROM events WHERE sequence < ? ORDER BY sequence DESC LIMIT 1", (sequence,)
        ).fetchone()
        if last is None:
            return 0
        self._put_mark(ANCHOR, sign_anchor(self._key, int(last[0]), bytes(last[1])))
        return self._connection.execute("DELETE FROM events WHERE sequence < ?", (sequence,)).rowcount

    def _prune_share(self) -> int:
        with self._change():
            first, last = self._connection.execute(
                "SELECT min(sequence), max(sequence) FROM events"
            ).fetchone()
            before = self._connection.total_changes
            if first is not None and last > first:
                self._prune_before(first + max(1, int((last - first) * _PRUNED_SHARE)))
            drop_oldest_days(self._connection, _PRUNED_SHARE)
            return self._connection.total_changes - before

    def _is_too_big(self) -> bool:
        return measure_used_bytes(self._connection) > self._settings.max_mib * 1024 * 1024

    @contextmanager
    def _change(self) -> Iterator[None]:
        with telling_damage(), transaction(self._connection):
            yield


def set_aside(path: Path, now: float) -> str:
    """Rename a history that cannot go on, with its log, and return its new name. Raises: OSError."""
    moment = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H-%M-%S")
    name = f"{path.stem}.{moment}.{secrets.token_hex(2)}{path.suffix}"
    for tail in ("-wal", "-shm", ""):
        try:
            os.rename(f"{path}{tail}", f"{path.with_name(name)}{tail}")
        except FileNotFoundError:
            continue  # SQLite keeps a log only while it is needed
    return name


def _identify(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
