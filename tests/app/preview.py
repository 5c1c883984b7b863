"""Opens the real window over the scripted engine, for people who work on its looks.

Run: python -m tests.app.preview [--shot FILE] [--at SECONDS] [--size 1280x720]
"""

from __future__ import annotations

import argparse
import sys

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.settings import PresenterChoice, Settings
from app.theme import apply_theme
from app.window import MainWindow
from tests.app.scripted_engine import ScriptedEngine

STEP_S = 0.5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--presenter", default="auto", choices=list(PresenterChoice))
    arguments = parser.parse_args()
    application = QApplication(sys.argv[:1])
    apply_theme(application)
    engine = ScriptedEngine(arguments.seed)
    window = MainWindow(
        engine.send,
        Settings(opening_turn=False),
        PresenterChoice(arguments.presenter),
        clock=lambda: engine.now,
    )
    width, height = map(int, arguments.size.split("x"))
    window.resize(width, height)
    window.show()
    timer = QTimer(window)

    def step() -> None:
        engine.advance(STEP_S)
        window.show_snapshot(engine.snapshot())

    timer.timeout.connect(step)
    timer.start(round(1000 * STEP_S))
    step()
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
