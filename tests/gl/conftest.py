"""One OpenGL context for all tests that draw, checked and tidied after each of them."""

from __future__ import annotations

from collections.abc import Iterator

import moderngl
import pytest

from gl.errors import ContextError
from gl.framebuffers import create_framebuffer
from gl.offscreen import OffscreenPresenter, create_offscreen_context, release_offscreen_context


@pytest.fixture(scope="session")
def shared_context() -> Iterator[moderngl.Context]:
    try:
        context = create_offscreen_context()
    except ContextError as error:
        pytest.skip(f"nothing can be drawn on this machine: {error}")
    yield context
    release_offscreen_context(context)


@pytest.fixture(scope="session")
def idle_framebuffer(shared_context: moderngl.Context) -> moderngl.Framebuffer:
    """What is bound between tests: moderngl returns to the framebuffer used last, which must still be there."""
    return create_framebuffer(shared_context, (1, 1))


@pytest.fixture
def context(
    shared_context: moderngl.Context, idle_framebuffer: moderngl.Framebuffer
) -> Iterator[moderngl.Context]:
    """The shared context; a GL error that a test leaves behind fails that test."""
    with shared_context:
        yield shared_context
    with shared_context:
        error = shared_context.error
        idle_framebuffer.use()
        shared_context.enable_only(moderngl.NOTHING)
    assert error == "GL_NO_ERROR"


@pytest.fixture
def presenter(context: moderngl.Context) -> Iterator[OffscreenPresenter]:
    presenter = OffscreenPresenter(context)
    yield presenter
    presenter.release()
