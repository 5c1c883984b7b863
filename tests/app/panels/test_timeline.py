from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QListView
from pytestqt.qtbot import QtBot

from app.model.formatting import format_moment
from app.panels.timeline import TIME_WIDTH_PX, Timeline, TimelineModel, text_area
from app.widgets.theme import SMALL_PX, make_font
from controller.clusters.fleet import WorkloadKey
from controller.contract.savings import KnownSum, Savings
from controller.contract.snapshots import EntryKind, MoveOutcome, TimelineEntry

NOW = 1_800_000_000.0
NAMES = {"gcp-northamerica-northeast2": "Toronto"}


def entry(sequence: int, text: str, *contexts: str, migration_id: str | None = None) -> TimelineEntry:
    return TimelineEntry(sequence, NOW + sequence, EntryKind.MIGRATION, text, contexts, migration_id)


@pytest.fixture
def timeline(qtbot: QtBot) -> Timeline:
    timeline = Timeline(lambda: NOW)
    qtbot.addWidget(timeline)
    timeline.resize(500, 200)
    timeline.show()
    return timeline


def texts(timeline: Timeline) -> list[str]:
    model = timeline.list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_the_newest_entry_is_on_top(timeline: Timeline) -> None:
    timeline.show_entries((entry(1, "first"),), NAMES)
    timeline.show_entries((entry(1, "first"), entry(2, "second"), entry(3, "third")), NAMES)
    assert texts(timeline) == ["third", "second", "first"]


def test_the_oldest_entries_drop_out(timeline: Timeline) -> None:
    timeline.show_entries((entry(1, "first"), entry(2, "second")), NAMES)
    timeline.show_entries((entry(2, "second"), entry(3, "third")), NAMES)
    assert texts(timeline) == ["third", "second"]


def test_the_list_keeps_its_place_while_old_entries_drop_out(timeline: Timeline) -> None:
    entries = tuple(entry(number, f"number {number}") for number in range(1, 203))
    timeline.show_entries(entries[:200], NAMES)
    chosen = timeline.list.model().index(100, 0)
    timeline.list.setCurrentIndex(chosen)
    timeline.list.scrollTo(chosen, QListView.ScrollHint.PositionAtTop)
    text = chosen.data()
    timeline.show_entries(entries[1:201], NAMES)
    timeline.show_entries(entries[2:], NAMES)
    assert timeline.list.currentIndex().data() == text
    assert timeline.list.currentIndex().row() == 102
    assert timeline.list.selectedIndexes() == [timeline.list.currentIndex()]
    assert timeline.list.verticalScrollBar().value() > 0
    assert texts(timeline) == [f"number {number}" for number in range(202, 2, -1)]


def test_the_model_keeps_qts_rules() -> None:
    model = TimelineModel(lambda: NOW)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for numbers in ((1,), (1, 2, 3), (2, 3, 4), (3, 4), (7, 8), (8, 7), (), (9,)):
        model.show_entries([entry(number, "text") for number in reversed(numbers)])
        assert model.rowCount() == len(numbers)


def test_it_can_be_narrowed_to_the_selected_region(timeline: Timeline) -> None:
    timeline.show_entries((entry(1, "here", "a"), entry(2, "there", "b"), entry(3, "nowhere")), NAMES)
    timeline.select("a")
    assert len(texts(timeline)) == 3
    timeline.filter_button.click()
    assert texts(timeline) == ["here"]
    timeline.select("b")
    assert texts(timeline) == ["there"]
    timeline.select(None)
    assert len(texts(timeline)) == 3


