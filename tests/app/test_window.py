"""What a person does in the window, and what follows: by mouse on the globe and by keyboard from the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.hud.overlay import OverlayButton
from app.panels.region_rows import Column
from app.panels.timeline import text_area
from app.settings import Motion, Settings, parse_settings
from app.theme import SMALL_PX, make_font
from app.window import STARTING_S
from app.window_layout import SIZE_PX
from controller.clusters.fleet import WorkloadKey
from controller.contract.commands import CancelMigration, RequestDryRun, SetArmed, StartMigration
from controller.contract.dry_run import Verdict
from controller.contract.snapshots import (
    EntryKind,
    MigrationStage,
    MoveOutcome,
    Notice,
    PriceOrigin,
    PriceSourceView,
    TimelineEntry,
)
from oracle.reason import Severity
from oracle.regions import load_regions
from tests.app.conftest import Desk, settle
from tests.app.scripted_engine import PRICE_LIFE_S

SOURCE = "gcp-southamerica-west1"


def words(widget: QWidget) -> str:
    """Return everything that can be read on a widget."""
    labels = [label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget)]
    return "\n".join(label for label in labels if label)


def shown_buttons(widget: QWidget) -> list[str]:
    return [button.text() for button in widget.findChildren(QPushButton) if button.isVisibleTo(widget)]


def press(widget: QWidget, text: str) -> None:
    button = next(b for b in widget.findChildren(QPushButton) if b.text() == text and b.isVisibleTo(widget))
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    settle()


def test_one_click_shows_the_dry_run_and_starts_the_migration(desk: Desk) -> None:
    desk.face(SOURCE)
    best = next(d for d in desk.engine.snapshot().opportunities if d.workload.context == SOURCE)
    desk.click_migrate(SOURCE)
    assert desk.engine.commands == [StartMigration(best.workload, best.target, best.plan_digest)]
    desk.show()
    card = desk.window.moves.card
    assert card.isVisible()
    assert "Spot savings, next 24 h" in words(card)
    assert "Pays: Saves $6.20 in 24 h" in words(card)
    assert "0 of 6 landed" in words(card)


def test_after_the_click_source_and_target_are_both_in_view(desk: Desk) -> None:
    desk.face(SOURCE)
    best = next(d for d in desk.engine.snapshot().opportunities if d.workload.context == SOURCE)
    desk.click_migrate(SOURCE)
    stage = desk.window.stage
    ends = [stage.presenter.place_of(context) for context in (SOURCE, best.target)]
    projection = stage.navigator.camera.project(ends, stage.viewport)
    assert projection.visible.all()
    assert (projection.pixels >= 0).all()
    assert (projection.pixels <= (stage.width(), stage.height())).all()


def test_a_double_click_starts_one_migration(desk: Desk) -> None:
    desk.face(SOURCE)
    button = desk.button(SOURCE)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    desk.show()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert len(desk.engine.commands) == 1


def test_the_migration_is_followed_to_its_summary(desk: Desk) -> None:
    desk.face(SOURCE)
    desk.click_migrate(SOURCE)
    desk.pass_time(4.0)
    assert "2 of 6 landed" in words(desk.window.moves.card)
    desk.pass_time(10.0)
    assert "6 replicas run in Frankfurt (AWS). It cost $0.52 and saves $6.20/day from now on." in words(
        desk.window.moves.card
    )
    assert shown_buttons(desk.window.moves.card) == ["Close"]


def test_a_move_that_is_over_is_not_drawn_as_one_that_is_considered(desk: Desk) -> None:
    desk.face(SOURCE)
    desk.click_migrate(SOURCE)
    assert desk.window.stage.focus_state.preview is not None
    desk.pass_time(40.0)
    assert desk.window.moves.card.isVisible()
    assert desk.window.stage.focus_state.preview is None
    assert len(desk.view.frames[-1].arcs.starts) == 0


def test_the_timeline_has_room_for_what_a_move_to_any_region_cost_and_saves(
    make_desk: Callable[..., Desk],
) -> None:
    desk = make_desk(shown=False)
    snapshot = desk.engine.snapshot()
    known = [
        replace(snapshot.contexts[0], context=region.key, city=region.city, provider=region.provider)
        for region in load_regions().values()
    ]
    desk.window.show_snapshot(replace(snapshot, contexts=tuple(known)))
    settle()
    assert (desk.window.width(), desk.window.height()) == SIZE_PX
    timeline, metrics = desk.window.timeline, QFontMetrics(make_font(SMALL_PX))
    width_px = text_area(timeline.list.viewport().rect()).width()
    workload = WorkloadKey("somewhere", "shop", "embeddings-of-all-the-images")
    for view in known:
        outcome = MoveOutcome(workload, view.context, Decimal("1234.56"), Decimal("9876.54"))
        entry = TimelineEntry(1, 0.0, EntryKind.MIGRATION, "moved", outcome=outcome)
        text = timeline.delegate.text_of(entry, metrics, width_px)
        assert text.startswith("embed")
        assert text.endswith(f" → {desk.window._names[view.context]}: cost $1,234.56, saves $9,876.54/day")
        assert metrics.horizontalAdvance(text) <= width_px


def test_cancel_rolls_back(desk: Desk) -> None:
    desk.face(SOURCE)
    desk.click_migrate(SOURCE)
    desk.pass_time(4.0)
    press(desk.window.moves.card, "Cancel and roll back")
    assert desk.engine.commands[-1] == CancelMigration("m-1")
    desk.pass_time(4.0)
    assert desk.engine.snapshot().migrations[0].stage is MigrationStage.ROLLED_BACK
    assert "Rolled back" in words(desk.window.moves.card)


def test_the_card_tells_unknown_counters_from_those_that_are_gone(desk: Desk) -> None:
    migration = replace(desk.engine.start_best(), target_ready=None, target_desired=None)
    unknown = replace(desk.engine.snapshot(), migrations=(migration,))
    desk.window.show_snapshot(unknown)
    desk.window.open_migration(migration.migration_id)
    assert "Frankfurt (AWS) ?/?" in words(desk.window.moves.card)
    ended = replace(migration, stage=MigrationStage.ROLLED_BACK, ended_at=desk.engine.now)
    desk.window.show_snapshot(replace(desk.engine.snapshot(), migrations=(ended,)))
    assert "?" not in words(desk.window.moves.card)


def test_unarmed_contexts_start_nothing_until_a_person_armed_them(desk: Desk) -> None:
    desk.engine.disarm()
    desk.show()
    desk.face(SOURCE)
    desk.click_migrate(SOURCE)
    assert desk.engine.commands == []
    assert "not armed: SentinelAura only watches there" in words(desk.window.moves.card)
    press(desk.window.moves.card, "Arm contexts…")
    assert desk.engine.commands == []
    sheet = desk.window.sheets.arm
    assert desk.window.focusWidget() is sheet.keep
    press(sheet, "Arm 2 contexts")
    assert desk.engine.commands == [SetArmed(SOURCE, True), SetArmed("aws-eu-central-1", True)]
    desk.pass_time(1.0)
    press(desk.window.moves.card, "Migrate")
    assert isinstance(desk.engine.commands[-1], StartMigration)


def test_refusing_to_arm_changes_nothing(desk: Desk) -> None:
    desk.engine.disarm()
    desk.show()
    desk.face(SOURCE)
    desk.click_migrate(SOURCE)
    press(desk.window.moves.card, "Arm contexts…")
    QTest.keyClick(desk.window.sheets.arm.keep, Qt.Key.Key_Escape)
    assert desk.window.sheets.arm.isHidden()
    assert desk.engine.commands == []


def test_a_click_on_an_expired_price_starts_nothing(desk: Desk) -> None:
    desk.face(SOURCE)
    desk.engine.now += PRICE_LIFE_S + 1.0
    desk.click_migrate(SOURCE)
    assert desk.engine.commands == []
    assert "have expired" in words(desk.window.moves.card)


def test_an_expired_dry_run_can_be_renewed(desk: Desk) -> None:
    desk.face(SOURCE)
    desk.engine.now += PRICE_LIFE_S + 1.0
    desk.click_migrate(SOURCE)
    assert shown_buttons(desk.window.moves.card) == ["New dry run", "Close"]
    desk.engine.advance(1.0)
    press(desk.window.moves.card, "New dry run")
    assert [type(command) for command in desk.engine.commands] == [RequestDryRun]
    desk.show()
    assert shown_buttons(desk.window.moves.card) == ["Migrate", "Close"]


def test_a_button_keeps_the_keyboard_while_the_numbers_change(desk: Desk, qtbot: QtBot) -> None:
    desk.engine.disarm()
    desk.show()
    desk.face(SOURCE)
    desk.click_migrate(SOURCE)
    desk.window.activateWindow()
    qtbot.waitUntil(desk.window.isActiveWindow)
    arm = desk.window.moves.card.first_control()
    assert arm.text() == "Arm contexts…"
    arm.setFocus()
    desk.pass_time(2.0)
    assert desk.window.focusWidget() is arm


def test_a_plan_that_the_engine_refuses_says_so(desk: Desk) -> None:
    desk.face(SOURCE)
    desk.engine.set_price(SOURCE, 0.15)
    desk.click_migrate(SOURCE)
    desk.show()
    assert "Refused" in words(desk.window.moves.card)
    assert "The plan has changed" in words(desk.window.moves.card)


def test_a_start_that_is_not_taken_up_says_why_and_can_be_repeated(desk: Desk) -> None:
    desk.face(SOURCE)
    desk.engine.refuses_because = "too many migrations run"
    desk.engine.prices_arrive = False
    desk.click_migrate(SOURCE)
    card = desk.window.moves.card
    assert "Starting…" in words(card)
    desk.pass_time(1.0)
    assert "Starting…" not in words(card)
    assert "Not started: too many migrations run. Nothing was changed." in words(card)
    desk.engine.refuses_because = ""
    press(card, "Migrate")
    desk.show()
    assert "0 of 6 landed" in words(card)


def test_the_table_migrates_by_keyboard(desk: Desk) -> None:
    table = desk.window.table
    table.setFocus()
    table.select(SOURCE)
    table.setCurrentIndex(table.currentIndex().siblingAtColumn(Column.ACTION))
    QTest.keyClick(table, Qt.Key.Key_Return)
    assert [type(command) for command in desk.engine.commands] == [StartMigration]


def test_selection_goes_both_ways(desk: Desk) -> None:
    desk.window.select("azure-uksouth")
    assert desk.window.table.selected_context() == "azure-uksouth"
    QTest.keyClick(desk.window.table, Qt.Key.Key_Down)
    chosen = desk.window.table.selected_context()
    assert chosen not in (None, "azure-uksouth")
    assert desk.window.stage.focus_state.selected == chosen


def test_a_click_on_the_globe_inspects_the_region(desk: Desk) -> None:
    desk.face("azure-centralindia")
    stage = desk.window.stage
    place = stage.presenter.place_of("azure-centralindia")
    x_px, y_px = stage.navigator.camera.project([place], stage.viewport).pixels[0]
    QTest.mouseClick(stage.view, Qt.MouseButton.LeftButton, pos=QPoint(int(x_px), int(y_px)))
    assert desk.window.table.selected_context() == "azure-centralindia"
    assert "Pune · Azure" in words(desk.window.inspector)


def test_a_dry_run_to_anywhere_starts_nothing(desk: Desk) -> None:
    desk.window.select("aws-eu-central-1")
    workload = next(v for v in desk.engine.snapshot().contexts if v.context == "aws-eu-central-1").workloads[
        0
    ]
    desk.window.moves.request_dry_run(workload.key, SOURCE)
    assert "Computing" in words(desk.window.moves.card)
    desk.show()
    assert desk.engine.commands == [RequestDryRun(workload.key, SOURCE)]
    assert "Does not pay" in words(desk.window.moves.card)
    assert shown_buttons(desk.window.moves.card) == ["Close"]


def test_escape_closes_the_card(desk: Desk) -> None:
    desk.face(SOURCE)
    desk.click_migrate(SOURCE)
    desk.window.stage.setFocus()
    QTest.keyClick(desk.window.stage, Qt.Key.Key_Escape)
    assert desk.window.moves.card.isHidden()
    assert desk.window.stage.focus_state.preview is None


def test_space_turns_the_globe_from_the_table_too(desk: Desk) -> None:
    desk.window.table.setFocus()
    QTest.keyClick(desk.window.table, Qt.Key.Key_Space)
    assert desk.window.stage.navigator.is_turning
    QTest.keyClick(desk.window.stage, Qt.Key.Key_Space)
    assert not desk.window.stage.navigator.is_turning


def test_f6_visits_all_parts_and_comes_round(desk: Desk, qtbot: QtBot) -> None:
    desk.window.activateWindow()
    qtbot.waitUntil(desk.window.isActiveWindow)
    desk.window.select(SOURCE)
    desk.window.stage.setFocus()
    visited = []
    for _ in range(4):
        QTest.keyClick(desk.window, Qt.Key.Key_F6)
        visited.append(desk.window.focusWidget())
    window = desk.window
    assert visited == [window.table, window.inspector.workloads, window.timeline.list, window.stage]


def test_the_palette_migrates_and_flies(desk: Desk) -> None:
    desk.window.sheets.open_palette()
    palette = desk.window.sheets.palette
    QTest.keyClicks(palette.line, "fly to tokyo")
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    assert palette.isHidden()
    assert desk.window.table.selected_context() == "aws-ap-northeast-1"
    desk.window.sheets.open_palette()
    QTest.keyClicks(palette.line, "migrate render-farm santiago")
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    assert isinstance(desk.engine.commands[-1], StartMigration)


def test_while_a_sheet_is_open_nothing_behind_it_can_be_reached(desk: Desk) -> None:
    desk.face(SOURCE)
    desk.window.sheets.open_shortcuts()
    QTest.mouseClick(desk.button(SOURCE), Qt.MouseButton.LeftButton)
    assert desk.engine.commands == []
    QTest.keyClick(desk.window.sheets.shortcuts, Qt.Key.Key_Escape)
    assert desk.window.centralWidget().isEnabled()


def test_reduced_motion_takes_effect_at_once(desk: Desk) -> None:
    desk.window.change_settings(replace(desk.window.settings, motion=Motion.REDUCED))
    desk.window.stage.fly_to("aws-ap-northeast-1")
    assert not desk.window.stage.navigator.is_moving


def test_engine_lost_is_said_and_nothing_can_be_started(desk: Desk) -> None:
    desk.face(SOURCE)
    desk.window.show_engine_lost("the process was killed")
    assert "The engine has stopped: the process was killed" in words(desk.window.stage.notices)
    desk.click_migrate(SOURCE)
    assert desk.engine.commands == []
    assert "The engine has stopped" in words(desk.window.moves.card)


def test_prices_age_while_nothing_arrives(desk: Desk) -> None:
    desk.engine.now += PRICE_LIFE_S + 1.0
    desk.window.refresh_ages()
    settle()
    assert not desk.view.frames[-1].markers.glows.any()


def test_an_old_snapshot_never_replaces_a_newer_one(desk: Desk) -> None:
    old = desk.engine.snapshot()
    desk.show()
    newest = desk.window.snapshot
    desk.window.show_snapshot(old)
    assert desk.window.snapshot is newest


def test_a_new_engine_starts_counting_anew(desk: Desk) -> None:
    desk.pass_time(2.0)
    desk.window.show_engine_lost("restarted")
    fresh = replace(desk.engine.snapshot(), sequence=1)
    desk.window.show_snapshot(fresh)
    assert desk.window.snapshot is fresh
    assert desk.window.stage.notices.shown == ()


def test_nothing_is_drawn_while_nothing_changes(desk: Desk) -> None:
    drawn = len(desk.view.frames)
    desk.engine.prices_arrive = False
    for _ in range(20):
        desk.show()
    assert len(desk.view.frames) == drawn
    assert not desk.window.stage.is_animating


def test_closing_remembers_the_layout_and_gives_the_view_back(
    make_desk: Callable[..., Desk], qtbot: QtBot
) -> None:
    desk = make_desk(Settings(opening_turn=False, side_panel=False))
    with qtbot.waitSignal(desk.window.closed):
        desk.window.close()
    assert desk.view.is_released
    assert desk.window.settings.geometry
    assert not desk.window.settings.side_panel
    reopened = make_desk(desk.window.settings)
    assert not reopened.window.table.isVisible()


def test_a_broken_layout_in_the_settings_is_passed_over(make_desk: Callable[..., Desk]) -> None:
    text = '{"geometry": "not base64!", "body_split": "AAAA", "opening_turn": false}'
    settings = parse_settings(text, "window.json")
    assert make_desk(settings).window.width() == 1280


def test_the_window_says_demo_only_in_the_demo(desk: Desk) -> None:
    assert desk.window.stage.demo_badge.isVisible()
    assert desk.window.stage.demo_badge.text().startswith("DEMO")
    desk.engine.demo = False
    desk.engine.price_source = PriceSourceView(PriceOrigin.LIVE, "prices.csv")
    desk.show()
    assert not desk.window.stage.demo_badge.isVisible()


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        (PriceOrigin.SIMULATED, "PLAN ONLY  ·  simulated prices"),
        (PriceOrigin.RECORDED, "PLAN ONLY  ·  recorded prices"),
        (PriceOrigin.MIXED, "PLAN ONLY  ·  some prices are not live"),
    ],
)
def test_real_clusters_say_where_nothing_moves(desk: Desk, origin: PriceOrigin, said: str) -> None:
    desk.engine.demo = False
    desk.engine.price_source = PriceSourceView(origin, "replay of prices.csv")
    desk.show()
    assert desk.window.stage.demo_badge.isVisible()
    assert desk.window.stage.demo_badge.text() == said


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        (PriceOrigin.UNKNOWN, "DEMO  ·  simulated clusters"),
        (PriceOrigin.LIVE, "DEMO  ·  simulated clusters, live prices"),
        (PriceOrigin.SIMULATED, "DEMO  ·  simulated prices and clusters"),
        (PriceOrigin.RECORDED, "DEMO  ·  simulated clusters, recorded prices"),
        (PriceOrigin.MIXED, "DEMO  ·  simulated clusters, mixed prices"),
    ],
)
def test_the_window_says_whose_prices_it_shows(desk: Desk, origin: PriceOrigin, said: str) -> None:
    desk.engine.price_source = PriceSourceView(origin, "replay of prices.csv.gz")
    desk.show()
    badge = desk.window.stage.demo_badge
    assert badge.text() == said
    assert badge.width() >= badge.sizeHint().width()
    assert desk.window.stage.rect().contains(badge.geometry())
    header = [label.text() for label in desk.window.header.findChildren(QLabel)]
    assert any("prices: replay of prices.csv.gz" in text for text in header)


def test_an_empty_window_waits_without_complaint(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(shown=False)
    settle()
    assert "Select a region" in words(desk.window.inspector)
    desk.window.sheets.open_palette()
    assert desk.window.sheets.palette.list.count() > 0


def test_hostile_names_reach_no_rich_text(desk: Desk) -> None:
    snapshot = desk.engine.snapshot()
    evil = replace(snapshot.contexts[0], city="<img src=x>\u202egnp.", health_reason="<b>bold</b>")
    desk.window.show_snapshot(replace(snapshot, contexts=(evil, *snapshot.contexts[1:])))
    desk.window.select(evil.context)
    labels = desk.window.findChildren(QLabel)
    assert "<img src=x>gnp. · AWS" in [label.text() for label in labels]
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}


def test_lasting_notices_come_and_go_with_their_trouble(desk: Desk) -> None:
    desk.engine.notices = (Notice("store", Severity.ERROR, "Redis is gone."),)
    desk.show()
    assert "Redis is gone." in words(desk.window.stage.notices)
    desk.engine.notices = ()
    desk.show()
    assert not desk.window.stage.notices.isVisible()


def test_a_start_is_no_trouble_until_it_takes_long(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(shown=False)
    desk.engine.notices = (Notice("store", Severity.ERROR, "The store is being started."),)
    desk.window.show_snapshot(replace(desk.engine.snapshot(), is_complete=False))
    assert desk.window.stage.notices.shown == ()
    desk.engine.now += STARTING_S
    desk.window.refresh_ages()
    assert "The store is being started." in words(desk.window.stage.notices)


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (900, 560)])
def test_buttons_on_the_globe_never_cover_each_other(desk: Desk, size: tuple[int, int]) -> None:
    desk.window.resize(*size)
    for context in ("aws-eu-central-1", "azure-centralindia", SOURCE):
        desk.face(context)
        boxes = [button.geometry() for button in desk.window.stage.overlay.buttons.values()]
        assert boxes
        assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
        assert all(desk.window.stage.rect().contains(box) for box in boxes)


def test_behind_the_limb_there_is_nothing_to_click(desk: Desk) -> None:
    desk.face(SOURCE)
    place = desk.button(SOURCE).geometry().center()
    desk.face("azure-centralindia")
    stage = desk.window.stage
    assert f"migrate:{SOURCE}" not in stage.overlay.buttons
    shown = [button for button in stage.findChildren(OverlayButton) if button.isVisible()]
    assert SOURCE not in [button.item.context for button in shown if button.item]
    there = stage.childAt(place)
    assert not (isinstance(there, OverlayButton) and there.item and there.item.context == SOURCE)


def test_buttons_follow_their_region(desk: Desk) -> None:
    desk.face(SOURCE)
    stage = desk.window.stage
    before = desk.button(SOURCE).pos()
    stage.navigator.camera = stage.navigator.camera.turned(6.0)
    stage.request_frame()
    settle()
    assert desk.button(SOURCE).pos().x() < before.x() - 10


def test_buttons_can_be_reached_by_tab_and_have_names(desk: Desk) -> None:
    desk.face(SOURCE)
    button = desk.button(SOURCE)
    assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert button.accessibleName().startswith("Migrate render-farm from Santiago to Frankfurt (AWS)")
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Return)
    assert isinstance(desk.engine.commands[0], StartMigration)


def test_only_moves_that_pay_have_a_button_to_start_them(desk: Desk) -> None:
    assert all(d.verdict is Verdict.PAYS for d in desk.engine.snapshot().opportunities)
    desk.window.moves.request_dry_run(
        desk.engine.snapshot().contexts[2].workloads[0].key, "gcp-southamerica-west1"
    )
    desk.show()
    assert "Migrate" not in shown_buttons(desk.window.moves.card)


def test_reasons_are_asked_for_the_selected_region_only(desk: Desk) -> None:
    desk.window.select(SOURCE)
    assert desk.engine.looked_at == frozenset({SOURCE})
    desk.window.select(None)
    assert desk.engine.looked_at == frozenset()
