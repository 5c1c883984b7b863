"""What all layers need to know about a frame's camera, computed once for each frame.

Pure. Everything here is in device pixels and in globe radii, ready to be a uniform.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gl.arrays import Floats
from gl.frame import Frame
from gl.geometry.geodesy import Vectors


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The camera of one frame as the shaders want it."""

    view_projection: NDArray[np.float64]
    """World to clip space, shape (4, 4), for row vectors; with flipped rows it draws upside down."""
    eye: Vectors
    right: Vectors
    """Unit vector towards the right edge of the picture."""
    up: Vectors
    """Unit vector towards the upper edge of the picture."""
    forward: Vectors
    """Unit vector from the eye to the centre of the globe."""
    size_px: tuple[int, int]
    """Width and height of the picture in device pixels."""
    device_pixel_ratio: float
    half_extent: tuple[float, float]
    """Tangents of half the horizontal and half the vertical opening angle."""
    row_sign: float
    """-1 where rows run downwards in memory (an image), 1 for OpenGL's own order."""
    sun_direction: Floats

    @property
    def distance(self) -> float:
        """From the centre of the globe to the eye, in globe radii."""
        return float(np.linalg.norm(self.eye))

    @property
    def pixel_tangent(self) -> float:
        """Tangent of the angle that one device pixel covers in the middle of the picture."""
        return 2.0 * self.half_extent[1] / self.size_px[1]

    def ray_uniforms(self) -> dict[str, Any]:
        """Return what a shader needs to look along the ray of every pixel in the light of the sun."""
        return {
            "u_eye": self.eye,
            "u_right": self.right,
            "u_up": self.up,
            "u_forward": self.forward,
            "u_sun_direction": self.sun_direction,
            "u_half_extent": self.half_extent,
        }


def compute_view(frame: Frame, is_flipped: bool) -> View:
    """Return the view of `frame`; `is_flipped` where the first row in memory shall be the top one."""
    camera, viewport = frame.camera, frame.viewport
    row_sign = -1.0 if is_flipped else 1.0
    matrix = camera.view_projection(viewport.aspect)
    matrix[:, 1] *= row_sign
    half_height = math.tan(math.radians(camera.fov_y_degrees) / 2.0)
    return View(
        view_projection=matrix,
        eye=camera.eye,
        right=np.cross(camera.up, camera.direction),
        up=camera.up,
        forward=-camera.direction,
        size_px=viewport.device_size,
        device_pixel_ratio=viewport.device_pixel_ratio,
        half_extent=(half_height * viewport.aspect, half_height),
        row_sign=row_sign,
        sun_direction=frame.sun_direction,
    )
