"""What failed is asked again a few times, later and later, and as late as the service wants."""

from __future__ import annotations

import pytest

from oracle.sources.web.retrying import MAX_ASKED_WAIT_S, compute_wait, parse_retry_after

#: Wed, 21 Oct 2015 07:28:00 GMT, the example of RFC 9110.
MOMENT = 1_445_412_480.0


def test_waits_grow_are_spread_and_end() -> None:
    assert [compute_wait(attempt, None, 1.0) for attempt in (1, 2, 3)] == [1.0, 2.0, None]
    assert compute_wait(1, None, 0.0) == 0.5


def test_what_a_service_asks_for_is_kept_and_too_long_a_wait_ends_the_question() -> None:
    assert compute_wait(1, 7.0, 0.0) == 7.5
    assert compute_wait(1, 3600.0, 0.0) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 5 ", 5.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 60.0),
        ("Wed, 21 Oct 2015 07:26:00 GMT", 0.0),
        ("Wed, 21 Oct 2115 07:28:00 GMT", MAX_ASKED_WAIT_S),
        ("9" * 400, MAX_ASKED_WAIT_S),
        ("-5", None),
        ("²", None),
        ("soon", None),
        ("Wed, 99 Oct 2015", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date_and_bounded(text: str | None, seconds: float | None) -> None:
    assert parse_retry_after(text, MOMENT - 60.0) == seconds
