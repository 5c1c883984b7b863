"""What the stage needs of whoever brings frames to the screen."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QRect, SignalInstance

from gl.frame import Frame


class GlobeView(Protocol):
    """A QWidget that shows frames; of Qt's own methods, those that the stage uses. GUI thread only."""

    @property
    def failed(self) -> SignalInstance:
        """Emitted with a reason when nothing can be drawn any more."""

    @property
    def frame_painted(self) -> SignalInstance:
        """Emitted when a frame is on the screen."""

    @property
    def renderer(self) -> str:
        """The driver's name for what draws."""

    def show_frame(self, frame: Frame) -> None:
        """Draw `frame` as soon as possible."""

    def warm_up(self, frame: Frame) -> None:
        """Prepare for drawing what `frame` holds, where that takes longer than a frame; show nothing of it."""

    def release(self) -> None:
        """Give everything back to the driver; no frame may follow."""

    def setMouseTracking(self, enable: bool, /) -> None: ...
    def setGeometry(self, rectangle: QRect, /) -> None: ...
    def show(self, /) -> None: ...
    def hide(self, /) -> None: ...
    def lower(self, /) -> None: ...
    def deleteLater(self, /) -> None: ...
