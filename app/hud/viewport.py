"""The presenter for graphics cards: moderngl draws into a framebuffer of its own, and Qt's gets a copy."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent, QSurfaceFormat
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QWidget

from gl.errors import GraphicsError
from gl.frame import Frame
from gl.window_presenter import WindowPresenter

#: A context is made with the first paint; later than this after the widget was shown, there will be none.
CONTEXT_PATIENCE_MS = 2000


class HardwareViewport(QOpenGLWidget):
    """Shows frames through the graphics card. GUI thread only."""

    failed = Signal(str)
    frame_painted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        surface = QSurfaceFormat()
        surface.setVersion(3, 3)
        surface.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
        self.setFormat(surface)
        self.frameSwapped.connect(self._on_swapped)
        self._presenter: WindowPresenter | None = None
        self._frame: Frame | None = None

    @property
    def renderer(self) -> str:
        """The driver's name for what draws; empty until the first frame."""
        return "" if self._presenter is None else self._presenter.renderer

    def show_frame(self, frame: Frame) -> None:
        """Draw `frame` with Qt's next round."""
        self._frame = frame
        self.update()

    def warm_up(self, frame: Frame) -> None:
        """Prepare nothing: a graphics card's driver compiles such small programs within a frame."""

    def release(self) -> None:
        """Free the GPU objects; Qt owns the context."""
        if self._presenter is not None:
            self.makeCurrent()
            self._presenter.release()
            self.doneCurrent()
        self._presenter = self._frame = None

    def showEvent(self, event: QShowEvent) -> None:
        """Qt only logs that it has no context, and never calls `initializeGL` then: look whether it did."""
        super().showEvent(event)
        QTimer.singleShot(CONTEXT_PATIENCE_MS, self, self._check_context)

    def initializeGL(self) -> None:
        """Build the scene in Qt's context. Qt can't take an exception here: failures leave by the signal."""
        try:
            self._presenter = WindowPresenter()
        except Exception as error:  # a driver, a shader, a file: whatever is missing, there is no globe
            self._presenter = None
            self.failed.emit(str(error))

    def _check_context(self) -> None:
        if not self.isValid():
            self.failed.emit("Qt could not make an OpenGL context for the window")

    def _on_swapped(self) -> None:
        if self._presenter is not None and self._frame is not None:
            self.frame_painted.emit()

    def paintGL(self) -> None:
        """Draw the newest frame; until it fits the widget's size again, the old picture stays."""
        if self._presenter is None or self._frame is None:
            return
        try:
            self._presenter.present(self._frame, self.defaultFramebufferObject())
        except GraphicsError as error:
            self._presenter = None
            self.failed.emit(str(error))
