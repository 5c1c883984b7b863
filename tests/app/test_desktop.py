"""What happens between the first frame and the engine's start."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.desktop import _rehearse_later_frames
from gl.rehearsal import rehearsal_frames
from tests.app.conftest import Desk


def test_everything_is_rehearsed_behind_the_first_frame(desk: Desk, qapp: QApplication) -> None:
    _rehearse_later_frames(qapp, desk.window)
    assert len(desk.view.rehearsed) == len(rehearsal_frames())


def test_a_window_that_is_closed_at_once_draws_nothing_more(desk: Desk, qapp: QApplication) -> None:
    QTimer.singleShot(0, desk.window.close_unasked)
    _rehearse_later_frames(qapp, desk.window)
    assert desk.view.is_released
    assert len(desk.view.rehearsed) == 1
