"""Sky, sea and air: the background of every frame, drawn over the whole picture without blending.

Built for speed on a software driver: single scattering is marched at the corners of a web
of rings and spokes around the globe and interpolated between them. The web's rings crowd at the limb, where
the light changes; `tests/gl/layers` compares the picture with a march at every pixel.
"""

from __future__ import annotations

import moderngl
import numpy as np
from numpy.typing import ArrayLike

from gl.arrays import Floats, Integers
from gl.frame import Frame
from gl.geometry import scattering
from gl.programs import load_program, set_uniforms
from gl.view import View

SPOKES = 96
# Rings of each zone: globe, air, sky beyond it. By trial: fewer are visible in the terminator or miss the goal of
# a mean error below 1/255.
RINGS = (20, 18, 6)
# One step of an 8-bit channel.
NOISE = 1.0 / 255.0


class AtmosphereLayer:
    """The background. It replaces a clear: every pixel is written."""

    def __init__(self, context: moderngl.Context, noise: float = NOISE) -> None:
        self._program = load_program(context, "atmosphere")
        columns, rows = scattering.TABLE_SIZE
        table = scattering.transmittance_table()
        self._sunlight = context.texture((columns, rows), 3, table.tobytes(), dtype="f4")
        self._sunlight.repeat_x = self._sunlight.repeat_y = False
        self._corners = context.buffer(web_corners().tobytes())
        self._triangles = context.buffer(web_triangles().tobytes())
        self._web = context.vertex_array(self._program, [(self._corners, "3f", "in_corner")], self._triangles)
        set_uniforms(self._program, _constants() | {"u_noise": noise})

    def draw(self, frame: Frame, view: View) -> None:
        """Fill the picture with sky, sea and air."""
        self._sunlight.use(0)
        set_uniforms(
            self._program,
            {
                **view.ray_uniforms(),
                "u_pixel_tangent": view.pixel_tangent,
                "u_row_sign": view.row_sign,
            },
        )
        self._web.render(moderngl.TRIANGLES)

    def release(self) -> None:
        """Free the GPU objects."""
        for item in (self._web, self._triangles, self._corners, self._sunlight, self._program):
            item.release()


def web_corners() -> Floats:
    """Return the corners of the web, shape (rings * spokes, 3): ring within its zone, angle, zone."""
    angles = np.arange(SPOKES) * (2.0 * np.pi / SPOKES)
    rings = [(share, zone) for zone, count in enumerate(RINGS) for share in np.linspace(0.0, 1.0, count)]
    corners = np.empty((len(rings), SPOKES, 3), dtype=np.float32)
    corners[..., 0] = np.array([share for share, _ in rings])[:, np.newaxis]
    corners[..., 1] = angles
    corners[..., 2] = np.array([zone for _, zone in rings])[:, np.newaxis]
    return corners.reshape(-1, 3)


def web_triangles() -> Integers:
    """Return corner numbers, shape (triangles * 3,), of the quads between neighbouring rings and spokes."""
    ring, spoke = np.meshgrid(np.arange(sum(RINGS) - 1), np.arange(SPOKES), indexing="ij")
    here, beside = ring * SPOKES + spoke, ring * SPOKES + (spoke + 1) % SPOKES
    quads = np.stack((here, here + SPOKES, beside, beside, here + SPOKES, beside + SPOKES), axis=-1)
    return quads.reshape(-1).astype(np.int32)


def _constants() -> dict[str, ArrayLike]:
    return {
        "u_top_radius": scattering.TOP_RADIUS,
        "u_scale_heights": (scattering.RAYLEIGH_HEIGHT, scattering.MIE_HEIGHT),
        "u_rayleigh": scattering.RAYLEIGH_SCATTERING,
        "u_mie": (scattering.MIE_SCATTERING, scattering.MIE_EXTINCTION),
    }
