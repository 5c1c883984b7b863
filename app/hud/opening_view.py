"""From which side the globe is seen first: day and night both in view, and as many regions as possible. Pure."""

from __future__ import annotations

import math

import numpy as np

from gl.geometry.camera import Camera
from gl.geometry.geodesy import Vectors, to_unit_vectors

#: The sun stands this far off the camera's axis: nearer, the night is out of view; farther, most of the globe is dark.
LEAST_SUN_DEGREES = 40.0
MOST_SUN_DEGREES = 85.0
BEST_SUN_DEGREES = 60.0
#: Cosine to the camera's axis from which a region can be read and clicked with ease.
CLEAR_FACING = 0.35
#: The opening turn goes on eastward from the first pose: this much is its middle, which is what is judged.
LEAD_DEGREES = 10.0
STEP_DEGREES = 5.0
#: Stand for the regions until they are known: (latitude, longitude) of where clouds have most of theirs.
HUBS = (
    (39.0, -77.5),
    (41.6, -93.6),
    (45.8, -119.7),
    (-23.5, -46.6),
    (53.3, -6.3),
    (50.1, 8.7),
    (19.1, 72.9),
    (1.3, 103.8),
    (35.7, 139.7),
)


def choose_azimuth(home: Camera, sun: Vectors, places: Vectors) -> float:
    """Return the azimuth in degrees to open with.

    Args:
        home: the pose whose other numbers are kept.
        sun: unit vector to the sun, shape (3,).
        places: unit vectors of the regions, shape (n, 3); none of them: the usual places of regions.
    """
    if len(places) == 0:
        places = to_unit_vectors(*np.array(HUBS).T)
    azimuths = np.arange(-180.0, 180.0, STEP_DEGREES)
    axes = to_unit_vectors(np.full(len(azimuths), home.elevation_degrees), azimuths + LEAD_DEGREES)
    sun_degrees = np.degrees(np.arccos(np.clip(axes @ sun, -1.0, 1.0)))
    clear = np.sum(axes @ places.T >= CLEAR_FACING, axis=1).astype(np.float64)
    # Of poses with the same regions, the one with the better light.
    score = clear - np.abs(sun_degrees - BEST_SUN_DEGREES) / 180.0
    lit = (sun_degrees >= LEAST_SUN_DEGREES) & (sun_degrees <= MOST_SUN_DEGREES)
    return float(azimuths[int(np.argmax(np.where(lit, score, -math.inf)))])
