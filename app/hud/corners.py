"""What stands fixed over the globe: the badge and the notices at the top, the legend and the button at the bottom."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.hud.legend import Badge, Legend, badge_text
from app.hud.overlay_layout import Box
from app.model.colors import WARNING
from app.widgets.action_button import ActionButton
from app.widgets.notices import Notices
from controller.contract.snapshots import EngineSnapshot

MARGIN_PX = 12
GAP_PX = 8


class Corners(QObject):
    """Makes these parts and places them. GUI thread only."""

    changed = Signal()
    """The notices take more room, or less."""

    def __init__(self, stage: QWidget, turn: QAction) -> None:
        super().__init__(stage)
        self._stage = stage
        self.legend = Legend(stage)
        self.demo_badge = Badge(WARNING, stage)
        self.demo_badge.hide()
        self.notices = Notices(stage)
        self.notices.resized.connect(self._on_notices_resized)
        self.turn_button = ActionButton(turn, stage, outlined=True)

    def show_snapshot(self, snapshot: EngineSnapshot) -> None:
        """Say in which world the prices and clusters are."""
        badge = badge_text(snapshot.price_source.origin, demo=snapshot.demo)
        self.demo_badge.show_text(badge or "")
        if self.demo_badge.isHidden() == bool(badge):
            self.demo_badge.setVisible(bool(badge))

    def show_globe_parts(self, shown: bool) -> None:
        """Show or hide what belongs to a globe."""
        for part in (self.legend, self.turn_button):
            part.setVisible(shown)

    def boxes(self) -> list[Box]:
        """Return the places that are taken."""
        fixed = (self.legend, self.demo_badge, self.turn_button, self.notices)
        return [Box(w.x(), w.y(), w.width(), w.height()) for w in fixed if not w.isHidden()]

    def place(self) -> None:
        """Place everything for the stage's size."""
        width, height = self._stage.width(), self._stage.height()
        self.demo_badge.move(MARGIN_PX, MARGIN_PX)
        self.demo_badge.resize(self.demo_badge.sizeHint())
        self.legend.move(MARGIN_PX, height - self.legend.height() - MARGIN_PX)
        size = self.turn_button.sizeHint()
        self.turn_button.resize(size)
        self.turn_button.move(width - size.width() - MARGIN_PX, height - size.height() - MARGIN_PX)
        self._on_notices_resized()

    def _on_notices_resized(self) -> None:
        left = max(MARGIN_PX, (self._stage.width() - self.notices.width()) // 2)
        top = MARGIN_PX + (self.demo_badge.height() + GAP_PX if self.demo_badge.isVisible() else 0)
        self.notices.move(left, top)
        self.notices.raise_()
        self.changed.emit()
