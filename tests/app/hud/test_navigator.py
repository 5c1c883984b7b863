from __future__ import annotations

import pytest

from app.hud.navigator import OPENING_TURN_S, Navigator
from gl.geometry.camera import Camera, Viewport

VIEWPORT = Viewport(800, 600)
START = Camera(0.0, 20.0, 4.0)
TOKYO = Camera(139.7, 35.7, 3.0)


def run(navigator: Navigator, start_s: float, duration_s: float, step_s: float = 0.02) -> None:
    for index in range(round(duration_s / step_s) + 1):
        navigator.advance(start_s + index * step_s)


def test_nothing_moves_by_itself() -> None:
    navigator = Navigator(START)
    run(navigator, 0.0, 1.0)
    assert navigator.camera is START
    assert not navigator.is_moving


def test_a_flight_ends_at_its_target_and_then_rests() -> None:
    navigator = Navigator(START)
    navigator.fly_to(TOKYO, 10.0)
    assert navigator.is_flying
    run(navigator, 10.0, 3.0)
    assert navigator.camera == TOKYO
    assert not navigator.is_moving


def test_a_cancelled_flight_stays_where_it_is() -> None:
    navigator = Navigator(START)
    navigator.fly_to(TOKYO, 0.0)
    run(navigator, 0.0, 0.5)
    halfway = navigator.camera
    assert navigator.cancel_flight()
    run(navigator, 0.5, 1.0)
    assert navigator.camera == halfway
    assert halfway not in (START, TOKYO)
    assert not navigator.cancel_flight()


@pytest.mark.parametrize("interrupt", ["drag", "zoom", "fly"])
def test_a_person_interrupts_a_flight(interrupt: str) -> None:
    navigator = Navigator(START)
    navigator.fly_to(TOKYO, 0.0)
    run(navigator, 0.0, 0.5)
    if interrupt == "drag":
        navigator.drag(5.0, 0.0, VIEWPORT, 0.5)
        navigator.release(5.0)
    elif interrupt == "zoom":
        navigator.zoom(1.0)
    else:
        navigator.fly_to(START, 0.5)
    run(navigator, 0.52, 4.0)
    assert abs(navigator.camera.azimuth_degrees - TOKYO.azimuth_degrees) > 5.0


def test_a_thrown_globe_glides_on_and_comes_to_rest() -> None:
    navigator = Navigator(START)
    for index in range(5):
        navigator.drag(-10.0, 0.0, VIEWPORT, index * 0.016)
    released = navigator.camera
    navigator.release(0.07)
    assert navigator.is_moving
    run(navigator, 0.08, 4.0)
    assert navigator.camera.azimuth_degrees > released.azimuth_degrees
    assert not navigator.is_moving


def test_a_globe_held_still_before_the_release_does_not_glide() -> None:
    navigator = Navigator(START)
    navigator.drag(-10.0, 0.0, VIEWPORT, 0.0)
    navigator.drag(-10.0, 0.0, VIEWPORT, 0.016)
    navigator.release(0.5)
    assert not navigator.is_moving


def test_zoom_covers_all_its_steps_smoothly() -> None:
    navigator = Navigator(START)
    navigator.zoom(2.0)
    navigator.advance(0.0)
    navigator.advance(0.02)
    assert START.zoomed(2.0).distance < navigator.camera.distance < START.distance
    run(navigator, 0.04, 2.0)
    assert navigator.camera.distance == pytest.approx(START.zoomed(2.0).distance)
    assert not navigator.is_moving


def test_turning_goes_on_until_it_is_paused() -> None:
    navigator = Navigator(START)
    navigator.toggle_turning()
    run(navigator, 0.0, 2.0)
    assert navigator.camera.azimuth_degrees == pytest.approx(6.0, abs=0.1)
    navigator.toggle_turning()
    assert not navigator.is_moving


def test_the_opening_turn_fades_out_and_can_be_paused() -> None:
    untouched, paused = Navigator(START), Navigator(START)
    for navigator in (untouched, paused):
        navigator.start_opening_turn(0.0)
        run(navigator, 0.0, 1.0)
        assert navigator.camera.azimuth_degrees > 3.0
    paused.toggle_turning()
    assert not paused.is_moving
    run(untouched, 1.0, OPENING_TURN_S)
    assert not untouched.is_moving


def test_reduced_motion_arrives_at_once_and_never_turns_by_itself() -> None:
    navigator = Navigator(START, reduced_motion=True)
    navigator.start_opening_turn(0.0)
    assert not navigator.is_moving
    navigator.fly_to(TOKYO, 0.0)
    assert navigator.camera == TOKYO
    navigator.zoom(1.0)
    assert navigator.camera.distance == TOKYO.zoomed(1.0).distance
    navigator.drag(30.0, 0.0, VIEWPORT, 1.0)
    navigator.drag(30.0, 0.0, VIEWPORT, 1.01)
    navigator.release(1.02)
    assert not navigator.is_moving


def test_a_long_gap_between_frames_makes_no_jump() -> None:
    navigator = Navigator(START)
    navigator.toggle_turning()
    navigator.advance(0.0)
    navigator.advance(60.0)
    assert navigator.camera.azimuth_degrees < 1.0
