"""What `globe.py` compares with: the globe as one would draw it first, and the air marched at every pixel."""

from __future__ import annotations

from pathlib import Path

import moderngl
import numpy as np

from gl.frame import Frame
from gl.geometry.earth_points import decode_levels
from gl.programs import set_uniforms
from gl.view import View, compute_view
from resources.loader import load_bytes

_SHADERS = Path(__file__).parent / "shaders"


def _load(context: moderngl.Context, name: str) -> moderngl.Program:
    vertex, fragment = ((_SHADERS / f"{name}.{suffix}").read_text("utf-8") for suffix in ("vert", "frag"))
    return context.program(vertex_shader=vertex, fragment_shader=fragment)


class NaivePoints:
    """All points of one level, 24 bytes each, unordered, the far side discarded pixel by pixel."""

    def __init__(self, context: moderngl.Context, level: int) -> None:
        points = decode_levels(load_bytes("land_points.bin"))[level].points
        self.count = len(points)
        # The lattice runs from pole to pole; that is the order somebody would upload it in.
        places = points[np.argsort(-points[:, 1], kind="stable"), :3] / 32767.0
        rows = np.column_stack((places, np.full((len(points), 3), 0.8))).astype(np.float32)
        self._context = context
        self._program = _load(context, "naive_points")
        self._array = context.vertex_array(
            self._program, [(context.buffer(rows.tobytes()), "3f 3f", "in_position", "in_color")]
        )

    def draw(self, view: View) -> None:
        """Draw all points."""
        set_uniforms(self._program, {"u_view_projection": view.view_projection, "u_eye": view.eye})
        self._context.enable_only(moderngl.PROGRAM_POINT_SIZE | moderngl.BLEND)
        self._context.blend_func = moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA
        self._array.render(moderngl.POINTS)


class MarchedAir:
    """Single scattering of 16 by 8 steps at every pixel."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._program = _load(context, "march")
        self._array = context.vertex_array(self._program, [])

    def draw(self, view: View) -> None:
        """Fill the picture."""
        set_uniforms(self._program, view.ray_uniforms())
        self._context.enable_only(moderngl.NOTHING)
        self._array.render(moderngl.TRIANGLES, vertices=3)


def view_of(frame: Frame) -> View:
    """Return the view of `frame` with the first row on top, as the presenter under test draws it."""
    return compute_view(frame, is_flipped=True)
