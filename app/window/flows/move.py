"""One move on its card: dry run → confirmation → a ring in which it can be taken back → start → progress → end."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from app.model.moves import (
    RING_TEXT,
    FollowedMove,
    Press,
    follow_move,
    list_reported,
    refusal_text,
    waiting_text,
    way_back,
)
from app.model.start_gate import Gate, make_start
from app.model.start_ring import RingState, StartRing
from app.window.engine_link import EngineLink
from app.window.flows.running import Inbox, listening
from controller.contract.commands import CancelMigration, RequestDryRun
from controller.contract.dry_run import DryRun

if TYPE_CHECKING:  # the card is no part of the first frame
    from app.panels.dry_run_card import DryRunCard


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
            await self._start(confirmed or await self._wait_for_confirmation())
            confirmed = None
        await self._show_progress()

    async def _wait_for_confirmation(self) -> DryRun:
        """Show the bill, always with the newest numbers; return the dry run that a person has confirmed.

        The one place that decides how a move is confirmed.
        """
        while True:
            self._show_dry_run()
            match await self._next():
                case _CardPress(Press.MIGRATE, DryRun() as dry_run):
                    return dry_run
                case _CardPress(Press.RENEW):
                    self._request_dry_run()
                case _CardPress(Press.ARM, DryRun() as dry_run):
                    self._place.ask_to_arm(self._link.judge_start(dry_run).unarmed)

    async def _start(self, dry_run: DryRun) -> None:
        """Start the migration where it may start, and wait until the engine has taken it up or refused."""
        self._move = FollowedMove(
            dry_run.workload, dry_run.target, list_reported(self._link.snapshot), dry_run=dry_run
        )
        if (await self._wait_for_judgement(dry_run)).reason is not None:
            return
        ring = self._place.begin_start(dry_run)
        if ring is None:
            self._link.send(make_start(dry_run))
        elif not await self._wait_for_ring(ring):
            self._move = replace(self._move, is_taken_back=True)
            return
        self._move = replace(self._move, sent_s=self._link.monotonic())
        while self._move.sent_s is not None and self._move.migration_id is None:
            self._show_dry_run()
            await self._next()

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

    def _look_back(self) -> None:
        """Show the dry run of the way back in the place of this card; it starts nothing."""
        snapshot = self._link.snapshot
        migration = None if snapshot is None else self._move.find_migration(snapshot)
        back = None if migration is None else way_back(migration)
        if back is not None:
            self._place.follow(back)

    def _request_dry_run(self) -> None:
        move = self._move
        self._move = FollowedMove(move.workload, move.target, list_reported(self._link.snapshot))
        self._link.send(RequestDryRun(move.workload, move.target))

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
        note = "" if self._link.lost is not None else waiting_text(move, self._link.monotonic())
        self._card.show_dry_run(move.dry_run, *names, gate, note, refusal_text(move, gate))

    def _show_migration(self) -> None:
        snapshot = self._link.snapshot
        migration = None if snapshot is None else self._move.find_migration(snapshot)
        if migration is not None:  # else the engine has forgotten it, and its end stays on the card
            self._card.show_migration(migration, *self._names)

    @property
    def _names(self) -> tuple[str, str]:
        source, target = self._move.route
        return self._link.name_of(source), self._link.name_of(target)
