"""How the globe moves under mouse and keyboard: dragging, gliding, zooming, flying, turning. Pure.

The one owner of the camera. Times are seconds of a monotonic clock, given by the caller; nothing moves by itself:
`advance` moves, and `is_moving` is whether calling it again would change anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from gl.geometry.camera import Camera, Viewport
from gl.geometry.flight import Flight, plan_flight

#: A released globe loses speed by the factor e in this time, and rests below this speed. Arbitrary, by feel.
GLIDE_DECAY_S = 0.28
GLIDE_LEAST_PX_PER_S = 12.0
#: A pointer that rested this long before the release does not throw the globe.
GLIDE_MEMORY_S = 0.08
#: The zoom covers the share 1 - 1/e of what remains of it in this time.
ZOOM_DECAY_S = 0.07
ZOOM_LEAST_STEPS = 0.02
#: Eastward turning: slow enough to read the labels.
TURN_DEGREES_PER_S = 3.0
#: The opening turn fades out, so that an untouched window soon costs nothing.
OPENING_TURN_S = 7.0
#: A longer gap between two frames is not made up for: the globe would jump.
LONGEST_STEP_S = 0.1


@dataclass(frozen=True, slots=True)
class _Glide:
    right_px_per_s: float
    down_px_per_s: float
    viewport: Viewport


class Navigator:
    """The camera and what moves it. Belongs to the GUI thread."""

    def __init__(self, camera: Camera, reduced_motion: bool = False) -> None:
        self.camera = camera
        self.reduced_motion = reduced_motion
        #: Whether anything but the opening turn has moved the globe yet.
        self.is_touched = False
        self._advanced_at: float | None = None
        self._flight: tuple[Flight, float] | None = None
        self._glide: _Glide | None = None
        self._dragged_at: float | None = None
        self._zoom_steps = 0.0
        self._turning = False
        self._opening_until: float | None = None

    @property
    def is_moving(self) -> bool:
        """Whether the next `advance` changes the camera."""
        gliding = self._glide is not None and self._dragged_at is None
        return self.is_flying or gliding or self._zoom_steps != 0.0 or self.is_turning

    @property
    def is_flying(self) -> bool:
        """Whether a flight is under way."""
        return self._flight is not None

    @property
    def is_turning(self) -> bool:
        """Whether the globe turns by itself, at this moment or at the start."""
        return self._turning or self._opening_until is not None

    def start_opening_turn(self, now_s: float) -> None:
        """Turn slowly for the first seconds; not with reduced motion."""
        if not self.reduced_motion:
            self._opening_until = now_s + OPENING_TURN_S

    def toggle_turning(self) -> None:
        """Stop the turning, or start it where the globe rests."""
        self.is_touched = True
        self._turning = not self.is_turning
        self._opening_until = None

    def drag(self, right_px: float, down_px: float, viewport: Viewport, now_s: float) -> None:
        """Follow the pointer. A drag ends every flight and the opening turn."""
        self._interrupt()
        elapsed = now_s - self._dragged_at if self._dragged_at is not None else 0.0
        self._dragged_at = now_s
        self.camera = self.camera.dragged(right_px, down_px, viewport)
        if elapsed > 0.0:
            self._glide = _Glide(right_px / elapsed, down_px / elapsed, viewport)

    def release(self, now_s: float) -> None:
        """Let go: a globe that was moving glides on, except with reduced motion."""
        rested = self._dragged_at is None or now_s - self._dragged_at > GLIDE_MEMORY_S
        self._dragged_at = None
        if rested or self.reduced_motion:
            self._glide = None

    def zoom(self, steps: float) -> None:
        """Come `steps` wheel steps nearer (negative: go away), smoothly unless motion is reduced."""
        self._interrupt()
        if self.reduced_motion:
            self.camera = self.camera.zoomed(steps)
        else:
            self._zoom_steps += steps

    def fly_to(self, target: Camera, now_s: float) -> None:
        """Fly to `target` from wherever the camera is now, also from the middle of another flight."""
        self._interrupt()
        self._turning = False
        flight = plan_flight(self.camera, target, self.reduced_motion)
        if flight.duration_s == 0.0:
            self.camera = target
        else:
            self._flight = (flight, now_s)

    def cancel_flight(self) -> bool:
        """Stop a flight where it is; return whether there was one."""
        was_flying = self._flight is not None
        self._flight = None
        return was_flying

    def advance(self, now_s: float) -> None:
        """Move to where the camera is at `now_s`."""
        before = now_s if self._advanced_at is None else self._advanced_at
        step_s = max(0.0, min(LONGEST_STEP_S, now_s - before))
        self._fly(now_s)
        self._glide_on(step_s)
        self._zoom_on(step_s)
        self._turn(now_s, step_s)
        self._advanced_at = now_s if self.is_moving else None

    def _interrupt(self) -> None:
        self.is_touched = True
        self._flight = None
        self._opening_until = None
        self._glide = None
        self._zoom_steps = 0.0 if self._dragged_at is not None else self._zoom_steps

    def _fly(self, now_s: float) -> None:
        if self._flight is None:
            return
        flight, started_s = self._flight
        self.camera = flight.camera_at(now_s - started_s)
        if flight.is_over(now_s - started_s):
            self._flight = None

    def _glide_on(self, step_s: float) -> None:
        glide = self._glide
        if glide is None or self._dragged_at is not None:
            return
        self.camera = self.camera.dragged(
            glide.right_px_per_s * step_s, glide.down_px_per_s * step_s, glide.viewport
        )
        left = math.exp(-step_s / GLIDE_DECAY_S)
        slower = _Glide(glide.right_px_per_s * left, glide.down_px_per_s * left, glide.viewport)
        speed = math.hypot(slower.right_px_per_s, slower.down_px_per_s)
        self._glide = slower if speed >= GLIDE_LEAST_PX_PER_S else None

    def _zoom_on(self, step_s: float) -> None:
        if self._zoom_steps == 0.0:
            return
        steps = self._zoom_steps * (1.0 - math.exp(-step_s / ZOOM_DECAY_S))
        if abs(self._zoom_steps) < ZOOM_LEAST_STEPS:
            steps = self._zoom_steps
        self.camera = self.camera.zoomed(steps)
        self._zoom_steps -= steps

    def _turn(self, now_s: float, step_s: float) -> None:
        if self._opening_until is not None:
            left = (self._opening_until - now_s) / OPENING_TURN_S
            if left <= 0.0:
                self._opening_until = None
                return
            self.camera = self.camera.turned(TURN_DEGREES_PER_S * 2.0 * left * step_s)
        elif self._turning:
            self.camera = self.camera.turned(TURN_DEGREES_PER_S * step_s)
