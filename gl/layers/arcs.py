"""Arcs between two regions, and the replicas that travel along them."""

from __future__ import annotations

import moderngl
import numpy as np

from gl.arrays import Floats
from gl.frame import Arcs, Frame
from gl.geometry.arc_curves import arc_points, peak_altitude
from gl.layers.instances import QUAD, InstanceBuffer
from gl.programs import load_program, set_uniforms
from gl.view import View

# Pieces of every ribbon: 2.8 degrees each on the longest arc.
SEGMENTS = 64
# Logical pixels. The ribbon is wider than its line: the rest is its glow.
RIBBON_WIDTH_PX = 7.0
DOT_RADIUS_PX = 8.0


class ArcsLayer:
    """Ribbons and dots, light on top of everything else."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._ribbon_program = load_program(context, "arc")
        self._dot_program = load_program(context, "arc_dot")
        self._ribbons = InstanceBuffer(
            context,
            self._ribbon_program,
            ribbon_corners(),
            "3f 3f 3f 2f/i",
            ("in_start", "in_end", "in_color", "in_shape"),
        )
        self._dots = InstanceBuffer(context, self._dot_program, QUAD, "3f 3f/i", ("in_position", "in_color"))

    def draw(self, frame: Frame, view: View) -> None:
        """Draw the arcs and those dots that the globe does not hide."""
        if not len(frame.arcs.starts):
            return
        self._context.enable(moderngl.BLEND)
        self._context.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        self._draw_ribbons(frame, view)
        self._draw_dots(frame, view)
        self._context.disable(moderngl.BLEND)

    def release(self) -> None:
        """Free the GPU objects."""
        for item in (self._ribbons, self._dots, self._ribbon_program, self._dot_program):
            item.release()

    def _draw_ribbons(self, frame: Frame, view: View) -> None:
        set_uniforms(
            self._ribbon_program,
            {
                "u_view_projection": view.view_projection,
                "u_eye": view.eye,
                "u_size_px": view.size_px,
                "u_width_px": RIBBON_WIDTH_PX * view.device_pixel_ratio,
                "u_time_s": frame.time_s,
            },
        )
        self._ribbons.render(moderngl.TRIANGLE_STRIP, self._ribbons.write(pack_arcs(frame.arcs)))

    def _draw_dots(self, frame: Frame, view: View) -> None:
        places = dot_places(frame.arcs)
        seen = frame.camera.project(places, frame.viewport).visible
        colors = frame.arcs.colors[frame.arcs.dot_arcs]
        rows = np.column_stack((places, colors))[seen].astype(np.float32)
        if not len(rows):
            return
        set_uniforms(
            self._dot_program,
            {
                "u_view_projection": view.view_projection,
                "u_size_px": view.size_px,
                "u_radius_px": DOT_RADIUS_PX * view.device_pixel_ratio,
            },
        )
        self._dots.render(moderngl.TRIANGLE_STRIP, self._dots.write(rows))


def ribbon_corners() -> Floats:
    """Return the strip's corners, shape (2 * (SEGMENTS + 1), 2): share of the way, side."""
    along = np.repeat(np.linspace(0.0, 1.0, SEGMENTS + 1), 2)
    sides = np.tile((-1.0, 1.0), SEGMENTS + 1)
    return np.column_stack((along, sides)).astype(np.float32)


def pack_arcs(arcs: Arcs) -> Floats:
    """Return one row for each arc, shape (n, 11), in the order of the vertex attributes."""
    peaks = [peak_altitude(start, end) for start, end in zip(arcs.starts, arcs.ends, strict=True)]
    return np.column_stack((arcs.starts, arcs.ends, arcs.colors, peaks, arcs.dash_lengths)).astype(np.float32)


def dot_places(arcs: Arcs) -> Floats:
    """Return where the dots are, shape (k, 3), in globe radii."""
    places = np.zeros((len(arcs.dot_arcs), 3), dtype=np.float32)
    for number, (start, end) in enumerate(zip(arcs.starts, arcs.ends, strict=True)):
        mine = arcs.dot_arcs == number
        places[mine] = arc_points(start, end, arcs.dot_progress[mine])
    return places
