"""Places on the unit globe: degrees to vectors and back, distances and great circles.

Pure. The globe is a sphere of radius 1 (the flattening of 0.3 % is below a pixel at any zoom offered).

Axes of every file in `gl`: right-handed, earth-fixed, +y north pole, +z at (0° N, 0° E), +x at (0° N, 90° E).
A camera above (0°, 0°) with north up therefore sees east on the right. Swapping x and z, or the sign of one
of them, gives a mirrored earth that looks plausible until somebody reads the map.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vectors = NDArray[np.float64]

NORTH: Vectors = np.array((0.0, 1.0, 0.0))
NORTH.setflags(write=False)


def to_unit_vectors(latitude_degrees: ArrayLike, longitude_degrees: ArrayLike) -> Vectors:
    """Return unit vectors, shape (..., 3), of places given in degrees (north and east positive)."""
    latitude = np.radians(np.asarray(latitude_degrees, dtype=np.float64))
    longitude = np.radians(np.asarray(longitude_degrees, dtype=np.float64))
    parallel = np.cos(latitude)
    xyz = (parallel * np.sin(longitude), np.sin(latitude), parallel * np.cos(longitude))
    return np.stack(np.broadcast_arrays(*xyz), axis=-1)


def to_degrees(vectors: ArrayLike) -> tuple[Vectors, Vectors]:
    """Return latitude and longitude in degrees of `vectors`, shape (..., 3), any length but 0.

    Longitude lies in (-180, 180]; at a pole it is 0.
    """
    x, y, z = np.moveaxis(np.asarray(vectors, dtype=np.float64), -1, 0)
    return np.degrees(np.arctan2(y, np.hypot(x, z))), np.degrees(np.arctan2(x, z))


def normalize(vectors: ArrayLike) -> Vectors:
    """Return `vectors`, shape (..., 3), scaled to length 1. Raises: ValueError for a null vector."""
    array = np.asarray(vectors, dtype=np.float64)
    length = np.linalg.norm(array, axis=-1, keepdims=True)
    if np.any(length == 0.0):
        raise ValueError("a vector of length 0 has no direction")
    return np.asarray(array / length, dtype=np.float64)


def angle_radians(a: ArrayLike, b: ArrayLike) -> Vectors:
    """Return the angle between vectors `a` and `b`, shapes (..., 3), in radians, 0 to pi.

    Uses atan2 of cross and dot product: the arc cosine loses half its digits at small angles.
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    sine = np.linalg.norm(np.cross(first, second), axis=-1)
    return np.asarray(np.arctan2(sine, np.sum(first * second, axis=-1)), dtype=np.float64)


def tangent_towards(start: ArrayLike, end: ArrayLike, fallback: ArrayLike = NORTH) -> Vectors:
    """Return the unit tangent at `start` of the great circle to `end`, both of shape (3,).

    Where the circle is not unique (same or antipodal places) it leads towards `fallback`; where that too is
    parallel to `start`, towards +z.
    """
    origin = normalize(start)
    for goal in (end, fallback, (0.0, 0.0, 1.0)):
        goal_vector = np.asarray(goal, dtype=np.float64)
        tangent = goal_vector - origin * float(origin @ goal_vector)
        length = float(np.linalg.norm(tangent))
        # Shorter ones have lost most of their digits.
        if length > 1e-6:
            return np.asarray(tangent / length, dtype=np.float64)
    raise ValueError(f"no tangent at {origin}")


def slerp(start: ArrayLike, end: ArrayLike, fraction: ArrayLike) -> Vectors:
    """Return points of the great circle from `start` to `end` at `fraction` of its length.

    Args:
        start, end: unit vectors, shape (3,). For antipodal places the circle over the north pole is taken.
        fraction: 0 gives `start`, 1 gives `end`, any shape (...).
    Returns: unit vectors, shape (..., 3).
    Source: Shoemake 1985, "Animating rotation with quaternion curves", section 3.3, in tangent form.
    """
    origin = normalize(start)
    angle = float(angle_radians(origin, end)) * np.asarray(fraction, dtype=np.float64)[..., np.newaxis]
    return np.asarray(np.cos(angle) * origin + np.sin(angle) * tangent_towards(origin, end), dtype=np.float64)
