"""The card of one move: what stands on its bill."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.model.start_gate import Gate
from app.panels.dry_run_card import DryRunCard
from app.widgets.elided_button import ElidedButton
from controller.clusters.fleet import Resources
from controller.clusters.known_by import KnownBy, SizeKnownBy
from controller.contract.dry_run import DryRun
from controller.reasons import Code
from tests.app.scripted_engine import ScriptedEngine


def test_a_button_with_room_for_all_its_words_shows_them(qtbot: QtBot, themed: None) -> None:
    button = ElidedButton()
    button.setProperty("primary", True)
    qtbot.addWidget(button)
    button.setText("Migrate · net +$4.45 after 24 h · checkout → Portland")
    button.show()
    button.resize(button.sizeHint())
    assert button.shown_text() == button.text()
    button.resize(button.width() - 10, button.height())
    assert button.shown_text().endswith("…")


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


def test_a_card_stays_as_narrow_as_its_place_however_much_its_bill_rests_on(
    qtbot: QtBot, engine: ScriptedEngine, themed: None
) -> None:
    card = DryRunCard()
    qtbot.addWidget(card)
    rests_on_much = replace(
        engine.snapshot().opportunities[0],
        state_known_by=KnownBy.POD_SPEC,
        pod=Resources(0.5, 1.2),
        pod_known_by=SizeKnownBy(KnownBy.USAGE, KnownBy.RUNNING_PODS, 1_000.0),
    )
    card.show_dry_run(rests_on_much, "Santiago", "Tokyo", Gate(), "", "")
    card.show()
    assert card.minimumSizeHint().width() < 400
