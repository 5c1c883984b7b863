"""What is drawn on the globe: land, auras, markers and arcs appear where, when and as they should.

Facts are read off small pictures: what a layer adds is the difference to the same picture without it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gl.frame import Arcs, Aura, Frame, Markers
from gl.geometry.arc_curves import arc_points
from gl.geometry.camera import Camera, Viewport
from gl.geometry.geodesy import to_unit_vectors
from gl.layers.arcs import dot_places
from gl.offscreen import OffscreenPresenter
from tests.gl.golden_frames import Picture, draw

VIEWPORT = Viewport(400, 400)
OVER_EUROPE = Camera(9.0, 45.0, 2.4)
BERLIN, SAHARA, SYDNEY = to_unit_vectors([52.5, 23.0, -33.9], [13.4, 10.0, 151.2]).astype(np.float32)
GREEN = np.array([[0.1, 0.9, 0.5]], np.float32)
NOON, MIDNIGHT = (20.0, 10.0), (-20.0, -170.0)


def bare(camera: Camera = OVER_EUROPE, sun: tuple[float, float] = MIDNIGHT) -> Frame:
    return Frame(camera, VIEWPORT, to_unit_vectors(*sun).astype(np.float32))


def one_marker(place: np.ndarray, **changes: object) -> Markers:
    one = np.ones(1, np.float32)
    return replace(Markers(place[None], GREEN, 8.0 * one, one), **changes)  # type: ignore[arg-type]


def one_aura(place: np.ndarray, strength: float = 1.0) -> Aura:
    return Aura(place[None], np.array([0.12], np.float32), GREEN, np.array([strength], np.float32))


def added(presenter: OffscreenPresenter, frame: Frame, without: Frame) -> Picture:
    """Return how much light each pixel gained or lost, shape (height, width)."""
    return np.abs(draw(presenter, frame) - draw(presenter, without)).max(axis=2)


def pixel_of(frame: Frame, place: np.ndarray) -> tuple[int, int]:
    x, y = frame.camera.project(place, frame.viewport).pixels[0]
    return int(y), int(x)


def around(picture: Picture, pixel: tuple[int, int], radius: int) -> Picture:
    row, column = pixel
    return picture[row - radius : row + radius + 1, column - radius : column + radius + 1]


def test_day_is_brighter_than_night(presenter: OffscreenPresenter) -> None:
    day, night = (draw(presenter, bare(sun=sun)) for sun in (NOON, MIDNIGHT))
    pixel = pixel_of(bare(), SAHARA)
    assert around(day, pixel, 12).mean() > 2.0 * around(night, pixel, 12).mean()
    assert around(night, pixel, 12).max() > 40.0, "land shows at night too"


def test_the_rim_glows_blue_on_the_day_side(presenter: OffscreenPresenter) -> None:
    picture = draw(presenter, bare(Camera(0.0, 0.0, 4.4), (0.0, 90.0)))
    # The limb is 163 pixels from the middle.
    night, day = picture[200, :37], picture[200, 363:]
    rim = day[day[:, 2].argmax()]
    assert rim[2] > 150.0
    assert rim[2] > rim[0] + 40.0
    assert rim[2] > 2.0 * night[:, 2].max()


def test_an_aura_tints_the_land_around_its_region_and_no_other(presenter: OffscreenPresenter) -> None:
    lit = replace(bare(), aura=one_aura(BERLIN))
    gained = added(presenter, lit, bare())
    assert around(gained, pixel_of(lit, BERLIN), 10).max() > 100.0
    assert around(gained, pixel_of(lit, SAHARA), 10).max() == 0.0
    assert around(draw(presenter, lit), pixel_of(lit, BERLIN), 10).reshape(-1, 3).max(axis=0).argmax() == 1


def test_a_new_price_recolours_an_aura_in_place(presenter: OffscreenPresenter) -> None:
    green = replace(bare(), aura=one_aura(BERLIN))
    red = replace(green, aura=replace(green.aura, colors=GREEN[:, [1, 0, 2]]))
    around_berlin = around(draw(presenter, red), pixel_of(red, BERLIN), 10)
    draw(presenter, green)
    assert around_berlin.reshape(-1, 3).max(axis=0).argmax() == 0
    assert np.array_equal(around(draw(presenter, red), pixel_of(red, BERLIN), 10), around_berlin)


def test_an_aura_moves_with_its_region(presenter: OffscreenPresenter) -> None:
    draw(presenter, replace(bare(), aura=one_aura(BERLIN)))
    moved = replace(bare(), aura=one_aura(SAHARA))
    gained = added(presenter, moved, bare())
    assert around(gained, pixel_of(moved, SAHARA), 10).max() > 100.0
    assert around(gained, pixel_of(moved, BERLIN), 10).max() == 0.0


def test_an_aura_without_strength_shows_nothing(presenter: OffscreenPresenter) -> None:
    assert added(presenter, replace(bare(), aura=one_aura(BERLIN, 0.0)), bare()).max() == 0.0


def test_a_marker_stands_where_it_projects(presenter: OffscreenPresenter) -> None:
    frame = replace(bare(), markers=one_marker(BERLIN, glows=np.zeros(1, np.float32)))
    rows, columns = np.nonzero(added(presenter, frame, bare()) > 60.0)
    row, column = pixel_of(frame, BERLIN)
    assert (rows.mean(), columns.mean()) == pytest.approx((row, column), abs=1.0)
    assert 5 <= np.ptp(columns) + 1 <= 12


def test_a_marker_behind_the_limb_is_gone(presenter: OffscreenPresenter) -> None:
    assert added(presenter, replace(bare(), markers=one_marker(SYDNEY)), bare()).max() == 0.0


def test_selection_and_hovering_show(presenter: OffscreenPresenter) -> None:
    plain = replace(bare(), markers=one_marker(BERLIN))
    for state in ({"selected": 0}, {"hovered": 0}):
        changed = replace(plain, markers=one_marker(BERLIN, **state))
        assert added(presenter, changed, plain).max() > 60.0


def test_a_marker_grows_with_the_device_pixels(presenter: OffscreenPresenter) -> None:
    def width(ratio: float) -> int:
        plain = replace(bare(), viewport=Viewport(200, 200, ratio))
        frame = replace(plain, markers=one_marker(BERLIN, glows=np.zeros(1, np.float32)))
        return int(np.ptp(np.nonzero(added(presenter, frame, plain) > 60.0)[1])) + 1

    assert width(2.0) == pytest.approx(2 * width(1.0), abs=2)


def arc_to(end: np.ndarray, progress: float, dash: float = 0.0) -> Arcs:
    return Arcs(
        starts=BERLIN[None],
        ends=end[None],
        colors=GREEN,
        dash_lengths=np.array([dash], np.float32),
        dot_arcs=np.zeros(1, np.int32),
        dot_progress=np.array([progress], np.float32),
    )


@pytest.mark.parametrize("progress", [0.25, 0.5, 0.75])
def test_a_dot_travels_along_its_arc(presenter: OffscreenPresenter, progress: float) -> None:
    frame = replace(bare(Camera(10.0, 30.0, 3.0)), arcs=arc_to(SAHARA, progress))
    place = arc_points(BERLIN, SAHARA, progress)
    spot = around(draw(presenter, frame), pixel_of(frame, place), 1)
    assert spot.min() > 110.0, "white-hot in the middle"


def test_the_ribbon_joins_the_regions_and_dims_where_it_is_hidden(presenter: OffscreenPresenter) -> None:
    plain = bare(Camera(50.0, 35.0, 5.0))
    frame = replace(plain, arcs=arc_to(SYDNEY, 1.0))
    gained = added(presenter, frame, plain)
    for share in (0.05, 0.2, 0.35):
        place = arc_points(BERLIN, SYDNEY, share)
        assert frame.camera.project(place, VIEWPORT).visible[0]
        assert around(gained, pixel_of(frame, place), 2).max() > 60.0
    hidden = arc_points(BERLIN, SYDNEY, 0.93)
    assert not frame.camera.project(hidden, VIEWPORT).visible[0]
    assert around(gained, pixel_of(frame, hidden), 2).max() < 10.0


def test_a_dot_behind_the_globe_is_gone(presenter: OffscreenPresenter) -> None:
    plain = replace(bare(Camera(50.0, 35.0, 5.0)), arcs=arc_to(SYDNEY, 0.2))
    moved = replace(plain, arcs=arc_to(SYDNEY, 0.95))
    no_dot = replace(
        plain, arcs=replace(plain.arcs, dot_arcs=np.zeros(0, np.int32), dot_progress=np.zeros(0, np.float32))
    )
    assert added(presenter, moved, no_dot).max() == 0.0
    assert added(presenter, plain, no_dot).max() > 60.0


def test_dashes_move_with_time(presenter: OffscreenPresenter) -> None:
    frame = replace(bare(), arcs=arc_to(SAHARA, 1.0, dash=0.05))
    assert added(presenter, replace(frame, time_s=0.5), frame).max() > 40.0
    unbroken = replace(bare(), arcs=arc_to(SAHARA, 1.0))
    assert added(presenter, replace(unbroken, time_s=0.5), unbroken).max() == 0.0


def test_dots_are_exact_at_both_ends() -> None:
    arcs = replace(
        arc_to(SAHARA, 0.0), dot_arcs=np.zeros(2, np.int32), dot_progress=np.array([0.0, 1.0], np.float32)
    )
    assert dot_places(arcs) == pytest.approx(np.stack((BERLIN, SAHARA)), abs=1e-6)


def test_hundreds_of_markers_fit(presenter: OffscreenPresenter) -> None:
    count = 400
    places = to_unit_vectors(np.linspace(-60.0, 70.0, count), np.linspace(0.0, 3000.0, count)).astype(
        np.float32
    )
    ones = np.ones(count, np.float32)
    markers = Markers(places, np.repeat(GREEN, count, axis=0), 5.0 * ones, ones)
    assert (added(presenter, replace(bare(), markers=markers), bare()) > 60.0).sum() > 1500
