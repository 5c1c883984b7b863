"""The main window: lays the parts out and carries what they say to one another.

It gets frozen snapshots and hands out commands; it knows neither the engine nor its process. It never runs a loop of
its own and never ends the program: `closed` tells whoever built it.
"""

from __future__ import annotations

import linecache
import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QMainWindow, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.formatting import plain_text
from app.hud.overlay_items import best_opportunities, distinct_names
from app.hud.stage import Stage
from app.hud.viewport_choice import make_view
from app.migration_gate import Gate, judge_start
from app.move_tracking import Move, follow_move, move_of, waiting_text
from app.panels.header import Header
from app.panels.inspector import Inspector
from app.panels.region_rows import make_row
from app.panels.region_table import RegionTable
from app.panels.timeline import Timeline
from app.settings import Motion, PresenterChoice, Settings
from app.theme import load_icon, prefers_reduced_motion
from app.window_sheets import WindowSheets
from controller.clusters.fleet import WorkloadKey
from controller.commands import CancelMigration, Command, RequestDryRun, SetArmed, StartMigration
from controller.decision.dry_run import DryRun
from controller.snapshots import ContextView, EngineSnapshot, Notice, Severity

if TYPE_CHECKING:
    from app.panels.dry_run_card import DryRunCard

SIZE_PX = (1280, 720)
SIDE_WIDTH_PX = 626
TIMELINE_HEIGHT_PX = 118
AGE_TICK_MS = 1000
#: The second half of a double click must not start the next move, whose button has taken the first one's place.
DOUBLE_CLICK_S = 0.8


