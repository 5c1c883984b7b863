"""Where the parts of the main window stand, and how that is remembered from one start to the next."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QMainWindow, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.config.window_settings import Settings

SIZE_PX = (1280, 720)
LEAST_SIZE_PX = (900, 560)
SIDE_WIDTH_PX = 626
TIMELINE_HEIGHT_PX = 118


class WindowLayout:
    """The header above; below it the globe over the timeline, and beside them the table over one of several panels.

    Notices take their room from the timeline: neither the globe nor the tables move when one comes or goes.
    """

    def __init__(
        self,
        window: QMainWindow,
        header: QWidget,
        stage: QWidget,
        notices: QWidget,
        timeline: QWidget,
        table: QWidget,
    ) -> None:
        self._window = window
        self._header = header
        self.lower = QStackedWidget()
        self.side = _splitter(Qt.Orientation.Vertical, table, self.lower)
        self._left = _splitter(Qt.Orientation.Vertical, stage, _stack(notices, timeline))
        self._body = _splitter(Qt.Orientation.Horizontal, self._left, self.side)
        for splitter in (self._left, self._body):
            splitter.setStretchFactor(0, 1)
        for index in (0, 1):
            self.side.setStretchFactor(index, 1)
        self.content = QWidget()
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(header)
        layout.addWidget(self._body, 1)
        window.setCentralWidget(self.content)
        window.setMinimumSize(*LEAST_SIZE_PX)

    def show_below_table(self, panel: QWidget) -> None:
        """Show `panel` in the lower part of the side."""
        if self.lower.indexOf(panel) < 0:
            self.lower.addWidget(panel)
        self.lower.setCurrentWidget(panel)

    def restore(self, settings: Settings) -> None:
        """Stand as at the last close; what the settings do not know, or have broken, keeps its usual place."""
        if not self._window.restoreGeometry(QByteArray.fromBase64(settings.geometry.encode())):
            self._window.resize(*SIZE_PX)
        width, height = self._window.width(), self._window.height() - self._header.height()
        self._body.setSizes([width - SIDE_WIDTH_PX, SIDE_WIDTH_PX])
        self._left.setSizes([height - TIMELINE_HEIGHT_PX, TIMELINE_HEIGHT_PX])
        self.side.setSizes([height // 2, height - height // 2])
        for splitter, state in self._states(settings):
            splitter.restoreState(QByteArray.fromBase64(state.encode()))

    def remember(self, settings: Settings) -> Settings:
        """Return `settings` with the places as they are now."""
        return replace(
            settings,
            geometry=_base64(self._window.saveGeometry()),
            body_split=_base64(self._body.saveState()),
            stage_split=_base64(self._left.saveState()),
            side_split=_base64(self.side.saveState()),
        )

    def _states(self, settings: Settings) -> tuple[tuple[QSplitter, str], ...]:
        return (
            (self._body, settings.body_split),
            (self._left, settings.stage_split),
            (self.side, settings.side_split),
        )


def _splitter(orientation: Qt.Orientation, first: QWidget, second: QWidget) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.addWidget(first)
    splitter.addWidget(second)
    splitter.setHandleWidth(1)
    splitter.setChildrenCollapsible(False)
    return splitter


def _stack(above: QWidget, below: QWidget) -> QWidget:
    """Return both in one, of which the lower one has the room that the upper one leaves."""
    both = QWidget()
    layout = QVBoxLayout(both)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    layout.addWidget(above)
    layout.addWidget(below, 1)
    return both


def _base64(state: QByteArray) -> str:
    return bytes(state.toBase64().data()).decode("ascii")
