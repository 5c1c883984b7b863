"""The globe under a person's hands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.config.window_settings import Motion, Settings
from app.hud.stage import Stage
from app.model.region_rows import Column
from tests.app.conftest import WindowUser, click_cell, point_at, settle

SOURCE = "gcp-southamerica-west1"


@pytest.fixture
def stage(user: WindowUser) -> Stage:
    return user.window.stage


def drag(stage: Stage, right_px: int) -> None:
    start = QPoint(300, 250)
    QTest.mousePress(stage.view, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 6):
        QTest.mouseMove(stage.view, start + QPoint(right_px * step // 5, 0))
        settle()
    QTest.mouseRelease(stage.view, Qt.MouseButton.LeftButton, pos=start + QPoint(right_px, 0))
    settle()


def test_a_drag_turns_the_globe_and_selects_nothing(stage: Stage, qtbot: QtBot) -> None:
    before = stage.navigator.camera
    with qtbot.assertNotEmitted(stage.region_selected):
        drag(stage, -100)
    assert stage.navigator.camera.azimuth_degrees > before.azimuth_degrees


def test_the_wheel_zooms(stage: Stage) -> None:
    before = stage.navigator.camera.distance
    stage.navigator.reduced_motion = True
    event = QWheelEvent(
        QPointF(300, 250),
        QPointF(300, 250),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(stage, event)
    assert stage.navigator.camera.distance < before


def test_keys_turn_zoom_and_go_home(stage: Stage) -> None:
    stage.navigator.reduced_motion = True
    home = stage.navigator.camera
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Plus):
        before = stage.navigator.camera
        QTest.keyClick(stage, key)
        assert stage.navigator.camera != before
    QTest.keyClick(stage, Qt.Key.Key_R)
    assert stage.navigator.camera == home


def open_unseen(make_user: Callable[..., WindowUser]) -> WindowUser:
    """A window that has drawn its first frame and waits for its first snapshot."""
    user = make_user(Settings(opening_turn=True, motion=Motion.REDUCED), shown=False)
    assert QTest.qWaitForWindowExposed(user.window)
    settle()
    return user


def show_only(user: WindowUser, context: str) -> None:
    snapshot = user.engine.snapshot()
    view = next(view for view in snapshot.contexts if view.context == context)
    user.window.show_snapshot(replace(snapshot, contexts=(view,), opportunities=(), refused=()))
    settle()


def is_in_view(user: WindowUser) -> bool:
    stage = user.window.stage
    return bool(stage.navigator.camera.project(stage.presenter.places, stage.viewport).visible.all())


@pytest.mark.parametrize("context", ["aws-ap-northeast-1", "aws-us-east-1"])
def test_the_opening_view_finds_the_regions(make_user: Callable[..., WindowUser], context: str) -> None:
    user = open_unseen(make_user)
    show_only(user, context)
    assert is_in_view(user)


def test_a_globe_that_a_person_has_turned_stays_where_it_is(make_user: Callable[..., WindowUser]) -> None:
    user = open_unseen(make_user)
    drag(user.window.stage, -200)
    before = user.window.stage.navigator.camera
    show_only(user, "aws-us-east-1")
    assert user.window.stage.navigator.camera == before


def test_a_click_into_the_sky_selects_nothing(stage: Stage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(stage.region_selected) as caught:
        QTest.mouseClick(stage.view, Qt.MouseButton.LeftButton, pos=QPoint(stage.width() - 8, 60))
    assert caught.args == [None]


def test_a_double_click_flies_to_the_place(stage: Stage) -> None:
    stage.navigator.reduced_motion = True
    before = stage.navigator.camera
    QTest.mouseDClick(
        stage.view, Qt.MouseButton.LeftButton, pos=QPoint(stage.width() // 2 + 80, stage.height() // 2)
    )
    assert stage.navigator.camera.azimuth_degrees > before.azimuth_degrees
    assert stage.navigator.camera.distance < before.distance


def test_the_region_under_the_pointer_is_named(user: WindowUser, stage: Stage) -> None:
    user.face(SOURCE)
    place = stage.presenter.place_of(SOURCE)
    x_px, y_px = stage.navigator.camera.project([place], stage.viewport).pixels[0]
    point_at(stage, QPoint(int(x_px), int(y_px)))
    settle()
    assert stage.focus_state.hovered == SOURCE
    assert user.view.frames[-1].markers.hovered == stage.presenter.contexts.index(SOURCE)


def test_escape_cancels_a_flight(user: WindowUser, stage: Stage) -> None:
    stage.pilot.fly_to("aws-ap-northeast-1")
    settle()
    user.engine.now += 0.4
    settle()
    assert stage.navigator.is_flying
    QTest.keyClick(stage, Qt.Key.Key_Escape)
    stopped = stage.navigator.camera
    user.engine.now += 3.0
    settle()
    assert stage.navigator.camera == stopped


def test_many_changes_at_once_are_one_frame(user: WindowUser, stage: Stage) -> None:
    drawn = len(user.view.frames)
    for _ in range(30):
        stage.navigator.camera = stage.navigator.camera.turned(0.5)
        stage.request_frame()
    settle()
    assert len(user.view.frames) == drawn + 1


def test_a_hidden_globe_does_not_move(user: WindowUser, stage: Stage) -> None:
    stage.pilot.toggle_turning()
    settle()
    user.window.hide()
    drawn = len(user.view.frames)
    user.engine.now += 1.0
    settle()
    assert len(user.view.frames) == drawn


def test_the_first_frame_is_said_once(make_user: object, user: WindowUser, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(user.window.first_frame_drawn):
        user.pass_time(1.0)


def test_a_view_that_fails_gives_way_to_a_message(user: WindowUser, stage: Stage) -> None:
    user.view.failed.emit("the driver is gone")
    settle()
    assert "the driver is gone" in stage.view.accessibleName()
    assert stage.renderer == "none"
    assert not stage.overlay.buttons
    assert not stage.corners.legend.isVisible()


def test_without_a_globe_the_table_still_migrates(user: WindowUser, stage: Stage) -> None:
    user.view.failed.emit("the driver is gone")
    user.pass_time(1.0)
    user.window.table.select(SOURCE)
    table = user.window.table
    row = next(r for r in range(table.model().rowCount()) if table.model().index(r, 0).data() == "Santiago")
    click_cell(table, row, Column.ACTION)
    user.close_rings()
    assert len(user.engine.commands) == 1
