"""What commands and unfinished moves act on alike."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from controller.clusters.region_manager import RegionManager
from controller.history.history import History
from controller.migration.run.migration_controller import MigrationController


@dataclass(frozen=True, slots=True)
class Controls:
    """The fleet, its migrations and what is recorded of both; `wake` is set to ask the engine for another round."""

    regions: RegionManager
    migrations: MigrationController
    history: History
    wake: asyncio.Event
