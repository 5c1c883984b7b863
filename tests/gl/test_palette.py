"""The ramp from a low value to a high one."""

from __future__ import annotations

import numpy as np
import pytest

from gl.palette import RAMP, UNKNOWN, ramp_colors


def test_low_is_green_and_high_is_red() -> None:
    low, high = ramp_colors([0.0, 1.0])
    assert low.argmax() == 1
    assert high.argmax() == 0


def test_values_beyond_the_ends_take_the_colour_of_the_end() -> None:
    assert ramp_colors([-3.0, 7.0]) == pytest.approx(RAMP[[0, -1]])


def test_an_unknown_value_is_grey_and_not_green() -> None:
    color = ramp_colors([np.nan])[0]
    assert color == pytest.approx(UNKNOWN)
    assert np.ptp(color) < 0.15


def test_neighbouring_values_have_neighbouring_colours() -> None:
    colors = ramp_colors(np.linspace(0.0, 1.0, 201))
    assert np.abs(np.diff(colors, axis=0)).max() < 0.02


def test_no_values_give_no_colours() -> None:
    assert ramp_colors([]).shape == (0, 3)
