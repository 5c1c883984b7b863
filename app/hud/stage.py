"""The globe with everything on it: joins the viewport, the overlay and the mouse.

Draws only when something changed: every change asks for one frame, and a frame asks for the next one only while
something moves. Nothing here knows how a frame reaches the screen.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QFocusEvent, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from app.hud.corners import Corners
from app.hud.globe_input import GlobeInput
from app.hud.globe_view import GlobeView
from app.hud.no_globe import NoGlobe
from app.hud.overlay import Overlay
from app.hud.pilot import Pilot
from app.model.names import distinct_names
from app.model.overlay_items import OverlayItem, make_items
from app.model.presenter import Focus, Presenter
from controller.contract.snapshots import EngineSnapshot
from gl.frame import Frame
from gl.geometry.camera import Viewport
from gl.geometry.picking import pick_marker, pick_place

#: Between two frames while something moves, and while only the slow turning does.
FRAME_MS = 16
TURNING_FRAME_MS = 33


class Stage(QWidget):
    """The left side of the window. Belongs to the GUI thread."""

    region_selected = Signal(object)
    """A context's name, or None where the sky or open ground was clicked."""
    migrate_requested = Signal(object)
    """The `DryRun` whose button was pressed."""
    dry_run_requested = Signal(object, str)
    """`WorkloadKey` and target of a move whose button was pressed, but not aimed at."""
    migration_selected = Signal(str)
    """The id of a migration whose counter was pressed."""
    first_frame_drawn = Signal()

    def __init__(
        self,
        make_view: Callable[[QWidget], GlobeView],
        turn: QAction,
        open_file: QAction,
        parent: QWidget | None = None,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Globe of all regions. Everything on it can be done from the table as well.")
        self.setMinimumSize(320, 240)
        self._clock = clock
        self._monotonic = monotonic
        self.presenter = Presenter()
        self.pilot = Pilot(self.presenter, lambda: self.viewport, clock, monotonic, self)
        self.navigator = self.pilot.navigator
        self.region_names = True
        self.frames_drawn = 0
        self._focus = Focus()
        self._last_frame: Frame | None = None
        self._was_turning = False
        self._has_painted = False
        self.view: GlobeView = make_view(self)
        self._set_up_view()
        self.overlay = Overlay(self)
        self.corners = Corners(self, turn, open_file)
        self._turn = turn
        self.overlay.clicked.connect(self._on_item_clicked)
        self._hide_what_belongs_to_the_globe()
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._draw)
        self.pilot.moved.connect(self.request_frame)
        self.corners.changed.connect(self.request_frame)
        self._connect_input(GlobeInput(self))

    @property
    def viewport(self) -> Viewport:
        """The size of the picture."""
        return Viewport(max(1, self.width()), max(1, self.height()), self.devicePixelRatioF())

    @property
    def renderer(self) -> str:
        """The driver's name for what draws the globe."""
        return self.view.renderer

    @property
    def focus_state(self) -> Focus:
        """What is selected, hovered and previewed."""
        return self._focus

    @property
    def is_animating(self) -> bool:
        """Whether another frame will come without anybody asking for it."""
        return self.navigator.is_moving or self.presenter.is_animating(self._monotonic())

    def show_snapshot(self, snapshot: EngineSnapshot) -> None:
        """Show the engine's newest snapshot."""
        self.presenter.update(snapshot, self._clock(), self._monotonic())
        self.pilot.face_regions()
        self.corners.legend.show_scale(self.presenter.scale)
        self.corners.show_snapshot(snapshot)
        self.request_frame()

    def refresh_ages(self) -> None:
        """Let prices that have expired meanwhile go grey."""
        self.presenter.refresh_prices(self._clock())
        self.request_frame()

    def select(self, context: str | None) -> None:
        """Mark a context's region."""
        self._set_focus(replace(self._focus, selected=context))

    def preview(self, route: tuple[str, str] | None) -> None:
        """Show the arc of a move that is only considered: (source, target)."""
        self._set_focus(replace(self._focus, preview=route))

    def set_region_names(self, shown: bool) -> None:
        """Whether every region carries its name."""
        self.region_names = shown
        self.request_frame()

    def context_at(self, position: QPointF) -> str | None:
        """Return the context whose marker is under the pointer."""
        camera, viewport = self.navigator.camera, self.viewport
        row = pick_marker(self.presenter.places, camera, viewport, position.x(), position.y())
        return None if row is None else self.presenter.contexts[row]

    def hover(self, context: str | None) -> None:
        """Mark what is under the pointer."""
        if context != self._focus.hovered:
            self.setCursor(Qt.CursorShape.PointingHandCursor if context else Qt.CursorShape.ArrowCursor)
            self._set_focus(replace(self._focus, hovered=context))

    def request_frame(self) -> None:
        """Draw soon: however often this is called, there is one frame for it."""
        if not self._timer.isActive() and self.isVisible():
            self._timer.start(0)

    def release(self) -> None:
        """Stop drawing for good."""
        self._timer.stop()
        self.view.release()

    @property
    def has_globe(self) -> bool:
        """Whether a globe is drawn, and not a message in its place."""
        return not isinstance(self.view, NoGlobe)

    def _connect_input(self, mouse: GlobeInput) -> None:
        mouse.pointed.connect(lambda position: self.hover(self.context_at(position)))
        mouse.left.connect(lambda: self.hover(None))
        mouse.clicked.connect(lambda position: self.region_selected.emit(self.context_at(position)))
        mouse.double_clicked.connect(self._fly_to_pointed)
        mouse.dragged.connect(self.pilot.drag)
        mouse.released.connect(self.pilot.let_go)
        mouse.zoomed.connect(self.pilot.zoom)

    def _fly_to_pointed(self, position: QPointF) -> None:
        """Fly to the region, or to the place, under the pointer."""
        context = self.context_at(position)
        if context is not None:
            self.region_selected.emit(context)
            self.pilot.fly_to(context)
            return
        place = pick_place(self.navigator.camera, self.viewport, position.x(), position.y())
        if place is not None:
            self.pilot.fly_above(place)

    def _set_up_view(self) -> None:
        self.view.setMouseTracking(True)
        self.view.failed.connect(self._on_view_failed)
        self.view.frame_painted.connect(self._on_frame_painted)

    def _on_frame_painted(self) -> None:
        if not self._has_painted:
            self._has_painted = True
            self.first_frame_drawn.emit()

    def _on_view_failed(self, reason: str) -> None:
        """Put a message where the globe stood. Queued: the view that failed is in the middle of its work."""
        QTimer.singleShot(0, self, lambda: self._replace_view(reason))

    def _replace_view(self, reason: str) -> None:
        failed, self.view = self.view, NoGlobe(reason, self)
        failed.hide()
        failed.deleteLater()
        self._set_up_view()
        self.view.setGeometry(self.rect())
        self.view.lower()
        self.view.show()
        self._hide_what_belongs_to_the_globe()

    def _hide_what_belongs_to_the_globe(self) -> None:
        self.overlay.clear()
        self.overlay.setVisible(self.has_globe)
        self.corners.show_globe_parts(self.has_globe)

    def _set_focus(self, focus: Focus) -> None:
        if focus != self._focus:
            self._focus = focus
            self.request_frame()

    def _draw(self) -> None:
        started = self._monotonic()
        self.navigator.advance(started)
        frame = self.presenter.make_frame(
            self.navigator.camera, self.viewport, self._focus, self._clock(), started
        )
        if not frame.looks_like(self._last_frame):
            self.view.show_frame(frame)
            self.frames_drawn += 1
            self._last_frame = frame
        self._show_overlay(frame)
        self._note_turning()
        if self.navigator.is_moving or self.presenter.is_animating(started):
            self._timer.start(self._pause_ms(started))

    def _pause_ms(self, started: float) -> int:
        only_turning = self.navigator.is_turning and not self.presenter.is_animating(started)
        period = TURNING_FRAME_MS if only_turning else FRAME_MS
        spent = round(1000.0 * (self._monotonic() - started))
        return max(1, period - spent)

    def _show_overlay(self, frame: Frame) -> None:
        snapshot = self.presenter.snapshot
        if snapshot is None or not self.has_globe:
            return
        migrations = self.presenter.shown_migrations(self._monotonic())
        names = distinct_names(snapshot.contexts)
        items = make_items(snapshot, migrations, self._focus, names, self.region_names, self._clock())
        projection = frame.camera.project(self.presenter.places, frame.viewport)
        rows = {context: row for row, context in enumerate(self.presenter.contexts)}
        self.overlay.show_items(items, rows.get, projection, self.corners.boxes())

    def _note_turning(self) -> None:
        turning = self.navigator.is_turning
        if turning != self._was_turning:
            self._was_turning = turning
            self._turn.setChecked(turning)

    def _on_item_clicked(self, item: OverlayItem, is_meant: bool) -> None:
        if item.dry_run is not None and is_meant:
            self.migrate_requested.emit(item.dry_run)
        elif item.dry_run is not None:
            self.dry_run_requested.emit(item.dry_run.workload, item.dry_run.target)
        elif item.migration_id is not None:
            self.migration_selected.emit(item.migration_id)

    # Qt's events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the parts: all of them stand over the viewport."""
        del event
        self.view.setGeometry(self.rect())
        self.overlay.setGeometry(self.rect())
        if self._last_frame is None:
            self.navigator.camera = self.pilot.home()
        self.corners.place()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw the first frame."""
        super().showEvent(event)
        self.request_frame()

    def hideEvent(self, event: QHideEvent) -> None:
        """A globe that nobody sees does not move."""
        super().hideEvent(event)
        self._timer.stop()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Keep the picture: Qt would repaint the whole globe for a focus that it does not show."""
        del event

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """See `focusInEvent`."""
        del event
