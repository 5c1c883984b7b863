"""A person's hands on the globe: mouse, wheel and keys become movements and choices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent

from gl.geometry.camera import Camera
from gl.geometry.picking import pick_place

if TYPE_CHECKING:
    from app.hud.stage import Stage

#: A pointer that moved less than this between press and release has clicked.
CLICK_SLOP_PX = 4.0
#: A double click comes nearer, but not nearer than this; in globe radii from the centre.
CLOSE_UP_DISTANCE = 2.6
CLOSE_UP_SHARE = 0.75
#: What an arrow key moves, in pixels of a drag.
KEY_STEP_PX = 60.0
#: A wheel's angle for one step, in eighths of a degree (Qt's unit).
WHEEL_STEP = 120.0

_ARROWS: dict[int, tuple[float, float]] = {
    Qt.Key.Key_Left: (1.0, 0.0),
    Qt.Key.Key_Right: (-1.0, 0.0),
    Qt.Key.Key_Up: (0.0, 1.0),
    Qt.Key.Key_Down: (0.0, -1.0),
}
_ZOOM_KEYS: dict[int, float] = {Qt.Key.Key_Plus: 1.0, Qt.Key.Key_Equal: 1.0, Qt.Key.Key_Minus: -1.0}


class StageControls(QObject):
    """Watches the events of the stage. The viewport passes its own on, since it takes none."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._stage = stage
        self._pressed: QPointF | None = None
        self._pointer = QPointF()
        self._is_dragging = False
        stage.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle what belongs to the globe; the rest goes on to the stage."""
        kind = event.type()
        if isinstance(event, QMouseEvent):
            return self._on_mouse(kind, event)
        if isinstance(event, QWheelEvent):
            self._stage.navigator.zoom(event.angleDelta().y() / WHEEL_STEP)
            self._stage.request_frame()
            return True
        if isinstance(event, QKeyEvent) and kind is QEvent.Type.KeyPress:
            return self._on_key(event.key())
        if kind is QEvent.Type.Leave:
            self._stage.hover(None)
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
            self._double_click(event.position())
        return True

    def _press(self, position: QPointF) -> None:
        self._pressed = self._pointer = position
        self._is_dragging = False
        self._stage.setFocus(Qt.FocusReason.MouseFocusReason)

    def _move(self, position: QPointF) -> None:
        if self._pressed is None:
            self._stage.hover(self._stage.context_at(position))
            return
        if not self._is_dragging and (position - self._pressed).manhattanLength() < CLICK_SLOP_PX:
            return
        self._is_dragging = True
        moved, self._pointer = position - self._pointer, position
        self._stage.drag(moved.x(), moved.y())

    def _release(self, position: QPointF) -> None:
        if self._pressed is not None:
            if self._is_dragging:
                self._stage.let_go()
            else:
                self._stage.region_selected.emit(self._stage.context_at(position))
        self._pressed = None

    def _double_click(self, position: QPointF) -> None:
        """Fly to the region, or to the place, under the pointer."""
        context = self._stage.context_at(position)
        if context is not None:
            self._stage.region_selected.emit(context)
            self._stage.fly_to(context)
            return
        camera = self._stage.navigator.camera
        place = pick_place(camera, self._stage.viewport, position.x(), position.y())
        if place is not None:
            distance = max(CLOSE_UP_DISTANCE, camera.distance * CLOSE_UP_SHARE)
            self._stage.fly(Camera.above(place, distance))

    def _on_key(self, key: int) -> bool:
        if key in _ARROWS:
            right, down = _ARROWS[key]
            self._stage.drag(right * KEY_STEP_PX, down * KEY_STEP_PX)
            self._stage.let_go(gliding=False)
        elif key in _ZOOM_KEYS:
            self._stage.navigator.zoom(_ZOOM_KEYS[key])
            self._stage.request_frame()
        elif key == Qt.Key.Key_R:
            self._stage.fly_home()
        else:
            return False
        return True
