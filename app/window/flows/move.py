"""One move on its card: dry run → confirmation → a ring in which it can be taken back → start → progress → end.

A way back has no ring: its cost is read and typed for on a sheet instead.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from app.model.moves import (
    RING_TEXT,
    FollowedMove,
    Press,
    accept_refusal,
    ask_anew,
    follow_move,
    list_reported,
    queue_text,
    refusal_text,
    waiting_text,
    way_back,
)
from app.model.start_gate import Gate, list_to_be_armed, make_start
from app.model.start_ring import RingState, StartRing
from app.window.engine_link import EngineLink
from app.window.flows.running import Inbox, listening, wait_for_answer
from controller.contract.commands import CancelMigration, RequestDryRun, TakeOutOfQueue
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import MigrationView

if TYPE_CHECKING:  # the card is no part of the first frame
    from app.panels.dry_run_card import DryRunCard
    from app.panels.way_back_sheet import WayBackSheet


class MovePlace(Protocol):
    """Where the window shows one move."""

    def show_move(self, route: tuple[str, str]) -> AbstractContextManager[DryRunCard]:
        """Show the card and the arc of a move, (source, target), for as long as the block lasts."""

    def preview(self, route: tuple[str, str] | None) -> None:
        """Show the arc of a move that is only considered, or none."""

    def begin_start(self, dry_run: DryRun) -> StartRing | None:
        """Let a start wait for its ring; None: there is nothing to wait for."""

    def undo_start(self, ring: StartRing) -> None:
        """Take a start back."""

    def follow(self, move: FollowedMove) -> None:
        """Show another move in the place of this one."""

    def ask_to_arm(self, contexts: tuple[str, ...]) -> None:
        """Ask whether these contexts may be changed."""

    def ask_to_decide(self, migration_id: str) -> None:
        """Ask what is to become of a move that waits for a person."""

    @property
    def way_back_question(self) -> WayBackSheet:
        """The question before a workload is brought back."""


async def follow(
    link: EngineLink, place: MovePlace, move: FollowedMove, confirmed: DryRun | None = None
) -> None:
    """Show a move from its dry run to its end, until a person closes it; a migration goes on without its card.

    Args:
        move: without a dry run, one is requested; with a migration, that is shown.
        confirmed: the dry run that a person has confirmed by the click that opened the move.
    """
    with (
        place.show_move(move.route) as card,
        listening(card.pressed, _CardPress, link.news) as inbox,
    ):
        await _MoveFlow(link, place, card, inbox, move).run(confirmed)


@dataclass(frozen=True, slots=True)
class _CardPress:
    """A button of the card, and the dry run that stood above it."""

    press: Press
    dry_run: DryRun | None


@dataclass(slots=True)
class _MoveFlow:
    """The steps of one move, and what they share."""

    _link: EngineLink
    _place: MovePlace
    _card: DryRunCard
    _inbox: Inbox[_CardPress]
    _move: FollowedMove

    async def run(self, confirmed: DryRun | None) -> None:
        """Go through all steps; a start that was refused leads back to the confirmation."""
        if self._move.dry_run is None:
            self._request_dry_run()
        while self._move.migration_id is None:
            dry_run = confirmed or await self._wait_for_confirmation()
            confirmed = None
            if dry_run is not None:
                await self._start(dry_run)
            await self._wait_until_taken_up()
        await self._show_progress()

    async def _wait_for_confirmation(self) -> DryRun | None:
        """Show the bill, always with the newest numbers; return the dry run that a person has confirmed.

        None where it was confirmed before and waits for its turn. The one place that decides how a move is confirmed.
        """
        while self._move.sent_s is None:
            self._show_dry_run()
            match await self._next():
                case _CardPress(Press.MIGRATE, DryRun() as dry_run):
                    return dry_run
                case _CardPress(Press.RENEW):
                    self._request_dry_run()
                case _CardPress(Press.ACCEPT, DryRun() as dry_run):
                    self._accept(dry_run)
                case _CardPress(Press.ARM, DryRun() as dry_run):
                    self._place.ask_to_arm(self._link.judge_start(dry_run).unarmed)
        return None

    def _accept(self, dry_run: DryRun) -> None:
        """Ask what the move would be with what refuses it accepted; it starts nothing."""
        accepted = accept_refusal(dry_run, dry_run.reason)
        if accepted is not None:
            self._move = accepted
            self._request_dry_run()

    async def _start(self, dry_run: DryRun) -> None:
        """Start the migration where it may start."""
        reported = list_reported(self._link.snapshot)
        self._move = replace(
            self._move, reported=reported, dry_run=dry_run, unstarted=None, is_taken_back=False
        )
        if (await self._wait_for_judgement(dry_run)).reason is not None:
            return
        if not await self._send_start(dry_run):
            self._move = replace(self._move, is_taken_back=True)
            return
        self._move = replace(self._move, sent_s=self._link.monotonic())

    async def _wait_until_taken_up(self) -> None:
        """Wait until the engine has taken up what was started, or refused; a person may take it out of the queue."""
        while self._move.sent_s is not None and self._move.migration_id is None:
            self._show_dry_run()
            match await self._next():
                case _CardPress(Press.TAKE_OUT):
                    self._link.send(TakeOutOfQueue(self._move.workload, self._move.target))

    async def _send_start(self, dry_run: DryRun) -> bool:
        """Return whether the start was sent: a person may take it back until its ring closes, or not type for it."""
        ring = self._place.begin_start(dry_run) if dry_run.way_back_of is None else None
        if ring is not None:
            return await self._wait_for_ring(ring)
        if dry_run.way_back_of is not None and not await self._is_typed_for(dry_run):
            return False
        self._link.send(make_start(dry_run))
        return True

    async def _is_typed_for(self, dry_run: DryRun) -> bool:
        """Return whether a person has confirmed what a way back costs."""
        sheet = self._place.way_back_question
        sheet.ask(dry_run, *self._names)
        return await wait_for_answer(sheet, self._link.news)

    async def _wait_for_judgement(self, dry_run: DryRun) -> Gate:
        """Return what the engine says of this very plan; after a click on the globe it has yet to look at it."""
        self._link.consider(dry_run)
        while not (gate := self._link.judge_start(dry_run)).is_judged:
            if self._move.dry_run is not None:
                self._card.show_dry_run(self._move.dry_run, *self._names, gate, "Starting…", "")
            await self._next()
        return gate

    async def _wait_for_ring(self, ring: StartRing) -> bool:
        """Return whether the start was sent; it goes on without this card, and is taken back from elsewhere as well."""
        while ring.is_open:
            gate = self._link.judge_start(ring.dry_run)
            self._card.show_dry_run(ring.dry_run, *self._names, gate, RING_TEXT, "", is_waiting=True)
            match await self._inbox.next():
                case _CardPress(Press.UNDO):
                    self._place.undo_start(ring)
        return ring.state is RingState.SENT

    async def _show_progress(self) -> None:
        """Show the migration, and how it ended."""
        self._link.consider(None)
        self._place.preview(None)  # it has an arc of its own
        while True:
            self._show_migration()
            match await self._next():
                case _CardPress(Press.CANCEL):
                    self._link.send(CancelMigration(str(self._move.migration_id)))
                case _CardPress(Press.BACK):
                    self._look_back()
                case _CardPress(Press.ACCEPT):
                    self._accept_and_look_again()
                case _CardPress(Press.ARM):
                    self._arm_sides()
                case _CardPress(Press.DECIDE):
                    self._place.ask_to_decide(str(self._move.migration_id))

    def _arm_sides(self) -> None:
        """Ask whether the sides may be changed for which the move waits."""
        migration = self._migration
        armed = {context for context, view in self._link.views.items() if view.armed}
        if migration is not None and (contexts := list_to_be_armed(migration, armed)):
            self._place.ask_to_arm(contexts)

    def _look_back(self) -> None:
        """Show the dry run of the way back in the place of this card; it starts nothing."""
        migration = self._migration
        back = None if migration is None else way_back(migration)
        if back is not None:
            self._place.follow(back)

    def _accept_and_look_again(self) -> None:
        """Show the dry run of a refused move with what refused it accepted, in the place of this card."""
        migration = self._migration
        if migration is None or migration.reason is None:
            return
        accepted = accept_refusal(migration.dry_run, migration.reason)
        if accepted is not None:
            self._place.follow(accepted)

    def _request_dry_run(self) -> None:
        move = self._move = ask_anew(self._move, self._link.snapshot)
        self._link.send(
            RequestDryRun(move.workload, move.target, way_back_of=move.way_back_of, accepts=move.accepts)
        )

    async def _next(self) -> _CardPress | None:
        """Wait for a press of a person, or for news."""
        press = await self._inbox.next()
        if self._link.snapshot is not None:
            self._move = follow_move(self._move, self._link.snapshot)
        return press

    def _show_dry_run(self) -> None:
        move, names = self._move, self._names
        if move.dry_run is None:
            self._card.show_pending(move.workload, *names)
            return
        self._link.consider(move.dry_run)
        gate = self._link.judge_start(move.dry_run)
        queued = "" if self._link.snapshot is None else queue_text(move, self._link.snapshot)
        waiting = queued or waiting_text(move, self._link.monotonic())
        note = "" if self._link.lost is not None else waiting
        is_queued = bool(queued) and bool(note)
        self._card.show_dry_run(
            move.dry_run, *names, gate, note, refusal_text(move, gate), is_queued=is_queued
        )

    def _show_migration(self) -> None:
        migration = self._migration
        if migration is not None:  # else the engine has forgotten it, and its end stays on the card
            self._card.show_migration(migration, *self._names)

    @property
    def _migration(self) -> MigrationView | None:
        """The migration as the newest snapshot has it."""
        snapshot = self._link.snapshot
        return None if snapshot is None else self._move.find_migration(snapshot)

    @property
    def _names(self) -> tuple[str, str]:
        source, target = self._move.route
        return self._link.name_of(source), self._link.name_of(target)
