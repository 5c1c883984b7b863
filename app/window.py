"""The main window: carries what its parts say to one another.

It gets frozen snapshots and hands out commands; it knows neither the engine nor its process. It never runs a loop of
its own and never ends the program: `closed` tells whoever built it.
"""

from __future__ import annotations

import linecache
import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QMainWindow, QWidget

from app.formatting import plain_text
from app.hud.overlay_items import best_opportunities, distinct_names
from app.hud.stage import Stage
from app.hud.viewport_choice import make_view
from app.move_flow import MoveFlow
from app.move_tracking import find_unattended
from app.panels.header import Header
from app.panels.inspector import Inspector
from app.panels.region_rows import make_row
from app.panels.region_table import RegionTable
from app.panels.timeline import Timeline
from app.settings import Motion, PresenterChoice, Settings
from app.theme import load_icon
from app.window_layout import WindowLayout
from app.window_sheets import WindowSheets
from controller.contract.commands import Command, LookAt, SetArmed
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import ContextView, EngineSnapshot, MigrationView, Notice
from oracle.reason import Severity

AGE_TICK_MS = 1000
ENGINE_NOTICE = "engine"
#: An engine that has not read everything by then is in trouble and no longer starting. Arbitrary.
STARTING_S = 4.0


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
        self._snapshot: EngineSnapshot | None = None
        self._views: dict[str, ContextView] = {}
        self._names: dict[str, str] = {}
        self._selected: str | None = None
        self._shown_at = 0.0
        self._started_at: float | None = None
        self._closes_unasked = False
        self._build(settings.presenter if presenter_choice is None else presenter_choice)
        self._connect()
        self._bind_keys()
        self._apply_settings()
        self._layout.restore(settings)
        self.set_side_panel(settings.side_panel)
        self.stage.setFocus()
        self._tick = QTimer(self)
        self._tick.timeout.connect(self._on_tick)
        self._tick.start(AGE_TICK_MS)

    @property
    def snapshot(self) -> EngineSnapshot | None:
        """What is shown."""
        return self._snapshot

    # What the engine says

    def show_snapshot(self, snapshot: EngineSnapshot) -> None:
        """Show everything at one moment; an older snapshot than the shown one is passed over."""
        is_older = self._snapshot is not None and snapshot.sequence < self._snapshot.sequence
        if is_older and not self.moves.engine_lost:
            return
        self.moves.engine_lost = ""
        self.stage.notices.drop(ENGINE_NOTICE)
        self._snapshot = snapshot
        self._views = {view.context: view for view in snapshot.contexts}
        self._names = distinct_names(snapshot.contexts)
        self.stage.show_snapshot(snapshot)
        self.header.show_snapshot(snapshot)
        self.timeline.show_entries(snapshot.timeline, self._names)
        self._show_panels()

    def show_engine_lost(self, reason: str) -> None:
        """Say that nothing new will come; what is shown ages and nothing can be started."""
        self.moves.engine_lost = f"The engine has stopped: {plain_text(reason)}"
        text = f"{self.moves.engine_lost}. What you see is the last that was known; restart SentinelAura to go on."
        self.stage.notices.hold(Notice(ENGINE_NOTICE, Severity.ERROR, text))
        self.moves.refresh()

    def refresh_ages(self) -> None:
        """Let ages grow and prices expire although nothing arrives."""
        self.stage.refresh_ages()
        self.timeline.refresh_moments()
        self._show_panels()

    def show_notice(self, notice: Notice) -> None:
        """Show a notice of the program itself for a few seconds."""
        self.stage.notices.pass_by(notice)

    # What a person does

    def select(self, context: str | None) -> None:
        """Select a context everywhere, and inspect it."""
        self._mark(context)
        self._layout.show_below_table(self.inspector)
        self.stage.preview(None)

    def migrate(self, dry_run: DryRun) -> None:
        """Do what a click on `Migrate` does."""
        self.moves.migrate(dry_run)

    def open_migration(self, migration_id: str) -> None:
        """Show a migration's card."""
        migrations = () if self._snapshot is None else self._snapshot.migrations
        migration = next((m for m in migrations if m.migration_id == migration_id), None)
        if migration is not None:
            self.moves.open_migration(migration)

    def set_side_panel(self, shown: bool) -> None:
        """Show or hide the table, the inspector and the card."""
        self._layout.side.setVisible(shown)
        if self.header.side_button.isChecked() != shown:
            self.header.side_button.setChecked(shown)
        self.settings = replace(self.settings, side_panel=shown)

    def change_settings(self, settings: Settings) -> None:
        """Take over settings at once; the presenter changes with the next start."""
        self.settings = settings
        self._apply_settings()

    def close_unasked(self) -> None:
        """Close, whatever runs: a person has been asked, or the session ends."""
        self._closes_unasked = True
        self.close()

    # Inside

    def _find_left(self) -> tuple[MigrationView, ...]:
        """Return the moves that closing now would leave without anybody who goes on with them."""
        if self._snapshot is None or self._closes_unasked or self.moves.engine_lost:
            return ()
        return find_unattended(self._snapshot)

    def _mark(self, context: str | None) -> None:
        if context != self._selected:
            self._send(LookAt(frozenset() if context is None else frozenset({context})))
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
        self._show_notices(snapshot)
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
        self.moves.show_snapshot(snapshot, self._names)
        self.sheets.show_moves(self._find_left(), self._names)
        if self.moves.is_under_way:
            self.stage.preview(None)

    def _show_notices(self, snapshot: EngineSnapshot) -> None:
        """Show what lasts. That nothing answers yet is no trouble in the first moments, only a start."""
        if self._started_at is None:
            self._started_at = self._monotonic()
        is_starting = not snapshot.is_complete and self._monotonic() - self._started_at < STARTING_S
        self.stage.notices.show_lasting(
            [n for n in snapshot.notices if n.severity is Severity.INFO or not is_starting]
        )

    def _show_inspector(self) -> None:
        view = self._views.get(self._selected) if self._selected is not None else None
        self.inspector.show_context(view, self._snapshot, self._clock())

    def _on_move_opened(self, way: tuple[str, str]) -> None:
        self._mark(way[0])
        self.set_side_panel(True)
        self._layout.show_below_table(self.moves.card)
        self.stage.preview(way)
        self.stage.fly_to(*way)

    def _on_move_closed(self) -> None:
        self.stage.preview(None)
        self._layout.show_below_table(self.inspector)
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

    def _on_first_frame(self) -> None:
        # PySide6 looks through the source of every module imported after it, and the texts (9 MB) stay cached.
        linecache.clearcache()
        self.setWindowIcon(load_icon())
        if self.settings.opening_turn:
            self.stage.start_opening_turn()
        self.first_frame_drawn.emit()

    def _apply_settings(self) -> None:
        self.stage.set_reduced_motion(self.settings.motion is Motion.REDUCED)
        self.stage.set_region_names(self.settings.region_names)

    def _build(self, choice: PresenterChoice) -> None:
        self.setWindowTitle("SentinelAura")
        self.header = Header()
        self.stage = Stage(
            lambda parent: make_view(choice, parent), clock=self._clock, monotonic=self._monotonic
        )
        self.table = RegionTable()
        self.inspector = Inspector()
        self.timeline = Timeline(self._clock)
        self.moves = MoveFlow(self._send, self._clock, self._monotonic, self)
        self._layout = WindowLayout(self, self.header, self.stage, self.timeline, self.table)
        self._layout.show_below_table(self.inspector)
        self.sheets = WindowSheets(self, self._layout.content)

    def _connect(self) -> None:
        self.stage.region_selected.connect(self.select)
        self.stage.migrate_requested.connect(self.migrate)
        self.stage.migration_selected.connect(self.open_migration)
        self.stage.first_frame_drawn.connect(self._on_first_frame)
        self.table.selected.connect(self.select)
        self.table.activated_region.connect(self.stage.fly_to)
        self.table.migrate_requested.connect(self.migrate)
        self.inspector.migrate_requested.connect(self.migrate)
        self.inspector.dry_run_requested.connect(self.moves.request_dry_run)
        self.inspector.armed_changed.connect(self._on_armed_changed)
        self.timeline.migration_selected.connect(self.open_migration)
        self.moves.opened.connect(self._on_move_opened)
        self.moves.closed.connect(self._on_move_closed)
        self.moves.arm_requested.connect(self.sheets.ask_to_arm)
        self.sheets.arm_confirmed.connect(self._on_arm_confirmed)
        self.sheets.close_confirmed.connect(self.close_unasked)
        self.header.palette_requested.connect(self.sheets.open_palette)
        self.header.settings_requested.connect(self.sheets.open_settings)
        self.header.shortcuts_requested.connect(self.sheets.open_shortcuts)
        self.header.side_panel_toggled.connect(self.set_side_panel)

    def _bind_keys(self) -> None:
        for keys, slot in (
            ("Ctrl+K", self.sheets.open_palette),
            ("Ctrl+,", self.sheets.open_settings),
            ("Ctrl+B", self.header.side_button.toggle),
            ("F6", self._focus_next_part),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(slot)

    def _focus_next_part(self) -> None:
        parts = [self.stage, self.table, self._lower_control(), self.timeline.list]
        shown = [part for part in parts if part.isVisible()]
        focused = self.focusWidget()
        here = [part is focused or part.isAncestorOf(focused or self) for part in shown]
        following = shown[(here.index(True) + 1) % len(shown)] if True in here else shown[0]
        following.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _lower_control(self) -> QWidget:
        """The one control of the inspector or of the card that the keyboard should go to first."""
        if self._layout.lower.currentWidget() is self.inspector:
            return self.inspector.workloads
        return self.moves.card.first_control()

    # Qt's events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that no part has taken."""
        if event.key() == Qt.Key.Key_Space:
            self.stage.toggle_turning()
        elif event.key() == Qt.Key.Key_Escape:
            if not self.stage.cancel_flight() and self._layout.lower.currentWidget() is not self.inspector:
                self.moves.close()
        elif event.text() == "?":
            self.sheets.open_shortcuts()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask first where a move would be left; else remember the layout, stop drawing, and say so.

        Ending the program is somebody else's work.
        """
        left = self._find_left()
        if left:
            event.ignore()
            self.sheets.ask_to_close(left, self._names)
            return
        self.settings = self._layout.remember(self.settings)
        self._tick.stop()
        self.stage.release()
        event.accept()
        self.closed.emit()
