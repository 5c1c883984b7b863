"""Flights: exact at both ends, on the great circle between, calm near the poles."""

from __future__ import annotations

import numpy as np
import pytest

from gl.geometry.camera import Camera, Viewport
from gl.geometry.flight import Flight, ease, frame_places, plan_flight
from gl.geometry.geodesy import angle_radians, slerp, to_unit_vectors

WIDE = Viewport(1280, 720)
VIRGINIA, FRANKFURT, TOKYO = to_unit_vectors([39.0, 50.1, 35.7], [-77.5, 8.7, 139.7])
FLIGHTS = [
    pytest.param(Camera(-77.5, 39.0, 1.6), Camera(8.7, 50.1, 1.6), id="atlantic"),
    pytest.param(Camera(139.7, 35.7, 2.0), Camera(-122.0, 37.0, 1.5), id="antimeridian"),
    pytest.param(Camera(-100.0, 40.0, 1.5), Camera(100.0, 40.0, 3.0), id="over the pole"),
    pytest.param(Camera(8.7, 50.1, 4.0), Camera(8.7, 50.1, 1.5), id="same place, nearer"),
    pytest.param(Camera(0.0, 10.0, 3.0), Camera(180.0, -10.0, 3.0), id="antipodes"),
    pytest.param(Camera(10.0, 60.0, 2.0, roll_degrees=50.0), Camera(80.0, 20.0, 2.0), id="rolled start"),
]


@pytest.mark.parametrize(("start", "target"), FLIGHTS)
def test_a_flight_begins_and_ends_exactly(start: Camera, target: Camera) -> None:
    flight = plan_flight(start, target)
    assert flight.camera_at(0.0) == start
    assert flight.camera_at(-1.0) == start
    assert flight.camera_at(flight.duration_s) == target
    assert flight.camera_at(flight.duration_s + 60.0) == target


@pytest.mark.parametrize(("start", "target"), FLIGHTS)
def test_a_flight_has_no_jump(start: Camera, target: Camera) -> None:
    flight = plan_flight(start, target)
    poses = [flight.camera_at(flight.duration_s * step / 400.0) for step in range(401)]
    for attribute in ("direction", "up"):
        vectors = np.array([getattr(pose, attribute) for pose in poses])
        assert np.degrees(angle_radians(vectors[:-1], vectors[1:])).max() < 2.0


@pytest.mark.parametrize(("start", "target"), FLIGHTS[:3])
def test_a_flight_stays_on_the_great_circle(start: Camera, target: Camera) -> None:
    flight = plan_flight(start, target)
    plane = np.cross(start.direction, target.direction)
    for fraction in (0.2, 0.5, 0.8):
        camera = flight.camera_at(flight.duration_s * fraction)
        assert camera.direction @ plane == pytest.approx(0.0, abs=1e-12)


def test_halfway_in_time_is_halfway_on_the_way() -> None:
    flight = plan_flight(Camera(-77.5, 39.0, 2.0), Camera(8.7, 50.1, 2.0))
    middle = flight.camera_at(flight.duration_s / 2.0)
    assert middle.direction == pytest.approx(slerp(VIRGINIA, FRANKFURT, 0.5), abs=1e-9)


def test_the_picture_does_not_whirl_near_the_pole() -> None:
    flight = plan_flight(Camera(-100.0, 40.0, 2.0), Camera(81.0, 40.0, 2.0))
    ups = np.array([flight.camera_at(flight.duration_s * step / 200.0).up for step in range(201)])
    turned = np.degrees(angle_radians(ups[:-1], ups[1:])).sum()
    # 100 degrees of way over the pole, and half a turn to have north on top again.
    assert turned < 100.0 + 185.0


def test_a_long_way_zooms_out_and_a_short_one_does_not() -> None:
    far = plan_flight(Camera(139.7, 35.7, 1.6), Camera(8.7, 50.1, 1.6))
    near = plan_flight(Camera(8.7, 50.1, 1.6), Camera(2.4, 48.9, 1.6))
    assert far.camera_at(far.duration_s / 2.0).distance > 2.2
    assert near.camera_at(near.duration_s / 2.0).distance < 1.65


def test_a_longer_way_takes_longer() -> None:
    here = Camera(8.7, 50.1, 2.0)
    durations = [
        plan_flight(here, Camera(8.7 + east, 50.1, 2.0)).duration_s for east in (1.0, 20.0, 90.0, 170.0)
    ]
    assert durations == sorted(durations)
    assert 0.5 < durations[0] < durations[-1] <= 2.4


def test_reduced_motion_arrives_at_once() -> None:
    start, target = Camera(0.0, 0.0, 4.0), Camera(90.0, 0.0, 2.0)
    flight = plan_flight(start, target, reduced_motion=True)
    assert flight.is_over(0.0)
    assert flight.camera_at(0.0) == target


def test_a_flight_to_where_one_is_is_over_at_once() -> None:
    here = Camera(8.7, 50.1, 2.0)
    assert plan_flight(here, here).is_over(0.0)


def test_an_interrupted_flight_goes_on_from_where_it_is() -> None:
    first = plan_flight(Camera(-100.0, 40.0, 2.0), Camera(100.0, 40.0, 2.0))
    there = first.camera_at(first.duration_s * 0.4)
    second = Flight(there, Camera(0.0, 0.0, 3.0), 1.0)
    assert second.camera_at(0.0) == there
    assert second.camera_at(1e-4).up == pytest.approx(there.up, abs=1e-3)


@pytest.mark.parametrize("viewport", [WIDE, Viewport(500, 900)], ids=["wide", "tall"])
@pytest.mark.parametrize(
    ("here", "there"),
    [
        pytest.param((39.0, -77.5), (50.1, 8.7), id="virginia-frankfurt"),
        pytest.param((35.7, 139.7), (37.4, -121.9), id="over the antimeridian"),
        pytest.param((1.3, 103.8), (-23.5, -46.6), id="nearly opposite"),
        pytest.param((50.1, 8.7), (50.1, 8.7), id="the same city"),
    ],
)
def test_framed_places_are_in_view(
    here: tuple[float, float], there: tuple[float, float], viewport: Viewport
) -> None:
    places = to_unit_vectors(*np.array((here, there)).T)
    projection = frame_places(places, viewport).project(places, viewport)
    assert projection.visible.all()
    assert (projection.pixels > 0.0).all()
    assert (projection.pixels < (viewport.width_px, viewport.height_px)).all()


def test_framing_antipodes_is_possible_and_finite() -> None:
    camera = frame_places(np.stack((TOKYO, -TOKYO)), WIDE)
    assert np.isfinite(camera.eye).all()
    assert float(angle_radians(camera.direction, TOKYO)) == pytest.approx(np.pi / 2.0)


def test_easing_rests_at_both_ends() -> None:
    assert (ease(0.0), ease(0.5), ease(1.0)) == (0.0, 0.5, 1.0)
    assert ease(0.01) < 1e-4
    assert ease(0.99) > 1.0 - 1e-4
