"""Drawing into a window's framebuffer, for drivers with a GPU.

A window system may ask for a repaint although nothing changed (an overlay moved, the window was uncovered); it
then gets a copy of the last picture, which costs a hundredth of a drawing. One thread only, context current.
"""

from __future__ import annotations

import moderngl

from gl.errors import ContextError, GraphicsError
from gl.frame import Frame
from gl.framebuffers import create_framebuffer, release_framebuffer
from gl.scene import Scene


class WindowPresenter:
    """A scene and its last picture."""

    def __init__(self) -> None:
        """Use the context that is current, the window's. Raises: ContextError, ShaderError."""
        try:
            # Alone, get_context gives whatever context the process made last, be it a released one.
            moderngl.init_context()
            self._context = moderngl.get_context()
        except Exception as error:  # glcontext raises bare Exceptions, and differs by platform
            raise ContextError(str(error)) from error
        self._scene = Scene(self._context)
        self._picture: moderngl.Framebuffer | None = None
        self._last: Frame | None = None

    @property
    def renderer(self) -> str:
        """The driver's name of what draws, GL_RENDERER."""
        return str(self._context.info["GL_RENDERER"])

    def present(self, frame: Frame, framebuffer_number: int) -> bool:
        """Put the picture of `frame` into the window's framebuffer.

        Args:
            framebuffer_number: OpenGL's name of it, as the window system gives it; it may change from call to call.
        Returns: False where the picture was copied and not drawn.
        Raises: GraphicsError where the driver fails.
        """
        try:
            return self._present(frame, self._context.detect_framebuffer(framebuffer_number))
        except moderngl.Error as error:
            raise GraphicsError(f"the graphics driver failed while drawing: {error}") from error

    def release(self) -> None:
        """Free the GPU objects; the context is the window's."""
        self._scene.release()
        if self._picture is not None:
            release_framebuffer(self._picture)

    def _present(self, frame: Frame, target: moderngl.Framebuffer) -> bool:
        picture = self._picture_of(frame.viewport.device_size)
        is_new = not frame.looks_like(self._last)
        if is_new:
            self._scene.draw(frame, picture)
            self._last = frame
        # Qt leaves the viewport of its own painting behind, and the copy covers the viewport.
        target.viewport = (0, 0, *picture.size)
        self._context.copy_framebuffer(target, picture)
        return is_new

    def _picture_of(self, size: tuple[int, int]) -> moderngl.Framebuffer:
        old = self._picture
        if old is not None and old.size == size:
            return old
        self._picture, self._last = create_framebuffer(self._context, size), None
        if old is not None:
            release_framebuffer(old)
        return self._picture
