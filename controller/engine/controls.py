"""What commands and unfinished moves act on alike."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from controller.clusters.region_manager import RegionManager
from controller.history.events import CancelRequested, ContextDisarmed
from controller.history.history import History
from controller.migration.run.migration_controller import MigrationController


@dataclass(frozen=True, slots=True)
class Controls:
    """The fleet, its migrations and what is recorded of both; `wake` is set to ask the engine for another round."""

    regions: RegionManager
    migrations: MigrationController
    history: History
    wake: asyncio.Event

    def find_unarmed(self, contexts: Iterable[str], namespace: str) -> list[str]:
        """Return the contexts that are read-only in a namespace. One that was armed and does not say who it is counts
        as armed: nothing is written to it before it does, and what can be done without it does not wait for it.
        """
        return [context for context in contexts if not self.regions.is_meant(context, namespace)]

    def forbid_all(self) -> None:
        """Refuse every write to every context from now on."""
        for context in self.regions.disarm_all():
            self.history.record(ContextDisarmed(context))

    def cancel(self, migration_id: str) -> None:
        """Ask for a rollback; a migration that is over or unknown is left as it is."""
        view = next((view for view in self.migrations.views() if view.migration_id == migration_id), None)
        if view is not None and not view.stage.is_final:
            self.history.record(CancelRequested(migration_id, view.workload, view.target))
        self.migrations.cancel(migration_id)
