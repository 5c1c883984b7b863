"""Stars: a fixed sky of made-up stars, denser along one band."""

from __future__ import annotations

import math

import moderngl
import numpy as np
from numpy.typing import NDArray

from gl.arrays import Floats
from gl.frame import Frame
from gl.geometry.geodesy import NORTH, normalize, tangent_towards
from gl.geometry.scattering import TOP_RADIUS
from gl.programs import load_program, set_uniforms
from gl.view import View

STARS = 9000
# Any number: the same sky in every session and in every golden image.
SEED = 20_031
BAND_SHARE = 0.45
BAND_WIDTH = 0.32
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
    longitude, height, spread, magnitude, warmth = (
        hashed_shares(STARS, seed) for seed in range(SEED, SEED + 5)
    )
    in_band = hashed_shares(STARS, SEED + 5) < BAND_SHARE
    # The sum of three shares is bell-shaped enough for a band.
    near_band = (height + spread + hashed_shares(STARS, SEED + 6) - 1.5) * BAND_WIDTH
    height = np.where(in_band, near_band, 2.0 * height - 1.0)
    pole = normalize(BAND_NORMAL)
    across = tangent_towards(pole, NORTH)
    along = np.cross(pole, across)
    turn = (2.0 * np.pi * longitude)[:, np.newaxis]
    flat = (np.cos(turn) * across + np.sin(turn) * along) * np.sqrt(1.0 - height**2)[:, np.newaxis]
    # Each magnitude fainter there are about three times as many stars.
    brightness = np.clip(0.17 * np.maximum(magnitude, 1e-6) ** -0.42, 0.0, 0.95)
    brightness[in_band] *= 0.75
    return np.column_stack((flat + np.outer(height, pole), brightness, warmth)).astype(np.float32)


def hashed_shares(count: int, seed: int) -> NDArray[np.float64]:
    """Return `count` numbers from 0 to 1 that look random and are the same everywhere.

    numpy.random would cost a tenth of the time to the first frame to import.
    Source: Mueller's 32-bit integer hash with the constants of Wellons 2018, "Prospecting for hash functions".
    """
    bits = np.arange(count, dtype=np.uint32) + np.uint32(seed) * np.uint32(0x9E37)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        bits ^= bits >> np.uint32(shift)
        bits *= np.uint32(factor)
    bits ^= bits >> np.uint32(16)
    return bits / 2.0**32
