"""Is there a display to open a window on? Asked before Qt is loaded, because Qt aborts where there is none."""

from __future__ import annotations

import ctypes
import os
import sys

_HEADLESS_HINT = (
    "the window needs a display. Without one, these commands do the same work: "
    "sentinelaura plan, migrate, operator, oracle, doctor (each has --help)"
)


class DisplayError(Exception):
    """No display can be opened; the message says what to use instead."""


def require_display() -> None:
    """Return where a window can be opened. Raises: DisplayError."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM", "xcb").split(":")[0] != "xcb":
        return
    if os.environ.get("WAYLAND_DISPLAY") and "QT_QPA_PLATFORM" not in os.environ:
        return
    name = os.environ.get("DISPLAY")
    if not name:
        raise DisplayError(f"no display is set (DISPLAY is empty): {_HEADLESS_HINT}")
    if not _can_connect(name):
        raise DisplayError(f"the display {name} does not answer: {_HEADLESS_HINT}")


def _can_connect(display: str) -> bool:
    """Ask the X server for a connection by libxcb; True where libxcb itself is missing (Qt will say so)."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode(), None)
    failed = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not failed
