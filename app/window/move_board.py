"""Where the window shows one move at a time: its card below the table, its arc on the globe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.model.moves import FollowedMove
from app.model.start_ring import StartRing
from app.window.flow_place import FlowPlace, FlowTools
from app.window.flows.arm import arm
from app.window.flows.decide import decide
from app.window.flows.move import follow
from controller.contract.dry_run import DryRun
from controller.contract.settlement import Act, Settlement
from controller.contract.snapshots import Notice
from controller.reasons import Code

if TYPE_CHECKING:
    from app.panels.act_sheet import ActSheet
    from app.panels.dry_run_card import DryRunCard
    from app.panels.way_back_sheet import WayBackSheet

ABANDONED_NOTICE = "abandoned"


class MoveBoard(FlowPlace):
    """Starts the flow of a move and is what it shows itself on. GUI thread only.

    open_side: shows the side panel, where the card stands. asks_twice: whether a click waits for a second press.
    """

    def __init__(
        self, tools: FlowTools, open_side: Callable[[], None], asks_twice: Callable[[], bool]
    ) -> None:
        super().__init__(tools)
        self._open_side = open_side
        self._asks_twice = asks_twice
        self._shown: object | None = None

    @cached_property
    def card(self) -> DryRunCard:
        """The card of a move; made for the first one, since nobody needs it before."""
        from app.panels.dry_run_card import DryRunCard

        card = DryRunCard()
        card.closed.connect(self.close)
        return card

    def follow(self, move: FollowedMove, confirmed: DryRun | None = None) -> None:
        """Show a move from here on; `confirmed` is the dry run that a person has clicked on with it."""
        if self._asks_twice():
            confirmed = None  # the press on the card is the second one
        self._flows.start(follow, self._link, self, move, confirmed=confirmed)

    def close(self) -> None:
        """Look at no move any more; a running migration goes on."""
        self._flows.cancel(follow)
        self._hide()

    def lower_control(self) -> QWidget:
        """Return the one control below the table that the keyboard should go to first."""
        if self._parts.layout.lower.currentWidget() is self._parts.inspector:
            return self._parts.inspector.workloads
        return self.card.first_control()

    # What the flow shows itself on: see `app.window.flows.move.MovePlace`

    @contextmanager
    def show_move(self, route: tuple[str, str]) -> Iterator[DryRunCard]:
        """Show the card and the arc of a move, (source, target), for as long as the block lasts.

        A move that another one has replaced takes nothing away at its end.
        """
        shown = self._shown = object()
        self._parts.mark(route[0])
        self._open_side()
        self._parts.layout.show_below_table(self.card)
        self._parts.stage.preview(route)
        self._parts.stage.pilot.fly_to(*route)
        try:
            yield self.card
        finally:
            if self._shown is shown:
                self._hide()

    def preview(self, route: tuple[str, str] | None) -> None:
        """Show the arc of a move that is only considered, or none."""
        self._parts.stage.preview(route)

    def begin_start(self, dry_run: DryRun) -> StartRing | None:
        """Let a start wait for its ring; None where the press was a second one, which starts it at once."""
        return None if self._asks_twice() else self._rings.begin(dry_run)

    def undo_start(self, ring: StartRing) -> None:
        """Take a start back."""
        self._rings.undo(ring)

    def ask_to_arm(self, contexts: tuple[str, ...]) -> None:
        """Ask whether these contexts may be changed."""
        if self._sheets.is_free:
            self._flows.start(arm, self._link, self._sheets.arm, contexts)

    def ask_to_decide(self, migration_id: str) -> None:
        """Ask what is to become of a move that waits for a person."""
        if self._sheets.is_free:
            self._flows.start(decide, self._link, self, migration_id)

    # What the flow of a decision shows itself on: see `app.window.flows.decide.DecisionPlace`

    @property
    def act_question(self) -> ActSheet:
        """The question what is to become of a move."""
        return self._sheets.acts

    def show_decided(self, settlement: Settlement) -> None:
        """Show that an act was done: what goes on shows itself, and what was let go of is shown no more."""
        if settlement.act is Act.ABANDON:
            sides = {"source": settlement.workload.context, "target": settlement.target}
            self._parts.notices.pass_by(Notice(ABANDONED_NOTICE, Code.MOVE_ABANDONED.because(**sides)))
            self.close()

    # What both ask

    @property
    def way_back_question(self) -> WayBackSheet:
        """The question before a workload is brought back."""
        return self._sheets.way_back

    def _hide(self) -> None:
        self._shown = None
        self._link.consider(None)
        stage = self._parts.stage
        stage.preview(None)
        focused = stage.window().focusWidget()
        had_focus = focused is not None and "card" in vars(self) and self.card.isAncestorOf(focused)
        self._parts.layout.show_below_table(self._parts.inspector)
        if had_focus:
            stage.setFocus()
