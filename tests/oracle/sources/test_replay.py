"""A recording played back at any speed, from a file that may be damaged."""

from __future__ import annotations

import asyncio
import gzip
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from oracle.errors import PriceFileError
from oracle.market import CapacityType, Offering
from oracle.quotes import Playback
from oracle.reasons import OracleCode
from oracle.sources.choosing import NEWEST, choose_source
from oracle.sources.price_file import load_recording
from oracle.sources.replay import ReplaySource, Start

HEADER = "observed_at,provider,region,instance_type,capacity_type,usd_per_hour\n"
ROWS = (
    "2026-07-01T00:00:00Z,gcp,us-east1,n2-standard-8,on_demand,0.388\n"
    "2026-07-02T00:00:00Z,gcp,us-east1,n2-standard-8,spot,0.10\n"
    "2026-07-03T00:00:00Z,gcp,us-east1,n2-standard-8,spot,0.12\n"
)
CAROLINA = Offering("gcp", "us-east1", "n2-standard-8")
RECORDED = Path(__file__).parents[4] / "shared" / "data" / "gcp_spot" / "prices.csv.gz"
NOON = 1_785_000_000.0
DAY = 86_400.0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "prices.csv"
    path.write_text(HEADER + ROWS)
    return path


def recorded_at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def price_at(source: ReplaySource, now: float) -> Decimal | None:
    observed = asyncio.run(source.observe([CAROLINA], now))
    return observed[0].usd_per_hour if observed else None


SECOND = recorded_at("2026-07-02T00:00:00Z")


def replay(file: Path, speed: float, from_time: float = SECOND) -> ReplaySource:
    return ReplaySource(load_recording(str(file)), speed, NOON, from_time)


def test_replay_starts_where_it_is_told_and_keeps_its_pace(file: Path) -> None:
    source = replay(file, speed=3600.0)
    assert price_at(source, NOON) == Decimal("0.10")
    assert price_at(source, NOON + 23.9) == Decimal("0.10")
    assert price_at(source, NOON + 24.0) == Decimal("0.12")
    assert source.on_demand(CAROLINA, NOON) == Decimal("0.388")


def test_observations_carry_the_time_of_the_playing(file: Path) -> None:
    source = replay(file, 3600.0)
    (observation,) = asyncio.run(source.observe([CAROLINA], NOON + 5.0))
    assert observation.confirmed_at == NOON + 5.0
    assert observation.playback == Playback(recorded_at("2026-07-02T05:00:00Z"), 3600.0)
    assert observation.in_force_since == recorded_at("2026-07-02T00:00:00Z"), "by the recording's own clock"


def test_end_of_the_recording_is_said(file: Path) -> None:
    source = replay(file, DAY)
    price_at(source, NOON)
    speed = OracleCode.PRICES_RECORDED.because(speed=DAY)
    assert "86,400 times as fast" in str(speed)
    assert source.notices == (speed,)
    assert price_at(source, NOON + 60.0) is None
    assert source.notices == (speed, OracleCode.RECORDING_ENDED.because(date="2026-07-03"))


def test_clock_set_back_does_not_play_what_was_never_recorded(file: Path) -> None:
    source = replay(file, 3600.0)
    assert price_at(source, NOON - DAY) == Decimal("0.10")


def test_past_of_a_replay_is_what_was_recorded(file: Path) -> None:
    recording = load_recording(str(file))
    source = ReplaySource(recording, DAY, NOON, from_time=recording.ends_at)
    points = source.recall(CAROLINA, NOON - 5.0, NOON, 0.5)
    assert [(point.observed_at - NOON, point.usd_per_hour) for point in points] == [
        (-1.0, Decimal("0.10")),
        (-0.5, Decimal("0.10")),
    ]


