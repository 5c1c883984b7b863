"""Drawing into a window's framebuffer, for drivers with a GPU.

A window system may ask for a repaint although nothing changed (an overlay moved, the window was uncovered); it
then gets a copy of the last picture, which costs a hundredth of a drawing. One thread only, context current.
"""

from __future__ import annotations

import moderngl

from gl.frame import Frame
from gl.framebuffers import create_framebuffer, release_framebuffer
from gl.scene import Scene


class WindowPresenter:
    """A scene and its last picture."""

    def __init__(self, context: moderngl.Context) -> None:
        """Use the window's `context`. Raises: ContextError, ShaderError."""
        self._context = context
        self._scene = Scene(context)
        self._picture: moderngl.Framebuffer | None = None
        self._last: Frame | None = None

    def present(self, frame: Frame, target: moderngl.Framebuffer) -> bool:
        """Put the picture of `frame` into `target`. Returns False where it was copied and not drawn."""
        picture = self._picture_of(frame.viewport.device_size)
        is_new = not frame.looks_like(self._last)
        if is_new:
            self._scene.draw(frame, picture)
            self._last = frame
        # Qt leaves the viewport of its own painting behind, and the copy covers the viewport.
        target.viewport = (0, 0, *picture.size)
        self._context.copy_framebuffer(target, picture)
        return is_new

    def release(self) -> None:
        """Free the GPU objects; the context is the window's."""
        self._scene.release()
        if self._picture is not None:
            release_framebuffer(self._picture)

    def _picture_of(self, size: tuple[int, int]) -> moderngl.Framebuffer:
        if self._picture is not None and self._picture.size != size:
            release_framebuffer(self._picture)
            self._picture = None
        if self._picture is None:
            self._picture = create_framebuffer(self._context, size)
            self._last = None
        return self._picture
