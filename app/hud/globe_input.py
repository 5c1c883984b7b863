"""Mouse input on the globe: events become clicks, drags and wheel steps. What they mean, its owner knows."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

#: A pointer that moved less than this between press and release has clicked.
CLICK_SLOP_PX = 4.0
#: A wheel's angle for one step, in eighths of a degree (Qt's unit).
WHEEL_STEP = 120.0


class GlobeInput(QObject):
    """Watches the mouse events of a widget. The viewport on it passes its own on, since it takes none."""

    pointed = Signal(QPointF)
    """Where the pointer is, with no button held."""
    left = Signal()
    """The pointer is elsewhere."""
    clicked = Signal(QPointF)
    double_clicked = Signal(QPointF)
    dragged = Signal(float, float)
    """Pixels to the right and down since the last one."""
    released = Signal()
    """A drag is over."""
    zoomed = Signal(float)
    """Steps of the wheel towards the globe; below 0 away from it."""

    def __init__(self, surface: QWidget) -> None:
        super().__init__(surface)
        self._surface = surface
        self._pressed: QPointF | None = None
        self._pointer = QPointF()
        self._is_dragging = False
        surface.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle what belongs to the globe; the rest goes on to the widget."""
        kind = event.type()
        if isinstance(event, QMouseEvent):
            return self._on_mouse(kind, event)
        if isinstance(event, QWheelEvent):
            self.zoomed.emit(event.angleDelta().y() / WHEEL_STEP)
            return True
        if kind is QEvent.Type.Leave:
            self.left.emit()
        return False

    def _on_mouse(self, kind: QEvent.Type, event: QMouseEvent) -> bool:
        if kind is QEvent.Type.MouseMove:
            self._move(event.position())
            return True
        if event.button() is not Qt.MouseButton.LeftButton:
            return False
        if kind is QEvent.Type.MouseButtonPress:
            self._press(event.position())
        elif kind is QEvent.Type.MouseButtonRelease:
            self._release(event.position())
        elif kind is QEvent.Type.MouseButtonDblClick:
            self.double_clicked.emit(event.position())
        return True

    def _press(self, position: QPointF) -> None:
        self._pressed = self._pointer = position
        self._is_dragging = False
        self._surface.setFocus(Qt.FocusReason.MouseFocusReason)

    def _move(self, position: QPointF) -> None:
        if self._pressed is None:
            self.pointed.emit(position)
            return
        if not self._is_dragging and (position - self._pressed).manhattanLength() < CLICK_SLOP_PX:
            return
        self._is_dragging = True
        moved, self._pointer = position - self._pointer, position
        self.dragged.emit(moved.x(), moved.y())

    def _release(self, position: QPointF) -> None:
        if self._pressed is not None:
            if self._is_dragging:
                self.released.emit()
            else:
                self.clicked.emit(position)
        self._pressed = None
