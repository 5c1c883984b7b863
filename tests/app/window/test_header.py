"""The header always says whether anything may be changed, and has the button that forbids it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.model.arming import ArmingState
from app.model.tone import Tone
from controller.clusters.arming import ArmedBy, ArmingTerms
from controller.contract.commands import SetArmed, Stop
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


def test_the_time_that_is_left_is_said_and_that_it_has_run_out_also_while_nothing_arrives(
    user: WindowUser,
) -> None:
    user.engine.demo = False
    user.engine.disarm()
    terms = ArmingTerms(ArmedBy.WINDOW, "uid-azure-uksouth", frozenset({"shop"}), 5, 20, 8 * 3600.0)
    user.engine.send(SetArmed("azure-uksouth", True, terms))
    user.engine.send(SetArmed(SOURCE, True, replace(terms, lasts_s=90_000.0)))
    user.show()
    assert arming(user) == "Armed: 2 of 15, 8 h 0 min"
    tip = user.window.header.arming.toolTip()
    assert "azure-uksouth, for 8 h 0 min more: cluster uid-azure-uksouth, shop, 5 moves a day" in tip
    user.engine.send(SetArmed(SOURCE, False))
    user.engine.advance(100.0)
    user.show()
    assert arming(user) == "Armed: azure-uksouth, 7 h 58 min"
    user.engine.now += 8 * 3600.0
    user.window.parts.refresh_ages()
    assert arming(user) == "Read-only: arming ran out"
    assert "the arming of azure-uksouth has run out" in user.window.header.arming.toolTip()
    user.show()
    assert arming(user) == "Read-only: arming ran out"


def test_what_still_writes_after_arming_has_run_out_is_not_said_to_be_read_only(moving: WindowUser) -> None:
    moving.engine.demo = False
    moving.engine.disarm()
    view = moving.engine.snapshot().migrations[0]
    for context in (view.workload.context, view.target):
        moving.engine.send(SetArmed(context, True, ArmingTerms(ArmedBy.WINDOW, lasts_s=60.0)))
    moving.engine.now += 61.0
    moving.show()
    assert arming(moving) == "Arming ran out, 1 move ending"
    assert "Stop stops it" in moving.window.header.arming.toolTip()


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


def test_an_engine_that_never_came_up_is_not_said_to_be_starting(
    make_user: Callable[..., WindowUser],
) -> None:
    user = make_user(shown=False)
    user.window.show_engine_lost(Code.ENGINE_ENDED.because(exit_code=2))
    settle()
    assert arming(user) == "Stopped"


@pytest.mark.parametrize("width", [900, 1280, 1920])
def test_neither_the_state_nor_the_stop_is_ever_cut(user: WindowUser, width: int) -> None:
    user.window.resize(width, 720)
    settle()
    header = user.window.header
    label = header.arming
    header.show_arming(ArmingState("Armed: 100 of 100, 167 h 59 min", "", Tone.WARNING))
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
    assert user.engine.commands == [Stop()]
    user.close_rings()
    user.show()
    assert arming(user) == "Read-only"
    assert user.engine.commands == [Stop()], "what was undone is not sent later"
    assert "every context is read-only now, and no move was under way." in words(user.window)


def test_stop_says_where_each_move_stands_still(moving: WindowUser, qtbot: QtBot) -> None:
    moving.window.activateWindow()
    qtbot.waitUntil(moving.window.isActiveWindow)
    QTest.keyClick(moving.window, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert "the engine is asked to change nothing any more" in words(moving.window)
    moving.show()
    assert "shop/render-farm with 2 of 6 replicas in aws-eu-central-1" in words(moving.window)
    assert "asked to change" not in words(moving.window)


def test_a_stop_from_a_terminal_is_told_in_the_window_with_what_is_so_now(moving: WindowUser) -> None:
    moving.engine.send(Stop())
    moving.pass_time(2.0)
    [running] = moving.engine.snapshot().migrations
    assert f"with {running.landed} of 6 replicas" in words(moving.window)
    moving.engine.send(SetArmed(SOURCE, True))
    moving.show()
    assert "stopped: every context" not in words(moving.window)


def test_stop_works_behind_an_open_card_and_before_a_snapshot_shows_what_is_armed(user: WindowUser) -> None:
    user.engine.disarm()
    user.show()
    user.engine.send(SetArmed(SOURCE, True))  # no snapshot has shown it yet
    user.window.stop()
    assert user.engine.commands[-1] == Stop()
