from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QListView
from pytestqt.qtbot import QtBot

from app.panels.timeline import Timeline, TimelineModel
from controller.snapshots import EntryKind, TimelineEntry


def entry(sequence: int, text: str, *contexts: str, migration_id: str | None = None) -> TimelineEntry:
    return TimelineEntry(
        sequence, 1_800_000_000.0 + sequence, EntryKind.MIGRATION, text, contexts, migration_id
    )


@pytest.fixture
def timeline(qtbot: QtBot) -> Timeline:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.resize(500, 200)
    timeline.show()
    return timeline


def texts(timeline: Timeline) -> list[str]:
    model = timeline.list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_the_newest_entry_is_on_top(timeline: Timeline) -> None:
    timeline.show_entries((entry(1, "first"),))
    timeline.show_entries((entry(1, "first"), entry(2, "second"), entry(3, "third")))
    assert texts(timeline) == ["third", "second", "first"]


def test_the_oldest_entries_drop_out(timeline: Timeline) -> None:
    timeline.show_entries((entry(1, "first"), entry(2, "second")))
    timeline.show_entries((entry(2, "second"), entry(3, "third")))
    assert texts(timeline) == ["third", "second"]


def test_the_list_keeps_its_place_while_old_entries_drop_out(timeline: Timeline) -> None:
    entries = tuple(entry(number, f"number {number}") for number in range(1, 203))
    timeline.show_entries(entries[:200])
    chosen = timeline.list.model().index(100, 0)
    timeline.list.setCurrentIndex(chosen)
    timeline.list.scrollTo(chosen, QListView.ScrollHint.PositionAtTop)
    text = chosen.data()
    timeline.show_entries(entries[1:201])
    timeline.show_entries(entries[2:])
    assert timeline.list.currentIndex().data() == text
    assert timeline.list.currentIndex().row() == 102
    assert timeline.list.selectedIndexes() == [timeline.list.currentIndex()]
    assert timeline.list.verticalScrollBar().value() > 0
    assert texts(timeline) == [f"number {number}" for number in range(202, 2, -1)]


def test_the_model_keeps_qts_rules() -> None:
    model = TimelineModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for numbers in ((1,), (1, 2, 3), (2, 3, 4), (3, 4), (7, 8), (8, 7), (), (9,)):
        model.show_entries([entry(number, "text") for number in reversed(numbers)])
        assert model.rowCount() == len(numbers)


def test_it_can_be_narrowed_to_the_selected_region(timeline: Timeline) -> None:
    timeline.show_entries((entry(1, "here", "a"), entry(2, "there", "b"), entry(3, "nowhere")))
    timeline.select("a")
    assert len(texts(timeline)) == 3
    timeline.filter_button.click()
    assert texts(timeline) == ["here"]
    timeline.select("b")
    assert texts(timeline) == ["there"]
    timeline.select(None)
    assert len(texts(timeline)) == 3


def test_an_entry_opens_its_migration(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.show_entries((entry(1, "moved", migration_id="m-1"),))
    timeline.list.setCurrentIndex(timeline.list.model().index(0, 0))
    with qtbot.waitSignal(timeline.migration_selected) as caught:
        QTest.keyClick(timeline.list, Qt.Key.Key_Return)
    assert caught.args == ["m-1"]


def test_foreign_text_is_made_plain(timeline: Timeline) -> None:
    timeline.show_entries((entry(1, "a\u202eb\nc"),))
    assert texts(timeline) == ["ab c"]
    assert not timeline.grab().isNull()
