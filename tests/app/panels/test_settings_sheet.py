from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.config.window_settings import Confirmation, Motion, PresenterChoice, Settings
from app.panels.settings_sheet import SettingsSheet


def test_every_change_is_told_at_once(qtbot: QtBot) -> None:
    window, behind = QWidget(), QWidget()
    behind.setParent(window)
    qtbot.addWidget(window)
    window.resize(800, 600)
    window.show()
    sheet = SettingsSheet(window, behind)
    sheet.show_settings(Settings(), "llvmpipe")
    told: list[Settings] = []
    sheet.changed.connect(told.append)
    QTest.keyClick(sheet.motion, Qt.Key.Key_End)
    QTest.keyClick(sheet.confirmation, Qt.Key.Key_End)
    QTest.keyClick(sheet.presenter, Qt.Key.Key_End)
    sheet.opening_turn.click()
    sheet.region_names.click()
    assert told[-1] == Settings(
        motion=Motion.REDUCED,
        confirmation=Confirmation.SECOND_PRESS,
        presenter=PresenterChoice.SOFTWARE,
        opening_turn=False,
        region_names=False,
    )
    assert "llvmpipe" in sheet.renderer.text()
    assert not behind.isEnabled()
    sheet.done.click()
    assert behind.isEnabled()
