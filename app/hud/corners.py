"""What stands fixed over the globe: the badge above; below the legend, a button and what is about to start."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QWidget

from app.hud.legend import Badge, Legend, badge_text
from app.hud.overlay_layout import Box
from app.hud.ring_stack import RingStack
from app.model.colors import WARNING
from app.widgets.action_button import ActionButton
from app.widgets.theme import SMALL_PX, make_font
from app.widgets.tips import plain_tip
from controller.contract.snapshots import EngineSnapshot

MARGIN_PX = 12
GAP_PX = 8


class Corners(QObject):
    """Makes these parts and places them. GUI thread only."""

    changed = Signal()
    """What stands there takes more room, or less."""

    def __init__(self, stage: QWidget, turn: QAction, open_file: QAction) -> None:
        super().__init__(stage)
        self._stage = stage
        #: The words of the badge, and whether the clusters are simulated.
        self._world = ("", False)
        self.legend = Legend(stage)
        self.demo_badge = Badge(WARNING, stage)
        self.demo_badge.hide()
        self.own_clusters = QPushButton("Watch your own clusters\N{HORIZONTAL ELLIPSIS}", stage)
        self.own_clusters.setFont(make_font(SMALL_PX))
        self.own_clusters.setToolTip(plain_tip(open_file.toolTip()))
        self.own_clusters.clicked.connect(open_file.trigger)
        self.own_clusters.hide()
        self.rings = RingStack(stage)
        self.rings.resized.connect(self._on_rings_resized)
        self.turn_button = ActionButton(turn, stage, outlined=True)

    def show_snapshot(self, snapshot: EngineSnapshot) -> None:
        """Say in which world the prices and clusters are, and what leads out of the demo."""
        badge = badge_text(snapshot.price_source, demo=snapshot.demo) or ""
        if (badge, snapshot.demo) != self._world:
            self._world = badge, snapshot.demo
            self.demo_badge.show_text(badge)
            self.demo_badge.setVisible(bool(badge))
            self.own_clusters.setVisible(snapshot.demo)
            self._place_top()

    def show_globe_parts(self, shown: bool) -> None:
        """Show or hide what belongs to a globe."""
        for part in (self.legend, self.turn_button):
            part.setVisible(shown)

    def boxes(self) -> list[Box]:
        """Return the places that are taken."""
        fixed = (self.legend, self.demo_badge, self.own_clusters, self.turn_button, self.rings)
        return [Box(w.x(), w.y(), w.width(), w.height()) for w in fixed if not w.isHidden()]

    def place(self) -> None:
        """Place everything for the stage's size."""
        width, height = self._stage.width(), self._stage.height()
        self.legend.move(MARGIN_PX, height - self.legend.height() - MARGIN_PX)
        size = self.turn_button.sizeHint()
        self.turn_button.resize(size)
        self.turn_button.move(width - size.width() - MARGIN_PX, height - size.height() - MARGIN_PX)
        self._on_rings_resized()
        self._place_top()

    def _on_rings_resized(self) -> None:
        """Place what is about to start above the legend, where nothing else stands."""
        self.rings.fit(self._stage.width() - 2 * MARGIN_PX)
        self.rings.move(
            (self._stage.width() - self.rings.width()) // 2, self.legend.y() - GAP_PX - self.rings.height()
        )
        self.rings.raise_()
        self.changed.emit()

    def _place_top(self) -> None:
        """Place the badge, and the button beside it, or below where there is no room."""
        badge, button = self.demo_badge, self.own_clusters
        badge.move(MARGIN_PX, MARGIN_PX)
        badge.resize(badge.sizeHint())
        button.resize(button.sizeHint().width(), badge.height())
        left = badge.geometry().right() + 1 + GAP_PX
        if left + button.width() + MARGIN_PX <= self._stage.width():
            button.move(left, MARGIN_PX)
        else:
            button.move(MARGIN_PX, MARGIN_PX + badge.height() + GAP_PX)
        self.changed.emit()
