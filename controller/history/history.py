"""What happened, as the engine sees it: takes events, answers with the timeline and the moves of the past.

All answers come from memory. What must outlive the program goes to the writer's thread and comes back from it at the
next start; without a writer, or with one whose disk takes nothing, everything here works for as long as the program.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from controller.contract.savings import Savings
from controller.contract.snapshots import TimelineEntry
from controller.history.events import KnownEvent, MoveEnded, Recorded
from controller.history.price_points import Points, PriceSample, PriceSpan, Series, to_microdollars
from controller.history.projections import MoveFold, PastMove
from controller.history.savings import sum_up_savings
from controller.history.sentences import describe, to_entry
from controller.history.settings import HistorySettings
from controller.history.writer import HistoryWriter
from oracle.foundation.reason import Reason
from oracle.quotes import Quote

#: Entries kept in memory for the timeline; a snapshot shows at most 200.
MAX_REMEMBERED = 300
#: How long the end of the program waits for the disk, seconds.
CLOSE_PATIENCE_S = 3.0
_DAY_S = 86400.0


class History:
    """The history of this installation. Belongs to the engine's loop; nothing here waits for a disk.

    Args:
        wall: Unix seconds.
        disk: writes it all down; None keeps it in memory only.
        writer: names this process.
        counts_earlier_moves: whether moves of other processes concern the clusters of this one. They do not where
            the clusters themselves begin anew with each program.
    """

    def __init__(
        self,
        wall: Callable[[], float],
        disk: HistoryWriter | None = None,
        *,
        writer: str = "",
        counts_earlier_moves: bool = True,
        settings: HistorySettings | None = None,
    ) -> None:
        self._wall, self._disk, self._writer = wall, disk, writer
        self._counts_earlier_moves = counts_earlier_moves
        self._settings = settings or HistorySettings()
        self._entries: deque[TimelineEntry] = deque(maxlen=MAX_REMEMBERED)
        self._sequence = 0
        self._moves = MoveFold()
        #: Summed up until the next move ends.
        self._savings: Savings | None = None
        self._sampled: dict[Series, float] = {}

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What a person should know of the disk while it lasts; empty while all is well."""
        if self._disk is None:
            return ()
        return tuple(reason for reason in (self._disk.reason, self._disk.set_aside) if reason is not None)

    @property
    def has_waiting(self) -> bool:
        """Whether something is not on the disk yet, so that a look is due although nothing else happens."""
        return self._disk is not None and self._disk.has_waiting

    def record(self, event: KnownEvent) -> None:
        """Remember an event of this moment, and let it be written. Takes microseconds and never raises."""
        recorded = Recorded(self._wall(), self._writer, event)
        self._remember(recorded)
        if self._disk is not None:
            self._disk.put(recorded)

    def take_in(self) -> None:
        """Take in what was read from the disk: the past, and what other processes of this installation wrote."""
        if self._disk is not None:
            for recorded in self._disk.take_read():
                self._remember(recorded)

    def newest(self, limit: int) -> tuple[TimelineEntry, ...]:
        """Return the newest entries of the timeline, oldest first, at most `limit`."""
        return tuple(self._entries)[-limit:] if limit > 0 else ()

    def past_moves(self) -> tuple[PastMove, ...]:
        """Return the moves that were recorded within the settings' memory and concern the clusters of this process."""
        self._moves.forget(self._wall() - self._settings.move_memory_days * _DAY_S)
        moves = self._moves.moves
        if self._counts_earlier_moves:
            return moves
        return tuple(move for move in moves if move.writer == self._writer)

    def savings(self) -> Savings | None:
        """Return what those of them that reached their target cost and save, None where there is none."""
        if self._savings is None:
            self._savings = sum_up_savings(self.past_moves())
        return self._savings if self._savings.moves else None

    def sample_prices(self, quotes: Iterable[Quote]) -> None:
        """Let the price history have a point of every offering whose last one is old enough."""
        if self._disk is None:
            return
        quoted: dict[Series, list[Quote]] = {}
        for quote in quotes:
            quoted.setdefault(Series(quote.offering, quote.source, quote.mode), []).append(quote)
        samples = [
            sample for series in quoted if (sample := self._sample(series, quoted[series])) is not None
        ]
        if samples:
            self._disk.put(samples)

    def ask_for_prices(self, spans: Sequence[PriceSpan]) -> bool:
        """Let prices be read from the disk, for `take_prices` to return; False where there is none to ask."""
        if self._disk is None:
            return False
        self._disk.ask(spans)
        return True

    @property
    def has_prices(self) -> bool:
        """Whether prices have come that `take_prices` has not returned."""
        return self._disk is not None and self._disk.has_prices

    def take_prices(self) -> Mapping[PriceSpan, Points]:
        """Return what was read since the last call; no points where none are kept, or none can be read."""
        return {} if self._disk is None else self._disk.take_prices()

    def close(self) -> None:
        """Write what waits; blocks for at most a few seconds."""
        if self._disk is not None:
            self._disk.close(CLOSE_PATIENCE_S)

    def _sample(self, series: Series, quotes: Sequence[Quote]) -> PriceSample | None:
        """Return a point of what several contexts have in common, None where the last one is new enough."""
        quote = max(quotes, key=lambda one: one.confirmed_at)
        last = self._sampled.get(series)
        if last is not None and 0 <= quote.confirmed_at - last < self._settings.price_step_s:
            return None
        self._sampled[series] = quote.confirmed_at
        contexts = frozenset(one.context for one in quotes)
        return PriceSample(series, int(quote.confirmed_at), to_microdollars(quote.usd_per_hour), contexts)

    def _remember(self, recorded: Recorded) -> None:
        self._moves.add(recorded)
        if isinstance(recorded.event, MoveEnded):
            self._savings = None
        line = describe(recorded.event)
        if line.is_shown:
            self._sequence += 1
            self._entries.append(to_entry(self._sequence, recorded, line))
