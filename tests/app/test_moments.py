"""Moments as a person gives them to a command."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from app.moments import format_iso, format_utc, parse_moment

NOW = 1_790_000_000.0  # 2026-09-21T14:13:20Z


@pytest.fixture(autouse=True)
def zone() -> Iterator[None]:
    """Where the machine of the tests stands is as it was afterwards."""
    yield
    time.tzset()


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-09-21T14:13:20Z", NOW),
        ("2026-09-21T16:13:20+02:00", NOW),
        ("2026-09-21T14:13:20", NOW),
        ("2026-09-21", NOW - 14 * 3600 - 13 * 60 - 20),
        ("90s", NOW - 90),
        ("15m", NOW - 900),
        ("2h", NOW - 7200),
        ("3d", NOW - 3 * 86_400),
        ("2w", NOW - 14 * 86_400),
        ("999999w", 0.0),
    ],
)
def test_a_moment_is_iso_8601_or_an_age(text: str, at: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    assert parse_moment(text).resolve(NOW) == at


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2", "2 hours", "-2h", "1e3h", "٢h", "0001-01-01", "2026-02-30"]
)
def test_what_is_no_moment_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a moment like .* or an age like 90s"):
        parse_moment(text)


def test_moments_are_printed_in_utc() -> None:
    assert format_utc(NOW) == "2026-09-21 14:13:20 UTC"
    assert parse_moment(format_iso(NOW)).at == NOW
