"""What another process of the same person may ask of this one: to stop, and to take one of its migrations back.

Nothing that begins a change can be asked for. Belongs to the engine's loop, and answers at once.
"""

from __future__ import annotations

from collections.abc import Callable

from controller.contract.snapshots import MigrationView, QueuedMove
from controller.engine.controls import Controls
from controller.migration.protocol.request_reasons import RequestCode
from controller.reasons import Code
from oracle.foundation.reason import Reason


class InstanceRequests:
    """`forbid`: what a stop does in this process. `list_queue`: what waits for its turn in it."""

    def __init__(
        self,
        controls: Controls,
        forbid: Callable[[], None],
        list_queue: Callable[[], tuple[QueuedMove, ...]] = tuple,
    ) -> None:
        self._controls = controls
        self._forbid = forbid
        self.queue = list_queue

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

    def _find_unarmed(self, view: MigrationView) -> tuple[str, ...]:
        """Return the sides that a move under way may not change any more: arming that has run out does not stop it."""
        permitted = self._controls.regions.list_armed(view.workload, view.target)
        sides = (view.workload.context, view.target)
        unarmed = self._controls.find_unarmed(sides, view.workload.namespace)
        return tuple(context for context in unarmed if context not in permitted)
