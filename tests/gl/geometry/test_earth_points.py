"""The land points: the shipped file, culling that loses nothing, a density that suits the zoom."""

from __future__ import annotations

import numpy as np
import pytest

from gl.geometry.camera import MAX_DISTANCE, MIN_DISTANCE, Camera, Viewport
from gl.geometry.earth_points import (
    GRID,
    PointLevel,
    bucket_bounds,
    bucket_numbers,
    choose_level,
    decode_levels,
    encode_levels,
    hilbert_index,
    merge_ranges,
    visible_buckets,
)
from gl.geometry.geodesy import angle_radians, normalize, to_degrees, to_unit_vectors
from resources.loader import load_bytes

VIEWPORT = Viewport(1280, 720)
BUCKETS = 6 * GRID * GRID


@pytest.fixture(scope="module")
def levels() -> list[PointLevel]:
    return decode_levels(load_bytes("land_points.bin"))


def places_of(level: PointLevel) -> np.ndarray:
    return level.points[:, :3] / 32767.0


def test_points_lie_on_the_sphere(levels: list[PointLevel]) -> None:
    for level in levels:
        assert np.abs(np.linalg.norm(places_of(level), axis=1) - 1.0).max() < 5e-5


def test_three_tenths_of_the_earth_are_land(levels: list[PointLevel]) -> None:
    for level in levels:
        assert len(level.points) / level.lattice_count == pytest.approx(0.292, abs=0.01)


@pytest.mark.parametrize(
    ("latitude", "longitude", "is_land"),
    [
        pytest.param(23.0, 10.0, True, id="sahara"),
        pytest.param(-25.0, 134.0, True, id="australia"),
        pytest.param(64.0, 100.0, True, id="siberia"),
        pytest.param(-10.0, -55.0, True, id="brazil"),
        pytest.param(-85.0, 60.0, True, id="antarctica"),
        pytest.param(0.0, -150.0, False, id="pacific"),
        pytest.param(-16.5, 75.0, False, id="indian ocean, where a careless map has a line"),
        pytest.param(42.0, 51.0, False, id="caspian sea"),
        pytest.param(72.5, -150.0, False, id="arctic, where a careless map has a line"),
        pytest.param(25.0, -90.0, False, id="gulf of mexico"),
    ],
)
def test_land_is_where_it_is(
    levels: list[PointLevel], latitude: float, longitude: float, is_land: bool
) -> None:
    nearest = angle_radians(places_of(levels[2]), to_unit_vectors(latitude, longitude)).min()
    assert bool(np.degrees(nearest) < 0.6) == is_land


def test_only_coasts_have_sea_around_them(levels: list[PointLevel]) -> None:
    sea = levels[3].points[:, 3] / 32767.0
    latitude, longitude = to_degrees(places_of(levels[3]))
    sahara = (abs(latitude - 23.0) < 3.0) & (abs(longitude - 10.0) < 3.0)
    assert (sea[sahara] == 0.0).all()
    assert 0.1 < (sea > 0.0).mean() < 0.5


def test_every_point_lies_in_its_bucket(levels: list[PointLevel]) -> None:
    bounds = bucket_bounds()
    for level in levels:
        numbers = np.repeat(np.arange(BUCKETS), np.diff(level.offsets))
        away = angle_radians(places_of(level), bounds.centers[numbers])
        assert (away <= bounds.angles[numbers] + 1e-4).all()


@pytest.mark.parametrize(
    "camera",
    [Camera(10.0, 30.0, 4.4), Camera(-95.0, 38.0, 2.0), Camera(8.0, 48.0, 1.4, 70.0), Camera(0.0, 90.0, 1.5)],
)
def test_culling_loses_no_visible_point(levels: list[PointLevel], camera: Camera) -> None:
    level = levels[2]
    projection = camera.project(places_of(level), VIEWPORT)
    inside = ((projection.pixels >= 0.0) & (projection.pixels <= (1280.0, 720.0))).all(axis=1)
    drawn = np.zeros(len(level.points), dtype=bool)
    for first, count in merge_ranges(visible_buckets(camera, VIEWPORT.aspect), level.offsets):
        drawn[first : first + count] = True
    assert drawn[inside & projection.visible].all()


