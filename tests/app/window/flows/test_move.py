"""A move on its card is left whole: by closing, by another move, by looking elsewhere, by the end of the window."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from app.model.moves import Press
from app.model.workload_rows import WorkloadColumn
from app.panels.way_back_sheet import WayBackSheet
from app.window.flows.move import follow
from app.window.window_actions import make_target_choices
from controller.clusters.acceptance import Acceptance
from controller.clusters.arming import UNLIMITED
from controller.clusters.fleet import WorkloadKey
from controller.contract.commands import CancelMigration, RequestDryRun, StartMigration, TakeOutOfQueue
from controller.contract.dry_run import DryRun
from controller.contract.way_back import WayBack
from controller.reasons import Code
from tests.app.conftest import WindowUser, click_cell, settle
from tests.app.window.test_main_window import press, shown_buttons, words

SOURCE = "gcp-southamerica-west1"


def offer(user: WindowUser, row: int = 0) -> DryRun:
    return user.engine.snapshot().opportunities[row]


def test_looking_at_a_region_closes_the_card_and_ends_its_flow(user: WindowUser) -> None:
    user.window.migrate(offer(user))
    settle()
    assert user.window.card.isVisible()
    user.window.select("azure-uksouth")
    settle()
    assert user.window.inspector.isVisible()
    assert user.window.stage.focus_state.preview is None
    assert not user.window.flows.is_running(follow)


def test_another_move_takes_the_card_and_the_keyboard_stays_where_it_was(user: WindowUser) -> None:
    user.window.table.setFocus()
    user.window.request_dry_run(offer(user, 0).workload, offer(user, 0).target)
    settle()
    second = offer(user, 1)
    user.window.request_dry_run(second.workload, second.target)
    settle()
    assert user.window.card.isVisible()
    assert user.window.stage.focus_state.preview == (second.workload.context, second.target)
    assert user.window.focusWidget() is user.window.table


def test_what_was_pressed_counts_for_the_dry_run_that_stood_on_the_card(
    user: WindowUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    user.engine.disarm()
    user.show()
    best = offer(user)
    user.window.migrate(best)
    settle()
    for region in user.engine._regions.values():
        region.arm(UNLIMITED, user.engine.now)
    user.show()
    shown = user.window.card
    seen = shown._dry_run
    user.engine.set_price(best.workload.context, 0.2)
    monkeypatch.setattr(user.engine, "find_refusal", lambda start: None)
    user.window.show_snapshot(user.engine.snapshot())  # newer numbers, which the card does not show yet
    shown.pressed.emit(Press.MIGRATE, seen)
    settle()
    user.close_rings()
    assert seen is not None
    assert user.engine.commands == [StartMigration(seen.workload, seen.target, seen.plan_digest)]


def test_a_migration_goes_on_when_its_card_is_closed_and_can_be_looked_at_again(user: WindowUser) -> None:
    user.window.migrate(offer(user))
    settle()
    user.close_rings()
    user.pass_time(2.0)
    user.press_key(user.window.stage, Qt.Key.Key_Escape)
    user.press_key(user.window.stage, Qt.Key.Key_Escape)  # the first one has stopped the flight
    assert user.window.card.isHidden()
    user.window.open_migration("m-1")
    settle()
    user.window.card.pressed.emit(Press.CANCEL, None)
    settle()
    assert user.engine.commands[-1] == CancelMigration("m-1")


def test_a_start_whose_engine_is_lost_says_so_and_waits_no_more(user: WindowUser) -> None:
    user.window.migrate(offer(user))
    settle()
    user.close_rings()
    assert "Starting…" in words(user.window.card)
    user.window.show_engine_lost(Code.ENGINE_ENDED.because(exit_code=-9))
    settle()
    assert "Starting…" not in words(user.window.card)
    assert "the engine has stopped" in words(user.window.card)


def test_the_end_of_the_window_ends_its_flows(user: WindowUser) -> None:
    user.window.migrate(offer(user))
    settle()
    user.close()
    assert not user.window.flows.is_running(follow)


def test_what_only_the_engine_knows_is_on_the_card_before_a_click_and_goes_as_it_ends(
    user: WindowUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    best = offer(user)
    user.window.request_dry_run(best.workload, best.target)
    settle()
    user.show()
    migrate = user.window.card.first_control()
    assert (migrate.text().split(" · ")[0], migrate.isEnabled()) == ("Migrate", True)
    rests = Code.COOLDOWN.because(ago=60.0, rest=3600.0)
    monkeypatch.setattr(user.engine, "find_refusal", lambda start: rests)
    user.show()
    assert "It cannot start now: it was moved 60 s ago and rests for 60 min." in words(user.window.card)
    assert not migrate.isEnabled()
    monkeypatch.setattr(user.engine, "find_refusal", lambda start: None)
    user.show()
    assert "cannot start" not in words(user.window.card)
    assert migrate.isEnabled()


def test_a_click_on_the_globe_starts_nothing_before_the_engine_has_judged_it(
    user: WindowUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    best = offer(user)
    rests = Code.COOLDOWN.because(ago=60.0, rest=3600.0)
    monkeypatch.setattr(user.engine, "find_refusal", lambda start: rests)
    user.window.migrate(best)
    settle()
    assert user.engine.commands == []
    assert "it was moved 60 s ago" in words(user.window.card)


SPENT = Code.CONCURRENCY_SPENT.because(moves=1, limit=1)


def test_a_move_that_has_to_wait_says_so_before_the_click_and_after_it_and_begins_in_its_turn(
    user: WindowUser,
) -> None:
    best = offer(user)
    user.engine.waits_for = SPENT
    user.window.request_dry_run(best.workload, best.target)
    settle()
    user.show()
    assert "It would wait in the queue: 1 migration in progress; at most 1 may run at once." in words(
        user.window.card
    )
    press(user.window.card, "Migrate")
    user.close_rings()
    user.show()
    assert "In the queue, next: 1 migration in progress" in words(user.window.card)
    assert "Take out of the queue" in shown_buttons(user.window.card)
    user.engine.begin_queued()
    user.show()
    user.pass_time(1.0)
    assert "Cancel and roll back" in shown_buttons(user.window.card)


def test_who_comes_back_to_a_move_that_waits_can_take_it_out(user: WindowUser) -> None:
    best = offer(user)
    user.engine.waits_for = SPENT
    user.engine.send(StartMigration(best.workload, best.target, best.plan_digest))
    user.show()
    user.window.request_dry_run(best.workload, best.target)
    settle()
    user.show()
    press(user.window.card, "Take out of the queue")
    user.show()
    assert user.engine.commands[-1] == TakeOutOfQueue(best.workload, best.target)
    assert user.engine.queue == ()
    assert "Not started: taken out of the queue. Nothing was changed." in words(user.window.card)
    assert "Take out of the queue" not in shown_buttons(user.window.card)


def test_a_plan_that_has_changed_opens_no_ring_and_can_be_renewed(
    user: WindowUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    best = offer(user)
    monkeypatch.setattr(user.engine, "find_refusal", lambda start: Code.PLAN_CHANGED.because())
    user.window.migrate(best)
    settle()
    assert user.window.rings.rings == ()
    assert user.window.card.first_control().text() == "New dry run"


def test_only_the_move_on_the_card_is_considered(user: WindowUser) -> None:
    best, second = offer(user, 0), offer(user, 1)
    user.window.request_dry_run(best.workload, best.target)
    settle()
    user.show()
    assert user.engine.considered is not None
    assert user.engine.considered.workload == best.workload
    user.window.request_dry_run(second.workload, second.target)
    settle()
    user.show()
    assert user.engine.considered.workload == second.workload
    user.window.board.close()
    settle()
    assert user.engine.considered is None


def test_a_migration_that_runs_is_considered_no_more(user: WindowUser) -> None:
    user.window.migrate(offer(user))
    settle()
    user.close_rings()
    assert user.engine.considered is not None
    user.pass_time(1.0)
    assert user.engine.considered is None


def test_until_a_move_is_finished_the_way_back_restores(user: WindowUser) -> None:
    user.window.migrate(offer(user))
    settle()
    user.close_rings()
    user.pass_time(4.0)
    view = user.engine._moves[-1].view
    assert shown_buttons(user.window.card) == ["Cancel and roll back", "Close"]
    user.engine._moves[-1].view = replace(view, landed=view.replicas)  # it is watched still
    user.window.show_snapshot(user.engine.snapshot())
    settle()
    assert shown_buttons(user.window.card) == ["Move back", "Close"]
    press(user.window.card, "Move back")
    assert user.engine.commands[-1] == CancelMigration("m-1")


def finish(user: WindowUser) -> tuple[DryRun, WorkloadKey]:
    """Let the best move run to its end; returns its dry run, and the workload where it stands now."""
    best = offer(user)
    user.window.migrate(best)
    settle()
    user.close_rings()
    user.pass_time(14.0)
    return best, replace(best.workload, context=best.target)


def look_back(user: WindowUser) -> WayBackSheet:
    """Go from the card of the finished move to the question before its way back."""
    press(user.window.card, "Move back…")
    user.show()
    user.show()
    back = user.window.card.first_control()
    assert back.text().startswith("Move back… · cost")
    QTest.mouseClick(back, Qt.MouseButton.LeftButton)
    settle()
    assert user.window.sheets.way_back.isVisible()
    return user.window.sheets.way_back


def begun(user: WindowUser) -> list[StartMigration]:
    """The ways back that were sent."""
    starts = [command for command in user.engine.commands if isinstance(command, StartMigration)]
    return [start for start in starts if start.way_back_of is not None]


def test_after_a_move_is_finished_the_way_back_is_a_move_with_its_dry_run(user: WindowUser) -> None:
    best, there = finish(user)
    assert shown_buttons(user.window.card) == ["Move back…", "Close"]
    press(user.window.card, "Move back…")
    assert user.engine.commands[-1] == RequestDryRun(there, best.workload.context, way_back_of="m-1")
    user.show()
    assert "Frankfurt (AWS)  →  Santiago" in words(user.window.card)
    assert "Way back" in words(user.window.card)
    assert user.window.rings.rings == ()


def test_a_way_back_begins_once_its_cost_is_read_and_the_name_is_typed(user: WindowUser) -> None:
    best, there = finish(user)
    sheet = look_back(user)
    assert "cost of moving $" in words(sheet)
    assert f"{there.name}: {best.replicas} replicas, Frankfurt (AWS) → Santiago" in words(sheet)
    assert user.window.focusWidget() is sheet.no
    assert not sheet.yes.isEnabled()
    QTest.keyClicks(sheet.line, there.name)
    assert sheet.yes.isEnabled()
    QTest.mouseClick(sheet.yes, Qt.MouseButton.LeftButton)
    settle()
    [start] = begun(user)
    assert (start.workload, start.target, start.way_back_of) == (there, best.workload.context, "m-1")
    assert user.window.rings.rings == ()
    user.pass_time(14.0)
    assert "Done" in words(user.window.card)
    assert user.window.sheets.is_free


def test_a_cost_that_nobody_knows_is_confirmed_as_such(user: WindowUser) -> None:
    finish(user)
    user.engine.prices_arrive = False
    sheet = look_back(user)
    assert "cost of moving unknown; a day there unknown" in words(sheet)
    assert user.window.card._migrate.text().startswith("Move back… · cost unknown")


@pytest.mark.parametrize("typed", ["", "shop", "RENDER-FARM", "render-farm "])
def test_no_key_and_no_other_word_begins_a_way_back(user: WindowUser, typed: str) -> None:
    finish(user)
    sheet = look_back(user)
    QTest.keyClicks(sheet.line, typed)
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
        user.press_key(sheet.line, key)
        user.press_key(sheet.yes, key)
    assert begun(user) == []
    user.press_key(sheet.no, Qt.Key.Key_Return)
    assert sheet.isHidden()
    assert begun(user) == []
    assert "Taken back: nothing was changed." in words(user.window.card)


def test_what_was_typed_for_one_way_back_is_not_typed_for_the_next(user: WindowUser) -> None:
    _, there = finish(user)
    sheet = look_back(user)
    QTest.keyClicks(sheet.line, there.name)
    user.press_key(sheet, Qt.Key.Key_Escape)
    assert begun(user) == []
    QTest.mouseClick(user.window.card.first_control(), Qt.MouseButton.LeftButton)
    settle()
    assert sheet.isVisible()
    assert sheet.line.text() == ""
    assert not sheet.yes.isEnabled()


def test_the_inspector_leads_to_the_way_back_of_what_a_move_has_put_there(user: WindowUser) -> None:
    best, there = finish(user)
    user.window.select(there.context)
    settle()
    table = user.window.inspector.workloads
    rows = [table.model().index(row, WorkloadColumn.NAME) for row in range(table.model().rowCount())]
    led = {index.data(): index.siblingAtColumn(WorkloadColumn.DRY_RUN).data() for index in rows}
    assert led.pop(there.name) == "Move back…"
    assert set(led.values()) == {"Dry run to…"}
    row = next(index.row() for index in rows if index.data() == there.name)
    click_cell(table, row, WorkloadColumn.DRY_RUN)
    [menu] = [menu for menu in user.window.findChildren(QMenu) if menu.isVisible()]
    first = menu.actions()[0]
    assert first.text().startswith(f"Move {there.name} back: Frankfurt (AWS) → Santiago…")
    first.trigger()
    settle()
    assert user.engine.commands[-1] == RequestDryRun(there, best.workload.context, way_back_of="m-1")
    menu.close()


def test_a_workload_that_an_earlier_program_moved_is_brought_back_from_palette_menu_and_timeline(
    user: WindowUser,
) -> None:
    best, there = finish(user)
    way = WayBack(there, best.workload.context, "m-1")
    user.engine._moves.clear()  # another program, which knows of it by its history
    user.window.board.close()
    known = replace(user.engine.snapshot(), ways_back=(way,))
    user.window.show_snapshot(known)
    settle()
    assert user.window.link.shown is not None
    choices = make_target_choices(user.window, there, user.window.link.shown)
    assert choices[0].text == f"Move {there.name} back: Frankfurt (AWS) → Santiago…"
    for begin in (choices[0].run, lambda: user.window.open_migration("m-1")):
        begin()
        settle()
        asked = RequestDryRun(there, best.workload.context, way_back_of="m-1")
        assert user.engine.commands.pop() == asked
        user.window.board.close()
        settle()
    user.window.open_palette()
    palette = user.window.sheets.palette
    QTest.keyClicks(palette.line, f"move {there.name} back")
    assert palette.list.item(0).text() == choices[0].text


def test_what_was_rolled_back_has_no_way_back(user: WindowUser) -> None:
    user.window.migrate(offer(user))
    settle()
    user.close_rings()
    user.pass_time(4.0)
    press(user.window.card, "Cancel and roll back")
    user.pass_time(6.0)
    assert shown_buttons(user.window.card) == ["Close"]


TIED = Code.EXPOSED_SERVICE.because(name="web", how=("type LoadBalancer",))


def test_what_refuses_a_dry_run_is_accepted_on_its_card_for_this_move_alone(user: WindowUser) -> None:
    best = offer(user)
    user.engine.ties[best.workload] = TIED
    user.window.request_dry_run(best.workload, best.target)
    settle()
    user.show()
    assert shown_buttons(user.window.card) == ["Accept once: traffic is steered elsewhere", "Close"]
    user.engine.commands.clear()
    press(user.window.card, "Accept once: traffic is steered elsewhere")
    settle()
    accepts = frozenset({Acceptance.TRAFFIC})
    assert user.engine.commands == [RequestDryRun(best.workload, best.target, accepts=accepts)]
    user.show()
    assert "Accepted once" in words(user.window.card)
    assert user.window.card.first_control().text().startswith("Migrate")
    user.window.card.first_control().click()
    settle()
    user.close_rings()
    [start] = [one for one in user.engine.commands if isinstance(one, StartMigration)]
    assert start.accepts == accepts
    assert user.engine.snapshot().migrations[-1].dry_run.accepts == accepts


def test_what_the_check_before_a_move_has_found_is_accepted_on_the_card_of_its_end(user: WindowUser) -> None:
    """Services and accounts are not watched: only the check before the move knows of them."""
    user.window.migrate(offer(user))
    settle()
    user.close_rings()
    user.pass_time(2.0)
    refused = user.engine.find_behind(TIED)
    user.show()
    user.engine.commands.clear()
    press(user.window.card, "Accept once: traffic is steered elsewhere")
    settle()
    user.show()
    asked = RequestDryRun(refused.workload, refused.target, accepts=frozenset({Acceptance.TRAFFIC}))
    assert [one for one in user.engine.commands if isinstance(one, RequestDryRun)] == [asked]
    assert "Accepted once" in words(user.window.card)
    assert not [one for one in user.engine.commands if isinstance(one, StartMigration)]
