"""The orbit camera: where it stands, what it sees, and where places land on the screen.

Pure. Axes as in `geodesy`: right-handed, earth-fixed, +y north, +z at (0° N, 0° E). The camera always looks
at the centre of the globe, so the place below it is the middle of the picture. Pixels are logical ones,
origin at the top left, y down, as Qt has them. Matrices are pyrr's: stored so that their bytes are what
OpenGL expects, and a row vector is multiplied from the left (`row @ matrix`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyrr import Matrix44

from gl.geometry.geodesy import NORTH, Vectors, normalize, tangent_towards, to_degrees, to_unit_vectors

Matrix = NDArray[np.float64]

# Narrow: a wide angle shows less than a third of the globe at a time.
FOV_Y_DEGREES = 32.0
# Globe radii from the centre. Nearer than the minimum the finest land points would stand too far apart.
MIN_DISTANCE = 1.45
MAX_DISTANCE = 9.0
# Arbitrary: at the poles azimuth means nothing and a drag would spin the globe.
MAX_ELEVATION_DEGREES = 84.0
# Share of the height above the ground that one wheel step takes away.
ZOOM_STEP = 0.12
# Share of a roll left by an interrupted flight that each drag event takes back.
ROLL_DECAY = 0.15


@dataclass(frozen=True, slots=True)
class Viewport:
    """Size of the picture in logical pixels, and how many device pixels each of them has per side.

    A window that is folded to nothing still counts as one pixel.
    """

    width_px: int
    height_px: int
    device_pixel_ratio: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "width_px", max(1, self.width_px))
        object.__setattr__(self, "height_px", max(1, self.height_px))

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width_px / self.height_px

    @property
    def device_size(self) -> tuple[int, int]:
        """Width and height in device pixels, at least 1 each."""
        ratio = self.device_pixel_ratio
        return max(1, round(self.width_px * ratio)), max(1, round(self.height_px * ratio))


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Where anchors land on the screen. All arrays have one row for each anchor, in the order asked for."""

    pixels: NDArray[np.float64]
    """Shape (n, 2): x to the right and y down in logical pixels. Meaningless behind the camera."""
    visible: NDArray[np.bool_]
    """In front of the camera and not hidden by the globe. It may still lie outside the viewport."""
    facing: NDArray[np.float64]
    """Cosine between an anchor's zenith and the direction to the eye: 1 from above, 0 at the limb."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A pose above the globe. Immutable: every movement returns a new camera."""

    azimuth_degrees: float = 0.0
    """Longitude of the place below the camera, positive east, -180 to 180."""
    elevation_degrees: float = 20.0
    """Latitude of the place below the camera, positive north."""
    distance: float = 4.4
    """From the centre of the globe, in globe radii."""
    roll_degrees: float = 0.0
    """How far the upper edge points east of north; only flights over high latitudes use it."""
    fov_y_degrees: float = FOV_Y_DEGREES
    """Vertical opening angle."""

    @classmethod
    def above(cls, place: ArrayLike, distance: float, roll_degrees: float = 0.0) -> Camera:
        """Return the camera above `place`, a vector of shape (3,), `distance` radii from the centre."""
        latitude, longitude = to_degrees(place)
        return cls(float(longitude), float(latitude), distance, roll_degrees)

    @property
    def direction(self) -> Vectors:
        """Unit vector from the centre of the globe to the camera."""
        return to_unit_vectors(self.elevation_degrees, self.azimuth_degrees)

    @property
    def eye(self) -> Vectors:
        """Position of the camera in globe radii, shape (3,)."""
        return self.direction * self.distance

    @property
    def up(self) -> Vectors:
        """Unit vector towards the upper edge of the picture, at right angles to `direction`."""
        over_the_pole = to_unit_vectors(0.0, self.azimuth_degrees + 180.0)
        north = tangent_towards(self.direction, NORTH, fallback=over_the_pole)
        east = np.cross(north, self.direction)
        roll = math.radians(self.roll_degrees)
        return np.asarray(math.cos(roll) * north + math.sin(roll) * east, dtype=np.float64)

    def view(self) -> Matrix:
        """Return the view matrix, shape (4, 4): world to eye space, -z ahead."""
        return np.asarray(Matrix44.look_at(self.eye, (0.0, 0.0, 0.0), self.up), dtype=np.float64)

    def projection(self, aspect: float) -> Matrix:
        """Return the perspective matrix, shape (4, 4), for a viewport of `aspect` (width over height)."""
        near, far = 0.5 * (self.distance - 1.0), self.distance + 2.0
        matrix = Matrix44.perspective_projection(self.fov_y_degrees, aspect, near, far)
        return np.asarray(matrix, dtype=np.float64)

    def view_projection(self, aspect: float) -> Matrix:
        """Return world to clip space, shape (4, 4): `row @ matrix`."""
        return self.view() @ self.projection(aspect)

    def pixels_per_radian(self, viewport: Viewport) -> float:
        """Return how many logical pixels one radian of ground has in the middle of the picture."""
        half_height = math.tan(math.radians(self.fov_y_degrees) / 2.0) * (self.distance - 1.0)
        return viewport.height_px / (2.0 * half_height)

    def project(self, anchors: ArrayLike, viewport: Viewport) -> Projection:
        """Project `anchors`, shape (n, 3), in globe radii (length 1 lies on the ground, more is above it)."""
        places = np.asarray(anchors, dtype=np.float64).reshape(-1, 3)
        homogeneous = np.concatenate((places, np.ones((len(places), 1))), axis=1)
        clip = homogeneous @ self.view_projection(viewport.aspect)
        in_front = clip[:, 3] > 0.0
        normalized = clip[:, :2] / np.where(in_front, clip[:, 3], 1.0)[:, np.newaxis]
        size = np.array((viewport.width_px, viewport.height_px), dtype=np.float64)
        pixels = (normalized * (0.5, -0.5) + 0.5) * size
        return Projection(pixels, in_front & ~self._is_hidden(places), self._facing(places))

    def dragged(self, right_px: float, down_px: float, viewport: Viewport) -> Camera:
        """Return the camera after a drag: the ground in the middle follows the pointer at every zoom."""
        degrees_per_px = math.degrees(1.0 / self.pixels_per_radian(viewport))
        roll = math.radians(self.roll_degrees)
        east_px = right_px * math.cos(roll) - down_px * math.sin(roll)
        south_px = down_px * math.cos(roll) + right_px * math.sin(roll)
        # Meridians close up towards the poles; the limit keeps a drag there from spinning the globe.
        parallel = max(0.3, math.cos(math.radians(self.elevation_degrees)))
        return replace(
            self,
            azimuth_degrees=wrap_degrees(self.azimuth_degrees - east_px * degrees_per_px / parallel),
            elevation_degrees=_clamp_elevation(self.elevation_degrees + south_px * degrees_per_px),
            roll_degrees=self.roll_degrees * (1.0 - ROLL_DECAY),
        )

    def zoomed(self, steps: float) -> Camera:
        """Return the camera `steps` wheel steps nearer (negative: farther), at most to a limit."""
        altitude = (self.distance - 1.0) * (1.0 - ZOOM_STEP) ** steps
        return replace(self, distance=min(MAX_DISTANCE, max(MIN_DISTANCE, 1.0 + altitude)))

    def turned(self, east_degrees: float) -> Camera:
        """Return the camera moved `east_degrees` along its parallel: the slow turning of an idle globe."""
        return replace(self, azimuth_degrees=wrap_degrees(self.azimuth_degrees + east_degrees))

    def _facing(self, places: Vectors) -> Vectors:
        towards_eye = self.eye - places
        lengths = np.linalg.norm(places, axis=1) * np.linalg.norm(towards_eye, axis=1)
        return np.asarray(np.sum(places * towards_eye, axis=1) / np.maximum(lengths, 1e-12), dtype=np.float64)

    def _is_hidden(self, places: Vectors) -> NDArray[np.bool_]:
        """Return which places lie behind the horizon plane and inside the globe's shadow cone.

        Source: the horizon culling of Ring 2013 ("Horizon Culling", Cesium), for a unit sphere; a place on
        the ground is hidden exactly where its zenith looks away from the eye.
        """
        horizon = self.distance**2 - 1.0
        along = self.distance**2 - places @ self.eye
        sight = np.sum((places - self.eye) ** 2, axis=1)
        # 1e-9 of slack: a place on the limb has rounding errors on both sides.
        return np.asarray((along > horizon + 1e-9) & (along**2 > horizon * sight), dtype=np.bool_)


def wrap_degrees(degrees: float) -> float:
    """Return `degrees` brought into [-180, 180)."""
    return (degrees + 180.0) % 360.0 - 180.0


def camera_towards(direction: ArrayLike, up: ArrayLike, distance: float) -> Camera:
    """Return the camera at `direction` whose upper edge points to `up`.

    Args:
        direction, up: vectors of any length, shape (3,), not parallel.
        distance: from the centre of the globe, in globe radii.
    """
    level = Camera.above(direction, distance)
    unit_up = normalize(np.asarray(up) - level.direction * float(np.dot(up, level.direction)))
    east = np.cross(level.up, level.direction)
    return replace(level, roll_degrees=math.degrees(math.atan2(unit_up @ east, unit_up @ level.up)))


def _clamp_elevation(degrees: float) -> float:
    return max(-MAX_ELEVATION_DEGREES, min(MAX_ELEVATION_DEGREES, degrees))
