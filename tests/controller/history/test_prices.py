"""A year of prices is small, exact to a millionth of a dollar, and never says more than was said."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from controller.history.database import open_for_writing, transaction
from controller.history.price_points import DAY_S, PriceSample, Series, to_usd
from controller.history.prices import (
    add_samples,
    drop_days,
    drop_oldest_days,
    pack_days,
    read_prices,
    read_prices_at,
    read_series,
    read_series_of,
)
from controller.history.settings import HistorySettings
from oracle.market import CapacityType, Offering
from oracle.quotes import PriceMode

SOURCE = "watched prices.csv"
STEP_S = int(HistorySettings().price_step_s)
YEAR_DAYS = 365
#: What the design allows: a year of 200 offerings in 50 MiB.
ALLOWED_BYTES_A_POINT = 50 * 1024 * 1024 / (200 * YEAR_DAYS * DAY_S / STEP_S)
BEGIN = 20_000 * DAY_S


def offering(number: int = 0) -> Offering:
    return Offering("aws", f"region-{number}", "m5.large", CapacityType.SPOT)


def series(number: int = 0, source: str = SOURCE, mode: PriceMode = PriceMode.LIVE) -> Series:
    return Series(offering(number), source, mode)


def sample(at: int, microdollars: int, *, of: Series | None = None) -> PriceSample:
    return PriceSample(of or series(), at, microdollars)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_for_writing(tmp_path / "history.db", 1.0)
    yield connection
    connection.close()


def add(connection: sqlite3.Connection, *samples: PriceSample) -> None:
    with transaction(connection):
        add_samples(connection, samples, STEP_S)


def read(connection: sqlite3.Connection, of: Series | None = None) -> list[tuple[float, Decimal]]:
    return read_prices(connection, of or series(), 0.0, BEGIN + 1000 * DAY_S)


def test_a_year_of_two_hundred_offerings_takes_at_most_fifty_mebibytes(tmp_path: Path) -> None:
    """Measured on three offerings that never stand still, the dearest case; real prices mostly do."""
    path, chance = tmp_path / "history.db", random.Random(7)
    connection = open_for_writing(path, 1.0)
    prices, points = [1_000_000] * 3, 0
    for day in range(YEAR_DAYS):
        midnight = BEGIN + day * DAY_S
        rows = []
        for second in range(0, DAY_S, STEP_S):
            for number in range(3):
                prices[number] = max(1, prices[number] + chance.randint(-20_000, 20_000))
                rows.append((number + 1, midnight + second + chance.randint(0, 30), prices[number]))
        with transaction(connection):
            connection.executemany("INSERT INTO price_points VALUES (?, ?, ?)", rows)
            pack_days(connection, midnight + DAY_S)
        points += len(rows)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert points == 3 * YEAR_DAYS * DAY_S // STEP_S
    assert path.stat().st_size / points <= ALLOWED_BYTES_A_POINT


def test_prices_are_read_as_they_were_said_packed_or_not(connection: sqlite3.Connection) -> None:
    said = [(BEGIN + number * STEP_S, 100_000 + 37 * number) for number in range(300)]
    add(connection, *(sample(at, price) for at, price in said))
    expected = [(float(at), to_usd(price)) for at, price in said]
    assert read(connection) == expected
    with transaction(connection):
        pack_days(connection, BEGIN + 2.5 * DAY_S)
    assert connection.execute("SELECT count(*) FROM price_days").fetchone() == (2,)
    assert read(connection) == expected
    assert read_prices(connection, series(), BEGIN + DAY_S, BEGIN + DAY_S + STEP_S) == expected[96:98]


def test_points_closer_than_the_step_are_left_out_whoever_says_them(connection: sqlite3.Connection) -> None:
    for at in (0, 10, STEP_S - 1, STEP_S, STEP_S + 100, 2 * STEP_S):
        add(connection, sample(BEGIN + at, 100))
    assert [at - BEGIN for at, _ in read(connection)] == [0, STEP_S, 2 * STEP_S]


def test_a_day_that_is_packed_twice_keeps_what_it_had(connection: sqlite3.Connection) -> None:
    for at in (0, STEP_S):
        add(connection, sample(BEGIN + at, 100 + at))
        with transaction(connection):
            pack_days(connection, BEGIN + DAY_S)
    assert [price for _, price in read(connection)] == [to_usd(100), to_usd(100 + STEP_S)]


def test_offerings_sources_and_modes_are_told_apart(connection: sqlite3.Connection) -> None:
    told = [series(), series(1), series(source="prices.csv"), series(mode=PriceMode.RECORDED)]
    add(connection, *(sample(BEGIN, number, of=one) for number, one in enumerate(told)))
    assert [read(connection, one) for one in told] == [[(BEGIN, to_usd(number))] for number in range(4)]
    assert read_series(connection) == told
    assert read(connection, series(9)) == []


def test_a_context_finds_what_it_was_priced_by(connection: sqlite3.Connection) -> None:
    both = PriceSample(series(), BEGIN, 100, frozenset({"paris", "lyon"}))
    other = PriceSample(series(1), BEGIN, 100, frozenset({"paris"}))
    add(connection, both, other, PriceSample(series(), BEGIN + STEP_S, 100, frozenset({"paris"})))
    assert read_series_of(connection, "paris") == [series(), series(1)]
    assert read_series_of(connection, "lyon") == [series()]
    assert read_series_of(connection, "oslo") == []


def test_a_file_of_the_first_version_is_read_as_it_is(connection: sqlite3.Connection) -> None:
    add(connection, sample(BEGIN, 100))
    connection.execute("DROP TABLE price_contexts")
    assert read_series_of(connection, "paris") == []
    assert read_series(connection) == [series()]


def test_the_price_at_a_moment_is_the_last_that_was_said_and_unknown_when_that_is_too_old(
    connection: sqlite3.Connection,
) -> None:
    add(connection, sample(BEGIN, 100), sample(BEGIN + DAY_S, 200))
    life_s = 2 * STEP_S
    assert read_prices_at(connection, BEGIN + STEP_S, life_s) == {series(): to_usd(100)}
    assert read_prices_at(connection, BEGIN + 3 * STEP_S, life_s) == {}
    assert read_prices_at(connection, BEGIN + DAY_S, life_s) == {series(): to_usd(200)}
    assert read_prices_at(connection, BEGIN - 1, life_s) == {}


def test_old_days_are_forgotten(connection: sqlite3.Connection) -> None:
    add(connection, *(sample(BEGIN + day * DAY_S, day + 1) for day in range(10)))
    with transaction(connection):
        pack_days(connection, BEGIN + 20 * DAY_S)
        drop_days(connection, BEGIN + 2 * DAY_S)
    assert len(read(connection)) == 8
    with transaction(connection):
        drop_oldest_days(connection, 0.25)
    assert [price for _, price in read(connection)] == [to_usd(day + 1) for day in range(4, 10)]
