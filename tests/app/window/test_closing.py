"""What closing the window does while a move runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.panels.leave_sheet import build_command
from controller.contract.commands import SetArmed
from controller.contract.snapshots import MigrationStage
from controller.reasons import Code
from tests.app.conftest import WindowUser, settle
from tests.app.window.test_main_window import press, words


def is_asked(user: WindowUser) -> bool:
    return "close_question" in vars(user.window.sheets) and user.window.sheets.close_question.isVisible()


def test_closing_in_the_middle_of_a_move_asks_and_says_how_it_goes_on(
    moving: WindowUser, qtbot: QtBot
) -> None:
    with qtbot.assertNotEmitted(moving.window.closed):
        moving.close()
    sheet = moving.window.sheets.close_question
    assert moving.window.isVisible()
    assert moving.window.focusWidget() is sheet.no
    [migration] = moving.engine.snapshot().migrations
    said = words(sheet)
    assert f"{migration.workload.name}: Santiago → Frankfurt (AWS), 2 of {migration.replicas} landed" in said
    assert "journal in both clusters" in said
    assert f"sentinelaura operator --arm {migration.workload.context} --arm {migration.target}" in said


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_the_safe_answer_has_the_keyboard(moving: WindowUser, qtbot: QtBot, key: Qt.Key) -> None:
    moving.close()
    with qtbot.assertNotEmitted(moving.window.closed):
        QTest.keyClick(moving.window.focusWidget(), key)
        settle()
    assert not is_asked(moving)
    assert moving.window.isVisible()


def test_who_closes_all_the_same_is_not_asked_again(moving: WindowUser, qtbot: QtBot) -> None:
    moving.close()
    with qtbot.waitSignal(moving.window.closed, timeout=1000):
        press(moving.window.sheets.close_question, "Close anyway")
    assert not moving.window.isVisible()


def test_the_end_of_the_session_asks_nobody(moving: WindowUser, qtbot: QtBot) -> None:
    with qtbot.waitSignal(moving.window.closed, timeout=1000):
        moving.window.close_unasked()
    assert not is_asked(moving)


def test_the_question_takes_the_place_of_another_sheet(moving: WindowUser) -> None:
    moving.window.board.ask_to_arm(("aws-us-east-1",))
    settle()
    moving.close()
    assert is_asked(moving)
    assert not moving.window.sheets.arm.isVisible()
    press(moving.window.sheets.close_question, "Keep open")
    assert moving.window.header.isEnabled()
    assert SetArmed("aws-us-east-1", True) not in moving.engine.commands


def test_the_question_goes_with_the_move(moving: WindowUser, qtbot: QtBot) -> None:
    moving.close()
    while moving.engine.snapshot().migrations[0].stage is not MigrationStage.DONE:
        moving.pass_time(1.0)
    assert not is_asked(moving)
    with qtbot.waitSignal(moving.window.closed, timeout=1000):
        moving.close()


def test_nobody_is_asked_where_nothing_would_be_left(
    make_user: Callable[..., WindowUser], qtbot: QtBot
) -> None:
    user = make_user(shown=False)
    user.engine.start_best()
    user.show()  # the demo: its clusters end with it
    with qtbot.waitSignal(user.window.closed, timeout=1000):
        user.close()


def test_nobody_is_asked_where_the_engine_is_gone(moving: WindowUser, qtbot: QtBot) -> None:
    moving.window.show_engine_lost(Code.ENGINE_ENDED.because(exit_code=-9))
    with qtbot.waitSignal(moving.window.closed, timeout=1000):
        moving.close()


def test_the_command_names_each_context_once_and_quotes_it(moving: WindowUser) -> None:
    [migration] = moving.engine.snapshot().migrations
    odd = replace(migration, target="arn:aws:eks us; rm")
    command = build_command([odd, odd])
    assert command == f"sentinelaura operator --arm {migration.workload.context} --arm 'arn:aws:eks us; rm'"


def test_many_moves_are_counted(moving: WindowUser) -> None:
    [migration] = moving.engine.snapshot().migrations
    many = tuple(replace(migration, migration_id=f"m-{number}") for number in range(6))
    moving.window.show_snapshot(replace(moving.engine.snapshot(), migrations=many))
    moving.close()
    assert "and 2 more" in words(moving.window.sheets.close_question)
    assert all(b.isVisible() for b in moving.window.sheets.close_question.findChildren(QPushButton))
