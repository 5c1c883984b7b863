"""The way of one move from a click to its end: what is sent to the engine, and what the card says."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.model.migration_gate import Gate, judge_start
from app.model.move_tracking import Move, follow_move, hear, move_of, refusal_text, waiting_text
from controller.clusters.fleet import WorkloadKey
from controller.contract.commands import CancelMigration, Command, RequestDryRun, StartMigration
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import EngineSnapshot, MigrationView
from oracle.untrusted_text import clean_text

if TYPE_CHECKING:
    from app.panels.dry_run_card import DryRunCard

#: The second half of a double click must not start the next move, whose button has taken the first one's place.
DOUBLE_CLICK_S = 0.8


class MoveFlow(QObject):
    """Looks after one move at a time. GUI thread only."""

    opened = Signal(tuple)
    """The move's way, (source, target): a person wants to see it."""
    closed = Signal()
    arm_requested = Signal(tuple)
    """The contexts that would have to be armed."""

    def __init__(
        self,
        send: Callable[[Command], None],
        clock: Callable[[], float],
        monotonic: Callable[[], float],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.engine_lost = ""
        self._send = send
        self._clock = clock
        self._monotonic = monotonic
        self._move: Move | None = None
        self._card: DryRunCard | None = None
        self._snapshot: EngineSnapshot | None = None
        self._names: Mapping[str, str] = {}
        self._migrated_s = -math.inf

    @property
    def card(self) -> DryRunCard:
        """The card; made for the first move, since nobody needs it before."""
        if self._card is None:
            from app.panels.dry_run_card import DryRunCard

            self._card = DryRunCard()
            self._card.closed.connect(self.close)
            self._card.migrate_requested.connect(self.migrate)
            self._card.renew_requested.connect(
                lambda dry_run: self.request_dry_run(dry_run.workload, dry_run.target)
            )
            self._card.arm_requested.connect(self.arm_requested)
            self._card.cancel_requested.connect(
                lambda migration_id: self._send(CancelMigration(migration_id))
            )
        return self._card

    @property
    def is_under_way(self) -> bool:
        """Whether the engine has taken the move up: it has an arc of its own then, and is not only considered."""
        return self._move is not None and self._move.migration_id is not None

    def migrate(self, dry_run: DryRun) -> None:
        """One click: show the dry run, and run it where it may run."""
        if self._monotonic() - self._migrated_s < DOUBLE_CLICK_S:
            return
        self._migrated_s = self._monotonic()
        move = Move(dry_run.workload, dry_run.target, hear(self._snapshot), dry_run)
        if self._gate(dry_run).is_open:
            move = replace(move, sent_s=self._monotonic())
            self._send(StartMigration(dry_run.workload, dry_run.target, dry_run.plan_digest))
        self._open(move)

    def request_dry_run(self, workload: WorkloadKey, target: str) -> None:
        """Ask for the dry run of any move; it starts nothing."""
        self._send(RequestDryRun(workload, target))
        self._open(Move(workload, target, hear(self._snapshot)))

    def open_migration(self, migration: MigrationView) -> None:
        """Show a migration that runs, or ran."""
        self._open(move_of(migration))

    def close(self) -> None:
        """Look at no move any more; a running migration runs on."""
        self._move = None
        self.closed.emit()

    def show_snapshot(self, snapshot: EngineSnapshot, names: Mapping[str, str]) -> None:
        """Take in what the engine says; `names` are the contexts' names for people."""
        self._snapshot, self._names = snapshot, names
        if self._move is not None:
            self._move = follow_move(self._move, snapshot)
        self.refresh()

    def refresh(self) -> None:
        """Bring the card up to date."""
        move = self._move
        if move is None or self._snapshot is None:
            return
        source, target = (self._names.get(context) or clean_text(context, 60) for context in move.way)
        migration = move.find_migration(self._snapshot)
        if migration is not None:
            self.card.show_migration(migration, source, target)
        elif move.dry_run is not None:
            gate, note = self._gate(move.dry_run), waiting_text(move, self._monotonic())
            self.card.show_dry_run(move.dry_run, source, target, gate, note, refusal_text(move))
        else:
            self.card.show_pending(move.workload, source, target)

    def _open(self, move: Move) -> None:
        self._move = move
        self.refresh()
        self.opened.emit(move.way)

    def _gate(self, dry_run: DryRun) -> Gate:
        if self.engine_lost or self._snapshot is None:
            return Gate(self.engine_lost or "Nothing is known yet.")
        return judge_start(dry_run, self._snapshot, self._clock())
