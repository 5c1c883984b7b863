"""The presenter for drivers that draw on the CPU: a picture in memory, painted by a plain widget.

A GL widget on such a driver spends 13 to 34 ms on composing the window before it has drawn anything; this one spends 2
to 4, and an overlay that moves alone costs it nearly nothing.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.model.colors import SKY
from gl.frame import Frame
from gl.offscreen import BYTES_PER_PIXEL, OffscreenPresenter


class SoftwareViewport(QWidget):
    """Shows what an `OffscreenPresenter` draws. GUI thread only, which is also the presenter's thread."""

    failed = Signal(str)
    frame_painted = Signal()

    def __init__(self, presenter: OffscreenPresenter, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._presenter = presenter
        self._image = QImage()

    @property
    def renderer(self) -> str:
        """The driver's name for what draws."""
        return self._presenter.renderer

    def show_frame(self, frame: Frame) -> None:
        """Draw `frame` now, and paint it with Qt's next round."""
        if self._presenter.present(frame):
            self._image = self._wrap_pixels(frame)
            self.update()

    def warm_up(self, frame: Frame) -> None:
        """Let the driver compile what `frame` needs; what is shown stays."""
        self._presenter.warm_up(frame)

    def release(self) -> None:
        """Free the context; the last picture stays."""
        self._image = self._image.copy()
        self._presenter.release()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture, and sky where there is none yet."""
        painter = QPainter(self)
        if self._image.isNull():
            painter.fillRect(event.rect(), QColor(SKY))
        else:
            painter.drawImage(QPoint(0, 0), self._image)
            self.frame_painted.emit()

    def _wrap_pixels(self, frame: Frame) -> QImage:
        """Return an image over the presenter's memory, which this widget's presenter keeps alive."""
        width, height = frame.viewport.device_size
        image = QImage(
            self._presenter.pixels, width, height, width * BYTES_PER_PIXEL, QImage.Format.Format_RGBX8888
        )
        image.setDevicePixelRatio(frame.viewport.device_pixel_ratio)
        return image
