"""What happens between the first frame and the engine's start."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.desktop import _warm_up_later_frames
from gl.warm_up import warm_up_frames
from tests.app.conftest import WindowUser


def test_everything_is_warmed_up_behind_the_first_frame(user: WindowUser, qapp: QApplication) -> None:
    _warm_up_later_frames(qapp, user.window)
    assert len(user.view.warmed_up) == len(warm_up_frames())


def test_a_window_that_is_closed_at_once_draws_nothing_more(user: WindowUser, qapp: QApplication) -> None:
    QTimer.singleShot(0, user.window.close_unasked)
    _warm_up_later_frames(qapp, user.window)
    assert user.view.is_released
    assert len(user.view.warmed_up) == 1
