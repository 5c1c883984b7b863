"""The presenters on this machine's real drivers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

import gl.offscreen
from app.config.window_settings import PresenterChoice
from app.hud.globe_view import GlobeView
from app.hud.no_globe import NoGlobe
from app.hud.viewport_choice import make_view
from gl.errors import ContextError
from gl.frame import Frame
from gl.geometry.camera import Camera, Viewport
from gl.offscreen import create_offscreen_context
from tests.app.conftest import settle

SUN = np.array((0.0, 0.0, 1.0), dtype=np.float32)


@pytest.fixture
def host(qtbot: QtBot) -> Iterator[QWidget]:
    host = QWidget()
    qtbot.addWidget(host)
    host.resize(320, 240)
    yield host
    for child in host.findChildren(QWidget):
        if hasattr(child, "release"):
            child.release()


def frame(azimuth_degrees: float = 0.0) -> Frame:
    return Frame(Camera(azimuth_degrees), Viewport(320, 240), SUN)


def show(host: QWidget, choice: PresenterChoice) -> GlobeView:
    try:
        create_offscreen_context().release()
    except ContextError as error:
        pytest.skip(f"nothing can be drawn on this machine: {error}")
    view = make_view(choice, host)
    view.setGeometry(host.rect())
    host.show()
    view.show_frame(frame())
    return view


def light(image: QImage) -> float:
    """Mean lightness of the middle of a picture, 0 to 1."""
    pixels = [image.pixelColor(x, y).lightnessF() for x in range(100, 220, 8) for y in range(60, 180, 8)]
    return float(np.mean(pixels))


def test_the_globe_is_on_the_screen(host: QWidget, qtbot: QtBot) -> None:
    view = show(host, PresenterChoice.SOFTWARE)
    with qtbot.waitSignal(view.frame_painted):
        pass
    picture = host.grab().toImage()
    assert light(picture) > 0.03
    assert picture.pixelColor(2, 2).lightnessF() < 0.1


HARDWARE_SCRIPT = """
import numpy as np
from PySide6.QtWidgets import QApplication, QWidget
import gl.offscreen
from app.hud.globe_view import GlobeView
from app.hud.viewport_choice import make_view
from app.config.window_settings import PresenterChoice
from gl.frame import Frame
from gl.geometry.camera import Camera, Viewport

application = QApplication([])
gl.offscreen.is_software_renderer = lambda renderer: False
host = QWidget()
host.resize(320, 240)
view = make_view(PresenterChoice.AUTO, host)
view.setGeometry(host.rect())
view.failed.connect(lambda reason: (print("failed:", reason), application.exit(1)))
view.frame_painted.connect(application.quit)
host.show()
view.show_frame(Frame(Camera(), Viewport(320, 240), np.array((0, 0, 1), dtype=np.float32)))
application.exec()
image = view.grabFramebuffer()
print(type(view).__name__, image.pixelColor(160, 120).lightnessF() > 0.03, image.pixelColor(2, 2).lightnessF() < 0.1)
view.release()
"""


def test_a_graphics_card_draws_through_qts_own_widget() -> None:
    """In a process of its own: contexts of other tests on this thread would keep Qt's from becoming current."""
    result = subprocess.run(
        [sys.executable, "-c", HARDWARE_SCRIPT], capture_output=True, text=True, timeout=60, check=False
    )
    if "no usable OpenGL" in result.stderr:
        pytest.skip("nothing can be drawn on this machine")
    assert result.stdout.split() == ["HardwareViewport", "True", "True"], result.stderr


def test_north_is_up_and_east_is_right_on_the_screen(host: QWidget, qtbot: QtBot) -> None:
    view = show(host, PresenterChoice.SOFTWARE)
    # With the sun over the Americas, Africa's left edge is the bright one.
    west_sun = np.array((-1.0, 0.0, 0.0), dtype=np.float32)
    view.show_frame(Frame(Camera(0.0, 0.0), Viewport(320, 240), west_sun))
    settle()
    picture = host.grab().toImage()
    left = np.mean([picture.pixelColor(x, 120).lightnessF() for x in range(70, 110)])
    right = np.mean([picture.pixelColor(x, 120).lightnessF() for x in range(210, 250)])
    assert left > right


def test_a_new_frame_replaces_the_old_one(host: QWidget, qtbot: QtBot) -> None:
    view = show(host, PresenterChoice.SOFTWARE)
    settle()
    before = host.grab().toImage()
    view.show_frame(frame(120.0))
    settle()
    assert host.grab().toImage() != before


def test_a_software_driver_is_recognised(host: QWidget) -> None:
    view = show(host, PresenterChoice.AUTO)
    software = gl.offscreen.is_software_renderer(create_and_name())
    assert (type(view).__name__ == "SoftwareViewport") is software


def create_and_name() -> str:
    context = create_offscreen_context()
    try:
        return str(context.info["GL_RENDERER"])
    finally:
        context.release()


def test_without_opengl_a_message_says_what_to_do(host: QWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_context() -> None:
        raise ContextError("no EGL display")

    monkeypatch.setattr(gl.offscreen, "create_offscreen_context", no_context)
    monkeypatch.setattr("app.hud.viewport_choice._has_window_gl", lambda: False)
    view = make_view(PresenterChoice.AUTO, host)
    assert isinstance(view, NoGlobe)
    assert "no EGL display" in view.accessibleName()
    assert "install a graphics driver" in view.accessibleName()
    view.show_frame(frame())
    view.release()
