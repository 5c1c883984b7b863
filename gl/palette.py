"""Colours that carry a value, as one ramp for the globe and everything beside it.

Pure. The ramp tells a low value from a high one; what the value is, its caller knows. It also differs in
lightness, so that it can be read without telling red from green.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gl.arrays import Floats

# sRGB, 0 to 1, of the values 0, 1/4, 1/2, 3/4 and 1: emerald, lime, amber, orange, red.
RAMP: Floats = np.array(
    ((0.10, 0.92, 0.56), (0.60, 0.93, 0.34), (1.00, 0.77, 0.22), (1.00, 0.50, 0.20), (0.98, 0.24, 0.28)),
    dtype=np.float32,
)
RAMP.setflags(write=False)
# Of something whose value is unknown or too old to be believed.
UNKNOWN: Floats = np.array((0.47, 0.51, 0.58), dtype=np.float32)
UNKNOWN.setflags(write=False)


def ramp_colors(values: ArrayLike) -> Floats:
    """Return colours, shape (n, 3), of `values`, shape (n,): 0 is green, 1 red, NaN (unknown) grey."""
    amounts = np.asarray(values, dtype=np.float64).reshape(-1)
    stops = np.linspace(0.0, 1.0, len(RAMP))
    known = np.nan_to_num(amounts, nan=0.0)
    channels = [np.interp(known, stops, RAMP[:, channel]) for channel in range(3)]
    colors = np.stack(channels, axis=-1).astype(np.float32)
    colors[np.isnan(amounts)] = UNKNOWN
    return colors
