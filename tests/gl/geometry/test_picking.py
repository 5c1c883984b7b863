"""What lies under the pointer."""

from __future__ import annotations

import numpy as np
import pytest

from gl.geometry.camera import Camera, Viewport
from gl.geometry.geodesy import to_unit_vectors
from gl.geometry.picking import PICK_RADIUS_PX, pick_marker, pick_place, view_ray

VIEWPORT = Viewport(1280, 720)
CAMERA = Camera(10.0, 30.0, 3.0, roll_degrees=20.0)
CITIES = to_unit_vectors([50.1, 48.9, -33.9], [8.7, 2.4, 151.2])


def test_the_place_under_a_projected_place_is_that_place() -> None:
    for city in CITIES[:2]:
        x, y = CAMERA.project(city, VIEWPORT).pixels[0]
        assert pick_place(CAMERA, VIEWPORT, x, y) == pytest.approx(city, abs=1e-9)


def test_there_is_no_place_in_the_sky() -> None:
    assert pick_place(CAMERA, VIEWPORT, 3.0, 3.0) is None


def test_the_ray_through_the_middle_points_at_the_globe() -> None:
    assert view_ray(CAMERA, VIEWPORT, 640.0, 360.0) == pytest.approx(-CAMERA.direction)


def test_the_nearest_marker_is_picked() -> None:
    x, y = CAMERA.project(CITIES, VIEWPORT).pixels[1]
    assert pick_marker(CITIES, CAMERA, VIEWPORT, x + 3.0, y - 2.0) == 1


def test_a_pointer_too_far_away_picks_nothing() -> None:
    x, y = CAMERA.project(CITIES[:1], VIEWPORT).pixels[0]
    assert pick_marker(CITIES[:1], CAMERA, VIEWPORT, x + PICK_RADIUS_PX + 0.5, y) is None


def test_a_marker_behind_the_limb_cannot_be_picked() -> None:
    x, y = CAMERA.project(CITIES, VIEWPORT).pixels[2]
    assert pick_marker(CITIES, CAMERA, VIEWPORT, x, y) is None


def test_without_markers_nothing_is_picked() -> None:
    assert pick_marker(np.zeros((0, 3)), CAMERA, VIEWPORT, 640.0, 360.0) is None