class MainWindow(QMainWindow):
    """The window. GUI thread only."""

    closed = Signal()
    """A person has closed the window; `settings` are what should be remembered."""
    first_frame_drawn = Signal()

    def __init__(
        self,
        send: Callable[[Command], None],
        settings: Settings,
        presenter_choice: PresenterChoice | None = None,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Build the window.

        Args:
            send: takes commands to the engine; must not block.
            presenter_choice: overrides the setting.
            clock, monotonic: wall time and monotonic seconds.
        """
        super().__init__()
        self.settings = settings
        self._send = send
        self._clock = clock
        self._monotonic = monotonic
        self._card: DryRunCard | None = None
        self._snapshot: EngineSnapshot | None = None
        self._views: dict[str, ContextView] = {}
        self._names: dict[str, str] = {}
        self._selected: str | None = None
        self._move: Move | None = None
        self._engine_lost = ""
        self._shown_at = 0.0
        self._migrated_s = -math.inf
        choice = settings.presenter if presenter_choice is None else presenter_choice
        self.setWindowTitle("SentinelAura")
        self.header = Header()
        self.stage = Stage(lambda parent: make_view(choice, parent), clock=clock, monotonic=monotonic)
        self.table = RegionTable()
        self.inspector = Inspector()
        self.timeline = Timeline()
        self._lay_out()
        self.sheets = WindowSheets(self, self._content)
        self._connect()
        self._apply_settings()
        self._restore_geometry()
        self.stage.setFocus()
        self._tick = QTimer(self)
        self._tick.timeout.connect(self._on_tick)
        self._tick.start(AGE_TICK_MS)

    # What the engine says

    def show_snapshot(self, snapshot: EngineSnapshot) -> None:
        """Show everything at one moment; an older snapshot than the shown one is passed over."""
        is_older = self._snapshot is not None and snapshot.sequence < self._snapshot.sequence
        if is_older and not self._engine_lost:
            return
        self._engine_lost = ""
        self.stage.notices.drop("engine")
        self._snapshot = snapshot
        self._views = {view.context: view for view in snapshot.contexts}
        self._names = distinct_names(snapshot.contexts)
        self.stage.show_snapshot(snapshot)
        self.header.show_snapshot(snapshot)
        self.timeline.show_entries(snapshot.timeline)
        self.stage.notices.show_lasting(snapshot.notices)
        self._show_panels()

    def show_engine_lost(self, reason: str) -> None:
        """Say that nothing new will come; what is shown ages and nothing can be started."""
        self._engine_lost = f"The engine has stopped: {plain_text(reason)}"
        text = f"{self._engine_lost}. What you see is the last that was known; restart SentinelAura to go on."
        self.stage.notices.hold(Notice("engine", Severity.ERROR, text))
        self._show_card()

    def refresh_ages(self) -> None:
        """Let ages grow and prices expire although nothing arrives."""
        self.stage.refresh_ages()
        self._show_panels()

    def show_notice(self, notice: Notice) -> None:
        """Show a notice of the program itself for a few seconds."""
        self.stage.notices.pass_by(notice)

    # What a person does

    def select(self, context: str | None) -> None:
        """Select a context everywhere, and inspect it."""
        self._mark(context)
        self._lower.setCurrentWidget(self.inspector)
        self.stage.preview(None)

    def migrate(self, dry_run: DryRun) -> None:
        """One click: fly to where source and target are in view, show the dry run, and run it if it may run."""
        if self._monotonic() - self._migrated_s < DOUBLE_CLICK_S:
            return
        self._migrated_s = self._monotonic()
        source, target = dry_run.workload.context, dry_run.target
        self._mark(source)
        self._show_move(Move(dry_run.workload, target, self._clock(), dry_run))
        self.stage.fly_to(source, target)
        if self._gate(dry_run).is_open and self._move is not None:
            self._move = replace(self._move, sent_at=self._clock())
            self._send(StartMigration(dry_run.workload, target, dry_run.plan_digest))
            self._show_card()

    def request_dry_run(self, workload: WorkloadKey, target: str) -> None:
        """Ask for the dry run of any move; its answer appears on the card and starts nothing."""
        self._mark(workload.context)
        self._show_move(Move(workload, target, self._clock()))
        self.stage.fly_to(workload.context, target)
        self._send(RequestDryRun(workload, target))

    def open_migration(self, migration_id: str) -> None:
        """Show a migration's card."""
        migrations = () if self._snapshot is None else self._snapshot.migrations
        migration = next((m for m in migrations if m.migration_id == migration_id), None)
        if migration is not None:
            self._show_move(move_of(migration))
            self.stage.fly_to(migration.workload.context, migration.target)

    def set_side_panel(self, shown: bool) -> None:
        """Show or hide the table, the inspector and the card."""
        self._side.setVisible(shown)
        if self.header.side_button.isChecked() != shown:
            self.header.side_button.setChecked(shown)
        self.settings = replace(self.settings, side_panel=shown)

    def change_settings(self, settings: Settings) -> None:
        """Take over settings at once; the presenter changes with the next start."""
        self.settings = settings
        self._apply_settings()

    @property
    def card(self) -> DryRunCard:
        """The card of the move that is looked at; made for the first of them."""
        if self._card is None:
            from app.panels.dry_run_card import DryRunCard

            self._card = DryRunCard()
            self._card.closed.connect(self._close_card)
            self._card.migrate_requested.connect(self.migrate)
            self._card.arm_requested.connect(self.sheets.ask_to_arm)
            self._card.cancel_requested.connect(
                lambda migration_id: self._send(CancelMigration(migration_id))
            )
            self._lower.addWidget(self._card)
        return self._card

    @property
    def snapshot(self) -> EngineSnapshot | None:
        """What is shown."""
        return self._snapshot

    # Inside

    def _mark(self, context: str | None) -> None:
        self._selected = context
        self.stage.select(context)
        self.table.select(context)
        self.timeline.select(context)
        self._show_inspector()

    def _show_panels(self) -> None:
        self._shown_at = self._monotonic()
        snapshot, now = self._snapshot, self._clock()
        if snapshot is None:
            return
        offers = best_opportunities(snapshot, snapshot.migrations)
        share = self.stage.presenter.price_share
        rows = [
            make_row(
                view, self._names[view.context], tuple(offers.get(view.context, ())), share(view, now), now
            )
            for view in snapshot.contexts
        ]
        self.table.show_rows(rows, self._shown_at)
        self._show_inspector()
        if self._move is not None:
            self._move = follow_move(self._move, snapshot)
            self._show_card()

    def _show_inspector(self) -> None:
        view = self._views.get(self._selected) if self._selected is not None else None
        self.inspector.show_context(view, self._snapshot, self._clock())

    def _show_move(self, move: Move) -> None:
        self._move = move
        self.set_side_panel(True)
        self._show_card()
        self._lower.setCurrentWidget(self.card)
        self.stage.preview(move.way)

    def _show_card(self) -> None:
        move, snapshot = self._move, self._snapshot
        if move is None or snapshot is None:
            return
        source, target = (self._names.get(context) or plain_text(context, 60) for context in move.way)
        migration = move.find_migration(snapshot)
        if migration is not None:
            self.card.show_migration(migration, source, target)
        elif move.dry_run is not None:
            gate, note = self._gate(move.dry_run), waiting_text(move, self._clock())
            self.card.show_dry_run(move.dry_run, source, target, gate, note)
        else:
            self.card.show_pending(move.workload, source, target)

    def _gate(self, dry_run: DryRun) -> Gate:
        if self._engine_lost or self._snapshot is None:
            return Gate(self._engine_lost or "Nothing is known yet.")
        return judge_start(dry_run, self._snapshot, self._clock())

    def _close_card(self) -> None:
        self._move = None
        self.stage.preview(None)
        self._lower.setCurrentWidget(self.inspector)
        self.stage.setFocus()

    def _on_armed_changed(self, context: str, armed: bool) -> None:
        if armed:
            self.sheets.ask_to_arm((context,))
        else:
            self._send(SetArmed(context, False))

    def _on_arm_confirmed(self, contexts: tuple[str, ...]) -> None:
        for context in contexts:
            self._send(SetArmed(context, True))

    def _on_tick(self) -> None:
        if self._monotonic() - self._shown_at > 0.9 * AGE_TICK_MS / 1000.0:
            self.refresh_ages()

    def _apply_settings(self) -> None:
        motion = self.settings.motion
        reduced = motion is Motion.REDUCED or (motion is Motion.SYSTEM and prefers_reduced_motion())
        self.stage.set_reduced_motion(reduced)
        self.stage.set_region_names(self.settings.region_names)

    def _connect(self) -> None:
        self.stage.region_selected.connect(self.select)
        self.stage.migrate_requested.connect(self.migrate)
        self.stage.migration_selected.connect(self.open_migration)
        self.stage.first_frame_drawn.connect(self._on_first_frame)
        self.table.selected.connect(self.select)
        self.table.activated_region.connect(self.stage.fly_to)
        self.table.migrate_requested.connect(self.migrate)
        self.inspector.migrate_requested.connect(self.migrate)
        self.inspector.dry_run_requested.connect(self.request_dry_run)
        self.inspector.armed_changed.connect(self._on_armed_changed)
        self.timeline.migration_selected.connect(self.open_migration)
        self.sheets.arm_confirmed.connect(self._on_arm_confirmed)
        self.header.palette_requested.connect(self.sheets.open_palette)
        self.header.settings_requested.connect(self.sheets.open_settings)
        self.header.shortcuts_requested.connect(self.sheets.open_shortcuts)
        self.header.side_panel_toggled.connect(self.set_side_panel)
        for keys, slot in (
            ("Ctrl+K", self.sheets.open_palette),
            ("Ctrl+,", self.sheets.open_settings),
            ("Ctrl+B", lambda: self.set_side_panel(self._side.isHidden())),
            ("F6", self._focus_next_part),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(slot)

    def _focus_next_part(self) -> None:
        parts = [self.stage, self.table, *self._lower_controls(), self.timeline.list]
        shown = [part for part in parts if part.isVisible()]
        focused = self.focusWidget()
        here = [part is focused or part.isAncestorOf(focused or self) for part in shown]
        following = shown[(here.index(True) + 1) % len(shown)] if True in here else shown[0]
        following.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _lower_controls(self) -> list[QWidget]:
        """The one control of the inspector or of the card that the keyboard should go to first."""
        if self._lower.currentWidget() is self.inspector:
            return [self.inspector.workloads]
        return [self.card.first_control()]

    def _on_first_frame(self) -> None:
        # PySide6 looks through the source of every module imported after it, and the texts (9 MB) stay cached.
        linecache.clearcache()
        self.setWindowIcon(load_icon())
        if self.settings.opening_turn:
            self.stage.start_opening_turn()
        self.first_frame_drawn.emit()

    def _lay_out(self) -> None:
        self._lower = QStackedWidget()
        self._lower.addWidget(self.inspector)
        self._left = _splitter(Qt.Orientation.Vertical, self.stage, self.timeline)
        self._side = _splitter(Qt.Orientation.Vertical, self.table, self._lower)
        self._body = _splitter(Qt.Orientation.Horizontal, self._left, self._side)
        self._left.setStretchFactor(0, 1)
        self._body.setStretchFactor(0, 1)
        self._side.setStretchFactor(0, 1)
        self._side.setStretchFactor(1, 1)
        self._content = QWidget()
        layout = QVBoxLayout(self._content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self._body, 1)
        self.setCentralWidget(self._content)
        self.setMinimumSize(900, 560)

    def _restore_geometry(self) -> None:
        if not self.restoreGeometry(QByteArray.fromBase64(self.settings.geometry.encode())):
            self.resize(*SIZE_PX)
        width, height = self.width(), self.height() - self.header.height()
        self._body.setSizes([width - SIDE_WIDTH_PX, SIDE_WIDTH_PX])
        self._left.setSizes([height - TIMELINE_HEIGHT_PX, TIMELINE_HEIGHT_PX])
        self._side.setSizes([height // 2, height - height // 2])
        for splitter, state in (
            (self._body, self.settings.body_split),
            (self._left, self.settings.stage_split),
            (self._side, self.settings.side_split),
        ):
            splitter.restoreState(QByteArray.fromBase64(state.encode()))
        self.set_side_panel(self.settings.side_panel)

    def _remember_geometry(self) -> None:
        self.settings = replace(
            self.settings,
            geometry=_base64(self.saveGeometry()),
            body_split=_base64(self._body.saveState()),
            stage_split=_base64(self._left.saveState()),
            side_split=_base64(self._side.saveState()),
        )

    # Qt's events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that no part has taken."""
        if event.key() == Qt.Key.Key_Space:
            self.stage.toggle_turning()
        elif event.key() == Qt.Key.Key_Escape:
            if not self.stage.cancel_flight() and self._lower.currentWidget() is not self.inspector:
                self._close_card()
        elif event.text() == "?":
            self.sheets.open_shortcuts()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the layout, stop drawing, and say so; ending the program is somebody else's work."""
        self._remember_geometry()
        self._tick.stop()
        self.stage.release()
        event.accept()
        self.closed.emit()


def _splitter(orientation: Qt.Orientation, first: QWidget, second: QWidget) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.addWidget(first)
    splitter.addWidget(second)
    splitter.setHandleWidth(1)
    splitter.setChildrenCollapsible(False)
    return splitter


def _base64(state: QByteArray) -> str:
    return bytes(state.toBase64().data()).decode("ascii")
