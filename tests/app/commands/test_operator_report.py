"""What `operator` says of a snapshot: only what is new, and nothing that could steer a terminal."""

from __future__ import annotations

import json
from dataclasses import replace

from app.commands.operator_report import OperatorNews, entry_to_text, notice_to_json, notice_to_text
from controller.contract.snapshots import EngineSnapshot, EntryKind, Notice, TimelineEntry
from oracle.foundation.reason import Severity
from tests.app.scripted_engine import ScriptedEngine

LOST = Notice("store", Severity.ERROR, "No new prices: connection refused.")


def with_notices(engine: ScriptedEngine, *notices: Notice) -> EngineSnapshot:
    return replace(engine.snapshot(), notices=notices, taken_at=1_800_000_000.0)


def tell(news: OperatorNews, snapshot: EngineSnapshot) -> list[str]:
    return [notice_to_text(change) for change in news.find_notices(snapshot)]


def test_notice_is_told_once_when_it_begins_and_once_when_it_ends(engine: ScriptedEngine) -> None:
    news = OperatorNews()
    told = [tell(news, with_notices(engine, *notices)) for notices in [(), (LOST,), (LOST,), (), ()]]
    assert told == [
        [],
        ["2027-01-15 08:00:00 UTC  error     No new prices: connection refused."],
        [],
        ["2027-01-15 08:00:00 UTC  over      No new prices: connection refused."],
        [],
    ]


def test_trouble_that_takes_another_turn_is_told_again(engine: ScriptedEngine) -> None:
    news = OperatorNews()
    tell(news, with_notices(engine, LOST))
    full = replace(LOST, text="No new prices: the disk is full.")
    assert tell(news, with_notices(engine, full)) == [
        "2027-01-15 08:00:00 UTC  error     No new prices: the disk is full."
    ]


def test_notice_is_an_object_that_says_whether_it_begins_or_ends(engine: ScriptedEngine) -> None:
    news = OperatorNews()
    changes = [
        json.loads(notice_to_json(change))
        for notices in [(LOST,), ()]
        for change in news.find_notices(with_notices(engine, *notices))
    ]
    assert [(c["kind"], c["key"], c["state"]) for c in changes] == [
        ("notice", "store", "begins"),
        ("notice", "store", "ends"),
    ]
    assert {(c["severity"], c["text"]) for c in changes} == {("error", LOST.text)}


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
    notice = Notice("context:eu", Severity.WARNING, hostile)
    [change] = OperatorNews().find_notices(with_notices(engine, notice))
    for line in (entry_to_text(entry), notice_to_text(change)):
        assert line.endswith("eu: ]0;owned [2J second line")
        assert line.isprintable()
