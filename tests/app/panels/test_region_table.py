from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtCore import QAbstractItemModel, QPoint, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from app.model.formatting import format_percent, format_price, format_usd
from app.model.names import distinct_names
from app.model.region_rows import Column, RegionRow, make_row
from app.panels.region_table import RESORT_S, ROW_ROLE, RegionModel, RegionTable
from app.widgets.cells import BUTTON_MARGIN_PX, PADDING_PX
from app.widgets.theme import SMALL_PX, make_font
from controller.contract.snapshots import EngineSnapshot
from tests.app.conftest import click_cell
from tests.app.scripted_engine import ScriptedEngine


def rows_of(snapshot: EngineSnapshot) -> list[RegionRow]:
    offers = {dry_run.workload.context: (dry_run,) for dry_run in reversed(snapshot.opportunities)}
    names = distinct_names(snapshot.contexts)
    return [
        make_row(view, names, offers.get(view.context, ()), 0.5, snapshot.taken_at)
        for view in snapshot.contexts
    ]


def column_texts(model: QAbstractItemModel, column: Column) -> list[str]:
    return [model.index(row, column).data() for row in range(model.rowCount())]


@pytest.fixture
def table(qtbot: QtBot, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch) -> RegionTable:
    table = RegionTable()
    # Wherever the pointer of this display happens to be, it is not on the table.
    monkeypatch.setattr(table, "underMouse", lambda: False)
    qtbot.addWidget(table)
    table.resize(600, 500)
    table.show_rows(rows_of(engine.snapshot()), RESORT_S)
    table.show()
    return table


def test_the_model_keeps_qts_rules(qtbot: QtBot, engine: ScriptedEngine) -> None:
    model = RegionModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_rows(rows_of(engine.snapshot()))
    engine.advance(10.0)
    model.show_rows(rows_of(engine.snapshot()))
    model.show_rows(rows_of(engine.snapshot())[:3])
    assert model.rowCount() == 3


def test_rows_that_read_the_same_are_not_announced(qtbot: QtBot, engine: ScriptedEngine) -> None:
    model = RegionModel()
    model.show_rows(rows_of(engine.snapshot()))
    with qtbot.assertNotEmitted(model.dataChanged):
        model.show_rows(rows_of(engine.snapshot()))


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (Column.TREND, [format_percent(step / 100.0) for step in range(-100, 2000)]),
        (Column.PRICE, [format_price(Decimal(price)).removesuffix("/h") for price in ("0.0888", "999.99")]),
        (Column.COST, [format_usd(Decimal(cents) / 100) for cents in range(0, 99_999_999, 12_345)]),
    ],
    ids=["trend", "price", "cost"],
)
def test_a_number_is_never_cut(table: RegionTable, column: Column, texts: list[str]) -> None:
    metrics = QFontMetrics(table.font())
    room_px = table.columnWidth(column) - 2 * PADDING_PX
    assert max(metrics.horizontalAdvance(text) for text in texts) <= room_px


def test_moves_that_pay_come_first(table: RegionTable) -> None:
    savings = column_texts(table.model(), Column.ACTION)
    assert savings[0] == "render-farm → Frankfurt (AWS), save $6.20/day"
    assert savings[-1] == ""


def test_sorting_by_price_follows_the_numbers_and_not_the_texts(
    table: RegionTable, engine: ScriptedEngine
) -> None:
    engine.set_price("azure-uksouth", 10.5)
    engine.set_price("aws-us-east-1", 9.5)
    table.show_rows(rows_of(engine.snapshot()), 2 * RESORT_S)
    table.sortByColumn(Column.PRICE, Qt.SortOrder.DescendingOrder)
    assert column_texts(table.model(), Column.REGION)[:2] == ["London", "Ashburn"]


def test_rows_do_not_jump_between_two_sortings(table: RegionTable, engine: ScriptedEngine) -> None:
    table.sortByColumn(Column.PRICE, Qt.SortOrder.AscendingOrder)
    before = column_texts(table.model(), Column.REGION)
    engine.set_price("azure-uksouth", 9.0)
    table.show_rows(rows_of(engine.snapshot()), RESORT_S + 1.0)
    assert column_texts(table.model(), Column.REGION) == before
    table.show_rows(rows_of(engine.snapshot()), 3 * RESORT_S)
    assert column_texts(table.model(), Column.REGION)[-1] == "London"


def test_the_selection_survives_new_prices_and_sorting(table: RegionTable, engine: ScriptedEngine) -> None:
    table.select("azure-uksouth")
    engine.advance(30.0)
    table.show_rows(rows_of(engine.snapshot()), 3 * RESORT_S)
    table.sortByColumn(Column.REGION, Qt.SortOrder.DescendingOrder)
    assert table.selected_context() == "azure-uksouth"


def test_following_the_globe_is_not_a_choice_of_a_person(qtbot: QtBot, table: RegionTable) -> None:
    with qtbot.assertNotEmitted(table.selected):
        table.select("azure-uksouth")


def test_a_click_on_the_button_in_a_row_migrates(qtbot: QtBot, table: RegionTable) -> None:
    with qtbot.waitSignal(table.migrate_requested) as caught:
        click_cell(table, 0, Column.ACTION)
    assert caught.args[0].workload.name == "render-farm"


def test_a_click_elsewhere_in_the_row_does_not(qtbot: QtBot, table: RegionTable) -> None:
    with qtbot.assertNotEmitted(table.migrate_requested):
        click_cell(table, 0, Column.PRICE)


def test_enter_flies_and_on_the_button_migrates(qtbot: QtBot, table: RegionTable) -> None:
    table.setCurrentIndex(table.model().index(0, Column.COST))
    QTest.keyClick(table, Qt.Key.Key_Right)
    with qtbot.waitSignal(table.migrate_requested):
        QTest.keyClick(table, Qt.Key.Key_Return)
    QTest.keyClick(table, Qt.Key.Key_Left)
    with qtbot.waitSignal(table.activated_region) as caught:
        QTest.keyClick(table, Qt.Key.Key_Return)
    assert caught.args == ["gcp-southamerica-west1"]


@pytest.mark.parametrize("width", [600, 626, 900])
def test_a_button_cuts_neither_its_workload_nor_its_money(table: RegionTable, width: int) -> None:
    table.resize(width, 500)
    words = table.model().index(0, Column.ACTION).data(ROW_ROLE).words
    room_px = table.columnWidth(Column.ACTION) - 2 * BUTTON_MARGIN_PX
    assert QFontMetrics(make_font(SMALL_PX, bold=True)).horizontalAdvance(words.workload) <= room_px
    second = QFontMetrics(make_font(SMALL_PX))
    assert second.horizontalAdvance(f"→ {words.target} {words.saving.removesuffix('/day')}") <= room_px


def test_a_row_without_a_move_has_no_button(qtbot: QtBot, table: RegionTable) -> None:
    last = table.model().index(table.model().rowCount() - 1, Column.ACTION)
    with qtbot.assertNotEmitted(table.migrate_requested):
        click_cell(table, last.row(), Column.ACTION)
        QTest.keyClick(table, Qt.Key.Key_Return)
    assert last.data(Qt.ItemDataRole.AccessibleTextRole) == "no move pays from here"


def test_every_row_can_be_painted_in_every_state(table: RegionTable, engine: ScriptedEngine) -> None:
    table.select("azure-uksouth")
    engine.now += 200.0
    table.show_rows(rows_of(engine.snapshot()), 0.0)
    picture = table.grab().toImage()
    assert picture.pixelColor(QPoint(5, picture.height() - 5)) == picture.pixelColor(
        QPoint(9, picture.height() - 9)
    )
