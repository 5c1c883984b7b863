"""The question before SentinelAura may change a real cluster."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.model import colors
from app.widgets.labels import make_label
from app.widgets.sheet import Sheet
from oracle.untrusted_text import clean_text


class ArmSheet(Sheet):
    """Names the contexts and what arming allows; the safe answer has the keyboard."""

    confirmed = Signal(tuple)
    """The contexts that a person armed."""

    def __init__(self, window: QWidget, behind: QWidget) -> None:
        super().__init__(window, behind, "Arm contexts?", 440)
        self._contexts: tuple[str, ...] = ()
        self._names = make_label(bold=True, wrap=True)
        self.body.addWidget(self._names)
        self.body.addWidget(
            make_label(
                "SentinelAura may then move workloads there: scale and annotate Deployments; create copies of them and "
                "of the ConfigMaps, ServiceAccounts, Services and PodDisruptionBudgets that go with them, and delete "
                "these copies in a rollback; write its Leases, which hold the journal. Arming begins no new move; one "
                "that was left unfinished goes on when both of its contexts are armed. It lasts until the program "
                "ends, or until you disarm.",
                wrap=True,
                color=colors.MUTED,
            )
        )
        self.keep = QPushButton("Keep watching only")
        self.arm = QPushButton("Arm")
        self.arm.setProperty("primary", True)
        self.keep.clicked.connect(self.close_sheet)
        self.arm.clicked.connect(self._on_arm)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.keep)
        row.addWidget(self.arm)
        self.body.addLayout(row)

    def ask(self, contexts: tuple[str, ...]) -> None:
        """Ask about these contexts."""
        self._contexts = contexts
        self._names.setText("\n".join(clean_text(context, 120) for context in contexts))
        self.arm.setText("Arm" if len(contexts) == 1 else f"Arm {len(contexts)} contexts")
        self.open(self.keep)

    def _on_arm(self) -> None:
        self.close_sheet()
        self.confirmed.emit(self._contexts)
