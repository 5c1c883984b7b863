"""The parts of the main window: makes them, and shows all of them what the engine reports and what is selected."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QMainWindow, QWidget

from app.actions import HEADER_ACTIONS, OPEN_FILE, STOP, TURN
from app.config.window_settings import PresenterChoice
from app.hud.stage import Stage
from app.hud.viewport_choice import make_view
from app.model.arming import describe_armed
from app.model.notice_groups import group_notices
from app.model.region_rows import make_rows
from app.panels.header import Header
from app.panels.inspector import Inspector
from app.panels.region_table import RegionTable
from app.panels.timeline import Timeline
from app.widgets.notices import Notices
from app.window.engine_link import EngineLink
from app.window.layout import WindowLayout
from app.window.window_actions import WindowActions
from controller.contract.commands import LookAt
from controller.contract.snapshots import EngineSnapshot
from oracle.foundation.reason import Severity

AGE_TICK_MS = 1000
#: An engine that has not read everything by then is in trouble and no longer starting. Arbitrary.
STARTING_S = 4.0


class WindowParts(QObject):
    """Header, globe, timeline, table and inspector, and where they stand. GUI thread only."""

    def __init__(
        self, window: QMainWindow, link: EngineLink, actions: WindowActions, choice: PresenterChoice
    ) -> None:
        super().__init__(window)
        self._link = link
        self._actions = actions
        self._selected: str | None = None
        self._shown_at = 0.0
        self._started_at: float | None = None
        self.header = Header(actions[STOP], [actions[action] for action in HEADER_ACTIONS])
        self.stage = Stage(
            lambda parent: make_view(choice, parent),
            actions[TURN],
            actions[OPEN_FILE],
            clock=link.clock,
            monotonic=link.monotonic,
        )
        self.table = RegionTable()
        self.inspector = Inspector()
        self.timeline = Timeline(link.clock)
        self.notices = Notices()
        self.layout = WindowLayout(window, self.header, self.stage, self.notices, self.timeline, self.table)
        self.layout.show_below_table(self.inspector)
        self._tick = QTimer(self)
        self._tick.timeout.connect(self._on_tick)
        self._tick.start(AGE_TICK_MS)
        self._show_arming()

    def show_snapshot(self, snapshot: EngineSnapshot) -> None:
        """Show everything at one moment."""
        self.stage.show_snapshot(snapshot)
        self.header.show_snapshot(snapshot)
        self.timeline.show_entries(snapshot.timeline, self._link.names)
        self.timeline.show_savings(snapshot.savings)
        self._show_panels()

    def restart(self) -> None:
        """Show what is known as another engine starts, and turn to its regions once they are known."""
        self._started_at = None
        self.stage.pilot.await_regions()
        self.stage.presenter.forget_scale()
        assert self._link.snapshot is not None
        self.show_snapshot(self._link.snapshot)

    def refresh_ages(self) -> None:
        """Let ages grow and prices expire although nothing arrives."""
        self.stage.refresh_ages()
        self.timeline.refresh_moments()
        self._show_panels()

    def mark(self, context: str | None) -> None:
        """Select a context, or none, in all of them."""
        if context != self._selected:
            self._link.send(LookAt(frozenset() if context is None else frozenset({context})))
        self._selected = context
        self.stage.select(context)
        self.table.select(context)
        self.timeline.select(context)
        self._show_inspector()

    def shown_parts(self, lower: QWidget) -> list[QWidget]:
        """Return what can have the keyboard now, in its order; `lower` is what has it below the table."""
        parts = (self.stage, self.table, lower, self.timeline.list)
        return [part for part in parts if part.isVisible()]

    def stop(self) -> None:
        """Draw nothing more."""
        self._tick.stop()
        self.stage.release()

    def _show_panels(self) -> None:
        self._shown_at = self._link.monotonic()
        self._show_arming()
        snapshot, now = self._link.snapshot, self._link.clock()
        if snapshot is None:
            return
        self._show_notices(snapshot)
        rows = make_rows(snapshot, self._link.names, self.stage.presenter.price_shares(now), now)
        self.table.show_rows(rows, self._shown_at)
        self._show_inspector()
        self._actions.refresh()
        self._link.news.emit()

    def _show_arming(self) -> None:
        link = self._link
        self.header.show_arming(describe_armed(link.snapshot, link.clock(), is_lost=link.lost is not None))

    def _show_notices(self, snapshot: EngineSnapshot) -> None:
        """Show what lasts. That nothing answers yet is no trouble in the first moments, only a start."""
        if self._started_at is None:
            self._started_at = self._link.monotonic()
        is_starting = not snapshot.is_complete and self._link.monotonic() - self._started_at < STARTING_S
        lasting = [n for n in snapshot.notices if n.severity is Severity.INFO or not is_starting]
        self.notices.show_lasting(group_notices(lasting))

    def _show_inspector(self) -> None:
        view = self._link.views.get(self._selected) if self._selected is not None else None
        self.inspector.show_context(view, self._link.snapshot, self._link.clock())

    def _on_tick(self) -> None:
        if self._link.monotonic() - self._shown_at > 0.9 * AGE_TICK_MS / 1000.0:
            self.refresh_ages()
