"""The window over the scripted engine, with a view that remembers its frames instead of drawing them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTableView, QWidget
from pytestqt.qtbot import QtBot

import app.window.parts
from app.config.window_settings import Settings
from app.model.start_ring import RING_S
from app.widgets.theme import apply_theme
from app.window.main_window import MainWindow
from controller.contract.commands import Command, Consider
from gl.frame import Frame
from tests.app.scripted_engine import ScriptedEngine
from tests.app.scripted_fleets import ScriptedFleets


class RememberingView(QWidget):
    """Takes frames as a presenter does, and keeps them."""

    failed = Signal(str)
    frame_painted = Signal()
    renderer = "remembered"

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.frames: list[Frame] = []
        self.warmed_up: list[Frame] = []
        self.is_released = False

    def show_frame(self, frame: Frame) -> None:
        self.frames.append(frame)
        self.update()

    def warm_up(self, frame: Frame) -> None:
        self.warmed_up.append(frame)

    def release(self) -> None:
        self.is_released = True

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.frames:
            self.frame_painted.emit()


class WindowUser:
    """A person in front of the window: the engine's time is the only clock."""

    def __init__(self, engine: ScriptedEngine, fleets: ScriptedFleets, window: MainWindow) -> None:
        self.engine = engine
        self.fleets = fleets
        self.window = window
        self.view = window.stage.view

    def show(self) -> None:
        """Show what the engine says now, and let Qt finish what follows from it."""
        self.window.show_snapshot(self.engine.snapshot())
        settle()

    def pass_time(self, seconds: float, step_s: float = 0.5) -> None:
        """Let the engine's time pass, a snapshot at each step."""
        for _ in range(round(seconds / step_s)):
            self.engine.advance(step_s)
            self.show()

    def close(self) -> None:
        """Close the window as a person does."""
        self.window.close()
        settle()

    def press_key(self, widget: QWidget, key: Qt.Key) -> None:
        """Press a key where a widget has the keyboard."""
        QTest.keyClick(widget, key)
        settle()

    def click_migrate(self, context: str) -> None:
        """Press the button on the globe at a context's region."""
        QTest.mouseClick(self.button(context), Qt.MouseButton.LeftButton)
        settle()

    def close_rings(self) -> None:
        """Let the seconds pass in which a start can be taken back; prices stand still meanwhile."""
        for _ in range(math.ceil(RING_S)):
            self.engine.now += 1.0
            self.window.parts.refresh_ages()
            settle()

    def start_by_click(self, context: str) -> None:
        """Press the button on the globe at a context's region, and undo nothing."""
        self.click_migrate(context)
        self.close_rings()

    def button(self, context: str) -> QWidget:
        """Return the button on the globe at a context's region."""
        return self.window.stage.overlay.buttons[f"migrate:{context}"]

    def face(self, *contexts: str) -> None:
        """Turn the globe so that these contexts are on the near side."""
        self.window.stage.navigator.reduced_motion = True
        self.window.stage.pilot.fly_to(*contexts)
        settle()


def point_at(widget: QWidget, place: QPoint) -> None:
    """Move the pointer over a widget, whatever the real pointer of this display is doing."""
    none = Qt.MouseButton.NoButton
    at, on_screen = QPointF(place), QPointF(widget.mapToGlobal(place))
    event = QMouseEvent(QEvent.Type.MouseMove, at, on_screen, none, none, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, event)


def click_cell(table: QTableView, row: int, column: int) -> None:
    """Click in a cell of a table, the pointer coming from elsewhere."""
    cell = table.visualRect(table.model().index(row, column)).center()
    point_at(table.viewport(), cell)
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=cell)
    settle()


def settle() -> None:
    """Let Qt deliver what is waiting: events, zero timers, deferred deletions."""
    for _ in range(5):
        QApplication.processEvents()


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture(scope="session")
def themed(qapp: QApplication) -> None:
    apply_theme(qapp)


@pytest.fixture
def make_user(
    qtbot: QtBot,
    themed: None,
    flows_run: None,
    monkeypatch: pytest.MonkeyPatch,
    engine: ScriptedEngine,
) -> Iterator[Callable[..., WindowUser]]:
    # The windows of earlier tests wait for an event loop to be deleted in; there is none.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    monkeypatch.setattr(app.window.parts, "make_view", lambda choice, parent: RememberingView(parent))

    def make(settings: Settings | None = None, *, shown: bool = True) -> WindowUser:
        def send(command: Command) -> None:
            engine.send(command)
            if isinstance(command, Consider):  # the engine wakes for it, and a window waits for nothing else
                QTimer.singleShot(0, lambda: window.show_snapshot(engine.snapshot()))

        chosen = settings or Settings(opening_turn=False)
        fleets = ScriptedFleets()
        window = MainWindow(send, fleets, chosen, clock=lambda: engine.now, monotonic=lambda: engine.now)
        qtbot.addWidget(window)
        window.show()
        user = WindowUser(engine, fleets, window)
        if shown:
            user.show()
        return user

    yield make
    settle()


@pytest.fixture
def user(make_user: Callable[..., WindowUser]) -> WindowUser:
    return make_user()


@pytest.fixture
def moving(make_user: Callable[..., WindowUser]) -> WindowUser:
    """A window over real clusters, half-way through a move."""
    user = make_user(shown=False)
    user.engine.demo = False
    user.engine.start_best()
    user.pass_time(4.0)
    return user
