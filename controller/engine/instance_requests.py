"""What another process of the same person may ask of this one: to stop, to take one of its migrations back, and to let
go of one that waits.

Nothing that begins a change can be asked for. Belongs to the engine's loop, and answers at once.
"""

from __future__ import annotations

from collections.abc import Callable

from controller.clusters.fleet import WorkloadKey
from controller.contract.snapshots import MigrationView, QueuedMove
from controller.engine.controls import Controls
from controller.migration.protocol.request_reasons import RequestCode
from controller.reasons import Code
from oracle.foundation.reason import Reason


class InstanceRequests:
    """`forbid`: what a stop does in this process. `queue`: what waits for its turn in it. `let_go`: takes it out."""

    def __init__(
        self,
        controls: Controls,
        forbid: Callable[[], None],
        queue: Callable[[], tuple[QueuedMove, ...]] = tuple,
        let_go: Callable[[WorkloadKey, str], None] = lambda workload, target: None,
    ) -> None:
        self._controls = controls
        self._forbid = forbid
        self.queue = queue
        self._let_go = let_go

    def views(self) -> tuple[MigrationView, ...]:
        """Return the migrations of this process that are not over."""
        return tuple(view for view in self._controls.migrations.views() if not view.stage.is_final)

    def stop(self) -> None:
        """Forbid every write at once."""
        self._forbid()

    def cancel(self, migration_id: str) -> Reason | None:
        """Have a migration go back; or return why this process cannot."""
        view = next((view for view in self.views() if view.migration_id == migration_id), None)
        if view is None or not view.is_leading:
            return RequestCode.NOT_LED_HERE.because()
        if not view.can_cancel:
            return RequestCode.PHASE_NOT_CANCELLED.because(phase=view.phase)
        if unarmed := self._find_unarmed(view):
            return Code.NOT_ARMED.because(contexts=unarmed)
        self._controls.cancel(migration_id)
        return None

    def take_out(self, workload: str) -> Reason | None:
        """Let go of what waits for its turn to move this workload; or say that nothing does."""
        found = [one.start for one in self.queue() if str(one.start.workload) == workload]
        for start in found:
            self._let_go(start.workload, start.target)
        return None if found else RequestCode.NOT_QUEUED.because(workload=workload)

    def _find_unarmed(self, view: MigrationView) -> tuple[str, ...]:
        """Return the sides that a move under way may not change any more: arming that has run out does not stop it."""
        permitted = self._controls.regions.list_armed(view.workload, view.target)
        sides = (view.workload.context, view.target)
        unarmed = self._controls.find_unarmed(sides, view.workload.namespace)
        return tuple(context for context in unarmed if context not in permitted)
