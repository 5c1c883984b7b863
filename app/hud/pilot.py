"""Flies the globe to where something is to be seen: to regions, to the side that most of them are on, home."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.hud.navigator import Navigator
from app.hud.opening_view import choose_azimuth
from app.model.presenter import Presenter
from gl.geometry.camera import Camera, Viewport, wrap_degrees
from gl.geometry.flight import frame_places
from gl.geometry.geodesy import Vectors
from gl.geometry.sun import sun_direction

#: A flight to one region keeps the height between these, in globe radii from the centre.
REGION_DISTANCES = (2.6, 3.4)
#: A double click comes nearer by this share, but not nearer than the nearest of these.
CLOSE_UP_SHARE = 0.75
#: What an arrow key moves, in pixels of a drag.
KEY_STEP_PX = 60.0
#: A better first pose than this far away is worth a flight.
FAR_DEGREES = 30.0
#: The whole globe; its azimuth is chosen by the light and the regions.
HOME = Camera(elevation_degrees=24.0, distance=4.4)


class Pilot(QObject):
    """Knows the places and gives the navigator its orders. GUI thread only.

    measure: the size of the picture, as it is now. clock, monotonic: wall time and monotonic seconds.
    """

    moved = Signal()
    """The globe stands elsewhere, or is about to."""

    def __init__(
        self,
        presenter: Presenter,
        measure: Callable[[], Viewport],
        clock: Callable[[], float],
        monotonic: Callable[[], float],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.navigator = Navigator(HOME)
        self._presenter = presenter
        self._measure = measure
        self._clock = clock
        self._monotonic = monotonic
        self._awaits_regions = False
        self._home_azimuth = self._choose_azimuth()

    def start_opening_turn(self) -> None:
        """Turn slowly for the first seconds, and towards the regions as soon as they are known."""
        self.await_regions()
        self.navigator.start_opening_turn(self._monotonic())
        self.moved.emit()

    def await_regions(self) -> None:
        """Turn towards the regions as soon as they are known."""
        self._awaits_regions = True

    def face_regions(self) -> None:
        """Choose the side with the most regions once they are known; fly there if nobody has taken the globe yet."""
        if not self._awaits_regions or len(self._presenter.places) == 0:
            return
        self._awaits_regions = False
        azimuth = self._choose_azimuth()
        is_far = abs(wrap_degrees(azimuth - self._home_azimuth)) > FAR_DEGREES
        self._home_azimuth = azimuth
        if is_far and not self.navigator.is_touched:
            self.fly_home()

    def fly_to(self, *contexts: str) -> None:
        """Fly to where all these contexts are in view; contexts without a place are left out."""
        found = (self._presenter.place_of(context) for context in contexts)
        places = [place for place in found if place is not None]
        if not places:
            return
        camera = frame_places(places, self._measure())
        if len(places) == 1:
            nearest, farthest = REGION_DISTANCES
            camera = replace(camera, distance=max(nearest, min(self.navigator.camera.distance, farthest)))
        self.fly(camera)

    def fly_above(self, place: Vectors) -> None:
        """Fly to a place and come nearer."""
        self.fly(
            Camera.above(place, max(REGION_DISTANCES[0], self.navigator.camera.distance * CLOSE_UP_SHARE))
        )

    def fly_home(self) -> None:
        """Fly back to the whole globe."""
        self.fly(self.home())

    def fly(self, camera: Camera) -> None:
        """Fly to a pose."""
        self.navigator.fly_to(camera, self._monotonic())
        self.moved.emit()

    def home(self) -> Camera:
        """Return the pose of the whole globe, also where the picture is narrower than it is high."""
        aspect = min(1.0, self._measure().aspect)
        distance = 1.0 + (HOME.distance - 1.0) / aspect
        return replace(HOME, azimuth_degrees=self._home_azimuth, distance=distance)

    def toggle_turning(self) -> None:
        """Turn the globe by itself, or let it rest."""
        self.navigator.toggle_turning()
        self.moved.emit()

    def rotate(self, right: float, down: float) -> None:
        """Turn the globe by steps of a key."""
        self.drag(right * KEY_STEP_PX, down * KEY_STEP_PX)
        self.navigator.release(math.inf)

    def zoom(self, steps: float) -> None:
        """Come nearer by steps of the wheel or of a key; below 0 go away."""
        self.navigator.zoom(steps)
        self.moved.emit()

    def drag(self, right_px: float, down_px: float) -> None:
        """Let the globe follow the pointer."""
        self.navigator.drag(right_px, down_px, self._measure(), self._monotonic())
        self.moved.emit()

    def let_go(self) -> None:
        """End a drag; the globe glides on where it was thrown."""
        self.navigator.release(self._monotonic())
        self.moved.emit()

    def _choose_azimuth(self) -> float:
        return choose_azimuth(HOME, sun_direction(self._clock()), self._presenter.places)
