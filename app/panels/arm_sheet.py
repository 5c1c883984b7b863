"""The question before SentinelAura may change a real cluster."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QWidget

from app.model import colors
from app.widgets.labels import breakable, make_label
from app.widgets.question import Question
from app.widgets.sheet import MARGIN_PX
from oracle.foundation.untrusted_text import clean_text

#: The height in which the names stand, in pixels; more of them are scrolled to, so that the answers stay in the window.
NAMES_HEIGHT_PX = 150


class ArmSheet(Question):
    """Names the contexts and what arming allows; the safe answer has the keyboard."""

    def __init__(self, window: QWidget, behind: QWidget) -> None:
        super().__init__(window, behind, "Arm contexts?", 440)
        self.names = make_label(bold=True, wrap=True)
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(self.names)
        self.body.addWidget(self._scroll)
        about = (
            "SentinelAura may then move workloads there: scale and annotate Deployments; create copies of them and "
            "of the ConfigMaps, ServiceAccounts, Services and PodDisruptionBudgets that go with them, and delete "
            "these copies in a rollback; write its Leases, which hold the journal. Arming begins no new move; one "
            "that was left unfinished goes on when both of its contexts are armed. It lasts until the program "
            "ends, or until you disarm."
        )
        self.body.addWidget(make_label(about, wrap=True, color=colors.MUTED))
        self.no.setText("Keep watching only")
        self.yes.setProperty("primary", True)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.no)
        row.addWidget(self.yes)
        self.body.addLayout(row)

    def ask(self, contexts: Sequence[str]) -> None:
        """Ask about these contexts."""
        self.names.setText("\n".join(breakable(clean_text(context, 200)) for context in contexts))
        room_px = self.panel.width() - 2 * MARGIN_PX - self._scroll.verticalScrollBar().sizeHint().width()
        self._scroll.setFixedHeight(min(NAMES_HEIGHT_PX, self.names.heightForWidth(room_px)))
        self.yes.setText("Arm" if len(contexts) == 1 else f"Arm {len(contexts)} contexts")
        self.open(self.no)
