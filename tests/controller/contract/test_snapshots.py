"""A notice speaks in whole sentences, and has one key for one trouble."""

from __future__ import annotations

import pytest

from controller.contract.snapshots import make_notice
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.reasons import OracleCode


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (
            Code.NO_NEW_PRICES.because(why="the price store is full"),
            "No new prices: the price store is full. Migrations hold until they are back.",
        ),
        (
            Code.CONTEXT_LOST.because(context="prod-eu", health="denied", why="no such user"),
            "prod-eu is denied: no such user.",
        ),
        (OracleCode.RECORDING_ENDED.because(date="2026-07-03"), "The recording ended on 2026-07-03."),
    ],
    ids=["our own word begins it", "a name begins it", "it comes as a sentence"],
)
def test_a_notice_is_whole_sentences_and_no_name_is_written_otherwise(reason: Reason, text: str) -> None:
    assert make_notice(reason).text == text


def test_the_same_trouble_of_two_contexts_is_two_notices() -> None:
    lost = [
        make_notice(Code.CONTEXT_LOST.because(context=name, health="denied", why="no"), "context")
        for name in ("eu", "us")
    ]
    assert [notice.key for notice in lost] == ["context_lost:eu", "context_lost:us"]