def test_an_entry_opens_its_migration(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.show_entries((entry(1, "moved", migration_id="m-1"),), NAMES)
    timeline.list.setCurrentIndex(timeline.list.model().index(0, 0))
    with qtbot.waitSignal(timeline.migration_selected) as caught:
        QTest.keyClick(timeline.list, Qt.Key.Key_Return)
    assert caught.args == ["m-1"]


def test_foreign_text_is_made_plain(timeline: Timeline) -> None:
    timeline.show_entries((entry(1, "a\u202eb\nc"),), NAMES)
    assert texts(timeline) == ["a b c"]
    assert not timeline.grab().isNull()


def outcome(
    workload: str, target: str, cost: str | None = "2", savings: str | None = "15.171"
) -> MoveOutcome:
    cost_usd, savings_usd = (None if text is None else Decimal(text) for text in (cost, savings))
    return MoveOutcome(WorkloadKey("aws-us-east-1", "shop", workload), target, cost_usd, savings_usd)


def painted(timeline: Timeline, told: MoveOutcome) -> str:
    done = replace(entry(1, "shop/embeddings: Moved to gcp-northamerica-northeast2."), outcome=told)
    timeline.show_entries((done,), NAMES)
    metrics = QFontMetrics(make_font(SMALL_PX))
    return timeline.delegate.text_of(done, metrics, text_area(timeline.list.viewport().rect()).width())


def test_a_finished_move_is_told_by_what_it_cost_and_saves(timeline: Timeline) -> None:
    told = painted(timeline, outcome("embeddings", "gcp-northamerica-northeast2"))
    assert told == "embeddings → Toronto: cost $2.00, saves $15.17/day"
    index = timeline.list.model().index(0, 0)
    assert index.data(Qt.ItemDataRole.ToolTipRole) == "shop/embeddings: Moved to gcp-northamerica-northeast2."
    assert not timeline.grab().isNull()


def test_money_that_nobody_knows_is_a_dash(timeline: Timeline) -> None:
    told = painted(timeline, outcome("embeddings", "gcp-northamerica-northeast2", None, None))
    assert told.endswith(": cost —, saves —/day")


def test_a_context_that_is_gone_goes_by_its_own_name(timeline: Timeline) -> None:
    assert painted(timeline, outcome("web", "old-one")).startswith("web → old-one: cost")


def test_the_workload_gives_way_before_the_place_and_the_money_never(timeline: Timeline) -> None:
    timeline.resize(500, 200)
    told = painted(timeline, outcome("a-workload-with-a-long-name-indeed", "gcp-northamerica-northeast2"))
    assert "… → Toronto: cost $2.00, saves $15.17/day" in told
    told = painted(timeline, outcome("a-workload-with-a-long-name-indeed", "context-" * 9))
    assert told.endswith("…: cost $2.00, saves $15.17/day")


def moments(timeline: Timeline, now: float) -> str:
    model = TimelineModel(lambda: now)
    model.show_entries([entry(1, "text")])
    return str(model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole))


def test_an_entry_of_another_day_carries_its_date(timeline: Timeline) -> None:
    day = datetime.fromtimestamp(NOW + 1, UTC).astimezone()
    assert moments(timeline, NOW + 2).startswith(f"{day:%H:%M:%S}, ")
    for later_s in (86_400.0, -86_400.0):
        assert moments(timeline, NOW + later_s).startswith(f"Jan {day.day} {day:%H:%M}, ")
    assert moments(timeline, NOW + 366 * 86_400.0).startswith(f"Jan {day.day} 2027, ")


def test_every_moment_has_room() -> None:
    metrics = QFontMetrics(make_font(SMALL_PX))
    texts = [format_moment(NOW + day * 86_400.0, NOW) for day in range(-400, 2)]
    assert max(metrics.horizontalAdvance(text) for text in texts) <= TIME_WIDTH_PX - 6


def test_midnight_gives_what_was_of_today_its_date(qtbot: QtBot) -> None:
    now = [NOW]
    timeline = Timeline(lambda: now[0])
    qtbot.addWidget(timeline)
    timeline.show()
    timeline.show_entries((entry(0, "text"),), NAMES)
    timeline.refresh_moments()
    before = timeline.list.viewport().grab().toImage()
    now[0] += 86_400.0
    timeline.refresh_moments()
    assert timeline.list.viewport().grab().toImage() != before


def test_the_head_says_what_finished_moves_came_to(timeline: Timeline) -> None:
    assert timeline.savings.text() == ""
    known, partly = KnownSum(Decimal("1.20")), KnownSum(Decimal("14.40"), unknown=1)
    timeline.show_savings(Savings(2, NOW - 60, known, partly, known))
    since = format_moment(NOW - 60, NOW)
    assert timeline.savings.text() == f"2 moves since {since}: cost $1.20, save $14.40 and 1 unknown a day"
    timeline.show_savings(Savings(1, NOW - 60, KnownSum(None, 1), known, known))
    assert timeline.savings.text() == f"1 move since {since}: cost an unknown amount, saves $1.20 a day"
    timeline.show_savings(None)
    assert timeline.savings.text() == ""
