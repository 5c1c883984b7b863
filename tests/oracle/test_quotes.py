"""When a price may be believed."""

from __future__ import annotations

import pytest

from oracle.bounds import MAX_CLOCK_SKEW_S
from oracle.quotes import Freshness, Playback, PriceMode, QuoteBoard
from tests.oracle.fakes import DUBLIN, NOON, VIRGINIA, make_quote


@pytest.mark.parametrize(
    ("age_s", "freshness"),
    [
        (0.0, Freshness.FRESH),
        (10.0, Freshness.FRESH),
        (10.5, Freshness.AGEING),
        (19.9, Freshness.AGEING),
        (20.0, Freshness.EXPIRED),
        (1e9, Freshness.EXPIRED),
        (-MAX_CLOCK_SKEW_S, Freshness.FRESH),
        (-MAX_CLOCK_SKEW_S - 1, Freshness.EXPIRED),
    ],
)
def test_quote_of_twenty_seconds_ages(age_s: float, freshness: Freshness) -> None:
    assert make_quote(life_s=20.0).freshness(NOON + age_s) is freshness


def test_expired_quote_is_found_but_not_usable() -> None:
    quote = make_quote()
    board = QuoteBoard({("blue", VIRGINIA): quote})
    assert board.find("blue", VIRGINIA) == quote
    assert board.find_usable("blue", VIRGINIA, quote.deadline) is None


def test_unknown_price_is_none() -> None:
    assert QuoteBoard({}).find_usable("blue", DUBLIN, NOON) is None


@pytest.mark.parametrize(
    ("speed", "said"),
    [
        (86_400.0, "recorded 2026-05-03, played 86,400 times as fast"),
        (1.0, "recorded 2026-05-03, played as fast as it was"),
        (0.5, "recorded 2026-05-03, played 0.5 times as fast"),
    ],
)
def test_recording_says_its_day_and_its_pace(speed: float, said: str) -> None:
    playback = Playback(1_777_777_777.0, speed)
    assert str(playback) == said
    quote = make_quote(source="replay of p.csv", mode=PriceMode.RECORDED, playback=playback)
    assert quote.provenance == f"replay of p.csv, {said}"
