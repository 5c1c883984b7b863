"""Which presenter brings the globe to the screen on this machine."""

from __future__ import annotations

import logging

from PySide6.QtWidgets import QWidget

from app.config.window_settings import PresenterChoice
from app.hud.globe_view import GlobeView
from app.hud.no_globe import NoGlobe

_log = logging.getLogger(__name__)


def make_view(choice: PresenterChoice, parent: QWidget) -> GlobeView:
    """Return the presenter: the graphics card's where there is one, else the software one, else a message.

    The question is put to a context without a window: on a software driver that context is needed anyway, and on a
    graphics card making one more costs a few milliseconds.
    """
    if choice is PresenterChoice.HARDWARE:
        return _hardware_view(parent)
    try:
        from gl.offscreen import OffscreenPresenter, create_offscreen_context, is_software_renderer

        context = create_offscreen_context()
        renderer = str(context.info["GL_RENDERER"])
        if choice is PresenterChoice.AUTO and not is_software_renderer(renderer):
            with context:
                pass  # leaving it makes no context current: while this one is, drivers refuse Qt's
            context.release()
            return _hardware_view(parent)
        from app.hud.software_viewport import SoftwareViewport

        return SoftwareViewport(OffscreenPresenter(context), parent)
    except Exception as error:  # a missing library, driver or shader: whatever it is, the window still opens
        _log.warning("no offscreen OpenGL: %s", error)
        return _hardware_view(parent) if _has_window_gl() else NoGlobe(str(error), parent)


def _hardware_view(parent: QWidget) -> GlobeView:
    from app.hud.viewport import HardwareViewport

    return HardwareViewport(parent)


def _has_window_gl() -> bool:
    """Whether Qt itself can make a context: Windows and macOS have no EGL."""
    from PySide6.QtGui import QOpenGLContext

    return QOpenGLContext().create()
