"""Pictures in a window's framebuffer: drawn once, copied afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import moderngl
import numpy as np
import pytest

from gl.errors import GraphicsError
from gl.framebuffers import create_framebuffer, release_framebuffer
from gl.geometry.camera import Camera, Viewport
from gl.scene import Scene
from gl.window_presenter import WindowPresenter
from tests.gl.golden_frames import make_frame

FRAME = make_frame(Camera(10.0, 30.0), (10.0, 20.0))


@pytest.fixture
def window(context: moderngl.Context) -> Iterator[WindowPresenter]:
    presenter = WindowPresenter()
    yield presenter
    presenter.release()


@pytest.fixture
def target(context: moderngl.Context) -> Iterator[moderngl.Framebuffer]:
    framebuffer = create_framebuffer(context, FRAME.viewport.device_size)
    yield framebuffer
    release_framebuffer(framebuffer)


def test_a_repaint_copies_the_picture(window: WindowPresenter, target: moderngl.Framebuffer) -> None:
    assert window.present(FRAME, target.glo) is True
    drawn = target.read()
    other = create_framebuffer(target.ctx, FRAME.viewport.device_size)
    assert window.present(FRAME, other.glo) is False
    assert other.read() == drawn
    release_framebuffer(other)
    assert np.frombuffer(drawn, np.uint8).max() > 100


def test_a_new_frame_is_drawn(window: WindowPresenter, target: moderngl.Framebuffer) -> None:
    window.present(FRAME, target.glo)
    drawn = target.read()
    assert window.present(replace(FRAME, camera=Camera(40.0, 30.0)), target.glo) is True
    assert target.read() != drawn


def test_a_new_size_is_drawn_anew(context: moderngl.Context, window: WindowPresenter) -> None:
    for size in ((320, 180), (200, 300), (320, 180)):
        target = create_framebuffer(context, size)
        assert window.present(replace(FRAME, viewport=Viewport(*size)), target.glo) is True
        assert len(set(target.read(viewport=(0, size[1] - 1, size[0], 1)))) > 1, "the top row is drawn too"
        release_framebuffer(target)


def test_a_failing_driver_is_reported_as_ours(
    window: WindowPresenter, target: moderngl.Framebuffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise moderngl.Error("out of memory")

    monkeypatch.setattr(Scene, "draw", fail)
    with pytest.raises(GraphicsError, match="out of memory"):
        window.present(FRAME, target.glo)
