"""Great-circle arcs raised above the globe.

Pure. Axes as in `geodesy`. Ground is radius 1; an arc leaves it at both ends and is highest in its middle.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gl.geometry.geodesy import angle_radians, slerp

# Height of an arc's middle in globe radii: a low hop between neighbours, and a limit for antipodes.
PEAK_PER_RADIAN = 0.14
PEAK_MAX = 0.38


def peak_altitude(start: ArrayLike, end: ArrayLike) -> float:
    """Return how high the arc between two places, shape (3,) each, stands in its middle, in globe radii."""
    return min(PEAK_MAX, PEAK_PER_RADIAN * float(angle_radians(start, end)))


def arc_points(start: ArrayLike, end: ArrayLike, progress: ArrayLike) -> NDArray[np.float64]:
    """Return points of the arc at `progress` of the way.

    Args:
        start, end: unit vectors, shape (3,). Between antipodes the arc runs over the north pole.
        progress: 0 (exactly `start`) to 1 (exactly `end`), any shape (...).
    Returns: shape (..., 3), globe radii. The altitude is a parabola of the progress.
    """
    fraction = np.asarray(progress, dtype=np.float64)
    altitude = peak_altitude(start, end) * 4.0 * fraction * (1.0 - fraction)
    ground = slerp(start, end, fraction)
    return np.asarray(ground * (1.0 + altitude)[..., np.newaxis], dtype=np.float64)
