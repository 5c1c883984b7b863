"""Why no window can be opened here: all codes, and the sentences that they make."""

from __future__ import annotations

from oracle.foundation.reason import ReasonCode, Severity

_ERROR = Severity.ERROR


class DisplayCode(ReasonCode):
    """Each member: its name for programs, how loudly it speaks, its sentence."""

    NO_WINDOW = (
        "no_window",
        _ERROR,
        "the window needs a display: {problem:whole}. Without one, these commands do the same work: sentinelaura plan, "
        "migrate, operator, oracle, doctor (each has --help)",
    )
    PLATFORM_UNFIT = (
        "platform_unfit",
        _ERROR,
        "QT_QPA_PLATFORM names {platform!r}, which cannot show this window (these can: {known:whole})",
    )
    WAYLAND_SILENT = "wayland_silent", _ERROR, "the Wayland display {name} does not answer ({error})"
    X_SILENT = "x_silent", _ERROR, "the X display {name} does not answer"
    X_UNSET = "x_unset", _ERROR, "no X display is set (DISPLAY is empty)"
    SEVERAL = "displays_several", _ERROR, "{first:whole}; {second:whole}"
