"""The sun against almanacs."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from gl.geometry.sun import subsolar_point, sun_direction


def epoch_s(year: int, month: int, day: int, hour: int, minute: int) -> float:
    return datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("moment", "declination"),
    [
        # Equinoxes and solstices of the U.S. Naval Observatory's "Earth's Seasons".
        pytest.param((2026, 3, 20, 14, 46), 0.0, id="march equinox"),
        pytest.param((2026, 6, 21, 8, 25), 23.44, id="june solstice"),
        pytest.param((2026, 9, 23, 0, 5), 0.0, id="september equinox"),
        pytest.param((2026, 12, 21, 20, 50), -23.44, id="december solstice"),
    ],
)
def test_seasons_begin_when_the_almanac_says(moment: tuple[int, ...], declination: float) -> None:
    assert subsolar_point(epoch_s(*moment))[0] == pytest.approx(declination, abs=0.02)


@pytest.mark.parametrize(
    ("moment", "equation_of_time_minutes"),
    [
        # The four turning points of the equation of time (Meeus, Astronomical Algorithms, chapter 28).
        pytest.param((2026, 2, 11, 12, 0), -14.2, id="february"),
        pytest.param((2026, 5, 14, 12, 0), 3.65, id="may"),
        pytest.param((2026, 7, 26, 12, 0), -6.53, id="july"),
        pytest.param((2026, 11, 3, 12, 0), 16.45, id="november"),
    ],
)
def test_noon_at_greenwich_follows_the_equation_of_time(
    moment: tuple[int, ...], equation_of_time_minutes: float
) -> None:
    # One minute is a quarter of a degree; the sun runs ahead to the west.
    assert subsolar_point(epoch_s(*moment))[1] == pytest.approx(-equation_of_time_minutes / 4.0, abs=0.1)


def test_the_sun_goes_west_a_full_turn_a_day() -> None:
    noon = epoch_s(2026, 4, 15, 12, 0)
    longitudes = [subsolar_point(noon + hour * 3600.0)[1] for hour in range(25)]
    steps = (np.diff(longitudes) + 180.0) % 360.0 - 180.0
    assert steps == pytest.approx(np.full(24, -15.0), abs=0.01)


def test_the_direction_is_a_unit_vector_over_the_subsolar_point() -> None:
    direction = sun_direction(epoch_s(2026, 6, 21, 12, 0))
    assert np.linalg.norm(direction) == pytest.approx(1.0)
    assert direction[1] == pytest.approx(np.sin(np.radians(23.43)), abs=1e-3)
    assert direction[2] > 0.9
