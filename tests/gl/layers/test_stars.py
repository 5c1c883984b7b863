"""The sky: the same everywhere, and not a pattern."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from gl.layers.stars import BAND_NORMAL, STARS, hashed_shares, make_stars


def test_stars_are_directions_of_sensible_brightness() -> None:
    stars = make_stars()
    assert stars.shape == (STARS, 5)
    assert np.linalg.norm(stars[:, :3], axis=1) == pytest.approx(np.ones(STARS), abs=1e-5)
    assert stars[:, 3].min() > 0.0
    assert stars[:, 3].max() < 1.0
    assert (stars[:, 3] > 0.75).mean() < 0.05, "few are bright"


def test_stars_crowd_along_one_band() -> None:
    pole = np.array(BAND_NORMAL) / np.linalg.norm(BAND_NORMAL)
    near = (np.abs(make_stars()[:, :3] @ pole) < 0.15).mean()
    assert near > 2.0 * 0.15


def test_hashed_shares_look_random() -> None:
    shares = hashed_shares(10_000, 3)
    assert np.histogram(shares, bins=10, range=(0.0, 1.0))[0] == pytest.approx(np.full(10, 1000), rel=0.12)
    assert abs(np.corrcoef(shares[:-1], shares[1:])[0, 1]) < 0.03
    assert abs(np.corrcoef(shares, hashed_shares(10_000, 4))[0, 1]) < 0.03


def test_drawing_does_not_import_a_random_generator() -> None:
    """It would delay the first frame."""
    code = (
        "import sys, gl.offscreen, gl.window_presenter; from gl.layers.stars import make_stars; make_stars()"
    )
    loaded = "print('numpy.random' in sys.modules, 'PIL' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", f"{code}; {loaded}"], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["False", "False"]
