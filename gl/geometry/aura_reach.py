"""Which auras reach which land points, and how strongly.

Pure. A point keeps the four strongest; more than four lights at one place cannot be told apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gl.arrays import Floats
from gl.geometry.earth_points import PointLevel, bucket_bounds

# Auras kept for each point.
SLOTS = 4
# In radii: there 1/e**4.8 is left, less than two steps of the 8-bit weight.
CUTOFF_RADII = 2.2


def compute_reach(level: PointLevel, centers: Floats, radii_radians: Floats) -> NDArray[np.uint8]:
    """Return aura numbers and weights of each point of `level`.

    Args:
        centers: unit vectors, shape (m, 3), m at most 255.
        radii_radians: angle at which an aura has fallen to 1/e, shape (m,).
    Returns: shape (n, 2 * SLOTS): first the numbers, then the weights times 255, 0 for an unused slot.
    The fall is a Gaussian of the angle. Only buckets near a centre are looked at.
    """
    numbers = np.zeros((len(level.points), SLOTS), dtype=np.uint8)
    weights = np.zeros((len(level.points), SLOTS), dtype=np.uint8)
    for number, (center, radius) in enumerate(zip(centers, radii_radians, strict=True)):
        near = _points_near(level, center, CUTOFF_RADII * float(radius))
        _keep_strongest(numbers, weights, near, number, _weight(level.points[near], center, float(radius)))
    return np.concatenate((numbers, weights), axis=1)


def _points_near(level: PointLevel, center: Floats, angle: float) -> NDArray[np.int64]:
    bounds = bucket_bounds()
    away = np.arccos((bounds.centers @ center).clip(-1.0, 1.0))
    buckets = np.flatnonzero(away <= bounds.angles + angle)
    ranges = [np.arange(level.offsets[number], level.offsets[number + 1]) for number in buckets]
    return np.concatenate(ranges).astype(np.int64) if ranges else np.zeros(0, dtype=np.int64)


def _weight(points: NDArray[np.int16], center: Floats, radius: float) -> NDArray[np.uint8]:
    """Return the light of one aura at `points`, shape (n,), 0 to 255."""
    offsets = points[:, :3].astype(np.float32) / 32767.0 - center
    # Chord instead of angle: under 1 % apart within the reach of any aura.
    chords_squared = np.einsum("ni,ni->n", offsets, offsets)
    light = 255.0 * np.exp(-chords_squared / (radius * radius))
    return np.asarray(np.rint(light), dtype=np.uint8)


def _keep_strongest(
    numbers: NDArray[np.uint8],
    weights: NDArray[np.uint8],
    points: NDArray[np.int64],
    number: int,
    light: NDArray[np.uint8],
) -> None:
    """Put aura `number` in the weakest slot of each of `points` where its `light` is stronger than that."""
    slots = np.argmin(weights[points], axis=1)
    stronger = light > weights[points, slots]
    numbers[points[stronger], slots[stronger]] = number
    weights[points[stronger], slots[stronger]] = light[stronger]
