"""The card of one move: what stands on its bill."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.model.start_gate import Gate
from app.panels.dry_run_card import DryRunCard
from controller.contract.dry_run import DryRun
from controller.reasons import Code
from tests.app.scripted_engine import ScriptedEngine


def test_a_card_shows_what_one_workload_accepts_and_not_the_next(
    qtbot: QtBot, engine: ScriptedEngine
) -> None:
    card = DryRunCard()
    qtbot.addWidget(card)
    card.show()
    plain = engine.snapshot().opportunities[0]
    warnings = (Code.ACCEPTED_TRAFFIC.because(), Code.ACCEPTED_IDENTITY.because())

    def read(dry_run: DryRun) -> list[str]:
        card.show_dry_run(dry_run, "Santiago", "Tokyo", Gate(), "", "")
        return [label.text() for label in card.findChildren(QLabel) if label.isVisible()]

    before, accepted, after = read(plain), read(replace(plain, warnings=warnings)), read(plain)
    assert accepted.count("Accepted") == 2
    assert before == after
    assert "Accepted" not in after
