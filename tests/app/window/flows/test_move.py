"""A move on its card is left whole: by closing, by another move, by looking elsewhere, by the end of the window."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from app.model.moves import Press
from app.window.flows.move import follow
from controller.clusters.fleet import WorkloadKey
from controller.contract.commands import CancelMigration, RequestDryRun, StartMigration
from controller.contract.dry_run import DryRun
from controller.reasons import Code
from tests.app.conftest import WindowUser, settle
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
        region.armed = True
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


def test_after_a_move_is_finished_the_way_back_is_a_move_with_its_dry_run(user: WindowUser) -> None:
    best = offer(user)
    user.window.migrate(best)
    settle()
    user.close_rings()
    user.pass_time(14.0)
    assert shown_buttons(user.window.card) == ["Move back…", "Close"]
    press(user.window.card, "Move back…")
    there = WorkloadKey(best.target, best.workload.namespace, best.workload.name)
    assert user.engine.commands[-1] == RequestDryRun(there, best.workload.context)
    user.show()
    assert "Frankfurt (AWS)  →  Santiago" in words(user.window.card)
    assert user.window.rings.rings == ()


def test_what_was_rolled_back_has_no_way_back(user: WindowUser) -> None:
    user.window.migrate(offer(user))
    settle()
    user.close_rings()
    user.pass_time(4.0)
    press(user.window.card, "Cancel and roll back")
    user.pass_time(6.0)
    assert shown_buttons(user.window.card) == ["Close"]