def test_culling_leaves_out_most_of_the_earth_at_close_zoom(levels: list[PointLevel]) -> None:
    visible = visible_buckets(Camera(8.0, 48.0, 1.4), VIEWPORT.aspect)
    assert visible.mean() < 0.08


def test_ranges_are_few(levels: list[PointLevel]) -> None:
    for azimuth in range(-180, 180, 30):
        visible = visible_buckets(Camera(float(azimuth), 20.0), VIEWPORT.aspect)
        assert len(merge_ranges(visible, levels[1].offsets)) <= 24


def test_a_range_joins_over_buckets_without_land() -> None:
    offsets = np.array((0, 3, 3, 5, 9), dtype=np.uint32)
    assert merge_ranges(np.array((True, False, True, False)), offsets) == [(0, 5)]
    assert merge_ranges(np.array((True, False, False, True)), offsets) == [(0, 3), (5, 4)]
    assert merge_ranges(np.zeros(4, dtype=bool), offsets) == []


@pytest.mark.parametrize("viewport", [VIEWPORT, Viewport(1920, 1080), Viewport(320, 180)])
def test_every_zoom_shows_enough_points_and_not_too_many(
    levels: list[PointLevel], viewport: Viewport
) -> None:
    counts = []
    for distance in np.geomspace(MIN_DISTANCE - 1.0, MAX_DISTANCE - 1.0, 24) + 1.0:
        camera = Camera(20.0, 20.0, float(distance))
        visible = visible_buckets(camera, viewport.aspect)
        level = levels[choose_level(levels, camera, viewport)]
        counts.append(sum(count for _, count in merge_ranges(visible, level.offsets)))
    assert max(counts) < 100_000
    assert min(counts) > 3_000


def test_a_nearer_camera_never_gets_a_coarser_level(levels: list[PointLevel]) -> None:
    numbers = [choose_level(levels, Camera(distance=d), VIEWPORT) for d in (9.0, 6.0, 4.0, 3.0, 2.0, 1.4)]
    assert numbers == sorted(numbers)
    assert numbers[-1] == len(levels) - 1


def test_the_earth_does_not_change_while_it_turns(levels: list[PointLevel]) -> None:
    for distance in (4.4, 2.6, 1.8):
        turns = [
            Camera(azimuth, elevation, distance)
            for azimuth in (-90.0, 20.0, 100.0)
            for elevation in (-60.0, 30.0)
        ]
        assert len({choose_level(levels, camera, VIEWPORT) for camera in turns}) == 1


def test_the_hilbert_curve_steps_from_neighbour_to_neighbour() -> None:
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(16), np.arange(16)))
    index = hilbert_index(x, y, 4)
    order = np.argsort(index)
    assert sorted(index) == list(range(256))
    assert (np.abs(np.diff(x[order])) + np.abs(np.diff(y[order])) == 1).all()


def test_buckets_cover_the_sphere() -> None:
    places = normalize(np.random.default_rng(3).normal(size=(5000, 3)))
    order, numbers = bucket_numbers(places)
    bounds = bucket_bounds()
    assert (angle_radians(places, bounds.centers[numbers]) <= bounds.angles[numbers] + 1e-9).all()
    assert (np.diff(numbers[order]) >= 0).all()


def test_levels_survive_the_file(levels: list[PointLevel]) -> None:
    again = decode_levels(encode_levels(levels[:2]))
    assert [level.lattice_count for level in again] == [level.lattice_count for level in levels[:2]]
    assert np.array_equal(again[1].points, levels[1].points)
    assert np.array_equal(again[1].offsets, levels[1].offsets)


@pytest.mark.parametrize("content", [b"", b"PNG", b"SALAND99" + bytes(8)])
def test_another_file_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="not a land point file"):
        decode_levels(content)


def test_a_cut_file_is_refused() -> None:
    with pytest.raises(ValueError, match="cut off"):
        decode_levels(load_bytes("land_points.bin")[:100_000])
