"""The header always says whether anything may be changed, and has the button that forbids it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.model.arming import ArmingState
from app.model.tone import Tone
from controller.contract.commands import SetArmed
from controller.reasons import Code
from tests.app.conftest import WindowUser, settle
from tests.app.window.test_main_window import words

SOURCE = "gcp-southamerica-west1"


def arming(user: WindowUser) -> str:
    return user.window.header.arming.text()


def test_read_only_is_said(user: WindowUser) -> None:
    user.engine.demo = False
    user.engine.disarm()
    user.show()
    assert arming(user) == "Read-only"


def test_what_is_armed_and_for_how_long_is_said(user: WindowUser) -> None:
    user.engine.demo = False
    user.engine.disarm()
    user.engine.send(SetArmed(SOURCE, True))
    user.show()
    assert arming(user) == "Armed: 1 of 15, until the end"
    tip = user.window.header.arming.toolTip()
    assert SOURCE in tip
    assert "until this program ends or you stop it" in tip
    user.engine.send(SetArmed(SOURCE, False))
    user.engine.send(SetArmed("azure-uksouth", True))
    user.show()
    assert arming(user) == "Armed: azure-uksouth, until the end"


def test_the_demo_says_that_its_contexts_are_simulated(user: WindowUser) -> None:
    assert arming(user) == "Armed: the demo, until the end"
    assert "simulated contexts" in user.window.header.arming.toolTip()


def test_without_an_engine_nothing_is_said_to_be_armed(user: WindowUser) -> None:
    user.window.show_engine_lost(Code.ENGINE_ENDED.because(exit_code=-9))
    settle()
    assert arming(user) == "Stopped"


def test_before_anything_is_known_nothing_is_said_to_be_read_only(
    make_user: Callable[..., WindowUser],
) -> None:
    assert arming(make_user(shown=False)) == "Starting…"


@pytest.mark.parametrize("width", [900, 1280, 1920])
def test_neither_the_state_nor_the_stop_is_ever_cut(user: WindowUser, width: int) -> None:
    user.window.resize(width, 720)
    settle()
    header = user.window.header
    label = header.arming
    header.show_arming(ArmingState("Armed: 100 of 100, until the end", "", Tone.WARNING))
    settle()
    assert label.width() >= QFontMetrics(label.font()).horizontalAdvance(label.text())
    for part in (label, header.stop):
        assert header.rect().contains(part.geometry())
        assert part.isVisible()


def test_stop_takes_back_what_waits_and_disarms_everything(user: WindowUser) -> None:
    user.window.migrate(user.engine.snapshot().opportunities[0])
    settle()
    QTest.mouseClick(user.window.header.stop, Qt.MouseButton.LeftButton)
    settle()
    contexts = [view.context for view in user.engine.snapshot().contexts]
    assert user.engine.commands == [SetArmed(context, False) for context in contexts]
    user.close_rings()
    user.show()
    assert arming(user) == "Read-only"
    assert all(isinstance(command, SetArmed) for command in user.engine.commands)
    assert "every context is read-only now, and no move was under way." in words(user.window)


def test_stop_says_where_each_move_stands_still(moving: WindowUser, qtbot: QtBot) -> None:
    moving.window.activateWindow()
    qtbot.waitUntil(moving.window.isActiveWindow)
    QTest.keyClick(moving.window, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert "render-farm with 2 of 6 replicas in Frankfurt (AWS)" in words(moving.window)


def test_stop_works_behind_an_open_card_and_before_a_snapshot_shows_what_is_armed(user: WindowUser) -> None:
    user.engine.disarm()
    user.show()
    user.engine.send(SetArmed(SOURCE, True))  # no snapshot has shown it yet
    user.window.stop()
    assert user.engine.commands[-15:] == [SetArmed(v.context, False) for v in user.engine.snapshot().contexts]
