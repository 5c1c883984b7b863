"""Pictures in memory: drawn only when something changed, right after a change of size."""

from __future__ import annotations

from dataclasses import replace

import moderngl
import numpy as np
import pytest

from gl.geometry.camera import Camera, Viewport
from gl.layers.arcs import dot_places
from gl.offscreen import (
    OffscreenPresenter,
    create_offscreen_context,
    detect_renderer,
    is_software_renderer,
    release_offscreen_context,
)
from gl.scene import Scene
from gl.warm_up import warm_up_frames
from tests.gl.golden_frames import draw, make_frame

FRAME = make_frame(Camera(10.0, 30.0), (10.0, 20.0))


def test_an_unchanged_frame_is_not_drawn(
    presenter: OffscreenPresenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert presenter.present(FRAME) is True
    before = bytes(presenter.pixels)

    def refuse(*_: object) -> None:
        raise AssertionError("drawn although nothing changed")

    monkeypatch.setattr(Scene, "draw", refuse)
    assert presenter.present(make_frame(Camera(10.0, 30.0), (10.0, 20.0))) is False
    assert bytes(presenter.pixels) == before


def test_a_changed_frame_is_drawn(presenter: OffscreenPresenter) -> None:
    presenter.present(FRAME)
    before = bytes(presenter.pixels)
    assert presenter.present(replace(FRAME, camera=Camera(20.0, 30.0))) is True
    assert bytes(presenter.pixels) != before


def test_pixels_stay_the_same_object_until_the_size_changes(presenter: OffscreenPresenter) -> None:
    presenter.present(FRAME)
    pixels = presenter.pixels
    presenter.present(replace(FRAME, camera=Camera(20.0, 30.0)))
    assert presenter.pixels is pixels
    presenter.present(replace(FRAME, viewport=Viewport(200, 100)))
    assert len(presenter.pixels) == 200 * 100 * 4


def test_a_warm_up_changes_nothing_that_is_seen(presenter: OffscreenPresenter) -> None:
    presenter.present(FRAME)
    before = bytes(presenter.pixels)
    for warmed_up in warm_up_frames():
        presenter.warm_up(warmed_up)
    assert bytes(presenter.pixels) == before
    assert presenter.present(FRAME) is False
    resized = replace(FRAME, viewport=Viewport(200, 100))
    assert presenter.present(resized) is True
    assert np.any(np.frombuffer(presenter.pixels, dtype=np.uint8) > 100)


def test_warm_ups_draw_everything_that_a_first_picture_lacks() -> None:
    warmed_up = warm_up_frames()
    assert any(len(frame.markers.positions) for frame in warmed_up)
    assert any(len(frame.arcs.starts) and not len(frame.arcs.dot_arcs) for frame in warmed_up)
    # Only dots on the near side are drawn.
    assert any(
        frame.camera.project(dot_places(frame.arcs), frame.viewport).visible.any() for frame in warmed_up
    )


def test_the_first_row_is_the_top_one(presenter: OffscreenPresenter) -> None:
    # Seen from above the equator with the sun in the north, the northern rim is the bright one.
    picture = draw(presenter, make_frame(Camera(0.0, 0.0, 4.4), (60.0, 0.0), Viewport(200, 200)))
    assert picture[:40].mean() > 1.5 * picture[-40:].mean()


def test_every_pixel_is_opaque(presenter: OffscreenPresenter) -> None:
    presenter.present(FRAME)
    assert (np.frombuffer(presenter.pixels, np.uint8)[3::4] == 255).all()


def test_the_picture_fills_device_pixels(presenter: OffscreenPresenter) -> None:
    picture = draw(presenter, make_frame(Camera(10.0, 30.0), (10.0, 20.0), Viewport(160, 90, 1.5)))
    assert picture.shape == (135, 240, 3)
    assert picture[-1].max() > 0.0


def test_growing_and_shrinking_leaves_no_trace(
    presenter: OffscreenPresenter, context: moderngl.Context
) -> None:
    first = draw(presenter, FRAME)
    for size in ((100, 60), (640, 360), (1, 1)):
        presenter.present(replace(FRAME, viewport=Viewport(*size)))
    assert np.array_equal(draw(presenter, FRAME), first)


@pytest.mark.parametrize(
    ("renderer", "is_software"),
    [
        ("llvmpipe (LLVM 15.0.6, 256 bits)", True),
        ("softpipe", True),
        ("Google SwiftShader", True),
        ("Microsoft Basic Render Driver", True),
        ("Apple Software Renderer", True),
        ("Mesa Intel(R) UHD Graphics 620 (KBL GT2)", False),
        ("NVIDIA GeForce RTX 3060/PCIe/SSE2", False),
        ("AMD Radeon 680M (radeonsi, rembrandt, LLVM 15.0.6)", False),
        ("Apple M2", False),
    ],
)
def test_drivers_on_the_cpu_are_told_from_the_others(renderer: str, is_software: bool) -> None:
    assert is_software_renderer(renderer) is is_software


def test_another_context_does_not_disturb_a_presenter(presenter: OffscreenPresenter) -> None:
    first = draw(presenter, FRAME)
    other = create_offscreen_context()
    assert not np.array_equal(draw(presenter, replace(FRAME, camera=Camera(90.0, 30.0))), first)
    release_offscreen_context(other)
    assert np.array_equal(draw(presenter, FRAME), first)


def test_a_presenter_with_its_own_context_gives_everything_back(context: moderngl.Context) -> None:
    presenter = OffscreenPresenter()
    presenter.present(FRAME)
    assert presenter.renderer
    presenter.release()


def test_a_context_can_be_made_again(context: moderngl.Context) -> None:
    release_offscreen_context(create_offscreen_context())


def test_the_renderer_is_found_without_leaving_a_context_behind(context: moderngl.Context) -> None:
    assert detect_renderer() == context.info["GL_RENDERER"]
