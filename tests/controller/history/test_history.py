"""What the engine asks of the history, from memory, whatever the disk does."""

from __future__ import annotations

import asyncio
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs

from controller.contract.savings import KnownSum
from controller.history.database import open_for_reading
from controller.history.events import ContextArmed, EngineStarted, EngineStopped
from controller.history.history import History
from controller.history.opening import open_history
from controller.history.price_points import Series
from controller.history.prices import read_prices, read_series_of
from controller.history.reading import read_newest, to_recorded
from controller.history.settings import HistorySettings
from oracle.market import Offering
from oracle.quotes import PriceMode, Quote
from tests.controller.history.histories import NOW, Installation, ended, started

M5 = Offering("aws", "eu-west-3", "m5.large")
STEP_S = HistorySettings().price_step_s
QUOTE = Quote("paris", M5, Decimal("0.0912"), NOW, NOW, NOW + 60, "watched prices.csv", PriceMode.LIVE)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


def read_points(installation: Installation) -> list[tuple[float, Decimal]]:
    connection = open_for_reading(installation.files.database)
    points = read_prices(connection, Series(M5, QUOTE.source, QUOTE.mode), NOW - 1, NOW + 1e6)
    connection.close()
    return points


def test_an_offering_has_a_point_a_step_however_often_its_quotes_are_seen(installation: Installation) -> None:
    later = structs.replace(QUOTE, confirmed_at=NOW + STEP_S, usd_per_hour=Decimal("0.1"))
    for _ in range(2):  # also by a second program
        with installation.run() as history:
            for quotes in (
                [QUOTE],
                [QUOTE],
                [structs.replace(QUOTE, confirmed_at=NOW + STEP_S - 1)],
                [later],
            ):
                history.sample_prices(quotes)
    assert read_points(installation) == [(NOW, Decimal("0.0912")), (NOW + STEP_S, Decimal("0.1"))]


def test_two_contexts_of_one_offering_have_one_price(installation: Installation) -> None:
    with installation.run() as history:
        history.sample_prices([QUOTE, structs.replace(QUOTE, context="lyon")])
    assert len(read_points(installation)) == 1
    connection = open_for_reading(installation.files.database)
    priced = [read_series_of(connection, context) for context in ("paris", "lyon")]
    connection.close()
    assert priced == [[Series(M5, QUOTE.source, QUOTE.mode)]] * 2


def test_the_timeline_counts_on_and_shows_the_newest() -> None:
    history = History(lambda: NOW)
    for number in range(1000):
        history.record(ContextArmed(str(number)))
    newest = history.newest(2)
    assert [entry.sequence for entry in newest] == [999, 1000]
    assert newest[1].text.startswith("999 armed")
    assert history.newest(0) == ()


def test_moves_that_are_older_than_any_cooldown_are_forgotten() -> None:
    now = [NOW]
    history = History(lambda: now[0])
    history.record(started())
    history.record(ended())
    now[0] += 30 * 86400
    assert len(history.past_moves()) == 1
    now[0] += 2 * 86400
    assert history.past_moves() == ()


def test_savings_are_those_of_the_moves_that_are_remembered() -> None:
    history = History(lambda: NOW)
    assert history.savings() is None
    history.record(ended("ROLLED_BACK", "m0"))
    assert history.savings() is None
    for number in (1, 2):
        history.record(ended(migration_id=f"m{number}"))
        savings = history.savings()
        assert savings is not None
        assert (savings.moves, savings.saved_per_day) == (number, KnownSum(number * Decimal("7.20")))
    assert history.savings() is history.savings()


def test_a_program_says_when_it_began_and_ended(installation: Installation) -> None:
    async def run_program() -> None:
        async with open_history(installation.files, installation.clock.clocks, HistorySettings()) as history:
            history.record(ContextArmed("paris"))

    asyncio.run(run_program())
    connection = open_for_reading(installation.files.database)
    written = [to_recorded(entry) for entry in read_newest(connection, 3)]
    connection.close()
    assert [one.event for one in written] == [EngineStarted(), ContextArmed("paris"), EngineStopped()]
    assert len({one.writer for one in written}) == 1


def test_a_start_does_not_wait_for_a_file_that_another_process_holds(installation: Installation) -> None:
    with installation.run() as history:
        history.record(started())
    other = sqlite3.connect(installation.files.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def run_program() -> None:
        settings = HistorySettings(busy_timeout_s=0.05)
        async with open_history(installation.files, installation.clock.clocks, settings) as history:
            assert [move.migration_id for move in history.past_moves()] == ["m1"], "it is read all the same"
            other.execute("ROLLBACK")

    asyncio.run(run_program())
    other.close()
    assert installation.verify().reason is None
