"""The thread that writes the history, so that no disk and no other process ever makes the engine's loop wait.

The loop puts in what happened and takes out what others have written; both are plain queues. What the disk refuses is
kept and tried again; what is broken is set aside, and a new history begun.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from controller.history.database import is_busy, open_for_reading
from controller.history.errors import HistoryDamaged, HistoryUnusable
from controller.history.events import HistoryBegun, Recorded, state_reason, tag_of
from controller.history.files import HistoryFiles
from controller.history.keys import load_or_create_key
from controller.history.old_ledger import read_old_ledger
from controller.history.price_points import Points, PriceSample, PriceSpan
from controller.history.prices import read_prices
from controller.history.projections import MOVE_KINDS
from controller.history.reading import read_kinds, read_newest, to_recorded
from controller.history.settings import HistorySettings
from controller.history.store import HistoryStore, set_aside
from controller.reasons import Code
from oracle.foundation.clocks import Clocks
from oracle.foundation.reason import Reason

#: Events kept while the disk takes none; the oldest are lost to the file, not to the timeline.
MAX_WAITING = 10_000
#: Samples of prices kept meanwhile: a day of 200 offerings.
MAX_WAITING_SAMPLES = 20_000
#: Events that are read at the start, for the timeline.
NEWEST_READ = 300
#: Seconds for which another process may hold the file before a person is notified: it was stopped, or hangs.
BUSY_PATIENCE_S = 60.0
#: Seconds that the thread waits for what comes along with the first event: one transaction for all of them, and none of
#: the interpreter's time taken from the loop while it is busy with what has happened.
GATHER_S = 0.05
#: Transactions between two looks at what is too old or too much.
_PRUNE_EVERY = 200
_DAY_S = 86400.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Question:
    """Prices that the loop wants to have read."""

    spans: tuple[PriceSpan, ...]


_Request = Recorded | list[PriceSample] | _Question | None


class HistoryWriter:
    """Owns the store and its thread. Every method but the thread's own may be called from one other thread.

    Args:
        writer: names this process in what it writes.
        clocks: may be read on the thread.
    """

    def __init__(self, files: HistoryFiles, writer: str, clocks: Clocks, settings: HistorySettings) -> None:
        self._path, self._files = files.database, files
        self._writer, self._clocks, self._settings = writer, clocks, settings
        self._store: HistoryStore | None = None
        self._requests: queue.SimpleQueue[_Request] = queue.SimpleQueue()
        self._waiting: deque[Recorded] = deque(maxlen=MAX_WAITING)
        self._waiting_samples: deque[PriceSample] = deque(maxlen=MAX_WAITING_SAMPLES)
        self._asked: list[PriceSpan] = []
        self._read: queue.SimpleQueue[list[Recorded]] = queue.SimpleQueue()
        self._prices: queue.SimpleQueue[Mapping[PriceSpan, Points]] = queue.SimpleQueue()
        self._put = self._done = 0
        self._transactions = 0
        self._has_read = False
        self._refused_since_s: float | None = None
        #: Why nothing can be written at the moment, and that an older history was set aside; each for a notice.
        self.reason: Reason | None = None
        self.set_aside: Reason | None = None
        self.has_opened = threading.Event()
        self._is_closing, self._is_given_up = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)

    def start(self) -> None:
        """Begin to open and to write. `has_opened` is set when what was there has been read, or cannot be."""
        self._thread.start()

    def put(self, item: Recorded | list[PriceSample]) -> None:
        """Let an event, or samples of prices, be written. Returns at once."""
        self._put += 1
        self._requests.put(item)

    def ask(self, spans: Sequence[PriceSpan]) -> None:
        """Let prices be read. Returns at once."""
        self._put += 1
        self._requests.put(_Question(tuple(spans)))

    @property
    def has_waiting(self) -> bool:
        """Whether something that was put in is not on the disk yet, or something that was asked not answered."""
        return self._done < self._put

    def take_read(self) -> list[Recorded]:
        """Return what was read since the last call: at first the past, later what other processes have written."""
        found: list[Recorded] = []
        while not self._read.empty():
            found += self._read.get()
        return found

    @property
    def has_prices(self) -> bool:
        """Whether prices were read that `take_prices` has not returned."""
        return not self._prices.empty()

    def take_prices(self) -> Mapping[PriceSpan, Points]:
        """Return the prices that were read since the last call."""
        found: dict[PriceSpan, Points] = {}
        while not self._prices.empty():
            found |= self._prices.get()
        return found

    def close(self, timeout_s: float) -> None:
        """Write what waits and close the file; give up after `timeout_s`, because the disk may hang."""
        self._is_closing.set()
        self._requests.put(None)
        self._thread.join(timeout_s)
        self._is_given_up.set()

    def _run(self) -> None:
        """The edge of the thread: an error that nobody foresaw is reported and ends the writing, not the program."""
        try:
            self._open_if_needed()
            self.has_opened.set()
            while self._serve():
                pass
            # Another process may be writing its own end; on a full disk trying again would only keep a person waiting.
            while self._refused_since_s is not None and not self._is_given_up.is_set():
                self._attempt(self._write)
        except Exception as error:
            logger.exception("the history stumbled")
            self.reason = Code.HISTORY_NOT_WRITTEN.because(path=str(self._path), error=repr(error))
        finally:
            self.has_opened.set()
            if self._store is not None:
                self._store.close()

    def _serve(self) -> bool:
        """Wait for work and do it; False at the end."""
        is_retry = bool(self._waiting or self._waiting_samples)
        goes_on = self._collect(self._settings.retry_s if is_retry else self._settings.look_s)
        # Read first: what was asked is looked at before the next thing happens, and writing may be refused.
        self._answer()
        self._attempt(self._write)
        return goes_on

    def _collect(self, timeout_s: float) -> bool:
        """Take in all that was put; False where the end was among it."""
        try:
            item = self._requests.get(timeout=timeout_s)
            self._is_closing.wait(GATHER_S)
            while True:
                if item is None:
                    return False
                if isinstance(item, Recorded):
                    self._waiting.append(item)
                elif isinstance(item, _Question):
                    self._asked += item.spans
                else:
                    self._waiting_samples.extend(item)
                item = self._requests.get_nowait()
        except queue.Empty:
            return True

    def _open_if_needed(self) -> None:
        self._attempt(lambda: None)
        if self._store is None and not self._has_read:
            self._read_as_it_lies()

    def _attempt(self, work: Callable[[], None]) -> None:
        """Do something with an open store; what stands in the way becomes the reason of a notice."""
        try:
            try:
                self._require_store()
                work()
            except HistoryDamaged as damage:
                self._begin_anew(damage)
                self._require_store()
        except HistoryUnusable as error:
            self._tell(str(error))
        except sqlite3.Error as error:
            self._tell_refusal(error)
        except OSError as error:
            self._tell(error.strerror or str(error))
        else:
            self.reason = self._refused_since_s = None

    def _require_store(self) -> HistoryStore:
        if self._store is not None and self._store.is_moved:
            self._store.close()
            self._store = None
        if self._store is None:
            key = load_or_create_key(self._files.key, self._files.first_key)
            self._store = HistoryStore(self._path, key, self._writer, self._clocks.wall, self._settings)
            self._read_past(self._store.connection)
            self._take_over(self._store)
            self._store.prune()
        return self._store

    def _write(self) -> None:
        store = self._require_store()
        others = store.append(tuple(self._waiting)) if self._waiting else store.look()
        written = len(self._waiting)
        self._waiting.clear()
        if self._waiting_samples:
            store.sample_prices(self._waiting_samples)
            self._waiting_samples.clear()
        self._done = self._put if self._requests.empty() else self._done + written
        self._hand_on(others)
        self._transactions += 1
        if self._transactions % _PRUNE_EVERY == 0:
            store.prune()

    def _read_past(self, connection: sqlite3.Connection) -> None:
        """Hand on the newest events, and before them those of moves that are older."""
        if self._has_read:
            return
        newest = read_newest(connection, NEWEST_READ)
        since = self._clocks.wall() - self._settings.move_memory_days * _DAY_S
        first = newest[0].sequence if newest else 0
        moves = read_kinds(connection, MOVE_KINDS, since, before=first)
        self._hand_on([*moves, *map(to_recorded, newest)])
        self._has_read = True

    def _hand_on(self, recorded: Sequence[Recorded]) -> None:
        """Give the loop what it will remember of this: the moves, and the newest of all the rest."""
        if recorded:
            older, newest = recorded[:-NEWEST_READ], recorded[-NEWEST_READ:]
            self._read.put([*(one for one in older if tag_of(one.event) in MOVE_KINDS), *newest])

    def _read_as_it_lies(self) -> None:
        """On a disk that takes nothing, what an earlier program wrote can still be read."""
        try:
            connection = open_for_reading(self._path)
        except (sqlite3.Error, OSError, HistoryUnusable):
            return
        try:
            self._read_past(connection)
        except (sqlite3.Error, HistoryUnusable):
            logger.warning("the history cannot be read", exc_info=True)
        finally:
            connection.close()

    def _answer(self) -> None:
        """Read the prices that were asked for, also from a disk that takes nothing. What cannot be read is unknown."""
        spans, self._asked = self._asked, []
        if not spans:
            return
        try:
            connection = self._store.connection if self._store is not None else open_for_reading(self._path)
            try:
                self._prices.put({span: _read_span(connection, span) for span in spans})
            finally:
                if self._store is None:
                    connection.close()
        except (sqlite3.Error, OSError, HistoryUnusable, ValueError):
            logger.warning("prices of the past cannot be read", exc_info=True)
            self._prices.put(dict.fromkeys(spans, ()))

    def _take_over(self, store: HistoryStore) -> None:
        """Read in the ledger of an earlier version; it stays, under another name."""
        try:
            ledger = read_old_ledger(self._files.old_ledger)
        except FileNotFoundError:
            return
        name = self._files.old_ledger.name
        recorded = ledger.with_summary(name, self._clocks.wall(), self._writer)
        if store.take_over(name, ledger.digest, recorded):
            self._hand_on(recorded)
        self._files.old_ledger.rename(self._files.old_ledger.with_name(f"{name}.taken-over"))
        self._files.old_ledger.with_name(f"{name}.lock").unlink(missing_ok=True)

    def _begin_anew(self, damage: HistoryDamaged) -> None:
        """Set aside what is broken, unless another process has done so already; the next attempt makes a new file.

        Once in a process: what breaks again at once is no accident of the file, and nothing would be left but files.
        """
        store, self._store = self._store, None
        is_there = store is None or not store.is_moved
        if store is not None:
            store.close()
        if self.set_aside is not None:
            self._tell(str(damage))
        elif is_there:
            name = set_aside(self._path, self._clocks.wall())
            self.set_aside = Code.HISTORY_SET_ASIDE.because(name=name, why=str(damage))
            begun = Recorded(self._clocks.wall(), self._writer, HistoryBegun(state_reason(self.set_aside)))
            self._waiting.appendleft(begun)
            self._hand_on([begun])

    def _tell_refusal(self, error: sqlite3.Error) -> None:
        if not is_busy(error):
            self._tell(str(error))
            return
        now_s = self._clocks.counting()
        self._refused_since_s = now_s if self._refused_since_s is None else self._refused_since_s
        waited_s = now_s - self._refused_since_s
        if waited_s > BUSY_PATIENCE_S:
            self.reason = Code.HISTORY_BUSY.because(path=str(self._path), seconds=waited_s)

    def _tell(self, error: str) -> None:
        code = Code.HISTORY_NOT_WRITTEN if self._store is not None else Code.HISTORY_BEGINS_ANEW
        self.reason = code.because(path=str(self._path), error=error)


def _read_span(connection: sqlite3.Connection, span: PriceSpan) -> Points:
    return tuple(read_prices(connection, span.series, span.since, span.until))
