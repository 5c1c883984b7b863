"""Stars: a fixed sky of made-up stars, denser along one band."""

from __future__ import annotations

import math

import moderngl
import numpy as np

from gl.frame import Floats, Frame
from gl.geometry.geodesy import normalize
from gl.geometry.scattering import TOP_RADIUS
from gl.programs import load_program, set_uniforms
from gl.view import View

STARS = 9000
# Any number: the same sky in every session and in every golden image.
SEED = 20_031
BAND_SHARE = 0.45
BAND_WIDTH = 0.16
BAND_NORMAL = (0.35, 0.80, 0.48)


class StarsLayer:
    """Points at infinity, added to the background."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._program = load_program(context, "stars")
        self._stars = context.buffer(make_stars().tobytes())
        attributes = ("in_direction", "in_brightness", "in_warmth")
        self._points = context.vertex_array(self._program, [(self._stars, "3f 1f 1f", *attributes)])

    def draw(self, frame: Frame, view: View) -> None:
        """Add the stars beside the globe and its air."""
        set_uniforms(
            self._program,
            {
                "u_view_projection": view.view_projection,
                "u_forward": view.forward,
                "u_covered_cosine": math.sqrt(1.0 - (TOP_RADIUS / view.distance) ** 2),
                "u_device_pixel_ratio": view.device_pixel_ratio,
            },
        )
        self._context.enable(moderngl.BLEND)
        self._context.blend_func = moderngl.ONE, moderngl.ONE
        self._points.render(moderngl.POINTS)
        self._context.disable(moderngl.BLEND)

    def release(self) -> None:
        """Free the GPU objects."""
        for item in (self._points, self._stars, self._program):
            item.release()


def make_stars() -> Floats:
    """Return direction, brightness and warmth of each star, shape (n, 5); few are bright."""
    random = np.random.default_rng(SEED)
    directions = normalize(random.normal(size=(STARS, 3)))
    pole = normalize(BAND_NORMAL)
    in_band = random.random(STARS) < BAND_SHARE
    height = np.where(in_band, random.normal(scale=BAND_WIDTH, size=STARS), directions @ pole)
    flat = normalize(directions - np.outer(directions @ pole, pole))
    directions = normalize(
        flat * np.sqrt(np.maximum(1.0 - height**2, 1e-6))[:, None] + np.outer(height, pole)
    )
    # Each magnitude fainter there are about three times as many stars.
    brightness = np.clip(0.17 * random.random(STARS) ** -0.42, 0.0, 0.95)
    brightness[in_band] *= 0.75
    return np.column_stack((directions, brightness, random.random(STARS))).astype(np.float32)
