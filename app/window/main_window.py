"""The main window: joins its parts, and is what actions act on.

It gets frozen snapshots and hands out commands; it knows neither the engine nor its process. It never runs a loop of
its own and never ends the program: `closed` is for whoever built it.
"""

from __future__ import annotations

import linecache
import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QMainWindow

from app.actions import TOGGLE_SIDE_PANEL, Part
from app.config.window_settings import Confirmation, Motion, PresenterChoice, Settings
from app.hud.stage import Stage
from app.model.moves import FollowedMove, find_move, follow_back, list_reported
from app.model.region_rows import RegionRow
from app.widgets.focus import find_rest
from app.widgets.menus import open_menu
from app.widgets.theme import load_icon
from app.window.engine_link import EngineLink
from app.window.flow_place import FlowTools
from app.window.flows.close import ask_to_close
from app.window.flows.open_file import Fleets
from app.window.flows.running import Flows
from app.window.move_board import MoveBoard
from app.window.opening import ENGINE_NOTICE, FileOpening
from app.window.parts import WindowParts
from app.window.sheets import WindowSheets
from app.window.start_rings import StartRings
from app.window.window_actions import WindowActions, make_choices, make_region_choices, make_target_choices
from controller.clusters.fleet import WorkloadKey
from controller.contract.commands import Command, SetArmed, Stop
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import EngineSnapshot, Notice
from controller.contract.way_back import WayBack
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.foundation.untrusted_text import clean_text

if TYPE_CHECKING:
    from app.panels.dry_run_card import DryRunCard

#: The second half of a double click must not start the next move, whose button has taken the first one's place.
DOUBLE_CLICK_S = 0.8
STOP_NOTICE = "stop"
#: By which the engine says that it has stopped, and where each move stands still.
_STOPPED = (Code.STOPPED_BY_HAND, Code.STOPPED_MOVES)


