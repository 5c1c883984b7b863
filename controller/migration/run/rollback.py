"""The way back: raise the source in steps no larger than a wave, wait until it serves, lower the target by as
much.

Starts from fresh reads alone, so that it works from wherever a migration was left.
"""

from __future__ import annotations

from controller.errors import ClusterError
from controller.migration.access.fact_reader import FactReader, find_target, require_present
from controller.migration.access.fenced_writer import FencedWriter, always_permit
from controller.migration.access.journal_writer import JournalWriter
from controller.migration.access.timing import Timing
from controller.migration.protocol.bounds import may_retreat
from controller.migration.protocol.errors import HoldNeeded
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.states import HoldReason


class Rollback:
    """Performs the actions of ROLLBACK that concern replicas."""

    def __init__(self, keeper: JournalWriter, reader: FactReader, writer: FencedWriter, pace: Timing) -> None:
        self._keeper = keeper
        self._reader = reader
        self._writer = writer
        self._pace = pace

    async def seal(self) -> None:
        """Seal both sides. With the target lost, give the source all replicas and wait for the target.

        That may run more replicas than a wave allows: the floor matters more than the bill. The target is
        cleaned up as soon as it can be reached again.
        """
        await self._writer.seal((Side.SOURCE,))
        try:
            await self._writer.seal((Side.TARGET,))
        except ClusterError as error:
            record = self._keeper.record
            if error.context != record.target.context or not record.state.target_is_lost:
                raise
            replicas = self._keeper.record.replicas
            await self._writer.scale(Side.SOURCE, replicas, always_permit, target_is_lost=True)
            raise HoldNeeded(
                HoldReason.TARGET_UNREACHABLE,
                f"all {replicas} replicas were given back to {self._keeper.record.source.context}; "
                f"the rest is cleaned up when {error.context} answers again: {error.reason}",
            ) from error

    async def restore(self) -> None:
        """Return when the source has all its replicas, as available as at the start, and the target none.

        Raises: HoldNeeded where it gets no further for as long as a wave may take.
        """
        standstill = Standstill()
        while True:
            found_source, found_target = await self._reader.read_both()
            record = self._keeper.record
            source = require_present(found_source, record, Side.SOURCE)
            target = find_target(found_target, record)
            if _is_restored(record, source, target):
                return
            limit_s = self._pace.settings.verify_limit_s(source.progress_deadline_s)
            if standstill.measure(source, target, self._pace.monotonic()) > limit_s:
                raise _stand_still(record, source, target)
            step = plan_retreat(record, source, target)
            if step is None:
                await self._pace.sleep(self._pace.settings.poll_s)
            elif step[0] is Side.SOURCE:
                await self._writer.scale(Side.SOURCE, step[1], always_permit)
            else:
                await self._lower_target(step[1])

    async def _lower_target(self, replicas: int) -> None:
        """Lower the target if the freshest reads still agree; otherwise let `restore` look again."""
        permitted = True

        def permit(target: DeploymentFacts, source: DeploymentFacts | None) -> bool:
            nonlocal permitted
            permitted = source is not None and _may_lower_target(
                self._keeper.record, source, target, replicas
            )
            if not permitted:
                raise LookAgain
            return True

        try:
            await self._writer.scale(Side.TARGET, replicas, permit)
        except LookAgain:
            await self._pace.sleep(self._pace.settings.poll_s)


class LookAgain(Exception):
    """What was planned from one read is no longer right by the next one."""


class Standstill:
    """Measures for how long a rollback has got no further, by the most that was reached. Monotonic seconds."""

    def __init__(self) -> None:
        self._most: int | None = None
        self._since = 0.0

    def measure(self, source: DeploymentFacts, target: DeploymentFacts | None, now: float) -> float:
        """Take one look, and return the seconds since a source pod more served, or a target pod less was left."""
        left = 0 if target is None else target.replicas if target.current is None else target.current
        reached = (source.available or 0) - left
        if self._most is None or reached > self._most:
            self._most, self._since = reached, now
        return now - self._since


def require_way_back(
    record: MigrationRecord, source: DeploymentFacts, target: DeploymentFacts | None
) -> None:
    """Raises: HoldNeeded where a rollback has nothing to write and is not done: it waits for pods alone."""
    if plan_retreat(record, source, target) is None and not _is_restored(record, source, target):
        raise _stand_still(record, source, target)


def _stand_still(
    record: MigrationRecord, source: DeploymentFacts, target: DeploymentFacts | None
) -> HoldNeeded:
    serving = "an unknown number" if source.available is None else str(source.available)
    left = target.replicas if target is not None else 0
    return HoldNeeded(
        HoldReason.OPERATOR,
        f"{record.source.context}: {serving} of {source.replicas} replicas serve, of {record.replicas} that are to "
        f"come back; {left} are kept in {record.target.context}",
    )


def plan_retreat(
    record: MigrationRecord, source: DeploymentFacts, target: DeploymentFacts | None
) -> tuple[Side, int] | None:
    """Return the next write of a rollback as (side, replicas), or None where waiting is all that can be done."""
    desired = record.replicas
    target_replicas = target.replicas if target is not None else 0
    room = desired + record.surge - source.replicas - target_replicas
    if source.replicas < desired and (room > 0 or target_replicas == 0):
        step = desired if target_replicas == 0 else min(desired, source.replicas + room)
        return Side.SOURCE, step
    if target is None or target_replicas == 0 or source.available is None:
        return None
    lowered = min(target_replicas, max(0, record.floor - source.available, desired - source.replicas))
    if lowered < target_replicas and _may_lower_target(record, source, target, lowered):
        return Side.TARGET, lowered
    return None


def _may_lower_target(
    record: MigrationRecord, source: DeploymentFacts, target: DeploymentFacts, replicas: int
) -> bool:
    return may_retreat(
        target_available=target.available,
        target_to=replicas,
        source_available=source.available,
        source_replicas=source.replicas,
        floor=record.floor,
        desired=record.replicas,
    )


def _is_restored(record: MigrationRecord, source: DeploymentFacts, target: DeploymentFacts | None) -> bool:
    """Whether nothing of the move is left but empty copies. A source that others gave more replicas keeps
    them.
    """
    if source.available is None or source.replicas < record.replicas:
        return False
    target_is_empty = target is None or (target.replicas == 0 and target.current == 0)
    return target_is_empty and source.available >= record.floor
