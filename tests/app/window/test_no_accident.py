"""Nothing starts a move but a person who means it, whatever key is struck and wherever the pointer stands."""

from __future__ import annotations

import string

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QEnterEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.hud.overlay import OverlayButton
from app.model.moves import FollowedMove
from app.model.region_rows import Column
from app.model.workload_rows import WorkloadColumn
from app.panels.offer_table import OfferTable
from app.panels.region_table import RESORT_S
from controller.contract.commands import RequestDryRun
from tests.app.conftest import WindowUser, click_cell, point_at, settle

SOURCE = "gcp-southamerica-west1"


@pytest.fixture(autouse=True)
def active(user: WindowUser, qtbot: QtBot) -> None:
    """Only an active window has a keyboard."""
    user.window.activateWindow()
    qtbot.waitUntil(user.window.isActiveWindow)
    user.face(SOURCE)


def row_of(table: OfferTable, text: str) -> int:
    """Return the row whose first column reads `text`."""
    return next(row for row in range(table.model().rowCount()) if table.model().index(row, 0).data() == text)


def started(user: WindowUser) -> list[object]:
    """Return what is about to start, and every command that was sent but dry runs, which change nothing."""
    sent = [command for command in user.engine.commands if not isinstance(command, RequestDryRun)]
    return [*sent, *user.window.rings.rings]


def enter(widget: QWidget) -> None:
    """Let the pointer come to a widget, whatever the real pointer of this display is doing."""
    place = QPointF(widget.rect().center())
    on_window = QPointF(widget.mapTo(widget.window(), place.toPoint()))
    QApplication.sendEvent(
        widget, QEnterEvent(place, on_window, QPointF(widget.mapToGlobal(place.toPoint())))
    )


def focus_as_by_tab(widget: QWidget) -> None:
    """Give the keyboard to a control as the tab key does."""
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    settle()


def test_after_the_panel_is_hidden_space_and_enter_start_nothing(user: WindowUser) -> None:
    table = user.window.table
    click_cell(table, row_of(table, "Santiago"), Column.REGION)
    QTest.keyClick(user.window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert not table.isVisible()
    assert not isinstance(user.window.focusWidget(), OverlayButton)
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
        user.press_key(user.window.focusWidget(), key)
    assert started(user) == []


def test_typing_in_the_table_finds_a_region_and_starts_nothing(user: WindowUser) -> None:
    table = user.window.table
    click_cell(table, row_of(table, "Santiago"), Column.REGION)
    QTest.keyClicks(table, "am")
    settle()
    assert table.currentIndex().siblingAtColumn(Column.REGION).data() == "Amsterdam"
    assert (user.engine.commands, user.window.rings.rings) == ([], ())


@pytest.mark.parametrize("place", ["globe", "regions", "workloads", "timeline"])
def test_no_letter_starts_anything_anywhere(user: WindowUser, place: str) -> None:
    user.window.select(SOURCE)
    window = user.window
    widget: QWidget = {
        "globe": window.stage,
        "regions": window.table,
        "workloads": window.inspector.workloads,
        "timeline": window.timeline.list,
    }[place]
    focus_as_by_tab(widget)
    for key in [*string.ascii_letters, *string.digits]:
        QTest.keyClicks(widget, key)
    settle()
    assert started(user) == []


def test_the_palette_does_not_choose_a_move_by_itself(user: WindowUser) -> None:
    user.window.open_palette()
    palette = user.window.sheets.palette
    for typed in ("", "migrate render", "render-farm"):
        palette.line.clear()
        QTest.keyClicks(palette.line, typed)
        user.press_key(palette.line, Qt.Key.Key_Return)
        assert palette.isVisible()
    assert started(user) == []


@pytest.mark.parametrize(("key", "row"), [(Qt.Key.Key_Down, 0), (Qt.Key.Key_Up, -1)])
def test_the_arrows_begin_at_an_end_of_the_palette(user: WindowUser, key: Qt.Key, row: int) -> None:
    user.window.open_palette()
    palette = user.window.sheets.palette
    user.press_key(palette.line, key)
    assert palette.list.currentRow() == row % palette.list.count()


def test_in_the_palette_a_flight_comes_before_a_move(user: WindowUser) -> None:
    user.window.open_palette()
    palette = user.window.sheets.palette
    QTest.keyClicks(palette.line, "sant")
    assert palette.list.currentItem().text() == "Fly to Santiago"
    assert "Migrate" in palette.list.item(1).text()


def offer_another(user: WindowUser) -> None:
    """Let the best move of the source go, so that the next one stands on its button."""
    best = next(d for d in user.engine.snapshot().opportunities if d.workload.context == SOURCE)
    user.engine._regions[SOURCE].workloads.pop(best.workload.name)
    user.show()


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_enter_on_a_button_that_another_move_has_come_to_only_shows_it(user: WindowUser, key: Qt.Key) -> None:
    button = user.button(SOURCE)
    focus_as_by_tab(button)
    offer_another(user)
    assert user.button(SOURCE) is button
    user.press_key(button, key)
    assert started(user) == []
    assert [type(command) for command in user.engine.commands] == [RequestDryRun]


def test_a_click_on_a_button_that_changes_under_the_pointer_only_shows_its_move(user: WindowUser) -> None:
    button = user.button(SOURCE)
    enter(button)
    offer_another(user)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    settle()
    assert started(user) == []
    assert [type(command) for command in user.engine.commands] == [RequestDryRun]


def test_the_keyboard_on_a_button_that_nobody_chose_starts_nothing(user: WindowUser) -> None:
    user.button(SOURCE).setFocus()  # as a closing sheet gives it back
    user.press_key(user.button(SOURCE), Qt.Key.Key_Return)
    assert started(user) == []


def test_enter_in_a_row_whose_move_has_changed_only_shows_it(user: WindowUser) -> None:
    table = user.window.table
    click_cell(table, row_of(table, "Santiago"), Column.PRICE)
    table.setCurrentIndex(table.currentIndex().siblingAtColumn(Column.COST))
    user.press_key(table, Qt.Key.Key_Right)
    assert table.currentIndex().column() == Column.ACTION
    offer_another(user)
    user.press_key(table, Qt.Key.Key_Return)
    assert started(user) == []
    assert [type(command) for command in user.engine.commands] == [RequestDryRun]


def test_a_click_in_a_row_whose_move_changes_under_the_pointer_only_shows_it(user: WindowUser) -> None:
    table = user.window.table
    cell = table.visualRect(table.model().index(row_of(table, "Santiago"), Column.ACTION)).center()
    point_at(table.viewport(), cell)
    offer_another(user)
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=cell)
    settle()
    assert started(user) == []
    assert [type(command) for command in user.engine.commands] == [RequestDryRun]


