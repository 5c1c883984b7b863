"""A move on its card is left whole: by closing, by another move, by looking elsewhere, by the end of the window."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.model.moves import Press
from app.window.flows.move import follow
from controller.contract.commands import CancelMigration, StartMigration
from controller.contract.dry_run import DryRun
from tests.app.conftest import Desk, settle
from tests.app.window.test_main_window import words

SOURCE = "gcp-southamerica-west1"


def offer(desk: Desk, row: int = 0) -> DryRun:
    return desk.engine.snapshot().opportunities[row]


def test_looking_at_a_region_closes_the_card_and_ends_its_flow(desk: Desk) -> None:
    desk.window.migrate(offer(desk))
    settle()
    assert desk.window.card.isVisible()
    desk.window.select("azure-uksouth")
    settle()
    assert desk.window.inspector.isVisible()
    assert desk.window.stage.focus_state.preview is None
    assert not desk.window.flows.is_running(follow)


def test_another_move_takes_the_card_and_the_keyboard_stays_where_it_was(desk: Desk) -> None:
    desk.window.table.setFocus()
    desk.window.request_dry_run(offer(desk, 0).workload, offer(desk, 0).target)
    settle()
    second = offer(desk, 1)
    desk.window.request_dry_run(second.workload, second.target)
    settle()
    assert desk.window.card.isVisible()
    assert desk.window.stage.focus_state.preview == (second.workload.context, second.target)
    assert desk.window.focusWidget() is desk.window.table


def test_what_was_pressed_counts_for_the_dry_run_that_stood_on_the_card(desk: Desk) -> None:
    desk.engine.disarm()
    desk.show()
    best = offer(desk)
    desk.window.migrate(best)
    settle()
    for region in desk.engine._regions.values():
        region.armed = True
    desk.show()
    shown = desk.window.card
    seen = shown._dry_run
    desk.engine.set_price(best.workload.context, 0.2)
    desk.window.show_snapshot(desk.engine.snapshot())  # newer numbers, which the card does not show yet
    shown.pressed.emit(Press.MIGRATE, seen)
    settle()
    assert seen is not None
    assert desk.engine.commands == [StartMigration(seen.workload, seen.target, seen.plan_digest)]


def test_a_migration_goes_on_when_its_card_is_closed_and_can_be_looked_at_again(desk: Desk) -> None:
    desk.window.migrate(offer(desk))
    settle()
    desk.pass_time(2.0)
    desk.press_key(desk.window.stage, Qt.Key.Key_Escape)
    desk.press_key(desk.window.stage, Qt.Key.Key_Escape)  # the first one has stopped the flight
    assert desk.window.card.isHidden()
    desk.window.open_migration("m-1")
    settle()
    desk.window.card.pressed.emit(Press.CANCEL, None)
    settle()
    assert desk.engine.commands[-1] == CancelMigration("m-1")


def test_a_start_whose_engine_is_lost_says_so_and_waits_no_more(desk: Desk) -> None:
    desk.window.migrate(offer(desk))
    settle()
    assert "Starting…" in words(desk.window.card)
    desk.window.show_engine_lost("its process was killed")
    settle()
    assert "Starting…" not in words(desk.window.card)
    assert "The engine has stopped" in words(desk.window.card)


def test_the_end_of_the_window_ends_its_flows(desk: Desk) -> None:
    desk.window.migrate(offer(desk))
    settle()
    desk.close()
    assert not desk.window.flows.is_running(follow)
