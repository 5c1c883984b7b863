"""Frames: what counts as the same picture, and which mistakes are refused before they reach a driver."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gl.frame import MAX_AURAS, Arcs, Aura, Frame, Markers
from gl.geometry.camera import Camera
from tests.gl.golden_frames import make_frame

CAMERA = Camera(10.0, 30.0)


def a_frame() -> Frame:
    return make_frame(CAMERA, (10.0, 20.0))


def test_equal_arrays_make_the_same_picture() -> None:
    assert a_frame().looks_like(a_frame())


def test_a_first_frame_looks_like_nothing_before() -> None:
    assert not a_frame().looks_like(None)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(replace(a_frame(), camera=Camera(10.1, 30.0)), id="camera"),
        pytest.param(replace(a_frame(), time_s=1.0), id="time"),
        pytest.param(replace(a_frame(), sun_direction=-a_frame().sun_direction), id="sun"),
        pytest.param(replace(a_frame(), markers=replace(a_frame().markers, selected=None)), id="selection"),
        pytest.param(
            replace(a_frame(), aura=replace(a_frame().aura, colors=a_frame().aura.colors * 0.9)), id="price"
        ),
        pytest.param(
            replace(a_frame(), arcs=replace(a_frame().arcs, dot_progress=a_frame().arcs.dot_progress * 0.9)),
            id="replica",
        ),
        pytest.param(replace(a_frame(), arcs=Arcs()), id="arc gone"),
    ],
)
def test_anything_that_shows_makes_another_picture(changed: Frame) -> None:
    assert not a_frame().looks_like(changed)


def test_new_colours_do_not_move_an_aura() -> None:
    aura = a_frame().aura
    assert aura.reaches_like(replace(aura, colors=aura.colors * 0.5, centers=aura.centers.copy()))
    assert not aura.reaches_like(replace(aura, radii_radians=aura.radii_radians * 2.0))


def test_a_missing_row_is_refused() -> None:
    markers = a_frame().markers
    with pytest.raises(ValueError, match="every marker array needs 12 rows"):
        replace(markers, colors=markers.colors[1:])


def test_a_dot_without_its_arc_is_refused() -> None:
    with pytest.raises(ValueError, match="outside 0 to -1"):
        Arcs(dot_arcs=np.zeros(1, np.int32), dot_progress=np.zeros(1, np.float32))


def test_too_many_auras_are_refused() -> None:
    rows = MAX_AURAS + 1
    with pytest.raises(ValueError, match="at most 255"):
        Aura(np.zeros((rows, 3)), np.zeros(rows), np.zeros((rows, 3)), np.zeros(rows))


def test_nothing_at_all_is_a_valid_frame() -> None:
    empty = Frame(CAMERA, a_frame().viewport, a_frame().sun_direction)
    assert empty.looks_like(replace(empty, markers=Markers()))
