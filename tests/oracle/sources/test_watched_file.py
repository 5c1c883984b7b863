"""A live file that is read again when it changes, and not believed while it does."""

from __future__ import annotations

import asyncio
import os
import threading
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from oracle.errors import PriceFileError
from oracle.market import Offering
from oracle.quotes import PriceMode
from oracle.reasons import OracleCode
from oracle.sources.choosing import watch_file
from oracle.sources.price_file import find_version, load_price_list
from oracle.sources.price_list import PriceList
from oracle.sources.watched_file import WatchedFile

HEADER = "observed_at,provider,region,instance_type,capacity_type,usd_per_hour,confirmed_at\n"
POOL = Offering("gcp", "us-east1", "n2-standard-8")
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC).timestamp()


def write(path: Path, price: str, confirmed_at: float = NOON) -> str:
    """Write as somebody should who keeps a file up: beside it, then in its place."""
    moment = datetime.fromtimestamp(confirmed_at, UTC).isoformat()
    beside = path.with_suffix(".new")
    beside.write_text(f"{HEADER}2026-06-01T00:00:00Z,gcp,us-east1,n2-standard-8,spot,{price},{moment}\n")
    beside.replace(path)
    return str(path)


def price_at(source: WatchedFile | object, now: float) -> Decimal | None:
    found = asyncio.run(source.observe([POOL], now))  # type: ignore[attr-defined]
    return found[0].usd_per_hour if found else None


def test_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    source = watch_file(write(tmp_path / "prices.csv", "0.10"), None)
    assert source.mode is PriceMode.LIVE
    assert price_at(source, NOON) == Decimal("0.10")
    write(tmp_path / "prices.csv", "0.20")
    assert price_at(source, NOON) == Decimal("0.20")


def test_file_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    reads = []

    def read(path: str, life_s: float) -> PriceList:
        reads.append(path)
        return load_price_list(path, life_s)

    source = WatchedFile(write(tmp_path / "prices.csv", "0.10"), 60.0, find_version, read)
    assert [price_at(source, NOON + step) for step in range(5)] == [Decimal("0.10")] * 5
    assert len(reads) == 1


def test_touched_file_confirms_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "prices.csv", "0.10")
    source = watch_file(path, 60.0)
    os.utime(path, (NOON + 3600, NOON + 3600))
    assert price_at(source, NOON + 59) == Decimal("0.10")
    assert price_at(source, NOON + 60) is None
    assert source.notices[0].code is OracleCode.PRICE_UNCONFIRMED
    assert source.notices[0]["since"] == "2026-07-01 12:00 UTC"


def test_file_that_became_wrong_says_so_until_it_is_right_again(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    source = watch_file(write(path, "0.10"), None)
    write(path, "cheap")
    for _ in range(2):
        with pytest.raises(PriceFileError, match=r"prices.csv, line 2: usd_per_hour is 'cheap'"):
            price_at(source, NOON)
    write(path, "0.30")
    assert price_at(source, NOON) == Decimal("0.30")


def test_file_that_is_gone_gives_no_price(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    source = watch_file(write(path, "0.10"), None)
    path.unlink()
    with pytest.raises(PriceFileError, match="No such file"):
        price_at(source, NOON)


def test_file_that_changes_while_it_is_read_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    is_busy = False

    def read(name: str, life_s: float) -> PriceList:
        prices = load_price_list(name, life_s)
        if is_busy:
            write(path, "0.99")
        return prices

    source = WatchedFile(write(path, "0.10"), 60.0, find_version, read)
    is_busy = True
    write(path, "0.50")
    with pytest.raises(PriceFileError, match="changed while it was read"):
        price_at(source, NOON)
    is_busy = False
    assert price_at(source, NOON) == Decimal("0.99")


@pytest.mark.parametrize("life_s", [0.0, -1.0, 86_401.0, float("nan"), float("inf")])
def test_nobody_is_believed_for_more_than_a_day(tmp_path: Path, life_s: float) -> None:
    path = write(tmp_path / "prices.csv", "0.10")
    with pytest.raises(ValueError, match="cannot be believed"):
        WatchedFile(path, life_s, find_version, load_price_list)


def test_file_is_another_market_than_a_replay_of_it_or_another_file(tmp_path: Path) -> None:
    one, two = write(tmp_path / "one.csv", "0.10"), write(tmp_path / "two.csv", "0.10")
    markets = {
        watch_file(one, None).market_id,
        watch_file(two, None).market_id,
        watch_file(one, 60.0).market_id,
    }
    assert len(markets) == 3


def test_a_disk_that_gives_no_answer_keeps_no_program_from_ending(tmp_path: Path) -> None:
    answers, answered = threading.Event(), []
    answers.set()

    def look(path: str) -> object:
        answers.wait(10)
        answered.append(path)
        return find_version(path)

    source = WatchedFile(write(tmp_path / "prices.csv", "0.10"), 600.0, look, load_price_list)  # type: ignore[arg-type]
    answers.clear()
    answered.clear()

    async def ask() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(source.observe([POOL], NOON), 0.05)

    asyncio.run(ask())
    assert answered == []
    answers.set()
