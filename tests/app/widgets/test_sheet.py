from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel

from tests.app.conftest import WindowUser, settle


@pytest.mark.parametrize("name", ["arm", "keys"])
def test_no_text_of_a_sheet_is_cut(user: WindowUser, name: str) -> None:
    """At the window's usual size, and with as many contexts as a move has."""
    if name == "arm":
        user.window.board.ask_to_arm(
            ("arn:aws:eks:eu-central-1:123456789012:cluster/production", "azure-uksouth")
        )
    else:
        user.window.open_keys()
    settle()
    sheet = user.window.sheets.arm if name == "arm" else user.window.sheets.keys
    assert user.window.rect().contains(sheet.panel.geometry())
    for label in sheet.findChildren(QLabel):
        needed = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
        assert label.height() >= needed, label.text()
