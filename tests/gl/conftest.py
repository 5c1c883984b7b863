"""One OpenGL context for all tests that draw, checked and tidied after each of them."""

from __future__ import annotations

from collections.abc import Iterator

import moderngl
import pytest

from gl.errors import ContextError
from gl.offscreen import OffscreenPresenter, create_offscreen_context


@pytest.fixture(scope="session")
def shared_context() -> Iterator[moderngl.Context]:
    try:
        context = create_offscreen_context()
    except ContextError as error:
        pytest.skip(f"nothing can be drawn on this machine: {error}")
    yield context
    context.release()


@pytest.fixture
def context(shared_context: moderngl.Context) -> Iterator[moderngl.Context]:
    """The shared context; a GL error that a test leaves behind fails that test."""
    yield shared_context
    error = shared_context.error
    shared_context.enable_only(moderngl.NOTHING)
    assert error == "GL_NO_ERROR"


@pytest.fixture
def presenter(context: moderngl.Context) -> Iterator[OffscreenPresenter]:
    presenter = OffscreenPresenter(context)
    yield presenter
    presenter.release()
