from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from app.hud.opening_view import LEAD_DEGREES, LEAST_SUN_DEGREES, MOST_SUN_DEGREES, choose_azimuth
from gl.geometry.camera import Camera
from gl.geometry.geodesy import Vectors, angle_radians, to_unit_vectors
from gl.geometry.sun import sun_direction

HOME = Camera(elevation_degrees=24.0)
EUROPE = to_unit_vectors(np.array((50.1, 53.3, 52.4)), np.array((8.7, -6.3, 4.9)))
NOWHERE = np.zeros((0, 3))


def sun_at(month: int, hour: int) -> Vectors:
    return sun_direction(datetime(2026, month, 21, hour, tzinfo=UTC).timestamp())


def axis(azimuth_degrees: float) -> Vectors:
    """The middle of the opening turn."""
    return to_unit_vectors(HOME.elevation_degrees, azimuth_degrees + LEAD_DEGREES)


@pytest.mark.parametrize("places", [NOWHERE, EUROPE])
@pytest.mark.parametrize("month", [3, 6, 12])
def test_day_and_night_are_in_view_at_every_hour(month: int, places: Vectors) -> None:
    for hour in range(24):
        sun = sun_at(month, hour)
        off_axis = np.degrees(angle_radians(axis(choose_azimuth(HOME, sun, places)), sun))
        assert LEAST_SUN_DEGREES <= off_axis <= MOST_SUN_DEGREES


def test_the_regions_are_on_the_near_side_whenever_the_light_allows() -> None:
    for hour in (6, 8, 11, 14, 17):
        azimuth = choose_azimuth(HOME, sun_at(3, hour), EUROPE)
        assert (EUROPE @ axis(azimuth) > 0.3).all()


def test_the_same_moment_opens_the_same_view() -> None:
    assert choose_azimuth(HOME, sun_at(6, 9), EUROPE) == choose_azimuth(HOME, sun_at(6, 9), EUROPE)
