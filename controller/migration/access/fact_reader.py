"""Fresh reads of both Deployments, patient with short troubles, and the check that nobody else has touched
them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from controller.errors import ClusterUnreachable, RateLimited, ServerFailed
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.timing import Timing
from controller.migration.protocol.errors import HoldNeeded, LeaseLost
from controller.migration.protocol.fences import Fence, parse_epoch
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.states import HoldReason


class FactReader:
    """Reads, and remembers the last facts of each side for display only."""

    def __init__(
        self,
        sides: Mapping[Side, ClusterSide],
        pace: Timing,
        on_change: Callable[[], None],
    ) -> None:
        self._sides = sides
        self._pace = pace
        self._on_change = on_change
        self._last: dict[Side, DeploymentFacts | None] = {}

    def last(self, side: Side) -> DeploymentFacts | None:
        """Return the newest facts, however old: to be shown, never to be acted upon."""
        return self._last.get(side)

    async def read_once(self, side: Side) -> DeploymentFacts | None:
        """Read now. Raises: ClusterError."""
        facts = await self._sides[side].read()
        self.remember(side, facts)
        return facts

    async def read(self, side: Side) -> DeploymentFacts | None:
        """Read, trying again while the cluster's silence is short. Raises: ClusterError when patience is
        over.
        """
        patience = self._pace.patience()
        while True:
            try:
                return await self.read_once(side)
            except (ClusterUnreachable, ServerFailed, RateLimited) as error:
                await patience.endure(error)

    async def read_both(self) -> tuple[DeploymentFacts | None, DeploymentFacts | None]:
        """Read source and target."""
        return await self.read(Side.SOURCE), await self.read(Side.TARGET)

    def remember(self, side: Side, facts: DeploymentFacts | None) -> None:
        """Show these facts from now on."""
        if self._last.get(side) != facts:
            self._last[side] = facts
            self._on_change()


def require_present(facts: DeploymentFacts | None, record: MigrationRecord, side: Side) -> DeploymentFacts:
    """Return the facts of a Deployment that has to exist and to be the one we know. Raises: HoldNeeded."""
    context = record.side(side).context
    if facts is None:
        raise HoldNeeded(HoldReason.INTERFERENCE, f"{context}: the Deployment was deleted by somebody else")
    if not is_ours(facts, record, side):
        raise HoldNeeded(
            HoldReason.INTERFERENCE,
            f"{context}: the Deployment of this name is not the one of this migration; it is left as it is",
        )
    return facts


def is_ours(facts: DeploymentFacts, record: MigrationRecord, side: Side) -> bool:
    """Whether this is the Deployment that the migration is about, not another one of the same name.

    Before its UID is known, the target's is recognized by our label: somebody else may have deployed the same
    name there since the preflight.
    """
    known_uid = record.side(side).deployment_uid
    return facts.uid == known_uid if known_uid is not None else facts.created_by == record.migration_id


def find_target(facts: DeploymentFacts | None, record: MigrationRecord) -> DeploymentFacts | None:
    """Return the target's Deployment where it is ours. What others run under its name takes no part in a
    migration: it is neither fenced nor scaled, and it serves nobody in the source's place.
    """
    return facts if facts is not None and is_ours(facts, record, Side.TARGET) else None


def require_fence(facts: DeploymentFacts, record: MigrationRecord, side: Side) -> None:
    """Check that the last write to the Deployment was ours, of this epoch.

    Raises: LeaseLost where a newer epoch has written: we are the zombie. HoldNeeded where the fence is none
    of ours.
    """
    context = record.side(side).context
    refuse_newer(facts, record, side)
    try:
        fence = Fence.parse(facts.fence or "")
    except ValueError:
        raise HoldNeeded(
            HoldReason.INTERFERENCE, f"{context}: somebody removed or replaced the fence annotation"
        ) from None
    if (fence.migration_id, fence.epoch) != (record.migration_id, record.epoch):
        raise HoldNeeded(
            HoldReason.INTERFERENCE, f"{context}: the fence is {fence}, which this migration did not write"
        )


def refuse_newer(facts: DeploymentFacts, record: MigrationRecord, side: Side) -> None:
    """Raises: LeaseLost where an instance with a higher epoch has written."""
    if parse_epoch(facts.fence, record.epoch) > record.epoch:
        raise LeaseLost(record.side(side).context, f"the instance of {facts.fence}")


def require_untouched(facts: DeploymentFacts | None, record: MigrationRecord, side: Side) -> DeploymentFacts:
    """Return the facts if identity, fence, replicas and pod template are what we left. Raises: HoldNeeded,
    LeaseLost.
    """
    present = require_present(facts, record, side)
    require_fence(present, record, side)
    context = record.side(side).context
    if present.template_hash != record.template_hash:
        raise HoldNeeded(
            HoldReason.TEMPLATE_CHANGED, f"{context}: the pod template was changed{_by(present)}"
        )
    if present.replicas not in _expected_replicas(record, side):
        expected = record.side(side).replicas
        raise HoldNeeded(
            HoldReason.INTERFERENCE,
            f"{context}: replicas are {present.replicas} instead of {expected}, changed{_by(present)}",
        )
    return present


def _expected_replicas(record: MigrationRecord, side: Side) -> set[int]:
    expected = {record.side(side).replicas}
    if record.intent is not None and record.intent.side is side:
        expected.add(record.intent.replicas)
    return expected


def _by(facts: DeploymentFacts) -> str:
    return f" by {facts.last_manager}" if facts.last_manager else " by somebody else"
