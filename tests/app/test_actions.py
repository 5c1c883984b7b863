"""Actions are declared once: palette, keys page, buttons and keys say and do the same."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.actions import (
    DRY_RUN,
    HEADER_ACTIONS,
    KEYED_SUBJECT_ACTIONS,
    OPEN_PALETTE,
    OPEN_SETTINGS,
    TURN,
    VISIT,
    WINDOW_ACTIONS,
    Action,
    list_keys,
)
from app.widgets.action_button import ActionButton
from app.window.window_actions import make_choices
from tests.app.conftest import WindowUser, settle


def key_event(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> QKeyEvent:
    return QKeyEvent(QEvent.Type.KeyPress, key, modifier)


def buttons_of(user: WindowUser) -> dict[str, ActionButton]:
    return {button.text(): button for button in user.window.findChildren(ActionButton)}


def test_no_two_actions_share_a_key() -> None:
    keys = Counter(QKeySequence(key) for action in WINDOW_ACTIONS for key in action.keys)
    assert [key.toString() for key, count in keys.items() if count > 1] == []


def test_every_key_is_on_the_keys_page(user: WindowUser) -> None:
    user.window.open_keys()
    sheet = user.window.sheets.keys
    page = [label.text() for label in sheet.findChildren(QLabel)]
    for action in WINDOW_ACTIONS:
        if action.keys:
            assert action.text in page
    assert VISIT.text in page
    assert "←, →, ↑, ↓ on the globe" in page
    assert dict(list_keys())["Ctrl+K"] == OPEN_PALETTE.text


def test_no_line_of_the_keys_page_is_cut(user: WindowUser) -> None:
    user.window.resize(1280, 720)
    user.window.open_keys()
    settle()
    labels = user.window.sheets.keys.findChildren(QLabel)
    assert [label.text() for label in labels if label.width() < label.sizeHint().width()] == []


def test_what_changes_clusters_has_no_key() -> None:
    assert not any(action.is_grave for action in KEYED_SUBJECT_ACTIONS)


def test_buttons_say_what_they_do_and_by_which_key(user: WindowUser) -> None:
    buttons = buttons_of(user)
    assert set(buttons) == {"Turn", "Stop", *(action.label for action in HEADER_ACTIONS)}
    assert buttons["Settings"].toolTip() == "Settings (Ctrl+,)"
    assert buttons["Search"].toolTip() == "Find a region, a move or an action (Ctrl+K)"
    assert buttons["Turn"].toolTip().endswith("(Space)")
    assert all(button.accessibleName() for button in buttons.values())


def test_the_palette_offers_what_can_be_done_and_its_key(user: WindowUser) -> None:
    choices = make_choices(user.window, user.window.window_actions, user.window.link.shown)
    hints = {choice.text: choice.hint for choice in choices}
    assert hints[TURN.text] == "Space"
    assert hints[OPEN_SETTINGS.text] == "Ctrl+,"
    assert len(hints) == len(choices)


def test_without_a_globe_nothing_turns_it(user: WindowUser) -> None:
    user.view.failed.emit("the driver is gone")
    settle()
    user.show()
    assert not user.window.window_actions[TURN].isEnabled()
    user.press_key(user.window.table, Qt.Key.Key_Space)
    assert not user.window.stage.navigator.is_turning
    user.window.open_palette()
    shown = user.window.sheets.palette.list
    assert TURN.text not in [shown.item(row).text() for row in range(shown.count())]


def test_the_side_panel_is_shown_and_hidden_by_button_key_and_palette(user: WindowUser, qtbot: QtBot) -> None:
    button = buttons_of(user)["Panel"]
    button.click()
    assert not user.window.table.isVisible()
    assert not button.isChecked()
    user.window.activateWindow()
    qtbot.waitUntil(user.window.isActiveWindow)
    QTest.keyClick(user.window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert user.window.table.isVisible()
    assert button.isChecked()
    assert user.window.settings.side_panel


def test_a_key_alone_is_taken_from_no_line_and_no_button(user: WindowUser, qtbot: QtBot) -> None:
    line, button = QLineEdit(user.window), QPushButton(user.window)
    pressed: list[bool] = []
    button.clicked.connect(lambda checked: pressed.append(checked))
    for widget in (line, button):
        widget.show()
    QTest.keyClicks(line, " r?")
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert line.text() == " r?"
    assert pressed == [False]
    assert not user.window.stage.navigator.is_turning
    assert user.window.sheets.is_free


@pytest.mark.parametrize(
    ("key", "modifier", "is_meant"),
    [
        (Qt.Key.Key_D, Qt.KeyboardModifier.NoModifier, True),
        (Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier, False),
        (Qt.Key.Key_N, Qt.KeyboardModifier.NoModifier, False),
    ],
)
def test_a_key_with_ctrl_is_another_key(key: Qt.Key, modifier: Qt.KeyboardModifier, is_meant: bool) -> None:
    assert DRY_RUN.has_key(key_event(key, modifier)) is is_meant


def test_the_question_mark_opens_the_keys_page_on_every_keyboard(user: WindowUser) -> None:
    user.window.keyPressEvent(key_event(Qt.Key.Key_Question, Qt.KeyboardModifier.ShiftModifier))
    assert user.window.sheets.keys.isVisible()


def test_what_has_no_key_has_none_in_its_tip() -> None:
    assert Action("Close the window", lambda actor: actor.close()).tip == "Close the window"
