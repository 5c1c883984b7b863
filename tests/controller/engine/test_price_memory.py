"""After a restart the price histories begin with what was remembered of the last day, and with nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs

from controller.engine.price_memory import MAX_ASKED, PriceMemory
from controller.history.history import History
from oracle.binding import Binding
from oracle.market import Offering
from oracle.price_history import PriceHistory, PricePoint
from oracle.quotes import PriceMode, Quote, QuoteBoard
from tests.controller.history.histories import NOW, Installation, wait_for

M5 = Offering("aws", "eu-west-3", "m5.large")
QUOTE = Quote("paris", M5, Decimal("0.5"), NOW, NOW, NOW + 60, "prices.csv", PriceMode.LIVE)
STEP_S = 900.0
DAY = [NOW - STEP_S * number for number in range(98, 0, -1)]


class Oracle:
    """The oracle's series, as far as the memory needs them."""

    def __init__(self, *contexts: str) -> None:
        self.series = {context: PriceHistory(step_s=60.0) for context in contexts or ("paris",)}
        self.has_read = True

    def has_read_history(self, context: str, offering: Offering) -> bool:
        return self.has_read

    def history(self, context: str, offering: Offering) -> Sequence[PricePoint]:
        return self.series[context].points

    def add_history(self, context: str, offering: Offering, points: list[PricePoint]) -> None:
        self.series[context].merge(points)

    def times(self, context: str = "paris") -> list[float]:
        return [point.observed_at for point in self.series[context].points]


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """A day on which two sources and a simulation said prices: 0.1, 0.2 and 0.3."""
    installation = Installation(tmp_path)
    with installation.run() as history:
        for at in [DAY[0] - STEP_S, *DAY]:
            quotes = [
                structs.replace(QUOTE, confirmed_at=at, usd_per_hour=Decimal("0.1")),
                structs.replace(QUOTE, confirmed_at=at, usd_per_hour=Decimal("0.2"), source="other.csv"),
                structs.replace(
                    QUOTE, confirmed_at=at, usd_per_hour=Decimal("0.3"), mode=PriceMode.SIMULATED
                ),
            ]
            history.sample_prices(quotes)
    return installation


class Engine:
    """The memory at work in a program that has just begun."""

    def __init__(self, history: History, oracle: Oracle, *quotes: Quote) -> None:
        self.history = history
        self.memory = PriceMemory(oracle, history)
        self.board = QuoteBoard({(quote.context, quote.offering): quote for quote in quotes or (QUOTE,)})
        self.bindings = {Binding(*key) for key in self.board.quotes}

    def look(self) -> None:
        self.memory.work(self.bindings, self.board, NOW)

    def settle(self) -> None:
        """Look until nothing is awaited any more."""
        self.look()
        while self.memory.has_open:
            wait_for(lambda: self.history.has_prices)
            self.look()


def test_a_restart_shows_the_last_day_of_the_same_source(installation: Installation) -> None:
    oracle = Oracle()
    with installation.run() as history:
        Engine(history, oracle).settle()
    assert oracle.times() == DAY
    assert {point.usd_per_hour for point in oracle.series["paris"].points} == {Decimal("0.1")}
    assert {point.origin for point in oracle.series["paris"].points} == {QUOTE.origin}


def test_only_what_the_store_lacks_is_read(installation: Installation) -> None:
    oracle = Oracle()
    stored = [PricePoint(at, Decimal("0.4"), QUOTE.origin) for at in DAY[48:]]
    oracle.add_history("paris", M5, stored)
    with installation.run() as history:
        Engine(history, oracle).settle()
    assert oracle.times() == DAY
    assert tuple(oracle.series["paris"].points[48:]) == tuple(stored)


def test_a_store_that_holds_the_day_is_enough(installation: Installation) -> None:
    oracle = Oracle()
    oracle.add_history(
        "paris", M5, [PricePoint(at, Decimal("0.4"), QUOTE.origin) for at in (DAY[0], DAY[-1])]
    )
    with installation.run() as history:
        engine = Engine(history, oracle)
        engine.look()
        assert not engine.memory.has_open


def test_nothing_is_asked_before_it_is_known_what_the_store_holds(installation: Installation) -> None:
    oracle = Oracle()
    oracle.has_read = False
    with installation.run() as history:
        engine = Engine(history, oracle)
        engine.look()
        assert not engine.memory.has_open
        oracle.has_read = True
        engine.settle()
    assert oracle.times() == DAY


@pytest.mark.parametrize("mode", [PriceMode.SIMULATED, PriceMode.RECORDED])
def test_a_market_with_a_clock_of_its_own_takes_nothing_from_earlier_programs(
    mode: PriceMode, installation: Installation
) -> None:
    oracle = Oracle()
    with installation.run() as history:
        Engine(history, oracle, structs.replace(QUOTE, mode=mode)).settle()
    assert oracle.times() == []


def test_what_comes_after_the_source_has_changed_is_left_out(installation: Installation) -> None:
    oracle = Oracle()
    with installation.run() as history:
        engine = Engine(history, oracle)
        engine.look()
        now = PricePoint(NOW, Decimal("0.5"), structs.replace(QUOTE, source="other.csv").origin)
        oracle.series["paris"].append(now)
        engine.settle()
    assert tuple(oracle.series["paris"].points) == (now,)


def test_each_context_is_asked_for_once_until_it_is_bound_again(installation: Installation) -> None:
    oracle = Oracle()
    with installation.run() as history:
        engine = Engine(history, oracle)
        engine.settle()
        oracle.series["paris"] = PriceHistory()
        engine.settle()
        assert oracle.times() == []
        bound, engine.bindings = engine.bindings, set()
        engine.look()
        engine.bindings = bound
        engine.settle()
    assert oracle.times() == DAY


def test_a_large_fleet_is_asked_for_in_parts(installation: Installation) -> None:
    offerings = [Offering("aws", f"region-{number}", "m5.large") for number in range(MAX_ASKED + 10)]
    quotes = [structs.replace(QUOTE, context=one.region, offering=one) for one in offerings]
    oracle = Oracle(*(quote.context for quote in quotes))
    with installation.run() as history:
        engine = Engine(history, oracle, *quotes)
        engine.look()
        assert len(engine.memory._open) == MAX_ASKED
        engine.settle()
        assert len(engine.memory._asked) == MAX_ASKED + 10


def test_a_history_that_takes_nothing_is_still_read(installation: Installation) -> None:
    oracle = Oracle()
    installation.files.key.chmod(0o644)  # which lets nothing be written
    with installation.run() as history:
        Engine(history, oracle).settle()
        assert history.reasons
    assert oracle.times() == DAY


def test_without_a_disk_nothing_is_awaited() -> None:
    engine = Engine(History(lambda: NOW), Oracle())
    engine.look()
    assert not engine.memory.has_open


def test_a_broken_history_leaves_the_charts_as_they_are(installation: Installation) -> None:
    oracle = Oracle()
    with installation.run() as history:
        engine = Engine(history, oracle)
        installation.files.database.write_bytes(b"no database " * 1000)
        engine.settle()
    assert oracle.times() == []
