"""Which regions tint which land."""

from __future__ import annotations

import numpy as np
import pytest

from gl.geometry.aura_reach import SLOTS, compute_reach
from gl.geometry.earth_points import PointLevel, decode_levels
from gl.geometry.geodesy import angle_radians, to_unit_vectors
from resources.loader import load_bytes

FRANKFURT, PARIS, DENVER = to_unit_vectors([50.1, 48.9, 39.7], [8.7, 2.4, -105.0]).astype(np.float32)
RADIUS = np.float32(0.11)


@pytest.fixture(scope="module")
def level() -> PointLevel:
    return decode_levels(load_bytes("land_points.bin"))[1]


def weight_of(reach: np.ndarray, number: int) -> np.ndarray:
    """Return how strongly aura `number` reaches each point, 0 to 1."""
    return np.where(reach[:, :SLOTS] == number, reach[:, SLOTS:], 0).sum(axis=1) / 255.0


def test_light_falls_off_as_a_gaussian(level: PointLevel) -> None:
    weights = weight_of(compute_reach(level, FRANKFURT[None], np.array([RADIUS])), 0)
    away = angle_radians(level.points[:, :3] / 32767.0, FRANKFURT)
    assert np.abs(weights - np.exp(-((away / RADIUS) ** 2))).max() < 0.01


def test_each_place_keeps_its_own_lights(level: PointLevel) -> None:
    reach = compute_reach(level, np.stack((DENVER, FRANKFURT, PARIS)), np.full(3, RADIUS))
    nearest = angle_radians(level.points[:, :3] / 32767.0, PARIS).argmin()
    assert weight_of(reach, 2)[nearest] > 0.95
    assert 0.2 < weight_of(reach, 1)[nearest] < 0.7
    assert weight_of(reach, 0)[nearest] == 0.0


def test_a_crowd_keeps_its_strongest(level: PointLevel) -> None:
    centers = np.tile(FRANKFURT, (7, 1))
    radii = np.array((0.02, 0.2, 0.03, 0.15, 0.3, 0.25, 0.01), dtype=np.float32)
    reach = compute_reach(level, centers, radii)
    away = angle_radians(level.points[:, :3] / 32767.0, FRANKFURT)
    ring = np.flatnonzero(abs(away - 0.12) < 0.01)
    assert set(reach[ring[0], :SLOTS]) == {1, 3, 4, 5}


def test_without_auras_no_point_is_reached(level: PointLevel) -> None:
    reach = compute_reach(level, np.zeros((0, 3), np.float32), np.zeros(0, np.float32))
    assert reach.shape == (len(level.points), 2 * SLOTS)
    assert not reach.any()
