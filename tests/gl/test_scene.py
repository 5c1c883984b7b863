"""The scene: which contexts it takes, and what it leaves behind."""

from __future__ import annotations

import moderngl
import numpy as np
import pytest

from gl.errors import ContextError, GraphicsError
from gl.framebuffers import create_framebuffer, release_framebuffer
from gl.geometry.camera import Camera
from gl.scene import Scene
from tests.gl.golden_frames import make_frame

FRAME = make_frame(Camera(10.0, 30.0), (10.0, 20.0))


class OldContext:
    """A driver of 2008."""

    version_code = 210


def test_an_old_opengl_is_refused_with_advice() -> None:
    with pytest.raises(ContextError, match=r"version 2\.1.*libgl1-mesa-dri") as caught:
        Scene(OldContext())  # type: ignore[arg-type]
    assert isinstance(caught.value, GraphicsError)


def test_the_picture_does_not_depend_on_what_the_window_system_left_behind(context: moderngl.Context) -> None:
    scene, target = Scene(context), create_framebuffer(context, FRAME.viewport.device_size)
    scene.draw(FRAME, target)
    clean = target.read()
    context.enable_only(moderngl.BLEND | moderngl.CULL_FACE | moderngl.DEPTH_TEST)
    context.blend_func = moderngl.ZERO, moderngl.ZERO
    target.viewport = (0, 0, 7, 7)
    scene.draw(FRAME, target)
    assert target.read() == clean
    scene.release()
    release_framebuffer(target)


def test_an_earth_without_regions_can_be_drawn(context: moderngl.Context) -> None:
    from gl.frame import Frame

    scene, target = Scene(context), create_framebuffer(context, FRAME.viewport.device_size)
    scene.draw(Frame(FRAME.camera, FRAME.viewport, FRAME.sun_direction), target)
    assert np.frombuffer(target.read(), np.uint8).std() > 10.0
    scene.release()
    release_framebuffer(target)
