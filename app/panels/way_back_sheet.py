"""The question before a workload is brought back: what that costs is read and typed for."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.model.bill import verdict_text, way_back_text
from app.model.tone import Tone
from app.widgets.labels import make_label, set_tone
from app.widgets.typed_question import TypedQuestion
from controller.contract.dry_run import DryRun


class WayBackSheet(TypedQuestion):
    """Says what is moved where and what it costs; the safe answer has the keyboard."""

    def __init__(self, window: QWidget, behind: QWidget) -> None:
        super().__init__(window, behind, "Move back?", 460)
        self._about = self.explain(
            "It is a move of its own: each wave is verified before the next, and it can be cancelled. Nothing about "
            "money, rests or prices is asked any more; what keeps it safe still is."
        )
        self.cost = make_label(wrap=True)
        self.body.addWidget(self.cost)
        self.add_answers()
        self.no.setText("Stay")
        self.yes.setText("Move back")

    def ask(self, dry_run: DryRun, source: str, target: str) -> None:
        """Ask about this way back; `source` and `target` are the places' names for people."""
        self._about.setText(way_back_text(dry_run, source, target))
        is_known = dry_run.reason["cost_usd"] is not None
        set_tone(self.cost, verdict_text(dry_run), Tone.PLAIN if is_known else Tone.WARNING)
        self.expect(dry_run.workload.name)
        self.open(self.no)
