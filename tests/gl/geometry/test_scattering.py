"""The table of sunlight in the air."""

from __future__ import annotations

import numpy as np
import pytest

from gl.geometry import scattering


def test_a_table_cell_agrees_with_a_finer_march() -> None:
    table = scattering.transmittance_table()
    columns, rows = scattering.TABLE_SIZE
    for row, column in ((0, 0), (2, 40), (9, 10), (rows - 1, columns - 1)):
        radius = np.array(1.0 + (row + 0.5) / rows * (scattering.TOP_RADIUS - 1.0))
        sunset = scattering.horizon_cosine(radius)
        cosine = sunset + ((column + 0.5) / columns) ** 2 * (1.0 - sunset)
        fine = scattering.transmittance(radius, cosine, steps=1000)
        assert table[row, column] == pytest.approx(fine, abs=2e-3)


def test_the_zenith_has_the_depth_it_was_given() -> None:
    light = scattering.transmittance(np.array(1.0), np.array(1.0), steps=400)
    expected = np.exp(-scattering.RAYLEIGH_DEPTH - 1.11 * scattering.MIE_DEPTH)
    assert light == pytest.approx(expected, rel=0.01)


def test_more_air_takes_more_light_and_blue_first() -> None:
    heights = np.linspace(1.0, scattering.TOP_RADIUS, 20)
    assert (np.diff(scattering.transmittance(heights, np.full(20, 0.2), steps=48), axis=0) > 0.0).all()
    table = scattering.transmittance_table()
    assert (np.diff(table, axis=1) >= -1e-6).all(), "a higher sun gives more light"
    assert (table[..., 0] >= table[..., 2]).all(), "sunsets are red"
