"""What a person does in the window, and what follows: by mouse on the globe and by keyboard from the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from msgspec import structs
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QContextMenuEvent, QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.config.window_settings import Motion, Settings, parse_settings
from app.hud.overlay import OverlayButton
from app.model.region_rows import Column
from app.model.workload_rows import WorkloadColumn
from app.panels.timeline import text_area
from app.widgets.labels import ElidedLabel
from app.widgets.theme import SMALL_PX, make_font
from app.window.layout import SIZE_PX
from app.window.parts import STARTING_S
from controller.clusters.arming import ArmedBy, ArmingTerms
from controller.clusters.fleet import Health, WorkloadKey
from controller.clusters.kubeconfig_reasons import KubeconfigCode
from controller.contract.commands import CancelMigration, RequestDryRun, SetArmed, StartMigration
from controller.contract.dry_run import Verdict
from controller.contract.snapshots import (
    EntryKind,
    MigrationStage,
    MoveOutcome,
    PriceOrigin,
    PriceSourceView,
    TimelineEntry,
    make_notice,
)
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.quotes import Playback
from oracle.reasons import OracleCode
from oracle.regions import load_regions
from oracle.status import SourceState, SourceStatus
from tests.app.conftest import WindowUser, settle
from tests.app.scripted_engine import PRICE_LIFE_S
from tests.controller.faults import unreachable

SOURCE = "gcp-southamerica-west1"


def words(widget: QWidget) -> str:
    """Return everything that can be read on a widget."""
    labels = [label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget)]
    return "\n".join(label for label in labels if label)


def shown_buttons(widget: QWidget) -> list[str]:
    """Return what the buttons do, without with what."""
    shown = [button.text() for button in widget.findChildren(QPushButton) if button.isVisibleTo(widget)]
    return [text.split(" · ")[0] for text in shown]


def press(widget: QWidget, text: str) -> None:
    shown = [button for button in widget.findChildren(QPushButton) if button.isVisibleTo(widget)]
    button = next(button for button in shown if button.text().split(" · ")[0] == text)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    settle()


def test_one_click_shows_the_dry_run_and_starts_the_migration(user: WindowUser) -> None:
    user.face(SOURCE)
    best = next(d for d in user.engine.snapshot().opportunities if d.workload.context == SOURCE)
    user.start_by_click(SOURCE)
    assert user.engine.commands == [StartMigration(best.workload, best.target, best.plan_digest)]
    user.show()
    card = user.window.card
    assert card.isVisible()
    assert "Spot savings, next 24 h" in words(card)
    assert "Pays: it saves $6.20 in 24 h" in words(card)
    assert "0 of 6 landed" in words(card)


def test_after_the_click_source_and_target_are_both_in_view(user: WindowUser) -> None:
    user.face(SOURCE)
    best = next(d for d in user.engine.snapshot().opportunities if d.workload.context == SOURCE)
    user.click_migrate(SOURCE)
    stage = user.window.stage
    ends = [stage.presenter.place_of(context) for context in (SOURCE, best.target)]
    projection = stage.navigator.camera.project(ends, stage.viewport)
    assert projection.visible.all()
    assert (projection.pixels >= 0).all()
    assert (projection.pixels <= (stage.width(), stage.height())).all()


def test_a_double_click_starts_one_migration(user: WindowUser) -> None:
    user.face(SOURCE)
    button = user.button(SOURCE)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    user.show()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    user.close_rings()
    assert len(user.engine.commands) == 1


def test_the_migration_is_followed_to_its_summary(user: WindowUser) -> None:
    user.face(SOURCE)
    user.start_by_click(SOURCE)
    user.pass_time(4.0)
    assert "2 of 6 landed" in words(user.window.card)
    user.pass_time(10.0)
    assert "6 replicas moved to Frankfurt (AWS). It cost $0.52 and saves $6.20/day from now on." in words(
        user.window.card
    )
    assert shown_buttons(user.window.card) == ["Move back…", "Close"]


def test_a_move_that_is_over_is_not_drawn_as_one_that_is_considered(user: WindowUser) -> None:
    user.face(SOURCE)
    user.click_migrate(SOURCE)
    assert user.window.stage.focus_state.preview is not None
    user.close_rings()
    user.pass_time(40.0)
    assert user.window.card.isVisible()
    assert user.window.stage.focus_state.preview is None
    assert len(user.view.frames[-1].arcs.starts) == 0


def test_the_timeline_has_room_for_what_a_move_to_any_region_cost_and_saves(
    make_user: Callable[..., WindowUser],
) -> None:
    user = make_user(shown=False)
    snapshot = user.engine.snapshot()
    known = [
        replace(snapshot.contexts[0], context=region.key, city=region.city, provider=region.provider)
        for region in load_regions().values()
    ]
    user.window.show_snapshot(replace(snapshot, contexts=tuple(known)))
    settle()
    assert (user.window.width(), user.window.height()) == SIZE_PX
    timeline, metrics = user.window.timeline, QFontMetrics(make_font(SMALL_PX))
    width_px = text_area(timeline.list.viewport().rect()).width()
    workload = WorkloadKey("somewhere", "shop", "embeddings-of-all-the-images")
    for view in known:
        outcome = MoveOutcome(workload, view.context, Decimal("1234.56"), Decimal("9876.54"))
        entry = TimelineEntry(1, 0.0, EntryKind.MIGRATION, "moved", outcome=outcome)
        text = timeline.delegate.text_of(entry, metrics, width_px)
        assert text.startswith("embed")
        assert text.endswith(
            f" → {user.window.link.names[view.context]}: cost $1,234.56, saves $9,876.54/day"
        )
        assert metrics.horizontalAdvance(text) <= width_px


def test_cancel_rolls_back(user: WindowUser) -> None:
    user.face(SOURCE)
    user.start_by_click(SOURCE)
    user.pass_time(4.0)
    press(user.window.card, "Cancel and roll back")
    assert user.engine.commands[-1] == CancelMigration("m-1")
    user.pass_time(4.0)
    assert user.engine.snapshot().migrations[0].stage is MigrationStage.ROLLED_BACK
    assert "Rolled back" in words(user.window.card)


def test_the_card_tells_unknown_counters_from_those_that_are_gone(user: WindowUser) -> None:
    migration = replace(user.engine.start_best(), target_ready=None, target_desired=None)
    unknown = replace(user.engine.snapshot(), migrations=(migration,))
    user.window.show_snapshot(unknown)
    user.window.open_migration(migration.migration_id)
    settle()
    assert "Frankfurt (AWS) ?/?" in words(user.window.card)
    ended = replace(migration, stage=MigrationStage.ROLLED_BACK, ended_at=user.engine.now)
    user.window.show_snapshot(replace(user.engine.snapshot(), migrations=(ended,)))
    settle()
    assert "?" not in words(user.window.card)


def test_unarmed_contexts_start_nothing_until_a_person_armed_them(user: WindowUser) -> None:
    user.engine.disarm()
    user.show()
    user.face(SOURCE)
    user.click_migrate(SOURCE)
    assert user.engine.commands == []
    assert f"not armed (read-only): {SOURCE} and aws-eu-central-1" in words(user.window.card)
    press(user.window.card, "Arm contexts…")
    assert user.engine.commands == []
    sheet = user.window.sheets.arm
    assert user.window.focusWidget() is sheet.clusters[0].typed
    press(sheet, "Arm 2 contexts")
    assert user.engine.commands == [], "no name was typed"
    for cluster in sheet.clusters:
        QTest.keyClicks(cluster.typed, cluster.context)
    press(sheet, "Arm 2 contexts")
    armed = {SOURCE: f"uid-{SOURCE}", "aws-eu-central-1": "uid-aws-eu-central-1"}
    terms = ArmingTerms(ArmedBy.WINDOW, lasts_s=8 * 3600.0)
    assert user.engine.commands == [
        SetArmed(context, True, replace(terms, cluster_uid=uid)) for context, uid in armed.items()
    ]
    user.engine.prices_arrive = False
    user.pass_time(1.0)
    press(user.window.card, "Migrate")
    user.close_rings()
    assert isinstance(user.engine.commands[-1], StartMigration)


def test_a_move_that_was_stopped_is_armed_again_from_its_card(moving: WindowUser) -> None:
    view = moving.engine.stand_still()
    moving.engine.disarm()
    moving.show()
    moving.window.open_migration(view.migration_id)
    settle()
    assert "Decide…" not in shown_buttons(moving.window.card), "a move that was stopped waits for no decision"
    press(moving.window.card, "Arm contexts…")
    asked = [cluster.context for cluster in moving.window.sheets.arm.clusters]
    assert asked == [view.workload.context, view.target], "the write that was refused names one of them"


def test_a_move_that_waits_for_something_else_offers_no_arming(moving: WindowUser) -> None:
    view = moving.engine.stick()
    moving.show()
    moving.window.open_migration(view.migration_id)
    settle()
    assert "Arm contexts…" not in shown_buttons(moving.window.card)


def test_refusing_to_arm_changes_nothing(user: WindowUser) -> None:
    user.engine.disarm()
    user.show()
    user.face(SOURCE)
    user.click_migrate(SOURCE)
    press(user.window.card, "Arm contexts…")
    QTest.keyClick(user.window.sheets.arm.clusters[0].typed, Qt.Key.Key_Escape)
    assert user.window.sheets.arm.isHidden()
    assert user.engine.commands == []


def test_a_click_on_an_expired_price_starts_nothing(user: WindowUser) -> None:
    user.face(SOURCE)
    user.engine.now += PRICE_LIFE_S + 1.0
    user.click_migrate(SOURCE)
    assert user.engine.commands == []
    assert "have expired" in words(user.window.card)


def test_an_expired_dry_run_can_be_renewed(user: WindowUser) -> None:
    user.face(SOURCE)
    user.engine.now += PRICE_LIFE_S + 1.0
    user.click_migrate(SOURCE)
    assert shown_buttons(user.window.card) == ["New dry run", "Close"]
    user.engine.advance(1.0)
    press(user.window.card, "New dry run")
    assert [type(command) for command in user.engine.commands] == [RequestDryRun]
    user.show()
    assert shown_buttons(user.window.card) == ["Migrate", "Close"]


def test_a_button_keeps_the_keyboard_while_the_numbers_change(user: WindowUser, qtbot: QtBot) -> None:
    user.engine.disarm()
    user.show()
    user.face(SOURCE)
    user.click_migrate(SOURCE)
    user.window.activateWindow()
    qtbot.waitUntil(user.window.isActiveWindow)
    arm = user.window.card.first_control()
    assert arm.text() == "Arm contexts…"
    arm.setFocus()
    user.pass_time(2.0)
    assert user.window.focusWidget() is arm


def test_a_plan_that_the_engine_refuses_says_so(user: WindowUser) -> None:
    user.face(SOURCE)
    user.click_migrate(SOURCE)
    user.engine.set_price(SOURCE, 0.15)
    user.close_rings()
    user.show()
    assert "Refused" in words(user.window.card)
    assert "The plan has changed" in words(user.window.card)


def test_a_start_that_is_not_taken_up_says_why_and_can_be_repeated(user: WindowUser) -> None:
    user.face(SOURCE)
    user.engine.refuses_because = "too many migrations run"
    user.engine.prices_arrive = False
    user.start_by_click(SOURCE)
    card = user.window.card
    assert "Starting…" in words(card)
    user.pass_time(1.0)
    assert "Starting…" not in words(card)
    assert "Not started: too many migrations run. Nothing was changed." in words(card)
    user.engine.refuses_because = ""
    press(card, "Migrate")
    user.close_rings()
    user.show()
    assert "0 of 6 landed" in words(card)


def test_the_table_migrates_by_keyboard(user: WindowUser) -> None:
    table = user.window.table
    table.select(SOURCE)
    table.setCurrentIndex(table.currentIndex().siblingAtColumn(Column.COST))
    table.setFocus()
    user.press_key(table, Qt.Key.Key_Right)
    user.press_key(table, Qt.Key.Key_Return)
    user.close_rings()
    assert [type(command) for command in user.engine.commands] == [StartMigration]


def test_selection_goes_both_ways(user: WindowUser) -> None:
    user.window.select("azure-uksouth")
    assert user.window.table.selected_context() == "azure-uksouth"
    QTest.keyClick(user.window.table, Qt.Key.Key_Down)
    chosen = user.window.table.selected_context()
    assert chosen not in (None, "azure-uksouth")
    assert user.window.stage.focus_state.selected == chosen


def test_a_click_on_the_globe_inspects_the_region(user: WindowUser) -> None:
    user.face("azure-centralindia")
    stage = user.window.stage
    place = stage.presenter.place_of("azure-centralindia")
    x_px, y_px = stage.navigator.camera.project([place], stage.viewport).pixels[0]
    QTest.mouseClick(stage.view, Qt.MouseButton.LeftButton, pos=QPoint(int(x_px), int(y_px)))
    assert user.window.table.selected_context() == "azure-centralindia"
    assert "Pune · Azure" in words(user.window.inspector)


def test_a_dry_run_to_anywhere_starts_nothing(user: WindowUser) -> None:
    user.window.select("aws-eu-central-1")
    workload = next(v for v in user.engine.snapshot().contexts if v.context == "aws-eu-central-1").workloads[
        0
    ]
    user.window.request_dry_run(workload.key, SOURCE)
    settle()
    assert "Computing" in words(user.window.card)
    user.show()
    assert user.engine.commands == [RequestDryRun(workload.key, SOURCE)]
    assert "Does not pay" in words(user.window.card)
    assert shown_buttons(user.window.card) == ["Close"]


def test_escape_closes_the_card(user: WindowUser) -> None:
    user.face(SOURCE)
    user.start_by_click(SOURCE)
    user.window.stage.setFocus()
    QTest.keyClick(user.window.stage, Qt.Key.Key_Escape)
    assert user.window.card.isHidden()
    assert user.window.stage.focus_state.preview is None


def test_space_turns_the_globe_from_the_table_too(user: WindowUser) -> None:
    user.window.table.setFocus()
    QTest.keyClick(user.window.table, Qt.Key.Key_Space)
    assert user.window.stage.navigator.is_turning
    QTest.keyClick(user.window.stage, Qt.Key.Key_Space)
    assert not user.window.stage.navigator.is_turning


def test_f6_visits_all_parts_and_comes_round(user: WindowUser, qtbot: QtBot) -> None:
    user.window.activateWindow()
    qtbot.waitUntil(user.window.isActiveWindow)
    user.window.select(SOURCE)
    user.window.stage.setFocus()
    visited = []
    for _ in range(4):
        QTest.keyClick(user.window, Qt.Key.Key_F6)
        visited.append(user.window.focusWidget())
    window = user.window
    assert visited == [window.table, window.inspector.workloads, window.timeline.list, window.stage]


def test_the_palette_migrates_and_flies(user: WindowUser) -> None:
    user.window.open_palette()
    palette = user.window.sheets.palette
    QTest.keyClicks(palette.line, "fly to tokyo")
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    assert palette.isHidden()
    assert user.window.table.selected_context() == "aws-ap-northeast-1"
    user.window.open_palette()
    QTest.keyClicks(palette.line, "migrate render-farm santiago")
    user.press_key(palette.line, Qt.Key.Key_Down)
    user.press_key(palette.line, Qt.Key.Key_Return)
    user.close_rings()
    assert isinstance(user.engine.commands[-1], StartMigration)


def test_while_a_sheet_is_open_nothing_behind_it_can_be_reached(user: WindowUser) -> None:
    user.face(SOURCE)
    user.window.sheets.open_keys()
    QTest.mouseClick(user.button(SOURCE), Qt.MouseButton.LeftButton)
    assert user.engine.commands == []
    QTest.keyClick(user.window.sheets.keys, Qt.Key.Key_Escape)
    assert user.window.centralWidget().isEnabled()


def test_reduced_motion_takes_effect_at_once(user: WindowUser) -> None:
    user.window.change_settings(replace(user.window.settings, motion=Motion.REDUCED))
    user.window.stage.pilot.fly_to("aws-ap-northeast-1")
    assert not user.window.stage.navigator.is_moving


def test_engine_lost_is_said_and_nothing_can_be_started(user: WindowUser) -> None:
    user.face(SOURCE)
    reason = Code.ENGINE_ENDED.because(exit_code=-9)
    user.window.show_engine_lost(reason)
    [notice] = user.window.parts.notices.shown
    assert notice.reason == Code.SHOWS_THE_LAST.because(why=reason)
    user.click_migrate(SOURCE)
    assert user.engine.commands == []
    assert "the engine has stopped" in words(user.window.card)


def test_a_long_notice_is_read_to_its_last_line(make_user: Callable[..., WindowUser]) -> None:
    user = make_user(shown=False)
    user.window.resize(1280, 720)
    settle()
    user.window.show_engine_lost(Code.ENGINE_ENDED.because(exit_code=2))
    settle()
    [text] = user.window.parts.notices.findChildren(QLabel)
    assert text.height() >= text.heightForWidth(text.width())


@pytest.mark.parametrize(
    "reason",
    [
        Code.ENGINE_STOPPED.because(error="MemoryError()"),
        Code.ENGINE_ENDED.because(exit_code=-9),
        Code.KUBECONFIG_REFUSED.because(path="own.yaml", problem=KubeconfigCode.NO_CONTEXTS.because()),
    ],
    ids=lambda reason: reason.code.value,
)
def test_why_nothing_can_be_started_says_once_that_the_engine_has_stopped(
    user: WindowUser, reason: Reason
) -> None:
    user.window.show_engine_lost(reason)
    assert str(user.window.link.reason).count("the engine has stopped") == 1
    assert str(reason) in str(user.window.link.reason)


def test_prices_age_while_nothing_arrives(user: WindowUser) -> None:
    user.engine.now += PRICE_LIFE_S + 1.0
    user.window.parts.refresh_ages()
    settle()
    assert not user.view.frames[-1].markers.glows.any()


def test_an_old_snapshot_never_replaces_a_newer_one(user: WindowUser) -> None:
    old = user.engine.snapshot()
    user.show()
    newest = user.window.snapshot
    user.window.show_snapshot(old)
    assert user.window.snapshot is newest


def test_a_new_engine_starts_counting_anew(user: WindowUser) -> None:
    user.pass_time(2.0)
    user.window.show_engine_lost(Code.ENGINE_ENDED.because(exit_code=-9))
    fresh = replace(user.engine.snapshot(), sequence=1)
    user.window.show_snapshot(fresh)
    assert user.window.snapshot is fresh
    assert user.window.parts.notices.shown == ()


def test_nothing_is_drawn_while_nothing_changes(user: WindowUser) -> None:
    drawn = len(user.view.frames)
    user.engine.prices_arrive = False
    for _ in range(20):
        user.show()
    assert len(user.view.frames) == drawn
    assert not user.window.stage.is_animating


def test_closing_remembers_the_layout_and_gives_the_view_back(
    make_user: Callable[..., WindowUser], qtbot: QtBot
) -> None:
    user = make_user(Settings(opening_turn=False, side_panel=False))
    with qtbot.waitSignal(user.window.closed):
        user.window.close()
    assert user.view.is_released
    assert user.window.settings.geometry
    assert not user.window.settings.side_panel
    reopened = make_user(user.window.settings)
    assert not reopened.window.table.isVisible()


def test_a_broken_layout_in_the_settings_is_passed_over(make_user: Callable[..., WindowUser]) -> None:
    text = '{"geometry": "not base64!", "body_split": "AAAA", "opening_turn": false}'
    settings = parse_settings(text, "window.json")
    assert make_user(settings).window.width() == 1280


def test_the_headers_tip_says_of_each_service_how_it_is(user: WindowUser) -> None:
    broken = OracleCode.WEB_BROKEN.because(host="prices.example", status=500)
    service = SourceStatus("AWS spot feed", ("prices.example",), SourceState.FAILING, None, 0, broken)
    user.engine.price_source = PriceSourceView(PriceOrigin.LIVE, "prices.csv", (service,))
    user.show()
    tips = [label.toolTip() for label in user.window.header.findChildren(ElidedLabel)]
    assert any("AWS spot feed: prices.example has a fault of its own" in tip for tip in tips)


def test_the_window_says_demo_only_in_the_demo(user: WindowUser) -> None:
    assert user.window.stage.corners.demo_badge.isVisible()
    assert user.window.stage.corners.demo_badge.text().startswith("DEMO")
    user.engine.demo = False
    user.engine.price_source = PriceSourceView(PriceOrigin.LIVE, "prices.csv")
    user.show()
    assert not user.window.stage.corners.demo_badge.isVisible()


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        (PriceOrigin.SIMULATED, "PLAN ONLY  ·  simulated prices"),
        (PriceOrigin.RECORDED, "PLAN ONLY  ·  recorded prices"),
        (PriceOrigin.MIXED, "PLAN ONLY  ·  some prices are not live"),
    ],
)
def test_real_clusters_say_where_nothing_moves(user: WindowUser, origin: PriceOrigin, said: str) -> None:
    user.engine.demo = False
    user.engine.price_source = PriceSourceView(origin, "replay of prices.csv")
    user.show()
    assert user.window.stage.corners.demo_badge.isVisible()
    assert user.window.stage.corners.demo_badge.text() == said


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
def test_the_window_says_whose_prices_it_shows(user: WindowUser, origin: PriceOrigin, said: str) -> None:
    user.engine.price_source = PriceSourceView(origin, "replay of prices.csv.gz")
    user.show()
    badge = user.window.stage.corners.demo_badge
    assert badge.text() == said
    assert badge.width() >= badge.sizeHint().width()
    assert user.window.stage.rect().contains(badge.geometry())
    header = [label.text() for label in user.window.header.findChildren(QLabel)]
    assert any("prices: replay of prices.csv.gz" in text for text in header)


def test_badge_says_of_which_day_a_recording_is(user: WindowUser) -> None:
    played = Playback(1_777_777_777.0, 0.0)
    user.engine.price_source = PriceSourceView(PriceOrigin.RECORDED, "replay of prices.csv", playback=played)
    user.show()
    said = user.window.stage.corners.demo_badge.text()
    assert said == "DEMO  ·  simulated clusters, recorded prices of 2026-05-03"


def test_an_empty_window_waits_without_complaint(make_user: Callable[..., WindowUser]) -> None:
    user = make_user(shown=False)
    settle()
    assert "Select a region" in words(user.window.inspector)
    user.window.open_palette()
    assert user.window.sheets.palette.list.count() > 0


def test_hostile_names_reach_no_rich_text(user: WindowUser) -> None:
    snapshot = user.engine.snapshot()
    evil = replace(
        snapshot.contexts[0], city="<img src=x>\u202egnp.", health_reason=unreachable("<b>bold</b>").reason
    )
    user.window.show_snapshot(replace(snapshot, contexts=(evil, *snapshot.contexts[1:])))
    user.window.select(evil.context)
    labels = user.window.findChildren(QLabel)
    assert "<img src=x> gnp. · AWS" in [label.text() for label in labels]
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}


def test_lasting_notices_come_and_go_with_their_trouble(user: WindowUser) -> None:
    user.engine.notices = (make_notice(Code.NO_NEW_PRICES.because(why="Redis is gone")),)
    user.show()
    assert "Redis is gone" in words(user.window.parts.notices)
    user.engine.notices = ()
    user.show()
    assert not user.window.parts.notices.isVisible()


def test_a_start_is_no_trouble_until_it_takes_long(make_user: Callable[..., WindowUser]) -> None:
    user = make_user(shown=False)
    user.engine.notices = (make_notice(Code.NO_NEW_PRICES.because(why="the store is being started")),)
    user.window.show_snapshot(replace(user.engine.snapshot(), is_complete=False))
    assert user.window.parts.notices.shown == ()
    user.engine.now += STARTING_S
    user.window.parts.refresh_ages()
    assert "the store is being started" in words(user.window.parts.notices)


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (900, 560)])
def test_buttons_on_the_globe_never_cover_each_other(user: WindowUser, size: tuple[int, int]) -> None:
    user.window.resize(*size)
    for context in ("aws-eu-central-1", "azure-centralindia", SOURCE):
        user.face(context)
        boxes = [button.geometry() for button in user.window.stage.overlay.buttons.values()]
        assert boxes
        assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
        assert all(user.window.stage.rect().contains(box) for box in boxes)


def test_behind_the_limb_there_is_nothing_to_click(user: WindowUser) -> None:
    user.face(SOURCE)
    place = user.button(SOURCE).geometry().center()
    user.face("azure-centralindia")
    stage = user.window.stage
    assert f"migrate:{SOURCE}" not in stage.overlay.buttons
    shown = [button for button in stage.findChildren(OverlayButton) if button.isVisible()]
    assert SOURCE not in [button.item.context for button in shown if button.item]
    there = stage.childAt(place)
    assert not (isinstance(there, OverlayButton) and there.item and there.item.context == SOURCE)


def test_buttons_follow_their_region(user: WindowUser) -> None:
    user.face(SOURCE)
    stage = user.window.stage
    before = user.button(SOURCE).pos()
    stage.navigator.camera = stage.navigator.camera.turned(6.0)
    stage.request_frame()
    settle()
    assert user.button(SOURCE).pos().x() < before.x() - 10


def test_buttons_can_be_reached_by_tab_and_have_names(user: WindowUser, qtbot: QtBot) -> None:
    user.face(SOURCE)
    button = user.button(SOURCE)
    assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert button.accessibleName().startswith("Migrate render-farm from Santiago to Frankfurt (AWS)")
    user.window.activateWindow()
    qtbot.waitUntil(user.window.isActiveWindow)
    button.setFocus(Qt.FocusReason.TabFocusReason)
    user.press_key(button, Qt.Key.Key_Return)
    user.close_rings()
    assert isinstance(user.engine.commands[0], StartMigration)


def test_only_moves_that_pay_have_a_button_to_start_them(user: WindowUser) -> None:
    assert all(d.verdict is Verdict.PAYS for d in user.engine.snapshot().opportunities)
    user.window.request_dry_run(user.engine.snapshot().contexts[2].workloads[0].key, "gcp-southamerica-west1")
    user.show()
    assert "Migrate" not in shown_buttons(user.window.card)


def open_targets(user: WindowUser) -> QMenu:
    """Open the menu of targets of the first workload of the selected region."""
    workloads = user.window.inspector.workloads
    workloads.setCurrentIndex(workloads.model().index(0, WorkloadColumn.NAME))
    user.press_key(workloads, Qt.Key.Key_D)
    (menu,) = user.window.inspector.findChildren(QMenu)
    return menu


def test_a_dry_run_to_any_reachable_context_can_be_asked_for(user: WindowUser) -> None:
    user.engine.set_health("aws-us-east-1", Health.UNREACHABLE)
    user.show()
    user.window.select(SOURCE)
    menu = open_targets(user)
    choices = {action.text().split(" · ")[0]: action for action in menu.actions()}
    assert len(menu.actions()) == 14
    assert not choices["Ashburn"].isEnabled()
    choices["Tokyo"].trigger()
    settle()
    [command] = user.engine.commands
    assert isinstance(command, RequestDryRun)
    assert (command.workload.context, command.target) == (SOURCE, "aws-ap-northeast-1")


def test_targets_are_listed_from_cheap_to_dear_and_those_without_a_price_last(user: WindowUser) -> None:
    snapshot = user.engine.snapshot()
    cheapest = next(view for view in snapshot.contexts if view.context == "aws-eu-central-1")
    assert cheapest.quote is not None
    quote = structs.replace(cheapest.quote, usd_per_hour=Decimal("0.001"), deadline=user.engine.now)
    expired = replace(cheapest, quote=quote)
    views = tuple(expired if view is cheapest else view for view in snapshot.contexts)
    user.window.show_snapshot(replace(snapshot, contexts=views))
    user.window.select(SOURCE)
    *priced, last = [action.text() for action in open_targets(user).actions()]
    prices = [float(text.split("$")[1].removesuffix("/h")) for text in priced]
    assert prices == sorted(prices)
    assert last == "Frankfurt · AWS\tprice expired"


def test_a_row_has_a_menu_of_what_can_be_done_with_its_region(user: WindowUser) -> None:
    table = user.window.table
    table.select(SOURCE)
    QApplication.sendEvent(
        table.viewport(), QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), QPoint(0, 0))
    )
    (menu,) = table.findChildren(QMenu)
    texts = [action.text().split("\t")[0] for action in menu.actions()]
    assert texts[0] == "Fly to Santiago"
    assert "Migrate render-farm: Santiago → Frankfurt (AWS)" in texts
    assert texts[-1] == f"Disarm {SOURCE}"
    menu.actions()[-1].trigger()
    assert user.engine.commands == [SetArmed(SOURCE, False)]


def test_reasons_are_asked_for_the_selected_region_only(user: WindowUser) -> None:
    user.window.select(SOURCE)
    assert user.engine.looked_at == frozenset({SOURCE})
    user.window.select(None)
    assert user.engine.looked_at == frozenset()


def test_dead_contexts_are_one_note_beside_the_globe_that_moves_nothing(user: WindowUser) -> None:
    user.face(SOURCE)
    stage, before = user.window.stage, user.button(SOURCE).geometry()
    places = (stage.geometry(), user.window.table.geometry(), before)
    errors = [unreachable(context) for context in ("aws-sa-east-1", "aws-us-west-2", "azure-uksouth")]
    user.engine.notices = tuple(
        make_notice(Code.CONTEXT_LOST.because(context=e.context, health="unreachable", why=str(e)), "context")
        for e in errors
    )
    user.show()
    notices = user.window.parts.notices
    assert len(notices.shown) == 1
    assert "3 contexts cannot be read: aws-sa-east-1, aws-us-west-2 and azure-uksouth" in words(notices)
    globe = QRect(stage.mapToGlobal(QPoint(0, 0)), stage.size())
    assert not globe.intersects(QRect(notices.mapToGlobal(QPoint(0, 0)), notices.size()))
    assert (stage.geometry(), user.window.table.geometry(), user.button(SOURCE).geometry()) == places
    assert user.window.timeline.list.isVisible()