def test_a_press_that_ends_on_another_button_starts_nothing(user: WindowUser) -> None:
    user.window.select(SOURCE)
    workloads = user.window.inspector.workloads
    first, second = (workloads.visualRect(workloads.model().index(r, WorkloadColumn.MOVE)) for r in (0, 1))
    point_at(workloads.viewport(), first.center())
    QTest.mousePress(workloads.viewport(), Qt.MouseButton.LeftButton, pos=first.center())
    QTest.mouseRelease(workloads.viewport(), Qt.MouseButton.LeftButton, pos=second.center())
    settle()
    assert (user.engine.commands, user.window.rings.rings) == ([], ())


def test_a_button_of_the_card_gives_the_keyboard_up_when_another_move_takes_the_card(
    user: WindowUser,
) -> None:
    first, second = user.engine.snapshot().opportunities[:2]
    user.window.board.follow(FollowedMove(first.workload, first.target, dry_run=first))
    settle()
    focus_as_by_tab(user.window.card.first_control())
    assert user.window.focusWidget() is not user.window.card
    user.window.board.follow(FollowedMove(second.workload, second.target, dry_run=second))
    settle()
    assert user.window.focusWidget() is user.window.card


def test_a_button_that_goes_leaves_the_keyboard_to_its_card(user: WindowUser) -> None:
    best = user.engine.snapshot().opportunities[0]
    user.window.request_dry_run(best.workload, best.target)
    settle()
    user.show()
    focus_as_by_tab(user.window.card.first_control())
    user.engine.now += 1000.0  # its prices have expired: another button takes its place
    user.window.parts.refresh_ages()
    settle()
    assert user.window.focusWidget() is user.window.card


def test_a_key_that_is_held_down_presses_once(user: WindowUser) -> None:
    held = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", True)
    button = user.button(SOURCE)
    focus_as_by_tab(button)
    QApplication.sendEvent(button, held)
    table = user.window.table
    table.setCurrentIndex(table.model().index(row_of(table, "Santiago"), Column.ACTION))
    focus_as_by_tab(table)
    QApplication.sendEvent(table, held)
    settle()
    assert (user.engine.commands, user.window.rings.rings) == ([], ())


def test_what_no_pointer_came_to_is_pressed_by_a_finger(user: WindowUser) -> None:
    button = user.button(SOURCE)
    QApplication.sendEvent(button, QEvent(QEvent.Type.Leave))
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    settle()
    assert len(started(user)) == 1


