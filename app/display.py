"""Is there a display to open a window on? Asked before Qt is loaded, because Qt aborts where there is none."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from collections.abc import Callable
from functools import reduce
from pathlib import Path

from app.display_reasons import DisplayCode
from oracle.foundation.reason import Reason

#: How long a compositor may take to accept a connection, seconds; it is on this machine.
_ANSWER_TIMEOUT_S = 2.0


class DisplayError(Exception):
    """No window can be opened, for `reason`; the message names what to use instead."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(str(DisplayCode.NO_WINDOW.because(problem=reason)))


def require_display() -> None:
    """Return where a window can be opened. Raises: DisplayError."""
    if sys.platform in ("win32", "darwin"):
        return
    reasons = []
    for platform in _list_platforms():
        reason = _find_reason(platform)
        if reason is None:
            return
        reasons.append(reason)
    raise DisplayError(reduce(_join, reasons))


def _join(first: Reason, second: Reason) -> Reason:
    return DisplayCode.SEVERAL.because(first=first, second=second)


def _list_platforms() -> list[str]:
    """Return what Qt will try, in its order: `QT_QPA_PLATFORM` is a list such as `wayland;xcb:option`."""
    named = os.environ.get("QT_QPA_PLATFORM")
    if named:
        return [entry.split(":")[0].lower() for entry in named.split(";")]
    return ["wayland", "xcb"] if os.environ.get("WAYLAND_DISPLAY") else ["xcb"]


def _find_reason(platform: str) -> Reason | None:
    """Return why a platform of Qt can open no window here, None where it can."""
    find = _PLATFORMS.get(platform)
    if find is None:
        return DisplayCode.PLATFORM_UNFIT.because(platform=platform, known=", ".join(_PLATFORMS))
    return find()


def _find_x_reason() -> Reason | None:
    display = os.environ.get("DISPLAY")
    if not display:
        return DisplayCode.X_UNSET.because()
    return None if _can_connect_to_x(display) else DisplayCode.X_SILENT.because(name=display)


def _find_wayland_reason() -> Reason | None:
    """Ask the compositor for a connection; Wayland says where its socket lies as `wl_display_connect` reads it."""
    if "WAYLAND_SOCKET" in os.environ:
        return None  # the connection itself was passed on to us
    name = os.environ.get("WAYLAND_DISPLAY") or "wayland-0"
    path = Path(os.environ.get("XDG_RUNTIME_DIR") or "/", name)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_ANSWER_TIMEOUT_S)
        try:
            connection.connect(str(path))
        except OSError as error:
            return DisplayCode.WAYLAND_SILENT.because(name=name, error=error.strerror or str(error))
    return None


def _find_no_reason() -> None:
    """These platforms draw into memory; whoever names one knows that there is nothing to see, or serves it by VNC."""


#: Platforms of Qt on which the window was seen to open -> what is wrong with them here. The others draw on a whole
#: screen of their own, or abort.
_PLATFORMS: dict[str, Callable[[], Reason | None]] = {
    "xcb": _find_x_reason,
    "wayland": _find_wayland_reason,
    "wayland-egl": _find_wayland_reason,
    "offscreen": _find_no_reason,
    "minimal": _find_no_reason,
    "vnc": _find_no_reason,
}


def _can_connect_to_x(display: str) -> bool:
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
