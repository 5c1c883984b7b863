"""No host is asked more often than it can bear, nor while it is down."""

from __future__ import annotations

from oracle.sources.web.pacing import Breaker, Pace


def test_questions_to_one_host_leave_with_a_gap() -> None:
    pace = Pace(gap_s=0.25)
    assert [pace.reserve(10.0), pace.reserve(10.0), pace.reserve(10.125)] == [0.0, 0.25, 0.375]
    assert pace.reserve(20.0) == 0.0


def test_a_host_that_wants_a_rest_is_not_asked_within_it() -> None:
    pace = Pace(gap_s=0.25)
    pace.rest(10.0, 60.0)
    assert pace.reserve(30.0) == 40.0


def test_a_host_that_fails_again_and_again_is_left_alone() -> None:
    breaker = Breaker(max_failures=3, rest_s=100.0)
    for _ in range(2):
        breaker.record_failure(10.0)
    assert breaker.find_rest(10.0) == 0.0
    breaker.record_failure(10.0)
    assert breaker.find_rest(11.0) == 99.0
    assert breaker.find_rest(110.0) == 0.0


def test_after_the_rest_one_failure_is_enough_for_the_next_and_one_answer_ends_it() -> None:
    breaker = Breaker(max_failures=3, rest_s=100.0)
    for _ in range(3):
        breaker.record_failure(10.0)
    breaker.record_failure(120.0)
    assert breaker.find_rest(130.0) == 90.0
    breaker.record_success()
    assert breaker.find_rest(130.0) == 0.0
    breaker.record_failure(130.0)
    assert breaker.find_rest(130.0) == 0.0