def places_of_buttons(user: WindowUser) -> dict[str, QRect]:
    return {key: button.geometry() for key, button in user.window.stage.overlay.buttons.items()}


@pytest.mark.parametrize("context", [SOURCE, "aws-eu-central-1", "azure-centralindia", "azure-uksouth"])
@pytest.mark.parametrize("names", [True, False])
def test_a_hover_moves_no_button(user: WindowUser, context: str, names: bool) -> None:
    stage = user.window.stage
    stage.set_region_names(names)
    user.face(context)
    before = places_of_buttons(user)
    assert before
    projection = stage.navigator.camera.project(stage.presenter.places, stage.viewport)
    hovered = 0
    for x_px, y_px in projection.pixels[projection.visible]:
        point_at(stage.view, QPoint(round(x_px), round(y_px)))
        settle()
        hovered += stage.focus_state.hovered is not None
        assert places_of_buttons(user) == before
    assert hovered


def test_what_comes_moves_no_button_under_the_pointer(user: WindowUser) -> None:
    """The one of an earlier key would choose its place first."""
    stage = user.window.stage
    user.face("gcp-europe-west3")
    button = user.button("gcp-europe-west3")
    enter(button)
    before = button.geometry().topLeft()
    user.engine.set_price("azure-uksouth", 0.2)
    user.show()
    assert "migrate:azure-uksouth" in stage.overlay.buttons
    assert user.button("gcp-europe-west3").geometry().topLeft() == before


def test_no_row_of_workloads_moves_up_under_the_pointer(
    user: WindowUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workload that goes would let the next one's button come to where the first one's is being clicked."""
    user.window.select(SOURCE)
    workloads = user.window.inspector.workloads
    names = [workloads.model().index(row, WorkloadColumn.NAME) for row in range(3)]
    assert [index.data() for index in names] == ["checkout", "render-farm", "thumbnails"]
    monkeypatch.setattr(workloads, "underMouse", lambda: True)
    user.engine._regions[SOURCE].workloads.pop("checkout")
    user.engine._regions[SOURCE].workloads["a-new-one"] = 3
    user.show()
    shown = [workloads.model().index(row, WorkloadColumn.NAME).data() for row in range(4)]
    assert shown == ["checkout", "render-farm", "thumbnails", "a-new-one"]
    click_cell(workloads, 0, WorkloadColumn.MOVE)
    assert started(user) == []
    monkeypatch.setattr(workloads, "underMouse", lambda: False)
    user.window.stage.setFocus()
    user.show()
    assert workloads.model().index(0, WorkloadColumn.NAME).data() == "a-new-one"


@pytest.mark.parametrize("by", ["pointer", "keyboard"])
def test_no_row_of_regions_moves_under_a_person(
    user: WindowUser, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = user.window.table
    monkeypatch.setattr(table, "underMouse", lambda: by == "pointer")
    if by == "keyboard":
        focus_as_by_tab(table)

    def rows() -> list[str]:
        return [table.model().index(row, Column.REGION).data() for row in range(table.model().rowCount())]

    before = rows()
    for context in ("azure-uksouth", "aws-us-east-1"):
        user.engine.set_price(context, 0.4)
    user.pass_time(2 * RESORT_S, step_s=5.0)
    gone = user.engine._regions.pop("azure-centralindia")
    user.show()
    assert rows() == before
    faded = table.model().index(before.index("Pune"), Column.ACTION)
    assert faded.data() == ""
    user.engine._regions["azure-centralindia"] = gone
    user.show()
    assert rows() == before
    monkeypatch.setattr(table, "underMouse", lambda: False)
    user.window.stage.setFocus()
    user.pass_time(RESORT_S, step_s=5.0)
    assert rows() != before


def test_no_letter_of_a_name_becomes_a_key_of_a_button(user: WindowUser) -> None:
    """Qt makes Alt+D of `R&D`, and presses the button for it from wherever the keyboard is."""
    best = next(d for d in user.engine.snapshot().opportunities if d.workload.context == SOURCE)
    user.engine._regions[best.target].city = "R&D"
    user.show()
    user.window.board.follow(FollowedMove(best.workload, best.target, dry_run=best))
    settle()
    card = user.window.card.first_control()
    button = user.button(SOURCE)
    assert "R&D" in button.accessibleName()
    assert "R&D" in card.accessibleName()
    assert button.shortcut().isEmpty()
    assert card.shortcut().isEmpty()
    user.press_key(user.window.stage, Qt.Key.Key_D)
    assert started(user) == []
