"""A click on a move starts it after five seconds in which it can be taken back; nothing is sent before."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.config.window_settings import Confirmation, Settings
from app.model.start_ring import LONGEST_STEP_S, RING_S
from controller.contract.commands import StartMigration
from controller.contract.dry_run import DryRun
from controller.reasons import Code
from tests.app.conftest import WindowUser, settle
from tests.app.window.test_main_window import press, shown_buttons, words

SOURCE = "gcp-southamerica-west1"


def offers(user: WindowUser) -> tuple[DryRun, ...]:
    return user.engine.snapshot().opportunities


def wait(user: WindowUser, seconds: float) -> None:
    """Let time pass that a person watches."""
    user.engine.now += seconds
    user.window.parts.refresh_ages()
    settle()


def start_of(dry_run: DryRun) -> StartMigration:
    return StartMigration(dry_run.workload, dry_run.target, dry_run.plan_digest)


@pytest.fixture
def clicked(user: WindowUser) -> DryRun:
    user.face(SOURCE)
    best = next(d for d in offers(user) if d.workload.context == SOURCE)
    user.click_migrate(SOURCE)
    return best


def test_nothing_is_sent_before_the_ring_closes(user: WindowUser, clicked: DryRun) -> None:
    for _ in range(4):
        wait(user, 1.0)
        assert user.engine.commands == []
    wait(user, 0.9)
    assert user.engine.commands == []
    wait(user, 0.2)
    assert user.engine.commands == [start_of(clicked)]


def test_the_ring_says_what_moves_where_and_what_it_brings(user: WindowUser, clicked: DryRun) -> None:
    stack = user.window.stage.corners.rings
    assert stack.isVisible()
    shown = [label.text() for label in stack.findChildren(QLabel)]
    assert "render-farm: 6 replicas → Frankfurt (AWS)" in shown
    assert any(text.startswith("net +$5.67 after 24 h") for text in shown)
    assert "5" in shown
    wait(user, 1.0)
    assert "4" in [label.text() for label in stack.findChildren(QLabel)]
    assert user.window.stage.rect().contains(stack.geometry())


def undo_by_button(user: WindowUser) -> None:
    (button,) = user.window.stage.corners.rings.findChildren(QPushButton)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def undo_on_card(user: WindowUser) -> None:
    press(user.window.card, "Undo")


def undo_by_escape(user: WindowUser) -> None:
    QTest.keyClick(user.window.stage, Qt.Key.Key_Escape)


def undo_by_key(user: WindowUser) -> None:
    QTest.keyClick(user.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


@pytest.mark.parametrize("undo", [undo_by_button, undo_on_card, undo_by_escape, undo_by_key])
def test_a_start_can_be_taken_back(
    user: WindowUser, clicked: DryRun, qtbot: QtBot, undo: Callable[[WindowUser], None]
) -> None:
    user.window.activateWindow()
    qtbot.waitUntil(user.window.isActiveWindow)
    wait(user, 1.0)
    undo(user)
    settle()
    assert not user.window.stage.corners.rings.isVisible()
    assert "Taken back: nothing was changed." in words(user.window.card)
    assert shown_buttons(user.window.card) == ["Migrate", "Close"]
    user.close_rings()
    assert user.engine.commands == []


def test_what_was_taken_back_can_be_started_again(user: WindowUser, clicked: DryRun) -> None:
    undo_on_card(user)
    settle()
    press(user.window.card, "Migrate")
    user.close_rings()
    assert user.engine.commands == [start_of(clicked)]


def test_a_double_click_on_the_card_takes_nothing_back(user: WindowUser, clicked: DryRun) -> None:
    undo_on_card(user)
    settle()
    button = next(b for b in user.window.card.findChildren(QPushButton) if b.text().startswith("Migrate"))
    place = button.mapTo(user.window.card, button.rect().center())
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    settle()
    assert user.window.card.childAt(place) is button
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    settle()
    assert len(user.window.rings.rings) == 1


def test_who_looks_elsewhere_has_not_changed_their_mind(user: WindowUser, clicked: DryRun) -> None:
    user.window.select("azure-uksouth")
    settle()
    assert user.window.stage.corners.rings.isVisible()
    user.close_rings()
    assert user.engine.commands == [start_of(clicked)]


def test_several_moves_wait_side_by_side_and_undo_takes_the_newest(user: WindowUser) -> None:
    first, second = offers(user)[:2]
    user.window.migrate(first)
    settle()
    wait(user, 1.0)
    user.window.migrate(second)
    settle()
    assert [ring.dry_run for ring in user.window.rings.rings] == [first, second]
    user.window.undo()
    user.close_rings()
    assert user.engine.commands == [start_of(first)]


def test_what_nobody_could_watch_does_not_count(user: WindowUser, clicked: DryRun) -> None:
    """The window stood still, or the machine slept: nobody could have taken it back in that time."""
    wait(user, 3600.0)
    assert user.engine.commands == []
    (ring,) = user.window.rings.rings
    assert ring.left_s == pytest.approx(RING_S - LONGEST_STEP_S)


def test_what_does_not_pay_any_more_opens_no_ring(user: WindowUser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user.engine, "find_refusal", lambda start: Code.PLAN_CHANGED.because())
    user.window.migrate(offers(user)[0])
    settle()
    assert user.window.rings.rings == ()
    user.close_rings()
    assert user.engine.commands == []


def test_without_an_engine_a_waiting_start_is_taken_back(user: WindowUser, clicked: DryRun) -> None:
    user.window.show_engine_lost(Code.ENGINE_ENDED.because(exit_code=-9))
    settle()
    assert user.window.rings.rings == ()
    user.close_rings()
    assert user.engine.commands == []


def test_the_end_of_the_window_takes_waiting_starts_back(user: WindowUser, clicked: DryRun) -> None:
    user.close()
    assert user.window.rings.rings == ()
    assert user.engine.commands == []


def test_undo_is_offered_only_while_something_waits(user: WindowUser) -> None:
    def offered() -> bool:
        user.window.open_palette()
        palette = user.window.sheets.palette
        shown = [palette.list.item(row).text() for row in range(palette.list.count())]
        palette.close_sheet()
        return any(text.startswith("Undo") for text in shown)

    assert not offered()
    user.window.migrate(offers(user)[0])
    settle()
    assert offered()


def test_a_second_press_can_be_asked_for_instead(make_user: Callable[..., WindowUser]) -> None:
    user = make_user(Settings(opening_turn=False, confirmation=Confirmation.SECOND_PRESS))
    user.face(SOURCE)
    best = next(d for d in offers(user) if d.workload.context == SOURCE)
    user.start_by_click(SOURCE)
    assert user.window.rings.rings == ()
    assert user.engine.commands == []
    assert shown_buttons(user.window.card) == ["Migrate", "Close"]
    press(user.window.card, "Migrate")
    assert user.engine.commands == [start_of(best)]
