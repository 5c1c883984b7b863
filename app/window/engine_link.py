"""What the window knows of the engine: the newest snapshot, whether the engine still runs, and the route to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Signal

from app.actions import Shown
from app.model.moves import find_unattended
from app.model.names import distinct_names
from app.model.start_gate import Gate, judge_start
from controller.contract.commands import Command
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import ContextView, EngineSnapshot, MigrationView
from oracle.foundation.untrusted_text import clean_text


class EngineLink(QObject):
    """The one owner of the newest snapshot in the window. GUI thread only.

    send: takes commands to the engine; does not block. clock, monotonic: wall time and monotonic seconds.
    lost: that nothing new will come, and why; empty while the engine runs. loss: the why alone.
    is_connecting: whether an engine was started and has not reported anything yet.
    """

    news = Signal()
    """Something may look different: a snapshot has come, the engine has gone, or a second has passed."""

    def __init__(
        self, send: Callable[[Command], None], clock: Callable[[], float], monotonic: Callable[[], float]
    ) -> None:
        super().__init__()
        self.send = send
        self.clock = clock
        self.monotonic = monotonic
        self.snapshot: EngineSnapshot | None = None
        self.views: Mapping[str, ContextView] = {}
        self.names: Mapping[str, str] = {}
        self.lost = ""
        self.loss = ""
        self.is_connecting = True

    def take(self, snapshot: EngineSnapshot) -> bool:
        """Take over a snapshot; return False for one that is older than the newest of an engine that runs."""
        is_older = self.snapshot is not None and snapshot.sequence < self.snapshot.sequence
        if is_older and not self.lost:
            return False
        self.lost = self.loss = ""
        self.is_connecting = False
        self._show(snapshot)
        return True

    def restart(self, snapshot: EngineSnapshot) -> None:
        """Know no more than `snapshot` from here on: another engine starts, which counts its own from 1."""
        self.lost = self.loss = ""
        self.is_connecting = True
        self._show(snapshot)

    def lose(self, reason: str) -> None:
        """Note that the engine has gone; what is known stays."""
        self.loss = clean_text(reason)
        self.lost = f"The engine has stopped: {self.loss}"
        self.is_connecting = False

    @property
    def shown(self) -> Shown | None:
        """What a person chooses from; None before the first snapshot."""
        return None if self.snapshot is None else Shown(self.snapshot, self.names, self.clock())

    def name_of(self, context: str) -> str:
        """Return a context's name for people."""
        return self.names.get(context) or clean_text(context, 60)

    def judge_start(self, dry_run: DryRun) -> Gate:
        """Return whether this dry run may be executed now."""
        if self.lost or self.snapshot is None:
            return Gate(self.lost or "Nothing is known yet.")
        return judge_start(dry_run, self.snapshot, self.clock())

    def find_unattended(self) -> tuple[MigrationView, ...]:
        """Return the moves that would stand still if the window closed now."""
        return () if self.lost or self.snapshot is None else find_unattended(self.snapshot)

    def _show(self, snapshot: EngineSnapshot) -> None:
        self.snapshot = snapshot
        self.views = {view.context: view for view in snapshot.contexts}
        self.names = distinct_names(snapshot.contexts)
