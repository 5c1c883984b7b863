"""The globe with everything on it: joins the viewport, the overlay and the person's hands.

Draws only when something changed: every change asks for one frame, and a frame asks for the next one only while
something moves. Nothing here knows how a frame reaches the screen.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QToolButton, QWidget

from app.colors import WARNING
from app.hud.globe_view import GlobeView
from app.hud.legend import Badge, Legend, badge_text
from app.hud.navigator import Navigator
from app.hud.no_globe import NoGlobe
from app.hud.opening_view import choose_azimuth
from app.hud.overlay import Overlay
from app.hud.overlay_items import ItemKind, OverlayItem, distinct_names, make_items
from app.hud.overlay_layout import Box
from app.hud.stage_controls import StageControls
from app.notices import Notices
from app.presenter import Focus, Presenter
from controller.contract.snapshots import EngineSnapshot
from gl.frame import Frame
from gl.geometry.camera import Camera, Viewport, wrap_degrees
from gl.geometry.flight import frame_places
from gl.geometry.picking import pick_marker
from gl.geometry.sun import sun_direction

#: Between two frames while something moves, and while only the slow turning does.
FRAME_MS = 16
TURNING_FRAME_MS = 33
MARGIN_PX = 12
#: A flight to one region keeps the height between these, in globe radii from the centre.
REGION_DISTANCES = (2.6, 3.4)
#: A better first pose than this far away is worth a flight.
FAR_DEGREES = 30.0
#: The whole globe; its azimuth is chosen by the light and the regions.
HOME = Camera(elevation_degrees=24.0, distance=4.4)


class Stage(QWidget):
    """The left side of the window. Belongs to the GUI thread."""

    region_selected = Signal(object)
    """A context's name, or None where the sky or open ground was clicked."""
    migrate_requested = Signal(object)
    """The `DryRun` whose button was pressed."""
    migration_selected = Signal(str)
    """The id of a migration whose counter was pressed."""
    first_frame_drawn = Signal()

    def __init__(
        self,
        make_view: Callable[[QWidget], GlobeView],
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
        self.navigator = Navigator(HOME)
        self.region_names = True
        self.frames_drawn = 0
        self._focus = Focus()
        self._last_frame: Frame | None = None
        self._was_turning = False
        self._has_painted = False
        self._opens = False
        self._home_azimuth = choose_azimuth(HOME, sun_direction(clock()), self.presenter.places)
        self.view: GlobeView = make_view(self)
        self._set_up_view()
        self.overlay = Overlay(self)
        self.legend = Legend(self)
        self.demo_badge = Badge(WARNING, self)
        self.demo_badge.hide()
        self.notices = Notices(self)
        self.notices.resized.connect(self._place_notices)
        self.turn_button = self._make_turn_button()
        self.overlay.clicked.connect(self._on_item_clicked)
        self._hide_what_belongs_to_the_globe()
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._draw)
        self._controls = StageControls(self)

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
        """Take in what the engine says."""
        self.presenter.update(snapshot, self._clock(), self._monotonic())
        self._face_regions()
        self.legend.show_scale(self.presenter.scale)
        said = badge_text(snapshot.price_source.origin, demo=snapshot.demo)
        self.demo_badge.show_text(said or "")
        if self.demo_badge.isHidden() == bool(said):
            self.demo_badge.setVisible(bool(said))
        self.request_frame()

    def refresh_ages(self) -> None:
        """Let prices that have expired meanwhile go grey."""
        self.presenter.refresh_prices(self._clock())
        self.request_frame()

    def select(self, context: str | None) -> None:
        """Mark a context's region."""
        self._set_focus(replace(self._focus, selected=context))

    def preview(self, way: tuple[str, str] | None) -> None:
        """Show the arc of a move that is only considered: (source, target)."""
        self._set_focus(replace(self._focus, preview=way))

    def set_reduced_motion(self, reduced: bool) -> None:
        """Move in steps instead of flights from now on."""
        self.navigator.reduced_motion = reduced

    def set_region_names(self, shown: bool) -> None:
        """Whether every region carries its name."""
        self.region_names = shown
        self.request_frame()

    def start_opening_turn(self) -> None:
        """Turn slowly for the first seconds, and towards the regions as soon as they are known."""
        self._opens = True
        self.navigator.start_opening_turn(self._monotonic())
        self.request_frame()

    def toggle_turning(self) -> None:
        """Pause the turning, or start it."""
        self.navigator.toggle_turning()
        self.request_frame()

    def fly_to(self, *contexts: str) -> None:
        """Fly to where all these contexts are in view; contexts without a place are left out."""
        places = [place for context in contexts if (place := self.presenter.place_of(context)) is not None]
        if not places:
            return
        camera = frame_places(places, self.viewport)
        if len(places) == 1:
            nearest, farthest = REGION_DISTANCES
            camera = replace(camera, distance=max(nearest, min(self.navigator.camera.distance, farthest)))
        self.fly(camera)

    def fly_home(self) -> None:
        """Fly back to the whole globe."""
        self.fly(self._home())

    def fly(self, camera: Camera) -> None:
        """Fly to a pose."""
        self.navigator.fly_to(camera, self._monotonic())
        self.request_frame()

    def drag(self, right_px: float, down_px: float) -> None:
        """Let the globe follow the pointer."""
        self.navigator.drag(right_px, down_px, self.viewport, self._monotonic())
        self.request_frame()

    def let_go(self, gliding: bool = True) -> None:
        """End a drag; the globe glides on where it was thrown and `gliding` allows it."""
        self.navigator.release(self._monotonic() if gliding else math.inf)
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

    def cancel_flight(self) -> bool:
        """Stop a flight; return whether there was one."""
        return self.navigator.cancel_flight()

    def request_frame(self) -> None:
        """Draw soon: however often this is called, there is one frame for it."""
        if not self._timer.isActive() and self.isVisible():
            self._timer.start(0)

    def release(self) -> None:
        """Stop drawing for good."""
        self._timer.stop()
        self.view.release()

    @property
    def _has_globe(self) -> bool:
        return not isinstance(self.view, NoGlobe)

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
        for part in (self.overlay, self.legend, self.turn_button):
            part.setVisible(self._has_globe)

    def _make_turn_button(self) -> QToolButton:
        button = QToolButton(self)
        button.setText("Turn")
        button.setProperty("outlined", True)
        button.setCheckable(True)
        button.setToolTip("Turn the globe, or let it rest (Space)")
        button.setAccessibleName("Turn the globe")
        button.clicked.connect(self.toggle_turning)
        return button

    def _home(self) -> Camera:
        """The whole globe, also where the stage is narrower than it is high."""
        aspect = min(1.0, self.viewport.aspect)
        distance = 1.0 + (HOME.distance - 1.0) / aspect
        return replace(HOME, azimuth_degrees=self._home_azimuth, distance=distance)

    def _face_regions(self) -> None:
        """Choose the side with the most regions once they are known; fly there if nobody has taken the globe yet."""
        if not self._opens or len(self.presenter.places) == 0:
            return
        self._opens = False
        azimuth = choose_azimuth(HOME, sun_direction(self._clock()), self.presenter.places)
        is_far = abs(wrap_degrees(azimuth - self._home_azimuth)) > FAR_DEGREES
        self._home_azimuth = azimuth
        if is_far and not self.navigator.is_touched:
            self.fly_home()

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
        if snapshot is None or not self._has_globe:
            return
        migrations = self.presenter.shown_migrations(self._monotonic())
        names = distinct_names(snapshot.contexts)
        items = make_items(snapshot, migrations, self._focus, names, self.region_names, self._clock())
        projection = frame.camera.project(self.presenter.places, frame.viewport)
        rows = {context: row for row, context in enumerate(self.presenter.contexts)}
        self.overlay.show_items(items, rows.get, projection, self._obstacles())

    def _obstacles(self) -> list[Box]:
        fixed = (self.legend, self.demo_badge, self.turn_button, self.notices)
        return [Box(w.x(), w.y(), w.width(), w.height()) for w in fixed if not w.isHidden()]

    def _place_notices(self) -> None:
        left = max(MARGIN_PX, (self.width() - self.notices.width()) // 2)
        top = MARGIN_PX + (self.demo_badge.height() + 8 if self.demo_badge.isVisible() else 0)
        self.notices.move(left, top)
        self.notices.raise_()
        self.request_frame()

    def _note_turning(self) -> None:
        turning = self.navigator.is_turning
        if turning != self._was_turning:
            self._was_turning = turning
            self.turn_button.setChecked(turning)

    def _on_item_clicked(self, item: OverlayItem) -> None:
        if item.kind is ItemKind.MIGRATE:
            self.migrate_requested.emit(item.dry_run)
        elif item.migration_id is not None:
            self.migration_selected.emit(item.migration_id)

    # Qt's events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out by hand: everything stands over the viewport."""
        del event
        self.view.setGeometry(self.rect())
        self.overlay.setGeometry(self.rect())
        self.demo_badge.move(MARGIN_PX, MARGIN_PX)
        self.demo_badge.resize(self.demo_badge.sizeHint())
        self.legend.move(MARGIN_PX, self.height() - self.legend.height() - MARGIN_PX)
        size = self.turn_button.sizeHint()
        self.turn_button.setGeometry(
            self.width() - size.width() - MARGIN_PX,
            self.height() - size.height() - MARGIN_PX,
            size.width(),
            size.height(),
        )
        if self._last_frame is None:
            self.navigator.camera = self._home()
        self._place_notices()

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
