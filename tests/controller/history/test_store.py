"""What is kept stays within its bounds, and what goes leaves a chain that verifies."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from controller.history.database import measure_used_bytes
from controller.history.price_points import PriceSample, Series
from controller.history.prices import read_prices
from oracle.market import Offering
from oracle.quotes import PriceMode
from tests.controller.history.histories import NOW, Clock, armed, open_store, read_contexts, verify

DAY_S = 86400.0
M5 = Series(Offering("aws", "eu-west-3", "m5.large"), "list", PriceMode.LIVE)


def test_what_is_older_than_is_kept_goes(tmp_path: Path) -> None:
    path, clock = tmp_path / "history.db", Clock()
    store = open_store(path, clock, keep_days=30)
    store.append([armed(f"day {day}", NOW + day * DAY_S) for day in range(60)])
    clock.now += 59 * DAY_S
    store.prune()
    store.close()
    assert read_contexts(path) == [f"day {day}" for day in range(29, 60)]
    assert verify(path).reason is None


def test_a_start_with_a_clock_that_is_years_ahead_removes_nothing(tmp_path: Path) -> None:
    path, clock = tmp_path / "history.db", Clock()
    store = open_store(path, clock, keep_days=30)
    store.append([armed("older", NOW - DAY_S), armed("newest", NOW)])
    clock.now += 4000 * DAY_S
    store.prune()
    store.close()
    assert read_contexts(path) == ["older", "newest"]


def test_what_is_too_much_goes_oldest_first(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    store = open_store(path, max_mib=1.0)
    store.append([armed(f"{number} {'x' * 400}") for number in range(5000)])
    assert measure_used_bytes(store.connection) > 1024 * 1024
    store.prune()
    assert 0.8 * 1024 * 1024 < measure_used_bytes(store.connection) <= 1024 * 1024
    store.close()
    kept = read_contexts(path)
    assert kept[-1].startswith("4999 ")
    assert len(kept) > 1000
    assert verify(path).reason is None


def test_a_bound_that_nothing_fits_into_keeps_the_newest_entry_and_ends(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    store = open_store(path, max_mib=0.0)
    store.append([armed(str(number)) for number in range(10)])
    store.prune()
    store.append([armed("later")])
    store.close()
    assert read_contexts(path) == ["9", "later"]
    assert verify(path).reason is None


def test_prices_of_today_are_read_at_once_and_those_of_last_week_as_well(tmp_path: Path) -> None:
    clock = Clock()
    store = open_store(tmp_path / "history.db", clock)
    for day in range(8):
        clock.now = NOW + day * DAY_S
        store.sample_prices([PriceSample(M5, int(clock.now), 90_000 + day)])
    found = read_prices(store.connection, M5, NOW - DAY_S, clock.now)
    assert [price for _, price in found] == [Decimal(90_000 + day) / 1_000_000 for day in range(8)]
    assert store.connection.execute("SELECT count(*) FROM price_points").fetchone()[0] <= 2
    store.close()


def test_others_are_told_once(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    mine, other = open_store(path), open_store(path)
    other.append([armed("theirs")])
    assert [one.event for one in mine.look()] == [armed("theirs").event]
    assert mine.look() == []
    other.append([armed("theirs again")])
    assert [one.event for one in mine.append([armed("mine")])] == [armed("theirs again").event]
    assert mine.look() == []
    assert [one.event for one in other.look()] == [armed("mine").event]
    mine.close()
    other.close()
    assert verify(path).reason is None
