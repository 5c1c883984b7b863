"""Can a globe be drawn here, and is there a display to show it on?"""

from __future__ import annotations

from app.diagnostics.checks import Check, broken, ok, warning
from app.diagnostics.doctor_reasons import DoctorCode
from app.display import DisplayError, require_display

_NO_GL_ADVICE = (
    "install a driver with OpenGL 3.3 (Debian: libegl1 libgl1-mesa-dri); the window opens without a globe"
)
_HEADLESS_ADVICE = "the commands plan, migrate, operator and oracle need no display"


def check_graphics() -> Check:
    """Make an OpenGL context without a window and ask who draws."""
    from gl.errors import GraphicsError
    from gl.offscreen import detect_renderer, is_software_renderer

    try:
        name = detect_renderer()
    except (GraphicsError, ImportError) as error:
        return broken("graphics", DoctorCode.NO_GRAPHICS.because(error=str(error)), _NO_GL_ADVICE)
    if is_software_renderer(name):
        slow = DoctorCode.GRAPHICS_SLOW.because(renderer=name)
        return warning("graphics", slow, "a graphics driver would draw on the GPU")
    return ok("graphics", name)


def check_display() -> Check:
    """Ask for a connection to the display."""
    try:
        require_display()
    except DisplayError as error:
        return warning("display", error.reason, _HEADLESS_ADVICE)
    return ok("display", "a window can be opened")