def test_packed_file_and_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv.gz"
    path.write_bytes(gzip.compress(("\ufeff" + HEADER + ROWS).encode()))
    assert load_recording(str(path)).offerings == {
        CAROLINA,
        Offering("gcp", "us-east1", "n2-standard-8", CapacityType.ON_DEMAND),
    }


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("prices.csv.gz", b"no gzip at all", "line 1: missing column"),
        ("prices.csv.gz", gzip.compress((HEADER + ROWS).encode())[:-12], "the gzip file is damaged"),
        ("prices.csv", HEADER.encode() + b"\xff\xfe\n", "no UTF-8 text"),
        ("prices.csv", b"", "prices.csv: is empty"),
    ],
    ids=["no table", "cut off", "no text", "empty"],
)
def test_unreadable_file_is_told(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(PriceFileError, match=reason):
        load_recording(str(path))


def test_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(PriceFileError, match="No such file"):
        load_recording(str(tmp_path / "nothing.csv"))


def test_source_is_named_for_people(file: Path) -> None:
    assert choose_source(str(file), None, 7, NOON).name == "replay of prices.csv"
    assert choose_source(None, None, 7, NOON).name == "simulated market"


def test_market_is_told_by_content_speed_and_beginning_not_by_name_or_packing(
    file: Path, tmp_path: Path
) -> None:
    def market_of(path: Path, speed: float | None = None, start: Start = NEWEST) -> str:
        return choose_source(str(path), speed, 7, NOON, start).market_id

    packed = tmp_path / "again.csv.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    other = tmp_path / "other.csv"
    other.write_text((HEADER + ROWS).replace("0.12", "0.13"))
    assert market_of(packed) == market_of(file)
    markets = {
        market_of(file),
        market_of(other),
        market_of(file, 60.0),
        market_of(file, start=Start(at=SECOND)),
    }
    assert len(markets) == 4


@pytest.mark.parametrize(
    ("start", "speed", "after_a_day"),
    [
        (Start(), None, "0.12"),
        (Start(), 0.0, "0.12"),
        (Start(at=SECOND), None, "0.1"),
        (Start(at=SECOND), 1.0, "0.12"),
        (Start(since=SECOND), 0.0, "0.1"),
        (Start(since=SECOND), 1.0, "0.12"),
        (Start(at=SECOND - 1), None, "None"),
    ],
)
def test_recording_stands_at_a_moment_or_is_played_from_one_on(
    file: Path, start: Start, speed: float | None, after_a_day: str
) -> None:
    source = choose_source(str(file), speed, 7, NOON, start)
    assert str(price_at(source, NOON + DAY)) == after_a_day


def test_recording_that_is_played_without_a_speed_goes_on_a_day_each_second(file: Path) -> None:
    source = choose_source(str(file), None, 7, NOON, Start(since=SECOND))
    assert (price_at(source, NOON + 0.9), price_at(source, NOON + 1)) == (Decimal("0.10"), Decimal("0.12"))


def test_recording_that_stands_says_where_and_shows_the_day_before(file: Path) -> None:
    source = replay(file, 0.0, SECOND + DAY)
    assert str(source.notices[0]) == (
        "Prices are recorded; the recording stands still at 2026-07-03 00:00 UTC. --from and --speed play it."
    )
    (observation,) = asyncio.run(source.observe([CAROLINA], NOON + 5 * DAY))
    assert str(observation.playback) == "recorded 2026-07-03, standing still"
    points = source.recall(CAROLINA, NOON - DAY, NOON + DAY, DAY)
    assert [point.usd_per_hour for point in points] == [Decimal("0.10"), Decimal("0.12")]


def test_recording_in_another_currency_is_read_by_the_rate_of_a_person(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(
        "".join(f"{line},EUR\n" for line in ROWS.splitlines()).join([f"{HEADER.strip()},currency\n", ""])
    )
    with pytest.raises(PriceFileError, match="the price is in EUR"):
        choose_source(str(path), None, 7, NOON)
    source = choose_source(str(path), None, 7, NOON, rates={"EUR": Decimal("1.5")})
    assert price_at(source, NOON) == Decimal("0.18")


def test_moment_before_a_recording_has_no_price_and_says_so(file: Path) -> None:
    source = replay(file, 0.0, SECOND - 9 * DAY)
    assert price_at(source, NOON) is None
    assert source.notices[-1] == OracleCode.RECORDING_NOT_BEGUN.because(date="2026-07-01")


def test_four_years_of_recorded_prices_can_be_replayed() -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded prices of Google Cloud are not here")
    recording = load_recording(str(RECORDED))
    assert len(recording.offerings) > 1000
    assert recording.find_price(CAROLINA, recording.ends_at) == Decimal("0.18424")
    assert OracleCode.REGION_UNKNOWN not in {notice.code for notice in recording.notices}
