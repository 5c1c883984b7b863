"""Looks at what belongs to a workload when a person looks at its move, and has the dry run made again then.

Belongs to the engine's loop and is called by the command handler alone.
"""

from __future__ import annotations

import logging
from collections import deque

from controller.clusters.fleet import FleetPicture, Workload, WorkloadKey
from controller.contract.commands import MoveCommand
from controller.contract.inventory import Inventory
from controller.engine.background import BackgroundTasks
from controller.engine.controls import Controls
from controller.engine.fact_collector import FactCollector
from controller.errors import ControllerError
from controller.reasons import Code

logger = logging.getLogger(__name__)


class InventoryTaker:
    """Owns the looks that are under way, and the moves whose dry run is to be made again."""

    def __init__(self, controls: Controls, facts: FactCollector) -> None:
        self._migrations = controls.migrations
        self._wake = controls.wake.set
        self._facts = facts
        self._tasks = BackgroundTasks()
        #: workload that is looked at -> the moves whose dry run waits for that.
        self._waiting: dict[WorkloadKey, list[MoveCommand]] = {}
        self._done: deque[MoveCommand] = deque()

    def look(self, command: MoveCommand, picture: FleetPicture) -> None:
        """Look at the workload of a move; one that is looked at already is looked at once."""
        key = command.workload
        cluster = picture.clusters.get(key.context)
        workload = None if cluster is None else cluster.find_workload(key.namespace, key.name)
        if workload is None:
            return
        if key in self._waiting:
            self._waiting[key].append(command)
        else:
            self._waiting[key] = [command]
            self._tasks.begin(self._look(workload))

    def take_done(self) -> tuple[MoveCommand, ...]:
        """Return the moves whose workloads were looked at since it was asked last."""
        done = tuple(self._done)
        self._done.clear()
        return done

    def stop(self) -> None:
        """Let go of what is under way: nothing was changed."""
        self._tasks.stop()

    async def _look(self, workload: Workload) -> None:
        self._facts.inventories.note(workload, await self._take(workload.key))
        self._done.extend(self._waiting.pop(workload.key))
        self._wake()

    async def _take(self, key: WorkloadKey) -> Inventory:
        """The edge of the task: who waits for it learns what went wrong."""
        try:
            return await self._migrations.take_inventory(key)
        except ControllerError as error:
            reason = error.reason
        except Exception as error:
            logger.exception("a workload could not be looked at: %s", key)
            reason = Code.UNEXPECTED_ERROR.because(error=repr(error))
        return Inventory(self._facts.wall_clock(), unread=reason)
