"""What `operator` says of a snapshot: only what is new, and nothing that could steer a terminal."""

from __future__ import annotations

import json
from dataclasses import replace

from app.commands.operator_report import OperatorNews, entry_to_text, notice_to_json, notice_to_text
from controller.contract.snapshots import EngineSnapshot, EntryKind, Notice, TimelineEntry, make_notice
from controller.reasons import Code
from oracle.foundation.reason import encode_reason
from tests.app.scripted_engine import ScriptedEngine

LOST = make_notice(Code.NO_NEW_PRICES.because(why="connection refused"))


def with_notices(engine: ScriptedEngine, *notices: Notice) -> EngineSnapshot:
    return replace(engine.snapshot(), notices=notices, taken_at=1_800_000_000.0)


def tell(news: OperatorNews, snapshot: EngineSnapshot) -> list[str]:
    return [notice_to_text(change) for change in news.find_notices(snapshot)]


def test_notice_is_told_once_when_it_begins_and_once_when_it_ends(engine: ScriptedEngine) -> None:
    news = OperatorNews()
    told = [tell(news, with_notices(engine, *notices)) for notices in [(), (LOST,), (LOST,), (), ()]]
    assert told == [
        [],
        [f"2027-01-15 08:00:00 UTC  error     {LOST.text}"],
        [],
        [f"2027-01-15 08:00:00 UTC  over      {LOST.text}"],
        [],
    ]


def test_trouble_that_takes_another_turn_is_told_again(engine: ScriptedEngine) -> None:
    news = OperatorNews()
    tell(news, with_notices(engine, LOST))
    full = make_notice(Code.NO_NEW_PRICES.because(why="the disk is full"))
    assert tell(news, with_notices(engine, full)) == [f"2027-01-15 08:00:00 UTC  error     {full.text}"]


def test_notice_is_an_object_that_says_whether_it_begins_or_ends(engine: ScriptedEngine) -> None:
    news = OperatorNews()
    changes = [
        json.loads(notice_to_json(change))
        for notices in [(LOST,), ()]
        for change in news.find_notices(with_notices(engine, *notices))
    ]
    assert [(c["kind"], c["key"], c["state"]) for c in changes] == [
        ("notice", "no_new_prices", "begins"),
        ("notice", "no_new_prices", "ends"),
    ]
    assert {(c["severity"], c["text"]) for c in changes} == {("error", LOST.text)}
    assert [c["reason"] for c in changes] == 2 * [encode_reason(LOST.reason)]


def test_entry_is_told_once(engine: ScriptedEngine) -> None:
    news = OperatorNews()
    first = TimelineEntry(1, 0.0, EntryKind.DECISION, "first")
    second = TimelineEntry(2, 0.0, EntryKind.STORE, "second")
    told = [
        [entry.text for entry in news.find_entries(replace(engine.snapshot(), timeline=timeline))]
        for timeline in [(first,), (first, second), (first, second)]
    ]
    assert told == [["first"], ["second"], []]


def test_no_escape_sequence_of_a_cluster_reaches_the_terminal(engine: ScriptedEngine) -> None:
    hostile = "eu: \x1b]0;owned\x07\x1b[2J\nsecond line"
    entry = TimelineEntry(1, 0.0, EntryKind.CLUSTER, hostile)
    notice = make_notice(Code.CONTEXT_LOST.because(context="eu", health="denied", why=hostile), "context")
    [change] = OperatorNews().find_notices(with_notices(engine, notice))
    for line in (entry_to_text(entry), notice_to_text(change)):
        assert "eu: ]0;owned [2J second line" in line
        assert line.isprintable()
