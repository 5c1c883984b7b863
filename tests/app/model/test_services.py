"""What a person reads of a service that is asked for live prices."""

from __future__ import annotations

import pytest

from app.model.services import describe_service
from oracle.reasons import OracleCode
from oracle.status import SourceState, SourceStatus

NOW = 1_785_000_000.0
DOWN = OracleCode.WEB_UNREACHABLE.because(host="prices.example", error="\x1b[31mno route")


@pytest.mark.parametrize(
    ("state", "answered_at", "reason", "said"),
    [
        (SourceState.IDLE, None, None, "feed: not asked: no cluster is in its cloud"),
        (SourceState.AWAITED, None, None, "feed: asked, no answer yet"),
        (SourceState.ANSWERING, NOW - 300, None, "feed: 7 prices, answered 5 min ago"),
    ],
)
def test_a_service_says_how_it_is(
    state: SourceState, answered_at: float | None, reason: None, said: str
) -> None:
    assert describe_service(SourceStatus("feed", (), state, answered_at, 7, reason), NOW) == said


def test_a_failure_says_why_in_clean_text_although_there_was_an_answer_before() -> None:
    said = describe_service(SourceStatus("feed", (), SourceState.FAILING, NOW - 1, 7, DOWN), NOW)
    assert said.startswith("feed: prices.example cannot be reached ([31mno route)")
    assert said.isprintable()
