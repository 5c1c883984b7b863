"""The frames of which golden pictures exist, and how two pictures are compared.

`python -m tests.gl.golden_frames` draws them anew into `tests/golden`, after a change of the look that was
meant and looked at.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gl.frame import Arcs, Aura, Frame, Markers
from gl.geometry.camera import Camera, Viewport
from gl.geometry.geodesy import to_unit_vectors
from gl.offscreen import OffscreenPresenter
from gl.palette import ramp_colors

FOLDER = Path(__file__).parents[1] / "golden"
VIEWPORT = Viewport(320, 180)
BLUR_PX = 5

# Latitude, longitude and value of the ramp of made-up regions.
_REGIONS = (
    (39.0, -77.5, 0.1),
    (45.6, -122.7, 0.0),
    (41.2, -95.8, 0.3),
    (-23.5, -46.6, 0.6),
    (53.3, -6.3, 0.5),
    (50.1, 8.7, 0.8),
    (59.3, 18.1, 0.2),
    (25.2, 55.3, 0.7),
    (19.1, 72.9, 0.4),
    (1.35, 103.8, 0.9),
    (35.7, 139.7, 1.0),
    (-33.9, 151.2, np.nan),
)

Picture = NDArray[np.float64]


def make_frame(camera: Camera, sun: tuple[float, float], viewport: Viewport = VIEWPORT) -> Frame:
    """Return a frame with everything on it; `sun` is the subsolar latitude and longitude in degrees."""
    latitudes, longitudes, values = np.array(_REGIONS).T
    positions = to_unit_vectors(latitudes, longitudes).astype(np.float32)
    colors, count = ramp_colors(values), len(_REGIONS)
    glows = np.where(np.isnan(values), 0.2, 1.0).astype(np.float32)
    dots = np.arange(20)
    return Frame(
        camera=camera,
        viewport=viewport,
        sun_direction=to_unit_vectors(*sun).astype(np.float32),
        markers=Markers(positions, colors, np.full(count, 7.0, np.float32), glows, selected=5, hovered=0),
        aura=Aura(positions, np.full(count, 0.11, np.float32), colors, glows),
        arcs=Arcs(
            starts=positions[[5, 10]],
            ends=positions[[0, 1]],
            colors=colors[[0, 1]],
            dash_lengths=np.array((0.0, 0.02), np.float32),
            dot_arcs=(dots // 10).astype(np.int32),
            dot_progress=((dots % 10 + 0.5) / 10.0).astype(np.float32),
        ),
    )


# File name → frame.
GOLDEN_FRAMES = {
    "atlantic_day": make_frame(Camera(-20.0, 30.0, 4.4), (10.0, -30.0)),
    "europe_dusk": make_frame(Camera(10.0, 30.0, 4.4), (15.0, -75.0)),
    "pacific_night": make_frame(Camera(150.0, 20.0, 3.4), (-20.0, -20.0)),
    "europe_near": make_frame(Camera(8.0, 48.0, 1.6), (20.0, -60.0)),
}


def draw(presenter: OffscreenPresenter, frame: Frame) -> Picture:
    """Return the picture of `frame`, shape (height, width, 3), 0 to 255, top row first."""
    presenter.present(frame)
    width, height = frame.viewport.device_size
    pixels = np.frombuffer(bytes(presenter.pixels), np.uint8).reshape(height, width, 4)
    return pixels[..., :3].astype(np.float64)


def load(name: str) -> Picture:
    """Return the golden picture `name`."""
    return np.asarray(Image.open(FOLDER / f"{name}.png").convert("RGB"), dtype=np.float64)


def blur(picture: Picture) -> Picture:
    """Return the means over squares of `BLUR_PX`: drivers place single points a fraction of a pixel apart."""
    height, width = (size // BLUR_PX * BLUR_PX for size in picture.shape[:2])
    blocks = picture[:height, :width].reshape(height // BLUR_PX, BLUR_PX, width // BLUR_PX, BLUR_PX, 3)
    return np.asarray(blocks.mean(axis=(1, 3)))


def main() -> None:
    """Write all golden pictures."""
    presenter = OffscreenPresenter()
    for name, frame in GOLDEN_FRAMES.items():
        Image.fromarray(draw(presenter, frame).astype(np.uint8)).save(FOLDER / f"{name}.png", optimize=True)
    presenter.release()


if __name__ == "__main__":
    main()
