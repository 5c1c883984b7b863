"""The air around the globe: its density, and how much sunlight reaches a place in it.

Pure. Lengths are globe radii. The air is thicker than the real one (its scale height is 1.7 % of the radius
instead of 0.13 %), since the real one would be a line of two pixels; the optical depth of the zenith is the
real one for each colour, so that the sky has its colours. Source: Nishita et al. 1993, "Display of the
earth taking into account atmospheric scattering"; the table follows Bruneton and Neyret 2008, "Precomputed
atmospheric scattering", section 4, with a parametrisation of our own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gl.arrays import Floats

TOP_RADIUS = 1.085
RAYLEIGH_HEIGHT = 0.0170
MIE_HEIGHT = 0.0065
# Optical depth of the zenith at 680, 550 and 440 nm (Nishita's wavelengths), and of a light haze for all of them.
RAYLEIGH_DEPTH = np.array((0.046, 0.108, 0.265)) * 0.7
MIE_DEPTH = 0.012
RAYLEIGH_SCATTERING = RAYLEIGH_DEPTH / RAYLEIGH_HEIGHT
MIE_SCATTERING = MIE_DEPTH / MIE_HEIGHT
# Haze also absorbs a tenth (Nishita).
MIE_EXTINCTION = 1.11 * MIE_SCATTERING
# Columns are the sun's height above the horizon, rows the height above the ground.
TABLE_SIZE = (64, 16)
TABLE_STEPS = 24


def horizon_cosine(radius: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cosine to the zenith at which the ground begins, seen from `radius`, at least 1."""
    return np.asarray(-np.sqrt(np.maximum(0.0, 1.0 - 1.0 / (radius * radius))), dtype=np.float64)


def transmittance(
    radius: NDArray[np.float64], cosine: NDArray[np.float64], steps: int
) -> NDArray[np.float64]:
    """Return the share of sunlight that arrives from outside the air.

    Args:
        radius: distance from the centre, 1 to `TOP_RADIUS`, any shape (...).
        cosine: between the zenith and the direction to the sun, same shape. Here the ground does not stop the light.
        steps: midpoints at which the path through the air is sampled.
    Returns: red, green and blue, shape (..., 3), 0 to 1.
    """
    path_length = -radius * cosine + np.sqrt(
        np.maximum(0.0, (radius * cosine) ** 2 - radius**2 + TOP_RADIUS**2)
    )
    step = path_length / steps
    depth = np.zeros((*radius.shape, 3))
    for number in range(steps):
        along = (number + 0.5) * step
        height = np.sqrt(radius**2 + along**2 + 2.0 * radius * cosine * along) - 1.0
        rayleigh = np.exp(-height / RAYLEIGH_HEIGHT)[..., np.newaxis] * RAYLEIGH_SCATTERING
        mie = np.exp(-height / MIE_HEIGHT)[..., np.newaxis] * MIE_EXTINCTION
        depth += (rayleigh + mie) * step[..., np.newaxis]
    return np.asarray(np.exp(-depth), dtype=np.float64)


def transmittance_table() -> Floats:
    """Return sunlight by place, shape (rows, columns, 3), as `atmosphere.vert` looks it up.

    Row centres go from the ground to `TOP_RADIUS`, column centres from a sun on the horizon to one in the
    zenith, by the square root: light changes fastest at sunset.
    """
    columns, rows = TABLE_SIZE
    radius = 1.0 + (np.arange(rows) + 0.5) / rows * (TOP_RADIUS - 1.0)
    sunset = horizon_cosine(radius)[:, np.newaxis]
    above = ((np.arange(columns) + 0.5) / columns)[np.newaxis, :] ** 2
    cosine = sunset + above * (1.0 - sunset)
    everywhere = np.broadcast_to(radius[:, np.newaxis], cosine.shape)
    return transmittance(everywhere, cosine, TABLE_STEPS).astype(np.float32)
