"""The orbit camera: what is where on the screen, what the globe hides, how dragging and zooming feel."""

from __future__ import annotations

import numpy as np
import pytest

from gl.geometry.camera import (
    MAX_DISTANCE,
    MAX_ELEVATION_DEGREES,
    MIN_DISTANCE,
    Camera,
    Viewport,
    camera_towards,
)
from gl.geometry.geodesy import normalize, to_unit_vectors

VIEWPORT = Viewport(1280, 720)
POSES = [
    Camera(0.0, 0.0, 4.4),
    Camera(-100.0, 40.0, 2.0),
    Camera(170.0, -70.0, 1.4),
    Camera(30.0, 60.0, 6.0, roll_degrees=35.0),
]


@pytest.mark.parametrize("camera", POSES)
def test_the_place_below_the_camera_is_in_the_middle(camera: Camera) -> None:
    projection = camera.project(camera.direction, VIEWPORT)
    assert projection.pixels[0] == pytest.approx((640.0, 360.0), abs=1e-6)
    assert projection.facing[0] == pytest.approx(1.0)
    assert projection.visible[0]


def test_east_is_right_and_north_is_up() -> None:
    pixels = Camera(10.0, 0.0).project(to_unit_vectors([0.0, 20.0], [30.0, 10.0]), VIEWPORT).pixels
    assert pixels[0, 0] > 640.0
    assert pixels[0, 1] == pytest.approx(360.0)
    assert pixels[1, 0] == pytest.approx(640.0)
    assert pixels[1, 1] < 360.0


def test_a_rolled_camera_has_the_east_on_top() -> None:
    east = Camera(0.0, 0.0, roll_degrees=90.0).project(to_unit_vectors(0.0, 20.0), VIEWPORT).pixels[0]
    assert east[0] == pytest.approx(640.0)
    assert east[1] < 360.0


@pytest.mark.parametrize("camera", POSES)
def test_ground_is_visible_exactly_up_to_the_limb(camera: Camera) -> None:
    limb = np.arccos(1.0 / camera.distance)
    side = np.cross(camera.up, camera.direction)
    for angle, expected in ((limb - 1e-4, True), (limb + 1e-4, False), (np.pi, False)):
        place = np.cos(angle) * camera.direction + np.sin(angle) * side
        projection = camera.project(place, VIEWPORT)
        assert bool(projection.visible[0]) is expected
        assert (projection.facing[0] > 0.0) == expected


def test_something_high_up_shows_behind_the_limb() -> None:
    camera = Camera(0.0, 0.0, 4.4)
    behind = to_unit_vectors(0.0, 100.0)
    assert camera.project(np.stack((behind, behind * 1.3)), VIEWPORT).visible.tolist() == [False, True]


def test_nothing_behind_the_camera_is_visible() -> None:
    camera = Camera(0.0, 0.0, 2.0)
    assert not camera.project(camera.direction * 3.0, VIEWPORT).visible[0]


def test_projection_agrees_with_a_straight_line_of_sight() -> None:
    camera = Camera(25.0, 35.0, 2.5)
    places = normalize(np.random.default_rng(2).normal(size=(500, 3)))
    steps = np.linspace(0.0, 1.0, 400, endpoint=False)[:, None, None]
    inside = np.linalg.norm(camera.eye + steps * (places - camera.eye), axis=2).min(axis=0) < 1.0 - 1e-4
    clear_cut = np.abs(camera.project(places, VIEWPORT).facing) > 0.03
    assert (camera.project(places, VIEWPORT).visible == ~inside)[clear_cut].all()


def test_no_anchors_give_no_pixels() -> None:
    assert Camera().project(np.zeros((0, 3)), VIEWPORT).pixels.shape == (0, 2)


@pytest.mark.parametrize("distance", [MIN_DISTANCE, 2.0, 4.4, 8.0])
@pytest.mark.parametrize("roll", [0.0, 40.0, -120.0])
def test_the_ground_follows_the_pointer(distance: float, roll: float) -> None:
    before = Camera(0.0, 0.0, distance, roll)
    after = before.dragged(24.0, -18.0, VIEWPORT)
    upright = Camera(after.azimuth_degrees, after.elevation_degrees, distance, roll)
    moved = upright.project(before.direction, VIEWPORT).pixels[0] - (640.0, 360.0)
    assert moved == pytest.approx((24.0, -18.0), abs=0.5)


def test_a_drag_never_reaches_the_pole() -> None:
    camera = Camera(0.0, 80.0).dragged(0.0, 10_000.0, VIEWPORT)
    assert camera.elevation_degrees == MAX_ELEVATION_DEGREES


def test_a_drag_over_the_antimeridian_wraps() -> None:
    camera = Camera(179.0, 0.0).dragged(-100.0, 0.0, VIEWPORT)
    assert -180.0 <= camera.azimuth_degrees < -160.0


def test_zooming_in_and_out_again_ends_where_it_began() -> None:
    assert Camera(distance=4.0).zoomed(5.0).zoomed(-5.0).distance == pytest.approx(4.0)


def test_zoom_stops_at_its_limits() -> None:
    assert Camera().zoomed(500.0).distance == MIN_DISTANCE
    assert Camera().zoomed(-500.0).distance == MAX_DISTANCE


def test_turning_all_the_way_round_comes_back() -> None:
    assert Camera(20.0, 10.0).turned(360.0) == Camera(20.0, 10.0)


@pytest.mark.parametrize("camera", POSES)
def test_a_pose_is_found_again_from_its_directions(camera: Camera) -> None:
    again = camera_towards(camera.direction, camera.up, camera.distance)
    assert (again.azimuth_degrees, again.elevation_degrees) == pytest.approx(
        (camera.azimuth_degrees, camera.elevation_degrees)
    )
    assert again.roll_degrees == pytest.approx(camera.roll_degrees, abs=1e-9)


@pytest.mark.parametrize("elevation", [90.0, -90.0, 89.999_999_9])
def test_a_camera_above_a_pole_has_an_upper_edge(elevation: float) -> None:
    camera = Camera(40.0, elevation)
    assert np.linalg.norm(camera.up) == pytest.approx(1.0)
    assert camera.up @ camera.direction == pytest.approx(0.0, abs=1e-9)


def test_device_pixels_follow_the_ratio() -> None:
    assert Viewport(1000, 600, 1.5).device_size == (1500, 900)


def test_a_window_folded_to_nothing_breaks_nothing() -> None:
    nothing = Viewport(0, 0)
    assert nothing.device_size == (1, 1)
    assert np.isfinite(Camera().project(to_unit_vectors(0.0, 0.0), nothing).pixels).all()
    assert np.isfinite(Camera().dragged(5.0, 5.0, nothing).eye).all()
