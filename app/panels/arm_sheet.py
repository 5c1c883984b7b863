"""The question before SentinelAura may change a real cluster."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.widgets.question import Question
from oracle.foundation.untrusted_text import clean_text


class ArmSheet(Question):
    """Names the contexts and what arming allows; the safe answer has the keyboard."""

    def __init__(self, window: QWidget, behind: QWidget) -> None:
        super().__init__(window, behind, "Arm contexts?", 440)
        self._names = self.explain(
            "SentinelAura may then move workloads there: scale and annotate Deployments; create copies of them and "
            "of the ConfigMaps, ServiceAccounts, Services and PodDisruptionBudgets that go with them, and delete "
            "these copies in a rollback; write its Leases, which hold the journal. Arming begins no new move; one "
            "that was left unfinished goes on when both of its contexts are armed. It lasts until the program "
            "ends, or until you disarm."
        )
        self.no.setText("Keep watching only")
        self.yes.setProperty("primary", True)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.no)
        row.addWidget(self.yes)
        self.body.addLayout(row)

    def ask(self, contexts: Sequence[str]) -> None:
        """Ask about these contexts."""
        self._names.setText("\n".join(clean_text(context, 120) for context in contexts))
        self.yes.setText("Arm" if len(contexts) == 1 else f"Arm {len(contexts)} contexts")
        self.open(self.no)
