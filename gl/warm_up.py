"""Tiny frames that hold what the first picture of a session does not: markers, an arc, a dot on it. Pure.

A driver on the CPU compiles each kind of drawing when it meets it first, which takes longer than a frame (60 ms and
more where no earlier session has left its results in the driver's cache). Drawn out of sight after the first picture,
these keep that from the moment in which the prices arrive, and from the one in which a migration starts.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gl.frame import Arcs, Frame, Markers
from gl.geometry.camera import Camera, Viewport

_VIEWPORT = Viewport(16, 16)
_FRONT = np.array(((0.0, 0.0, 1.0),), dtype=np.float32)
_EAST = np.array(((1.0, 0.0, 0.0),), dtype=np.float32)
_ONE = np.ones(1, dtype=np.float32)


def warm_up_frames() -> tuple[Frame, ...]:
    """Return the frames, each with one kind of drawing more than those before it."""
    camera, sun = Camera(0.0, 0.0), _FRONT[0]
    arc = Arcs(_FRONT, _EAST, _FRONT, _ONE)
    arc_with_dot = replace(
        arc, dot_arcs=np.zeros(1, dtype=np.int32), dot_progress=np.full(1, 0.1, np.float32)
    )
    return (
        Frame(camera, _VIEWPORT, sun, markers=Markers(_FRONT, _FRONT, _ONE, _ONE)),
        Frame(camera, _VIEWPORT, sun, arcs=arc),
        Frame(camera, _VIEWPORT, sun, arcs=arc_with_dot),
    )
