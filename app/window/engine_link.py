"""What the window knows of the engine: the newest snapshot, whether the engine still runs, and the route to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Signal

from app.actions import Shown
from app.model.moves import find_unattended
from app.model.names import distinct_names
from app.model.start_gate import Gate, judge_start, make_start
from controller.contract.commands import Command, Consider, StartMigration
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import ContextView, EngineSnapshot, MigrationView
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.foundation.untrusted_text import clean_text

#: Reasons whose sentence begins with "the engine has stopped".
_SAY_THAT_IT_STOPPED = frozenset(
    {
        Code.ENGINE_ENDED,
        Code.ENGINE_LOST,
        Code.ENGINE_NOT_STARTED,
        Code.ENGINE_STOPPED,
        Code.ENGINE_UNREADABLE,
    }
)


class EngineLink(QObject):
    """The one owner of the newest snapshot in the window. GUI thread only.

    send: takes commands to the engine; does not block. clock, monotonic: wall time and monotonic seconds.
    lost: why nothing new will come; None while the engine runs.
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
        self.lost: Reason | None = None
        self.is_connecting = True
        self._considered: StartMigration | None = None

    def take(self, snapshot: EngineSnapshot) -> bool:
        """Take over a snapshot; return False for one that is older than the newest of an engine that runs."""
        is_older = self.snapshot is not None and snapshot.sequence < self.snapshot.sequence
        if is_older and self.lost is None:
            return False
        if self.lost is not None:
            self.lost, self._considered = None, None  # another engine, which considers nothing yet
        self.is_connecting = False
        self._show(snapshot)
        return True

    def restart(self, snapshot: EngineSnapshot) -> None:
        """Know no more than `snapshot` from here on: another engine starts, which counts its own from 1."""
        self.lost, self._considered = None, None
        self.is_connecting = True
        self._show(snapshot)

    def lose(self, reason: Reason) -> None:
        """Note that the engine has gone; what is known stays."""
        self.lost = reason
        self.is_connecting = False

    @property
    def reason(self) -> Reason | None:
        """Why nothing can be started: what says that the engine has stopped does not say so twice."""
        if self.lost is None or self.lost.code in _SAY_THAT_IT_STOPPED:
            return self.lost
        return Code.ENGINE_LOST.because(why=self.lost)

    @property
    def shown(self) -> Shown | None:
        """What a person chooses from; None before the first snapshot."""
        return None if self.snapshot is None else Shown(self.snapshot, self.names, self.clock())

    def name_of(self, context: str) -> str:
        """Return a context's name for people."""
        return self.names.get(context) or clean_text(context, 60)

    def consider(self, dry_run: DryRun | None) -> None:
        """Have the engine say from now on whether this dry run may be executed; None: of none."""
        start = make_start(dry_run) if dry_run is not None and dry_run.may_start else None
        if start != self._considered and self.lost is None:
            self._considered = start
            self.send(Consider(start))

    def judge_start(self, dry_run: DryRun) -> Gate:
        """Return what is known of executing this dry run now."""
        if self.reason is not None:
            return Gate(self.reason)
        considered = self.snapshot.considered if self.snapshot is not None else None
        return judge_start(dry_run, considered, self.clock())

    def find_unattended(self) -> tuple[MigrationView, ...]:
        """Return the moves that would stand still if the window closed now."""
        return () if self.lost is not None or self.snapshot is None else find_unattended(self.snapshot)

    def _show(self, snapshot: EngineSnapshot) -> None:
        self.snapshot = snapshot
        self.views = {view.context: view for view in snapshot.contexts}
        self.names = distinct_names(snapshot.contexts)
