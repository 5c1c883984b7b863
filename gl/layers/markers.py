"""Markers: a core and a halo at each region, a ring at the selected one."""

from __future__ import annotations

import moderngl
import numpy as np

from gl.arrays import Floats
from gl.frame import Frame, Markers
from gl.layers.instances import QUAD, InstanceBuffer
from gl.programs import load_program, set_uniforms
from gl.view import View

_FORMAT = "3f 3f 2f 2f/i"
_ATTRIBUTES = ("in_position", "in_color", "in_core", "in_state")


class MarkersLayer:
    """Two quads for each marker: halos first, so that no halo veils a core."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._program = load_program(context, "marker")
        self._instances = InstanceBuffer(context, self._program, QUAD, _FORMAT, _ATTRIBUTES)

    def draw(self, frame: Frame, view: View) -> None:
        """Draw the markers in front of the limb."""
        if not len(frame.markers.positions):
            return
        count = self._instances.write(pack_markers(frame.markers))
        set_uniforms(
            self._program,
            {
                "u_view_projection": view.view_projection,
                "u_eye": view.eye,
                "u_up": view.up,
                "u_size_px": view.size_px,
                "u_device_pixel_ratio": view.device_pixel_ratio,
                "u_row_sign": view.row_sign,
                "u_globe_px": 1.0 / (view.pixel_tangent * (view.distance - 1.0)),
                "u_time_s": frame.time_s,
            },
        )
        self._context.enable(moderngl.BLEND)
        self._context.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        for is_halo in (1.0, 0.0):
            set_uniforms(self._program, {"u_is_halo": is_halo})
            self._instances.render(moderngl.TRIANGLE_STRIP, count)
        self._context.disable(moderngl.BLEND)

    def release(self) -> None:
        """Free the GPU objects."""
        self._instances.release()
        self._program.release()


def pack_markers(markers: Markers) -> Floats:
    """Return one row for each marker, shape (n, 10), in the order of the vertex attributes."""
    rows = np.zeros((len(markers.positions), 10), dtype=np.float32)
    rows[:, 0:3], rows[:, 3:6] = markers.positions, markers.colors
    rows[:, 6], rows[:, 7] = markers.sizes_px, markers.glows
    for column, number in ((8, markers.selected), (9, markers.hovered)):
        if number is not None:
            rows[number, column] = 1.0
    return rows
