"""Opens the real window over the scripted engine, for people who work on its looks.

Run: python -m tests.app.preview [--size 1280x720] [--state NAME]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace

import qasync
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

import app.window.parts
from app.config.window_settings import PresenterChoice, Settings
from app.hud.no_globe import NoGlobe
from app.widgets.theme import apply_theme
from app.window.main_window import MainWindow
from controller.clusters.fleet import Health
from controller.contract.snapshots import StoreView, make_notice
from controller.reasons import Code
from tests.app.scripted_engine import ScriptedEngine
from tests.app.scripted_fleets import ScriptedFleets
from tests.controller.faults import answered, unreachable

STEP_S = 0.5


def be_unarmed(engine: ScriptedEngine, window: MainWindow) -> None:
    engine.demo = False
    engine.disarm()


def be_troubled(engine: ScriptedEngine, window: MainWindow) -> None:
    lost = unreachable("aws-sa-east-1")
    denied = answered("azure-uksouth", 403, "listing deployments is forbidden")
    engine.set_health(lost.context, Health.UNREACHABLE, lost)
    engine.set_health(denied.context, Health.DENIED, denied)
    engine.notices = tuple(
        make_notice(
            Code.CONTEXT_LOST.because(context=error.context, health=health.value, why=str(error)), "context"
        )
        for error, health in ((lost, Health.UNREACHABLE), (denied, Health.DENIED))
    )
    window.select("aws-sa-east-1")


def be_stale(engine: ScriptedEngine, window: MainWindow) -> None:
    engine.prices_arrive = False
    engine.now += 200.0
    engine.store = StoreView("remote", False, "Redis at redis://10.0.0.5:6379 refuses connections")
    engine.notices = (make_notice(Code.NO_NEW_PRICES.because(why="Redis is gone")),)


def be_lost(engine: ScriptedEngine, window: MainWindow) -> None:
    QTimer.singleShot(2500, window, lambda: window.show_engine_lost(Code.ENGINE_ENDED.because(exit_code=-9)))


def be_tied(engine: ScriptedEngine, window: MainWindow) -> None:
    best = engine.snapshot().opportunities[0]
    engine.ties[best.workload] = Code.EXPOSED_SERVICE.because(name="web", how=("type LoadBalancer",))
    QTimer.singleShot(1500, window, lambda: window.request_dry_run(best.workload, best.target))


STATES: dict[str, Callable[[ScriptedEngine, MainWindow], None]] = {
    "plain": lambda engine, window: None,
    "unarmed": be_unarmed,
    "troubled": be_troubled,
    "stale": be_stale,
    "lost": be_lost,
    "tied": be_tied,
    "no-opengl": lambda engine, window: None,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--presenter", default="auto", choices=list(PresenterChoice))
    parser.add_argument("--state", default="plain", choices=list(STATES))
    arguments = parser.parse_args()
    application = QApplication(sys.argv[:1])
    apply_theme(application)
    if arguments.state == "no-opengl":
        reason = "no usable OpenGL 3.3 (no EGL display); install a graphics driver, or Mesa's software driver"
        setattr(app.window.parts, "make_view", lambda choice, parent: NoGlobe(reason, parent))  # noqa: B010
    engine = ScriptedEngine(arguments.seed)
    settings = replace(Settings(), opening_turn=False, presenter=PresenterChoice(arguments.presenter))
    window = MainWindow(engine.send, ScriptedFleets(), settings, clock=lambda: engine.now)
    width, height = map(int, arguments.size.split("x"))
    window.resize(width, height)
    window.show()
    STATES[arguments.state](engine, window)
    timer = QTimer(window)

    def step() -> None:
        engine.advance(STEP_S)
        if arguments.state != "lost" or engine.now < 1_800_000_003.0:
            window.show_snapshot(engine.snapshot())

    timer.timeout.connect(step)
    timer.start(round(1000 * STEP_S))
    step()
    with qasync.QEventLoop(application) as loop:  # the flows of the window run on it
        loop.run_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