class MainWindow(QMainWindow):
    """The window. GUI thread only."""

    closed = Signal()
    """A person has closed the window; `settings` are what should be remembered."""
    first_frame_drawn = Signal()

    def __init__(
        self,
        send: Callable[[Command], None],
        fleets: Fleets,
        settings: Settings,
        presenter_choice: PresenterChoice | None = None,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Build the window.

        Args:
            send: takes commands to the engine; must not block.
            fleets: changes which clusters are watched.
            presenter_choice: overrides the setting.
            clock, monotonic: wall time and monotonic seconds.
        """
        super().__init__()
        self.settings = settings
        self.link = EngineLink(send, clock, monotonic)
        self.flows = Flows()
        self._clicked_s = -math.inf
        self._closes_unasked = False
        self._build(settings.presenter if presenter_choice is None else presenter_choice, fleets)
        self._connect()
        self._apply_settings()
        self.parts.layout.restore(settings)
        self.set_side_panel(settings.side_panel)
        self.stage.setFocus()

    @property
    def snapshot(self) -> EngineSnapshot | None:
        """What is shown."""
        return self.link.snapshot

    @property
    def card(self) -> DryRunCard:
        """The card of a move."""
        return self.board.card

    # What the engine reports

    def show_snapshot(self, snapshot: EngineSnapshot) -> None:
        """Show everything at one moment; an older snapshot than the shown one is passed over."""
        if not self.link.take(snapshot):
            return
        self.parts.notices.drop(ENGINE_NOTICE)
        if any(notice.reason.code in _STOPPED for notice in snapshot.notices):
            self.parts.notices.drop(STOP_NOTICE)
        self.parts.show_snapshot(snapshot)

    def show_engine_lost(self, reason: Reason) -> None:
        """Show that nothing new will come; what is shown ages and nothing can be started."""
        self.link.lose(reason)
        self.parts.notices.hold(Notice(ENGINE_NOTICE, Code.SHOWS_THE_LAST.because(why=self.link.reason)))
        self.parts.refresh_ages()
        self.link.news.emit()

    def show_notice(self, notice: Notice) -> None:
        """Show a notice of the program itself for a few seconds."""
        self.parts.notices.pass_by(notice)

    # What a person does: see `app.actions.Actor`

    def dismiss(self) -> None:
        """Take back the newest start that waits; where there is none, stop a flight; else close the card."""
        if not self.rings.undo_newest() and not self.stage.navigator.cancel_flight():
            self.board.close()

    def undo(self) -> None:
        """Take back the newest start that waits."""
        self.rings.undo_newest()

    @property
    def can_undo(self) -> bool:
        """Whether a start waits that can be taken back."""
        return bool(self.rings.rings)

    def select(self, context: str | None) -> None:
        """Select a context everywhere and inspect it; the card of a move gives way."""
        self.parts.mark(context)
        self.board.close()

    def visit(self, context: str) -> None:
        """Select a context and fly there."""
        self.select(context)
        self.stage.pilot.fly_to(context)

    def migrate(self, dry_run: DryRun) -> None:
        """Do what a click on `Migrate` does: show the dry run, and let it start where it may, if nobody undoes it."""
        if self.link.monotonic() - self._clicked_s < DOUBLE_CLICK_S:
            return
        self._clicked_s = self.link.monotonic()
        move = FollowedMove(dry_run.workload, dry_run.target, list_reported(self.snapshot), dry_run)
        self.board.follow(move, confirmed=dry_run)

    def request_dry_run(self, workload: WorkloadKey, target: str) -> None:
        """Show the dry run of any move; it starts nothing."""
        self.board.follow(FollowedMove(workload, target))

    def open_migration(self, migration_id: str) -> None:
        """Show the card of a migration that runs, or ran; of one that an earlier program finished, its way back."""
        move = None if self.snapshot is None else find_move(self.snapshot, migration_id)
        if move is not None:
            self.board.follow(move)

    def decide(self, migration_id: str) -> None:
        """Ask what is to become of a move that waits for a person."""
        self.board.ask_to_decide(migration_id)

    def look_back(self, way: WayBack) -> None:
        """Show the dry run of the way back of a finished move; it starts nothing."""
        self.board.follow(follow_back(way))

    def stop(self) -> None:
        """Forbid every change at once: what waits is taken back, and no context is armed any more."""
        self.rings.undo_all()
        self.link.send(Stop())
        self.parts.notices.pass_by(Notice(STOP_NOTICE, Code.STOP_REQUESTED.because()))

    def request_armed(self, context: str, armed: bool) -> None:
        """Arm a context after a question, or disarm it at once."""
        if armed:
            self.board.ask_to_arm((context,))
        else:
            self.link.send(SetArmed(context, False))

    def open_file(self) -> None:
        """Choose a kubeconfig and watch its clusters."""
        self.opening.start()

    def open_palette(self) -> None:
        """Open the command palette."""
        self.window_actions.refresh()
        self.sheets.open_palette(make_choices(self, self.window_actions, self.link.shown))

    def open_settings(self) -> None:
        """Open the settings."""
        self.sheets.open_settings(self.settings, self.stage.renderer)

    def open_keys(self) -> None:
        """Open the page of keys."""
        self.sheets.open_keys()

    def toggle_side_panel(self) -> None:
        """Show or hide the side panel."""
        self.set_side_panel(self.parts.layout.side.isHidden())

    def focus_next_part(self) -> None:
        """Give the keyboard to the next part of the window."""
        shown = self.parts.shown_parts(self.board.lower_control())
        focused = self.focusWidget()
        here = [part is focused or part.isAncestorOf(focused or self) for part in shown]
        following = shown[(here.index(True) + 1) % len(shown)] if True in here else shown[0]
        following.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def set_side_panel(self, shown: bool) -> None:
        """Show or hide the table, the inspector and the card."""
        self.parts.layout.side.setVisible(shown)
        self.window_actions[TOGGLE_SIDE_PANEL].setChecked(shown)
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

    def _asks_twice(self) -> bool:
        return self.settings.confirmation is Confirmation.SECOND_PRESS

    def _show_rings(self) -> None:
        is_still = self.settings.motion is Motion.REDUCED
        self.stage.corners.rings.show_rings(self.rings.rings, self.link.name_of, is_still=is_still)
        self.window_actions.refresh()

    def _show_region_menu(self, row: RegionRow, position: QPoint) -> None:
        if self.link.shown is not None:
            choices = make_region_choices(self, row.view, row.offers, self.link.shown)
            open_menu(self.table, f"What can be done with {row.name}", choices, position)

    def _show_targets(self, workload: WorkloadKey, position: QPoint) -> None:
        if self.link.shown is not None:
            choices = make_target_choices(self, workload, self.link.shown)
            open_menu(self.inspector, f"Dry run of {clean_text(workload.name, 80)} to", choices, position)

    def _on_first_frame(self) -> None:
        # PySide6 looks through the source of every module imported after it, and the texts (9 MB) stay cached.
        linecache.clearcache()
        self.setWindowIcon(load_icon())
        if self.settings.opening_turn:
            self.stage.pilot.start_opening_turn()
        self.first_frame_drawn.emit()

    def _apply_settings(self) -> None:
        self.stage.navigator.reduced_motion = self.settings.motion is Motion.REDUCED
        self.stage.set_region_names(self.settings.region_names)

    def _build(self, choice: PresenterChoice, fleets: Fleets) -> None:
        self.setWindowTitle("SentinelAura")
        self.setAcceptDrops(True)
        self.window_actions = WindowActions(self, self)
        self.parts: WindowParts = WindowParts(self, self.link, self.window_actions, choice)
        self.stage: Stage = self.parts.stage
        self.table, self.inspector = self.parts.table, self.parts.inspector
        self.header, self.timeline = self.parts.header, self.parts.timeline
        self.sheets = WindowSheets(self, self.parts.layout.content)
        self.rings = StartRings(self.link, self)
        tools = FlowTools(self.link, self.parts, self.sheets, self.flows, self.rings)
        self.board = MoveBoard(tools, lambda: self.set_side_panel(True), self._asks_twice)
        self.opening = FileOpening(tools, self, fleets, self.board)

    def _connect(self) -> None:
        self.stage.region_selected.connect(self.select)
        self.stage.migration_selected.connect(self.open_migration)
        self.stage.first_frame_drawn.connect(self._on_first_frame)
        self.table.selected.connect(self.select)
        self.table.activated_region.connect(self.stage.pilot.fly_to)
        self.table.menu_requested.connect(self._show_region_menu)
        for part in (self.stage, self.table, self.inspector):
            part.migrate_requested.connect(self.migrate)
            part.dry_run_requested.connect(self.request_dry_run)
        self.inspector.targets_requested.connect(self._show_targets)
        self.inspector.armed_changed.connect(self.request_armed)
        self.timeline.migration_selected.connect(self.open_migration)
        self.parts.notices.decision_requested.connect(self.decide)
        self.rings.changed.connect(self._show_rings)
        self.stage.corners.rings.undo_requested.connect(self.rings.undo)
        self.sheets.settings_changed.connect(self.change_settings)

    # Qt's events

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Go on with the keyboard where a person wants it; where its control has gone, rest on what surrounds it.

        Qt would give it to the next control, whatever that starts: the key that was meant for the one before.
        """
        focused = self.focusWidget()
        if focused is None or (focused.isVisible() and focused.isEnabled()):
            return super().focusNextPrevChild(forward)
        find_rest(focused, self.stage).setFocus(Qt.FocusReason.OtherFocusReason)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that no part has taken."""
        focused = self.focusWidget()
        on_globe = focused is self.stage or (focused is not None and self.stage.isAncestorOf(focused))
        parts = (Part.WINDOW, Part.GLOBE) if on_globe else (Part.WINDOW,)
        if not self.window_actions.trigger_key(event, parts):
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take one file, as a kubeconfig to be opened."""
        if self.opening.find_dropped(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the file."""
        path = self.opening.find_dropped(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.opening.start(path)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask first where a move would be left; else remember the layout, stop drawing, and emit `closed`.

        Ending the program is somebody else's work.
        """
        if self.link.find_unattended() and not self._closes_unasked:
            event.ignore()
            self._ask_to_close()
            return
        self.flows.cancel_all()
        self.rings.undo_all()
        self.settings = self.parts.layout.remember(self.settings)
        self.parts.stop()
        event.accept()
        self.closed.emit()

    def _ask_to_close(self) -> None:
        """Ask, and let whatever sheet is open give way; who asks to close again reads the same question."""
        if not self.flows.is_running(ask_to_close):
            self.sheets.close_all()
            self.flows.start(ask_to_close, self.link, self.sheets.close_question, self.close_unasked)
