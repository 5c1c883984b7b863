"""Lets price histories begin with what this installation remembers of the last day, where the store holds less.

Only what is live: a market that is simulated or played back has a clock of its own, and its name does not say which
of several it is; the store tells those apart. The history reads on its own thread; what has come is merged into the
oracle's bounded series, where nothing of another source ever joins. Owned by the engine.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Protocol

from controller.history.history import History
from controller.history.price_points import Points, PriceSpan, Series
from oracle.binding import Binding
from oracle.market import Offering
from oracle.price_history import SPAN_S, PricePoint
from oracle.quotes import PriceMode, Quote, QuoteBoard, make_origin

#: Series that are asked for at once: what comes back is merged within a few milliseconds of the loop.
MAX_ASKED = 25
#: Less than this that is missing of the day is not worth a look: two of the points that are kept.
LEAST_MISSING_S = 1800.0


class Histories(Protocol):
    """What is needed of the oracle."""

    def has_read_history(self, context: str, offering: Offering) -> bool: ...

    def history(self, context: str, offering: Offering) -> Sequence[PricePoint]: ...

    def add_history(self, context: str, offering: Offering, points: list[PricePoint]) -> None: ...


class PriceMemory:
    """Asks once for each context, machine and source, as soon as it is known what the store holds."""

    def __init__(self, oracle: Histories, history: History) -> None:
        self._oracle, self._history = oracle, history
        self._asked: set[tuple[Binding, str]] = set()
        #: What was asked and not answered -> the contexts that it is for.
        self._open: dict[PriceSpan, list[str]] = {}

    @property
    def has_open(self) -> bool:
        """Whether an answer is to come, or has come and was not taken."""
        return bool(self._open)

    def work(self, bindings: Set[Binding], board: QuoteBoard, now: float) -> None:
        """Take what was read, and ask for what is missing. Returns at once."""
        for span, points in self._history.take_prices().items():
            self._add(span, points)
        # Whatever is bound again has lost its series, and is asked for again.
        self._asked = {(binding, source) for binding, source in self._asked if binding in bindings}
        self._ask(bindings, board, now)

    def _add(self, span: PriceSpan, points: Points) -> None:
        series = span.series
        origin = make_origin(series.source, series.mode)
        found = [PricePoint(at, price, origin) for at, price in points]
        for context in self._open.pop(span, ()):
            self._oracle.add_history(context, series.offering, found)

    def _ask(self, bindings: Set[Binding], board: QuoteBoard, now: float) -> None:
        wanted: dict[PriceSpan, list[str]] = {}
        for binding in bindings:
            quote = board.find(binding.context, binding.offering)
            if quote is None or len(wanted) == MAX_ASKED or not self._is_to_ask(binding, quote):
                continue
            self._asked.add((binding, quote.source))
            points = self._oracle.history(binding.context, binding.offering)
            since, known_since = now - SPAN_S, points[0].observed_at if points else now
            if known_since - since > LEAST_MISSING_S:
                span = PriceSpan(Series(quote.offering, quote.source, quote.mode), since, known_since)
                wanted.setdefault(span, []).append(binding.context)
        if wanted and self._history.ask_for_prices(tuple(wanted)):
            self._open |= wanted

    def _is_to_ask(self, binding: Binding, quote: Quote) -> bool:
        return (
            quote.mode is PriceMode.LIVE
            and (binding, quote.source) not in self._asked
            and self._oracle.has_read_history(binding.context, binding.offering)
        )
