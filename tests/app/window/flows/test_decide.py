"""A move that waits for a person is decided about where they look, by what they read and by typing its name."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QRadioButton, QToolButton

from app.panels.act_sheet import ActSheet
from app.window.flows.decide import decide
from controller.contract.commands import JudgeActs, SettleMigration
from controller.contract.settlement import Act
from controller.contract.snapshots import MigrationView
from controller.reasons import Code
from tests.app.conftest import WindowUser, settle
from tests.app.window.test_main_window import press, shown_buttons, words


@pytest.fixture
def stuck(user: WindowUser) -> MigrationView:
    """The window shows a move whose source is gone, which waits for a person."""
    user.engine.start_best()
    user.pass_time(8.0)
    view = user.engine.stick()
    user.show()
    return view


def open_from_notice(user: WindowUser) -> ActSheet:
    notices = user.window.parts.notices
    [button] = [
        b for b in notices.findChildren(QToolButton) if b.text().startswith("Decide") and b.isVisible()
    ]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    settle()
    user.show()
    return user.window.sheets.acts


def radio(sheet: ActSheet, word: str) -> QRadioButton:
    [found] = [one for one in sheet.findChildren(QRadioButton) if one.text().startswith(word)]
    return found


def choose(sheet: ActSheet, word: str) -> None:
    """Click on the circle of an act; the rest of its row is only text."""
    button = radio(sheet, word)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(10, button.height() // 2))
    settle()


def agree(sheet: ActSheet) -> None:
    QTest.mouseClick(sheet.yes, Qt.MouseButton.LeftButton)
    settle()


def decided(user: WindowUser) -> list[SettleMigration]:
    return [command for command in user.engine.commands if isinstance(command, SettleMigration)]


def test_what_waits_calls_beside_the_globe_and_each_act_says_what_it_changes(
    user: WindowUser, stuck: MigrationView
) -> None:
    [call] = user.window.parts.notices.shown
    assert call.reason.code is Code.MOVE_WAITS
    sheet = open_from_notice(user)
    assert user.engine.commands[-1] == JudgeActs(stuck.migration_id)
    shown = words(sheet)
    assert f"{stuck.workload.name}: Santiago → Frankfurt (AWS)" in shown
    assert f"{stuck.target}: stays at {stuck.landed} replicas" in shown
    assert "Not now: gcp-southamerica-west1 has no such Deployment" in shown
    assert not radio(sheet, "Restore Santiago").isEnabled()
    assert [one.isChecked() for one in sheet.findChildren(QRadioButton)] == [False] * 3
    assert user.window.focusWidget() is sheet.no
    assert "stays at" in radio(sheet, "Adopt Frankfurt (AWS)").accessibleDescription()


@pytest.mark.parametrize(("word", "act"), [("Adopt", Act.ADOPT), ("Abandon", Act.ABANDON)])
def test_an_act_is_done_once_it_is_chosen_and_the_name_is_typed(
    user: WindowUser, stuck: MigrationView, word: str, act: Act
) -> None:
    user.window.open_migration(stuck.migration_id)
    settle()
    assert "Decide…" in shown_buttons(user.window.card)
    press(user.window.card, "Decide…")
    user.show()
    sheet = user.window.sheets.acts
    choose(sheet, word)
    assert (sheet.yes.text(), sheet.yes.isEnabled()) == (word, False)
    QTest.keyClicks(sheet.line, stuck.workload.name)
    user.pass_time(2.0)
    assert sheet.yes.isEnabled(), "news change nothing under a person's hands"
    agree(sheet)
    assert decided(user) == [SettleMigration(stuck.migration_id, act, f"{act.value}-0")]
    user.show()
    assert user.window.sheets.is_free
    assert not user.window.flows.is_running(decide)
    if act is Act.ADOPT:
        assert "Done" in words(user.window.card)
    else:
        assert user.window.card.isHidden()
        [notice] = user.window.parts.notices.shown
        assert notice.reason.code is Code.MOVE_ABANDONED


@pytest.mark.parametrize("typed", ["", "shop", "thumb"])
def test_no_key_and_no_other_word_decides(user: WindowUser, stuck: MigrationView, typed: str) -> None:
    sheet = open_from_notice(user)
    choose(sheet, "Abandon")
    QTest.keyClicks(sheet.line, typed)
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
        user.press_key(sheet.line, key)
        user.press_key(sheet.yes, key)
    agree(sheet)
    assert decided(user) == []


def test_a_typed_name_without_an_act_decides_nothing(user: WindowUser, stuck: MigrationView) -> None:
    sheet = open_from_notice(user)
    QTest.keyClicks(sheet.line, stuck.workload.name)
    user.press_key(sheet.line, Qt.Key.Key_Return)
    agree(sheet)
    assert decided(user) == []
    assert sheet.isVisible()


def test_it_is_decided_by_keys_alone(user: WindowUser, stuck: MigrationView) -> None:
    sheet = open_from_notice(user)
    radio(sheet, "Adopt").setFocus(Qt.FocusReason.TabFocusReason)
    user.press_key(radio(sheet, "Adopt"), Qt.Key.Key_Space)
    sheet.line.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClicks(sheet.line, stuck.workload.name)
    user.press_key(sheet.line, Qt.Key.Key_Return)
    assert [command.act for command in decided(user)] == [Act.ADOPT]


def test_what_changed_meanwhile_is_not_done_and_is_shown_anew(user: WindowUser, stuck: MigrationView) -> None:
    sheet = open_from_notice(user)
    choose(sheet, "Abandon")
    QTest.keyClicks(sheet.line, stuck.workload.name)
    user.engine.version += 1
    agree(sheet)
    user.show()
    user.show()
    assert sheet.isVisible()
    assert "Not done: what this would change is no longer what was shown" in words(sheet)
    assert sheet.line.text() == ""
    assert [one.isChecked() for one in sheet.findChildren(QRadioButton)] == [False] * 3
    choose(sheet, "Abandon")
    QTest.keyClicks(sheet.line, stuck.workload.name)
    agree(sheet)
    user.show()
    assert [command.digest for command in decided(user)] == ["abandon-0", "abandon-1"]
    assert user.window.sheets.is_free


def test_nothing_can_be_decided_before_both_clusters_were_read(
    user: WindowUser, stuck: MigrationView
) -> None:
    user.engine.answers_acts = False
    sheet = open_from_notice(user)
    assert "Reading both clusters…" in words(sheet)
    assert [one for one in sheet.findChildren(QRadioButton) if one.isVisible()] == []
    user.press_key(sheet, Qt.Key.Key_Escape)
    assert user.window.sheets.is_free
    assert decided(user) == []


def test_who_leaves_it_waiting_changes_nothing(user: WindowUser, stuck: MigrationView) -> None:
    sheet = open_from_notice(user)
    choose(sheet, "Adopt")
    QTest.keyClicks(sheet.line, stuck.workload.name)
    [leave] = [b for b in sheet.findChildren(QPushButton) if b.text() == "Leave it waiting"]
    QTest.mouseClick(leave, Qt.MouseButton.LeftButton)
    settle()
    assert decided(user) == []
    assert not user.window.flows.is_running(decide)


def test_a_move_that_is_known_no_more_says_so(user: WindowUser, stuck: MigrationView) -> None:
    user.engine._moves.clear()
    sheet = open_from_notice(user)
    assert "migrations list" in words(sheet)
    assert not sheet.yes.isEnabled()


def test_the_palette_leads_to_the_decision(user: WindowUser, stuck: MigrationView) -> None:
    user.window.open_palette()
    palette = user.window.sheets.palette
    QTest.keyClicks(palette.line, "decide about")
    assert palette.list.item(0).text() == f"Decide about the move of {stuck.workload.name}…"
    user.press_key(palette.line, Qt.Key.Key_Return)
    user.show()
    assert user.window.sheets.acts.isVisible()


def test_an_engine_that_goes_leaves_no_question_behind(user: WindowUser, stuck: MigrationView) -> None:
    sheet = open_from_notice(user)
    choose(sheet, "Adopt")
    QTest.keyClicks(sheet.line, stuck.workload.name)
    user.engine.send = lambda command: None  # type: ignore[method-assign]
    agree(sheet)
    user.window.show_engine_lost(Code.ENGINE_ENDED.because(exit_code=-9))
    settle()
    assert user.window.sheets.is_free
    assert not user.window.flows.is_running(decide)
