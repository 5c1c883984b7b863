"""The main window: lays the parts out and carries what they say to one another.

It gets frozen snapshots and hands out commands; it knows neither the engine nor its process.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QSplitter

from app.hud.overlay_items import best_opportunities
from app.hud.stage import Stage
from app.hud.viewport_choice import make_view
from app.panels.region_rows import make_row
from app.panels.region_table import RegionTable
from app.settings import PresenterChoice, Settings
from controller.commands import Command, StartMigration
from controller.decision.dry_run import DryRun
from controller.snapshots import EngineSnapshot


class MainWindow(QMainWindow):
    """The window. GUI thread only."""

    closed = Signal()

    def __init__(
        self,
        send: Callable[[Command], None],
        settings: Settings,
        presenter_choice: PresenterChoice = PresenterChoice.AUTO,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._send = send
        self._settings = settings
        self._clock = clock
        self._monotonic = monotonic
        self.setWindowTitle("SentinelAura")
        self.stage = Stage(
            lambda parent: make_view(presenter_choice, parent), clock=clock, monotonic=monotonic
        )
        self.table = RegionTable()
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.stage)
        split.addWidget(self.table)
        split.setSizes([700, 580])
        self.setCentralWidget(split)
        self.stage.region_selected.connect(self.select)
        self.table.selected.connect(self.select)
        self.table.activated_region.connect(self.stage.fly_to)
        self.table.migrate_requested.connect(self._on_migrate)
        self.stage.migrate_requested.connect(self._on_migrate)
        self.resize(1280, 720)

    def show_snapshot(self, snapshot: EngineSnapshot) -> None:
        self.stage.show_snapshot(snapshot)
        now = self._clock()
        offers = best_opportunities(snapshot, snapshot.migrations)
        rows = [
            make_row(v, tuple(offers.get(v.context, ())), self.stage.presenter.price_share(v, now), now)
            for v in snapshot.contexts
        ]
        self.table.show_rows(rows, self._monotonic())

    def select(self, context: str | None) -> None:
        self.stage.select(context)
        self.table.select(context)

    def _on_migrate(self, dry_run: DryRun) -> None:
        self.stage.fly_to(dry_run.workload.context, dry_run.target)
        self._send(StartMigration(dry_run.workload, dry_run.target, dry_run.plan_digest))

    def closeEvent(self, event: QCloseEvent) -> None:
        self.stage.release()
        event.accept()
        self.closed.emit()
