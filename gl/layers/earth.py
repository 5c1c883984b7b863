"""The land: points of one level, drawn where they can be seen, lit by sun and auras.

A level goes to the GPU when a camera first needs it and stays there (about 7 MB for all). Auras are given to
the points twice: *where* they shine is stored for each point and changes only when regions do, *how* they
shine is a small block of colours, written whenever a price changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import moderngl
import numpy as np

from gl.frame import MAX_AURAS, Aura, Frame
from gl.geometry.aura_reach import compute_reach
from gl.geometry.earth_points import (
    PointLevel,
    choose_level,
    decode_levels,
    merge_ranges,
    visible_buckets,
)
from gl.programs import bind_block, load_program, set_uniforms
from gl.view import View
from resources.loader import load_bytes

LAND_POINTS = "land_points.bin"
# Diameter of a point as a share of the distance to its neighbours, and the limits of it, in logical pixels.
SIZE_PER_SPACING = 0.52
SIZES_PX = (1.5, 5.5)
_AURA_BLOCK = 0


@dataclass(slots=True)
class _UploadedLevel:
    """GPU side of one level."""

    points: moderngl.Buffer
    reach: moderngl.Buffer
    array: moderngl.VertexArray
    aura: Aura | None = None
    """For whose places and radii `reach` was computed."""


class EarthLayer:
    """Land points, round, with soft edges."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._program = load_program(context, "earth")
        bind_block(self._program, "Auras", _AURA_BLOCK)
        self._levels = decode_levels(load_bytes(LAND_POINTS))
        self._uploaded: dict[int, _UploadedLevel] = {}
        self._colors = context.buffer(reserve=MAX_AURAS * 16, dynamic=True)

    def draw(self, frame: Frame, view: View) -> None:
        """Draw the visible land."""
        number = choose_level(self._levels, frame.camera, frame.viewport)
        level, uploaded = self._levels[number], self._upload(number)
        self._update_reach(level, uploaded, frame.aura)
        self._write_colors(frame.aura)
        spacing_px = level.spacing_radians * frame.camera.pixels_per_radian(frame.viewport)
        set_uniforms(
            self._program,
            {
                "u_view_projection": view.view_projection,
                "u_eye": view.eye,
                "u_sun_direction": view.sun_direction,
                "u_point_size_px": point_size_px(spacing_px) * view.device_pixel_ratio,
            },
        )
        self._colors.bind_to_uniform_block(_AURA_BLOCK)
        self._context.enable(moderngl.BLEND)
        self._context.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        visible = visible_buckets(frame.camera, frame.viewport.aspect)
        for first, count in merge_ranges(visible, level.offsets):
            uploaded.array.render(moderngl.POINTS, vertices=count, first=first)
        self._context.disable(moderngl.BLEND)

    def release(self) -> None:
        """Free the GPU objects."""
        for uploaded in self._uploaded.values():
            for item in (uploaded.array, uploaded.points, uploaded.reach):
                item.release()
        self._uploaded.clear()
        self._colors.release()
        self._program.release()

    def _upload(self, number: int) -> _UploadedLevel:
        if number not in self._uploaded:
            level = self._levels[number]
            points = self._context.buffer(level.points)
            reach = self._context.buffer(reserve=8 * len(level.points))
            content = [
                (points, "4i2", "in_point"),
                (reach, "4u1 4f1", "in_aura_numbers", "in_aura_weights"),
            ]
            array = self._context.vertex_array(self._program, content)
            self._uploaded[number] = _UploadedLevel(points, reach, array)
        return self._uploaded[number]

    def _update_reach(self, level: PointLevel, uploaded: _UploadedLevel, aura: Aura) -> None:
        if uploaded.aura is None or not aura.reaches_like(uploaded.aura):
            uploaded.reach.write(compute_reach(level, aura.centers, aura.radii_radians))
        uploaded.aura = aura

    def _write_colors(self, aura: Aura) -> None:
        colors = np.zeros((MAX_AURAS, 4), dtype=np.float32)
        colors[: len(aura.colors), :3] = aura.colors
        colors[: len(aura.colors), 3] = aura.strengths
        self._colors.write(colors)


def point_size_px(spacing_px: float) -> float:
    """Return the diameter of a point in logical pixels where neighbours stand `spacing_px` apart."""
    return min(SIZES_PX[1], max(SIZES_PX[0], SIZE_PER_SPACING * spacing_px))
