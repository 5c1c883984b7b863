"""Places on the globe: the axes above all, since a mirrored earth looks right at a glance."""

from __future__ import annotations

import numpy as np
import pytest

from gl.geometry import geodesy

# IUGG mean radius R1 (Moritz, Geodetic Reference System 1980).
MEAN_RADIUS_KM = 6371.0088
DIRECTIONS = geodesy.normalize(np.random.default_rng(1).normal(size=(200, 3)))


@pytest.mark.parametrize(
    ("latitude", "longitude", "expected"),
    [
        pytest.param(0.0, 0.0, (0.0, 0.0, 1.0), id="gulf of guinea"),
        pytest.param(0.0, 90.0, (1.0, 0.0, 0.0), id="east of it"),
        pytest.param(0.0, -90.0, (-1.0, 0.0, 0.0), id="west of it"),
        pytest.param(90.0, 0.0, (0.0, 1.0, 0.0), id="north pole"),
        pytest.param(0.0, 180.0, (0.0, 0.0, -1.0), id="antimeridian"),
    ],
)
def test_axes_point_where_the_docstring_says(
    latitude: float, longitude: float, expected: tuple[float, float, float]
) -> None:
    assert geodesy.to_unit_vectors(latitude, longitude) == pytest.approx(expected, abs=1e-12)


def test_the_axes_are_right_handed() -> None:
    east, north, ahead = geodesy.to_unit_vectors([0.0, 90.0, 0.0], [90.0, 0.0, 0.0])
    assert np.cross(east, north) == pytest.approx(ahead, abs=1e-12)


def test_degrees_survive_the_way_to_a_vector_and_back() -> None:
    latitude, longitude = geodesy.to_degrees(DIRECTIONS)
    assert geodesy.to_unit_vectors(latitude, longitude) == pytest.approx(DIRECTIONS, abs=1e-12)


@pytest.mark.parametrize(
    ("here", "there", "km"),
    [
        # Great-circle distances of the airports (gcmap.com), on a sphere within 0.5 %.
        pytest.param((49.01, 2.55), (40.64, -73.78), 5_837, id="CDG-JFK"),
        pytest.param((1.36, 103.99), (-33.95, 151.18), 6_288, id="SIN-SYD"),
        pytest.param((35.76, 140.39), (37.62, -122.38), 8_220, id="NRT-SFO over the antimeridian"),
    ],
)
def test_distances_agree_with_the_map(
    here: tuple[float, float], there: tuple[float, float], km: float
) -> None:
    places = geodesy.to_unit_vectors(*np.array((here, there)).T)
    assert MEAN_RADIUS_KM * float(geodesy.angle_radians(*places)) == pytest.approx(km, rel=5e-3)


def test_small_angles_keep_their_digits() -> None:
    a, b = geodesy.to_unit_vectors([10.0, 10.0 + 1e-8], [20.0, 20.0])
    assert float(geodesy.angle_radians(a, b)) == pytest.approx(np.radians(1e-8), rel=1e-6)


def test_a_great_circle_stays_on_the_globe_and_ends_exactly() -> None:
    for start, end in zip(DIRECTIONS[:50], DIRECTIONS[50:100], strict=True):
        path = geodesy.slerp(start, end, np.linspace(0.0, 1.0, 9))
        assert np.linalg.norm(path, axis=1) == pytest.approx(np.ones(9), abs=1e-12)
        assert path[0] == pytest.approx(start, abs=1e-12)
        assert path[-1] == pytest.approx(end, abs=1e-12)


def test_a_great_circle_advances_evenly() -> None:
    path = geodesy.slerp(DIRECTIONS[0], DIRECTIONS[1], np.linspace(0.0, 1.0, 11))
    steps = geodesy.angle_radians(path[:-1], path[1:])
    assert steps == pytest.approx(np.full(10, steps.mean()), abs=1e-12)


def test_the_way_to_the_antipode_leads_over_the_north_pole() -> None:
    start = geodesy.to_unit_vectors(0.0, 30.0)
    assert geodesy.slerp(start, -start, 0.5) == pytest.approx((0.0, 1.0, 0.0), abs=1e-12)


def test_the_way_to_the_same_place_stays_there() -> None:
    pole = np.array((0.0, 1.0, 0.0))
    assert geodesy.slerp(pole, pole, [0.0, 0.5, 1.0]) == pytest.approx(np.tile(pole, (3, 1)), abs=1e-12)


def test_a_null_vector_has_no_direction() -> None:
    with pytest.raises(ValueError, match="no direction"):
        geodesy.normalize((0.0, 0.0, 0.0))
