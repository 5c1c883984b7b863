from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.panels.arm_sheet import ArmSheet
from controller.migration.steps.travelling import COPIED_RESOURCES


def test_the_question_names_everything_that_may_be_created_and_deleted(qtbot: QtBot) -> None:
    window = QWidget()
    behind = QWidget(window)
    qtbot.addWidget(window)
    sheet = ArmSheet(window, behind)
    said = " ".join(label.text() for label in sheet.findChildren(QLabel)).lower()
    for resource in (*COPIED_RESOURCES, "leases", "scale", "annotate", "delete", "left unfinished"):
        assert resource in said
