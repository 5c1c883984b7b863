"""What lies under a pixel: a place on the globe, or a marker.

Pure. Pixels are logical ones, origin at the top left, y down.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from gl.geometry.camera import Camera, Viewport
from gl.geometry.geodesy import Vectors, normalize

# Arbitrary: a comfortable radius for a pointer around a marker's centre.
PICK_RADIUS_PX = 14.0


def view_ray(camera: Camera, viewport: Viewport, x_px: float, y_px: float) -> Vectors:
    """Return the unit vector from the eye through a pixel, shape (3,)."""
    half_height = math.tan(math.radians(camera.fov_y_degrees) / 2.0)
    right = np.cross(camera.up, camera.direction)
    across = (2.0 * x_px / viewport.width_px - 1.0) * half_height * viewport.aspect
    upward = (1.0 - 2.0 * y_px / viewport.height_px) * half_height
    return normalize(right * across + camera.up * upward - camera.direction)


def pick_place(camera: Camera, viewport: Viewport, x_px: float, y_px: float) -> Vectors | None:
    """Return the unit vector of the place under a pixel, shape (3,), or None where there is only sky."""
    ray = view_ray(camera, viewport, x_px, y_px)
    towards_centre = -float(ray @ camera.eye)
    discriminant = towards_centre**2 - (camera.distance**2 - 1.0)
    if discriminant < 0.0:
        return None
    return normalize(camera.eye + ray * (towards_centre - math.sqrt(discriminant)))


def pick_marker(
    positions: ArrayLike,
    camera: Camera,
    viewport: Viewport,
    x_px: float,
    y_px: float,
    radius_px: float = PICK_RADIUS_PX,
) -> int | None:
    """Return the index of the visible marker nearest to a pixel, or None where none is within `radius_px`.

    Args:
        positions: unit vectors, shape (n, 3), in the order of the frame's markers. Of several at the same
            place the first is taken.
    """
    projected = camera.project(positions, viewport)
    distances = np.hypot(*(projected.pixels - (x_px, y_px)).T)
    distances[~projected.visible] = math.inf
    if not len(distances) or distances.min() > radius_px:
        return None
    return int(distances.argmin())
