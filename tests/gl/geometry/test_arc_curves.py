"""Arcs: on the ground at both ends, above it between them."""

from __future__ import annotations

import numpy as np
import pytest

from gl.geometry.arc_curves import PEAK_MAX, arc_points, peak_altitude
from gl.geometry.geodesy import normalize, to_unit_vectors

PAIRS = [
    pytest.param((39.0, -77.5), (50.1, 8.7), id="atlantic"),
    pytest.param((35.7, 139.7), (37.4, -121.9), id="antimeridian"),
    pytest.param((50.1, 8.7), (50.2, 8.8), id="neighbours"),
    pytest.param((10.0, 20.0), (-10.0, -160.0), id="antipodes"),
]


@pytest.mark.parametrize(("here", "there"), PAIRS)
def test_an_arc_leaves_the_ground_and_comes_back(
    here: tuple[float, float], there: tuple[float, float]
) -> None:
    start, end = to_unit_vectors(*np.array((here, there)).T)
    points = arc_points(start, end, np.linspace(0.0, 1.0, 33))
    heights = np.linalg.norm(points, axis=1)
    assert points[0] == pytest.approx(start, abs=1e-9)
    assert points[-1] == pytest.approx(end, abs=1e-9)
    assert (heights[1:-1] > 1.0).all()
    assert heights.argmax() == 16
    assert heights[16] == pytest.approx(1.0 + peak_altitude(start, end))


def test_an_arc_stays_above_its_great_circle() -> None:
    start, end = to_unit_vectors([39.0, 50.1], [-77.5, 8.7])
    plane = normalize(np.cross(start, end))
    assert arc_points(start, end, np.linspace(0.0, 1.0, 9)) @ plane == pytest.approx(np.zeros(9), abs=1e-12)


def test_longer_ways_fly_higher_up_to_a_limit() -> None:
    start = to_unit_vectors(0.0, 0.0)
    peaks = [peak_altitude(start, to_unit_vectors(0.0, east)) for east in (1.0, 30.0, 90.0, 179.0)]
    assert peaks == sorted(peaks)
    assert peaks[-1] == PEAK_MAX


def test_an_arc_from_a_place_to_itself_is_that_place() -> None:
    place = to_unit_vectors(50.1, 8.7)
    assert arc_points(place, place, [0.0, 0.5, 1.0]) == pytest.approx(np.tile(place, (3, 1)), abs=1e-9)
