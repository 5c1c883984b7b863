"""The look of the globe, against pictures that somebody looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gl.offscreen import OffscreenPresenter
from tests.gl.golden_frames import GOLDEN_FRAMES, blur, draw, load

# Steps of an 8-bit channel. Another driver's points move by part of a pixel: blurred, that is little everywhere
# and more at a coast. A layer that is missing, mirrored or tinted otherwise is far beyond both.
MEAN_TOLERANCE = 1.5
PEAK_TOLERANCE = 28.0


@pytest.mark.parametrize("name", GOLDEN_FRAMES)
def test_the_globe_looks_as_it_did(presenter: OffscreenPresenter, name: str, tmp_path: Path) -> None:
    picture = draw(presenter, GOLDEN_FRAMES[name])
    difference = np.abs(blur(picture) - blur(load(name)))
    Image.fromarray(picture.astype(np.uint8)).save(tmp_path / "drawn.png")
    message = f"mean {difference.mean():.2f}, peak {difference.max():.1f}; see {tmp_path / 'drawn.png'}"
    assert difference.mean() <= MEAN_TOLERANCE, message
    assert difference.max() <= PEAK_TOLERANCE, message


def test_the_comparison_sees_a_mirrored_earth(presenter: OffscreenPresenter) -> None:
    picture = draw(presenter, GOLDEN_FRAMES["atlantic_day"])
    difference = np.abs(blur(picture[:, ::-1]) - blur(load("atlantic_day")))
    assert difference.max() > PEAK_TOLERANCE


def test_drawing_again_gives_the_same_picture(presenter: OffscreenPresenter) -> None:
    first = draw(presenter, GOLDEN_FRAMES["europe_near"])
    draw(presenter, GOLDEN_FRAMES["pacific_night"])
    again = draw(presenter, GOLDEN_FRAMES["europe_near"])
    # Byte for byte on llvmpipe; softpipe puts two pixels of 57,600 elsewhere.
    assert (again != first).any(axis=2).mean() < 1e-4
