"""Files of prices that somebody else wrote: too large, wrong, old, or open to others."""

from __future__ import annotations

import asyncio
import gzip
import os
import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from app.config.configuration import Configuration
from controller.contract.snapshots import PriceOrigin
from controller.reasons import Code
from controller.simulation.fleet_plan import plan_demo_fleet
from controller.simulation.simulated_fleet import SimulatedFleet
from oracle.errors import PriceFileError
from oracle.market import Offering
from oracle.sources.choosing import choose_source, watch_file
from oracle.sources.price_file import load_recording
from tests.security.moves import HEADER, try_to_move, write_prices

ROW = "2026-07-01T00:00:00Z,gcp,us-east1,n2-standard-8,spot,"
MEGABYTE = 2**20
NOON = datetime(2026, 7, 1, 0, 20, tzinfo=UTC).timestamp()


def pack(path: Path, *pieces: tuple[bytes, int]) -> str:
    """Write a .csv.gz in which each piece stands so many times."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        for piece, times in pieces:
            file.write(piece * times)
    return str(path)


@pytest.mark.parametrize(
    ("pieces", "reason"),
    [
        ([(b"0", 64 * MEGABYTE)], "line 1: longer than 4096 characters"),
        ([(HEADER.encode(), 1), (b"0", 64 * MEGABYTE)], "line 2: longer than 4096 characters"),
        (
            [(HEADER.encode(), 1), (b'"' + b"0" * 999 + b"\n", 1), (b"0" * 90 + b"\n", MEGABYTE)],
            "line 2: no valid CSV",
        ),
        ([(HEADER.encode(), 1), (b"\n", 9 * MEGABYTE)], "more than 20000 lines"),
        (
            [(HEADER.encode(), 1), (f"{ROW}0.1,{'x' * 4000}\n".encode(), 9000)],
            "more than 30000000 characters",
        ),
    ],
    ids=["one line", "one row", "one cell", "blank lines", "wide lines"],
)
def test_no_memory_is_lost_to_a_file_that_unpacks_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pieces: list[tuple[bytes, int]], reason: str
) -> None:
    # A hundredth and a seventh of the true bounds: it is their being there that is tested, not their height.
    monkeypatch.setattr("oracle.sources.price_table.MAX_ROWS", 20_000)
    monkeypatch.setattr("oracle.sources.formats.table_text.MAX_LINES", 20_000)
    monkeypatch.setattr("oracle.sources.formats.text.MAX_TEXT_LENGTH", 30_000_000)
    path = pack(tmp_path / "prices.csv.gz", *pieces)
    tracemalloc.start()
    try:
        with pytest.raises(PriceFileError, match=reason):
            load_recording(path)
        assert tracemalloc.get_traced_memory()[1] < 8 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_no_memory_is_lost_to_rows_that_repeat(tmp_path: Path) -> None:
    path = pack(tmp_path / "prices.csv.gz", (HEADER.encode(), 1), (f"{ROW}0.10\n".encode(), 200_000))
    tracemalloc.start()
    load_recording(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak / 200_000 < 100, "bytes a row"


@pytest.mark.parametrize(
    "row",
    [
        f"{ROW}NaN",
        f"{ROW}sNaN",
        f"{ROW}-Infinity",
        f"{ROW}{'9' * 4000}",
        f"{ROW}1e999999999",
        f"{ROW}1_0",
        f"{ROW}\N{ARABIC-INDIC DIGIT ONE}",
        ROW.replace("2026-07-01", "0001-01-01") + "0.1",
        ROW.replace("2026-07-01", "9999-12-31") + "0.1",
        ROW.replace("2026-07-01", "2026-02-30") + "0.1",
        ROW.replace("2026-07-01T00:00:00Z", "9" * 4000) + "0.1",
        ROW.replace("n2-standard-8", "n" * 257) + "0.1",
        f"{ROW}0.1\0",
    ],
)
@pytest.mark.parametrize("is_live", [False, True], ids=["recorded", "live"])
def test_no_price_is_made_of_a_wrong_cell(tmp_path: Path, row: str, is_live: bool) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(HEADER + f"{ROW}0.10\n" + row + "\n")
    source = watch_file(str(path), None) if is_live else choose_source(str(path), None, 7, 0.0)
    found = asyncio.run(source.observe([Offering("gcp", "us-east1", "n2-standard-8")], NOON))
    assert {one.usd_per_hour for one in found} <= {Decimal("0.10")}
    said = [str(notice) for notice in source.notices if "prices.csv, line 3: " in str(notice)]
    assert len(said) == 1
    assert len(said[0]) < 300


def test_column_that_is_there_twice_sets_no_price(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(HEADER.replace("\n", ",usd_per_hour\n") + f"{ROW}0.10,9.99\n")
    with pytest.raises(PriceFileError, match="line 1: the column usd_per_hour is there twice"):
        load_recording(str(path))


@pytest.mark.skipif(os.name == "nt", reason="POSIX rights")
def test_no_cluster_is_moved_by_whoever_may_write_the_live_file(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(HEADER + f"{ROW}0.10\n")
    path.chmod(0o666)
    with pytest.raises(PriceFileError, match=r"whoever writes it moves clusters: .* others may write"):
        watch_file(str(path), None)
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(PriceFileError, match="is not a file"):
        watch_file(str(tmp_path / "pipe.csv"), None)


@pytest.mark.timeout(240)
def test_no_real_workload_is_moved_on_prices_of_2016(own_places: None, tmp_path: Path) -> None:
    plan = plan_demo_fleet(7)

    async def scenario() -> None:
        async with SimulatedFleet.start(plan, 7, tmp_path, time_scale=20) as fleet:
            real = {"kubeconfig": str(fleet.kubeconfig)}
            recording = write_prices(tmp_path / "old.csv", plan, "2016-03-01T00:00:00Z")
            planned, ended = await try_to_move(Configuration(**real, prices=recording, speed=1.0))
            assert planned.price_source.origin is PriceOrigin.RECORDED
            assert "old.csv, recorded 2016-03-01, played as fast as it was" in planned.price_source.text
            assert Code.PLANNED_ON_RECORDED in {notice.reason.code for notice in planned.notices}
            assert ended.unstarted[0].reason.code is Code.PRICES_NOT_LIVE
            assert not ended.migrations

            fresh = write_prices(tmp_path / "new.csv", plan, datetime.now(UTC).isoformat())
            planned, ended = await try_to_move(Configuration(**real, prices=fresh, live=True))
            assert planned.price_source.origin is PriceOrigin.LIVE
            assert ended.migrations
            assert not ended.unstarted

    asyncio.run(scenario())
