"""Flights of the camera from one pose to another along the great circle.

Pure: elapsed time is an argument. A flight is a value, so interrupting one means keeping the camera it gave
last and planning the next from there. A flight of duration 0 (reduced motion) is over at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from pyrr import Quaternion, Vector3

from gl.geometry.camera import FOV_Y_DEGREES, MAX_DISTANCE, MIN_DISTANCE, Camera, Viewport, camera_towards
from gl.geometry.geodesy import Vectors, angle_radians, normalize, slerp, tangent_towards

# Arbitrary, by eye: short hops stay readable, the far side of the world stays under two and a half seconds.
SHORTEST_S = 0.7
LONGEST_S = 2.4
# Height above the ground, in globe radii, that a flight over one radian asks for in its middle.
CRUISE_ALTITUDE_PER_RADIAN = 1.1
CRUISE_ALTITUDE_MAX = 3.2
# Share of the half picture that framed places may fill; the rest is room for their labels.
FRAME_FILL = 0.62
# Framed places keep at least this cosine to the eye: nearer to the limb a marker is a sliver.
FRAME_FACING = 0.16


@dataclass(frozen=True, slots=True)
class Flight:
    """The path from `start` to `target` in `duration_s` seconds. `camera_at` is exact at both ends."""

    start: Camera
    target: Camera
    duration_s: float

    def is_over(self, elapsed_s: float) -> bool:
        """Return whether the camera has arrived `elapsed_s` seconds after it left."""
        return elapsed_s >= self.duration_s

    def camera_at(self, elapsed_s: float) -> Camera:
        """Return the pose `elapsed_s` seconds after take-off; before it `start`, after landing `target`."""
        if self.is_over(elapsed_s):
            return self.target
        if elapsed_s <= 0.0:
            return self.start
        progress = ease(elapsed_s / self.duration_s)
        direction = slerp(self.start.direction, self.target.direction, progress)
        return camera_towards(direction, self._up_at(progress), 1.0 + self._altitude_at(progress))

    def _up_at(self, progress: float) -> Vectors:
        """Carry the upper edge along the path without spinning, and turn it bit by bit to where it must end.

        North-up all the way would whirl the picture round whenever the great circle passes near a pole.
        """
        start, target = self.start.direction, self.target.direction
        axis = np.cross(start, tangent_towards(start, target))
        angle = float(angle_radians(start, target))
        carried = _rotate(self.start.up, axis, angle * progress)
        arrived = _rotate(self.start.up, axis, angle)
        turn = np.cross(arrived, self.target.up)
        missing = math.atan2(float(turn @ target), float(arrived @ self.target.up))
        return _rotate(carried, slerp(start, target, progress), missing * progress)

    def _altitude_at(self, progress: float) -> float:
        leave, arrive = self.start.distance - 1.0, self.target.distance - 1.0
        # Zoom is perceived as a ratio, therefore the geometric mean on the way.
        direct = math.exp((1.0 - progress) * math.log(leave) + progress * math.log(arrive))
        angle = float(angle_radians(self.start.direction, self.target.direction))
        cruise = min(CRUISE_ALTITUDE_MAX, CRUISE_ALTITUDE_PER_RADIAN * angle)
        climb = max(0.0, cruise - math.sqrt(leave * arrive))
        return direct + climb * math.sin(math.pi * progress) ** 2


def plan_flight(start: Camera, target: Camera, reduced_motion: bool = False) -> Flight:
    """Return the flight from `start` to `target`: longer for longer distances, 0 s for reduced motion."""
    if reduced_motion or start == target:
        return Flight(start, target, 0.0)
    distance = float(angle_radians(start.direction, target.direction)) / math.pi
    zoom = abs(math.log((target.distance - 1.0) / (start.distance - 1.0))) / 3.0
    effort = min(1.0, math.hypot(distance, zoom))
    return Flight(start, target, SHORTEST_S + (LONGEST_S - SHORTEST_S) * math.sqrt(effort))


def frame_places(places: ArrayLike, viewport: Viewport) -> Camera:
    """Return the north-up camera that has all `places` in view, as near as that allows.

    Args:
        places: vectors, shape (n, 3), n at least 1.
        viewport: its shape decides which direction is the narrow one.
    Nearly antipodal places cannot be seen together from anywhere: they then lie on opposite limbs.
    """
    directions = normalize(np.asarray(places, dtype=np.float64).reshape(-1, 3))
    middle = _middle(directions)
    spread = float(np.max(angle_radians(directions, middle)))
    wanted = max(_distance_to_fit(spread, viewport), _distance_to_face(spread), 2.0)
    return Camera.above(middle, min(MAX_DISTANCE, max(MIN_DISTANCE, wanted)))


def ease(fraction: float) -> float:
    """Return `fraction` (0 to 1) with speed and acceleration 0 at both ends.

    Source: Perlin 2002, "Improving noise", the quintic fade curve.
    """
    return fraction * fraction * fraction * (fraction * (fraction * 6.0 - 15.0) + 10.0)


def _middle(directions: Vectors) -> Vectors:
    total = np.sum(directions, axis=0)
    if float(np.linalg.norm(total)) < 1e-6:
        return slerp(directions[0], directions[-1], 0.5)
    return normalize(total)


def _distance_to_fit(spread: float, viewport: Viewport) -> float:
    half_angle = math.tan(math.radians(FOV_Y_DEGREES) / 2.0) * min(1.0, viewport.aspect)
    return math.cos(spread) + math.sin(spread) / (half_angle * FRAME_FILL)


def _distance_to_face(spread: float) -> float:
    """Solve facing(distance) = `FRAME_FACING` for a place `spread` radians from the middle.

    In the triangle centre, place, eye the angle at the place is pi - acos(facing): law of sines.
    """
    at_eye = math.acos(FRAME_FACING) - spread
    if at_eye <= 0.0:
        return MAX_DISTANCE
    return math.sin(math.acos(FRAME_FACING)) / math.sin(at_eye)


def _rotate(vector: Vectors, axis: Vectors, angle: float) -> Vectors:
    turn = Quaternion.from_axis_rotation(axis, angle)
    return np.asarray(turn * Vector3(vector), dtype=np.float64)
