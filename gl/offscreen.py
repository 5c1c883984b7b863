"""Drawing without a window: an EGL context, a framebuffer, and pixels to be shown by anyone.

The core of the presenter for software drivers, of golden images and of screenshots. One thread only.
"""

from __future__ import annotations

import sys
from typing import Any

import moderngl

from gl.errors import ContextError
from gl.frame import Frame
from gl.framebuffers import BYTES_PER_PIXEL as BYTES_PER_PIXEL
from gl.framebuffers import create_framebuffer, release_framebuffer
from gl.scene import REQUIRED_VERSION, Scene

# Parts of GL_RENDERER that tell a rasteriser on the CPU: Mesa's three, Google's, Microsoft's, Apple's.
_SOFTWARE_RENDERERS = (
    "llvmpipe",
    "softpipe",
    "swrast",
    "swiftshader",
    "gdi generic",
    "basic render",
    "software",
)


def is_software_renderer(renderer: str) -> bool:
    """Return whether GL_RENDERER `renderer` draws on the CPU."""
    return any(name in renderer.lower() for name in _SOFTWARE_RENDERERS)


def create_offscreen_context() -> moderngl.Context:
    """Return a context without a window or a display server. Raises: ContextError."""
    # Elsewhere the system's own kind of context needs no window either.
    options: dict[str, Any] = {"backend": "egl"} if sys.platform.startswith("linux") else {}
    try:
        return moderngl.create_standalone_context(require=REQUIRED_VERSION, **options)
    except Exception as error:  # glcontext raises bare Exceptions, and differs by platform
        raise ContextError(str(error)) from error


def release_offscreen_context(context: moderngl.Context) -> None:
    """Free `context`, and leave the thread without a current one.

    A released context that is still current keeps the thread: Qt's own can then not be made current.
    """
    with context:
        pass  # leaving the block is what makes it no longer current
    context.release()


def detect_renderer() -> str:
    """Return GL_RENDERER, the name of what would draw on this machine. Raises: ContextError."""
    context = create_offscreen_context()
    renderer = str(context.info["GL_RENDERER"])
    release_offscreen_context(context)
    return renderer


class OffscreenPresenter:
    """Draws frames into memory.

    `pixels` holds the last one: RGBX, 4 bytes for each pixel, top row first, no padding. `renderer` is the
    driver's name of what draws, GL_RENDERER.
    """

    def __init__(self, context: moderngl.Context | None = None) -> None:
        """Use `context`, or make one of its own. Raises: ContextError, ShaderError."""
        self._owns_context = context is None
        self._context = context or create_offscreen_context()
        # Made current for each call: somebody else in the process may have made a context since.
        with self._context:
            self.renderer = str(self._context.info["GL_RENDERER"])
            self._scene = Scene(self._context, is_flipped=True)
        self._framebuffer: moderngl.Framebuffer | None = None
        self._last: Frame | None = None
        self.pixels = bytearray()

    def present(self, frame: Frame) -> bool:
        """Bring `pixels` up to date with `frame`. Returns False where they already were: nothing was drawn.

        `pixels` is replaced by a new object when the size changes, and overwritten in place otherwise.
        """
        if frame.looks_like(self._last):
            return False
        with self._context:
            framebuffer = self._framebuffer_for(frame.viewport.device_size)
            self._scene.draw(frame, framebuffer)
            framebuffer.read_into(self.pixels, components=BYTES_PER_PIXEL, alignment=1)
        self._last = frame
        return True

    def warm_up(self, frame: Frame) -> None:
        """Draw `frame` where nobody sees it, so that the driver has compiled what it needs (gl/warm_up.py)."""
        with self._context:
            framebuffer = create_framebuffer(self._context, frame.viewport.device_size)
            self._scene.draw(frame, framebuffer)
            if self._framebuffer is not None:
                self._framebuffer.use()  # moderngl returns to the one used last, which must still be there
            release_framebuffer(framebuffer)

    def release(self) -> None:
        """Free the GPU objects, and the context if it was made here."""
        with self._context:
            self._scene.release()
            if self._framebuffer is not None:
                release_framebuffer(self._framebuffer)
        if self._owns_context:
            release_offscreen_context(self._context)

    def _framebuffer_for(self, size: tuple[int, int]) -> moderngl.Framebuffer:
        old = self._framebuffer
        if old is not None and old.size == size:
            return old
        self._framebuffer = create_framebuffer(self._context, size)
        self.pixels = bytearray(size[0] * size[1] * BYTES_PER_PIXEL)
        if old is not None:
            release_framebuffer(old)
        return self._framebuffer
