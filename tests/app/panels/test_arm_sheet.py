from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.panels.arm_sheet import ArmSheet
from controller.migration.steps.travelling import COPIED_RESOURCES
from tests.app.conftest import settle


def test_the_question_names_everything_that_may_be_created_and_deleted(qtbot: QtBot) -> None:
    window = QWidget()
    behind = QWidget(window)
    qtbot.addWidget(window)
    sheet = ArmSheet(window, behind)
    said = " ".join(label.text() for label in sheet.findChildren(QLabel)).lower()
    for resource in (*COPIED_RESOURCES, "leases", "scale", "annotate", "delete", "left unfinished"):
        assert resource in said


LONG = (
    "arn:aws:eks:eu-central-1:123456789012:cluster/production-of-the-shop-and-of-everything-else-in-frankfurt"
)


@pytest.mark.parametrize(
    "contexts", [("prod-eu",), (LONG,), tuple(f"{LONG}-{n}" for n in range(40))], ids=["one", "long", "many"]
)
@pytest.mark.parametrize("size", [(1280, 720), (900, 560)])
def test_neither_a_text_nor_an_answer_is_cut(
    qtbot: QtBot, themed: None, contexts: tuple[str, ...], size: tuple[int, int]
) -> None:
    window = QWidget()
    window.resize(*size)
    sheet = ArmSheet(window, QWidget(window))
    qtbot.addWidget(window)
    window.show()
    sheet.ask(dict.fromkeys(contexts, "1f0c9a4e-6d5b-4c2f-9a57-0b8f6f2f7a11"))
    settle()
    for part in (
        sheet.panel,
        sheet.yes,
        sheet.no,
        sheet.duration,
        sheet.namespaces,
        sheet.moves,
        sheet.replicas,
    ):
        place = QRect(part.mapTo(window, QPoint(0, 0)), part.size())
        assert window.rect().contains(place)
    for label in sheet.findChildren(QLabel):
        assert label.height() >= label.heightForWidth(label.width())
        assert label.width() >= label.minimumSizeHint().width()
        assert label.parentWidget().width() >= label.width()
    assert [cluster.name.text().replace("\N{ZERO WIDTH SPACE}", "") for cluster in sheet.clusters] == list(
        contexts
    )
