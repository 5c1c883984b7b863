"""The steps of a wave: raise the target, wait for it, lower the source, wait for that, and watch the end
result.

Every judgement rests on fresh reads; every wait has a deadline. `MoveFailed` leads to a rollback,
`HoldNeeded` to a pause.
"""

from __future__ import annotations

from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.fact_reader import FactReader, require_untouched
from controller.migration.access.fenced_writer import FencedWriter
from controller.migration.access.journal_writer import JournalWriter
from controller.migration.access.timing import Timing
from controller.migration.protocol.bounds import is_within_ceiling, may_lower
from controller.migration.protocol.errors import HoldNeeded, MoveFailed
from controller.migration.protocol.gate import Gate, check_gate
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.record import Side
from controller.migration.protocol.states import HoldReason


class Waves:
    """Performs the actions of SURGE, VERIFY, DRAIN, SETTLE and SOAK."""

    def __init__(
        self,
        keeper: JournalWriter,
        reader: FactReader,
        writer: FencedWriter,
        sides: dict[Side, ClusterSide],
        gate: Gate,
        pace: Timing,
    ) -> None:
        self._keeper = keeper
        self._reader = reader
        self._writer = writer
        self._sides = sides
        self._gate = gate
        self._pace = pace

    async def surge(self, replicas: int) -> None:
        """Raise the target, if price and permission hold at the very moment of sending."""

        def permit(target: DeploymentFacts, source: DeploymentFacts | None) -> bool:
            self.check_gate()
            record = self._keeper.record
            if source is None or not is_within_ceiling(
                source.replicas, replicas, desired=record.replicas, surge=record.surge
            ):
                raise HoldNeeded(
                    HoldReason.INTERFERENCE, f"{record.target.context}: more replicas than planned would run"
                )
            return True

        await self._writer.scale(Side.TARGET, replicas, permit)

    async def verify(self, replicas: int) -> None:
        """Wait until the target serves with all its replicas, for the whole bake time, without a container
        restarting.
        """
        started_at = self._pace.monotonic()
        baking = Baking(self._pace.settings.bake_s)
        while True:
            target = await self._read_untouched(Side.TARGET)
            await self._read_untouched(Side.SOURCE)
            restarts = await self._count_restarts(target, replicas)
            if baking.is_done(restarts, self._pace.monotonic()):
                return
            limit_s = self._pace.settings.verify_limit_s(target.progress_deadline_s)
            if self._pace.monotonic() - started_at > limit_s:
                available = "an unknown number" if target.available is None else str(target.available)
                context = self._sides[Side.TARGET].context
                raise MoveFailed(f"{context}: after {limit_s:.0f} s {available} of {replicas} replicas serve")
            await self._pace.sleep(self._pace.settings.poll_s)

    async def drain(self, replicas: int) -> None:
        """Lower the source as soon as fresh reads of both sides show that nobody will miss the replicas."""
        give_up_at = self._pace.monotonic() + self._pace.settings.wavering_timeout_s

        def permit(source: DeploymentFacts, target: DeploymentFacts | None) -> bool:
            record = self._keeper.record
            if target is not None and may_lower(
                lowered_available=source.available,
                lowered_to=replicas,
                other_available=target.available,
                other_replicas=target.replicas,
                floor=record.floor,
                desired=record.replicas,
            ):
                return True
            if self._pace.monotonic() > give_up_at:
                raise MoveFailed(f"{record.target.context}: too few replicas serve to lower the source")
            return False

        await self._writer.scale(Side.SOURCE, replicas, permit)

    async def settle(self, replicas: int) -> None:
        """Wait until the source runs no more than `replicas` and its last pods are gone, or their grace is
        over.
        """
        started_at = self._pace.monotonic()
        lowered_at: float | None = None
        while True:
            source = await self._read_untouched(Side.SOURCE)
            self._refuse_outage(source, await self._read_untouched(Side.TARGET))
            now = self._pace.monotonic()
            if source.is_rolled_out(replicas):
                lowered_at = now if lowered_at is None else lowered_at
                pods = await self._sides[Side.SOURCE].read_pods(source.selector)
                grace_s = source.grace_period_s + self._pace.settings.settle_margin_s
                if not any(pod.is_terminating for pod in pods) or now - lowered_at > grace_s:
                    return
            elif now - started_at > self._pace.settings.verify_limit_s(source.progress_deadline_s):
                raise MoveFailed(
                    f"{self._sides[Side.SOURCE].context}: the source did not scale down to {replicas}"
                )
            await self._pace.sleep(self._pace.settings.poll_s)

    async def soak(self) -> None:
        """Watch the target for the rollback window; a target that wavers for too long sends everything back."""
        started_at = self._pace.monotonic()
        healthy_at = started_at
        while True:
            target = await self._read_untouched(Side.TARGET)
            self._refuse_outage(await self._read_untouched(Side.SOURCE), target)
            now = self._pace.monotonic()
            if target.available is not None and target.available >= self._keeper.record.floor:
                healthy_at = now
                if now - started_at >= self._pace.settings.soak_s:
                    return
            elif now - healthy_at > self._pace.settings.wavering_timeout_s:
                raise MoveFailed(
                    f"{self._sides[Side.TARGET].context}: the target lost replicas after the move"
                )
            await self._pace.sleep(self._pace.settings.poll_s)

    def check_gate(self) -> None:
        """Raises: HoldNeeded where no wave may start now; MoveFailed where the migration has taken too long."""
        record = self._keeper.record
        if record.meter.elapsed_s > self._pace.settings.migration_timeout_s:
            raise MoveFailed(f"the migration is not done after {record.meter.elapsed_s / 3600:.1f} h")
        closed = check_gate(
            self._gate,
            record.dry_run,
            self._pace.settings,
            replicas_left=record.replicas - record.target.replicas,
            elapsed_s=record.meter.elapsed_s,
            now=self._pace.clocks.wall(),
        )
        if closed is not None:
            raise HoldNeeded(closed.hold, closed.reason)

    def _refuse_outage(self, source: DeploymentFacts, target: DeploymentFacts) -> None:
        """Raises: MoveFailed where nothing serves on either side: no reason to wait whether it comes back."""
        if source.available == 0 and target.available == 0:
            raise MoveFailed(f"{self._sides[Side.TARGET].context}: none of the replicas serves any more")

    async def _read_untouched(self, side: Side) -> DeploymentFacts:
        return require_untouched(await self._reader.read(side), self._keeper.record, side)

    async def _count_restarts(self, target: DeploymentFacts, replicas: int) -> int | None:
        """Return the restarts of all pods, or None while the target is not complete: no pods are no proof of
        health.
        """
        if not target.is_rolled_out(replicas) or target.available is None or target.available < replicas:
            return None
        pods = await self._sides[Side.TARGET].read_pods(target.selector)
        serving = [pod for pod in pods if not pod.is_terminating]
        return sum(pod.restarts for pod in serving) if len(serving) >= replicas else None


class Baking:
    """Measures for how long the target has been complete without a restart. Monotonic seconds."""

    def __init__(self, bake_s: float) -> None:
        self._bake_s = bake_s
        self._since: float | None = None
        self._restarts = 0

    def is_done(self, restarts: int | None, now: float) -> bool:
        """Take one look: `restarts` is None while the target is incomplete."""
        if restarts is None:
            self._since = None
            return False
        if self._since is None or restarts > self._restarts:
            self._since = now
        self._restarts = restarts
        return now - self._since >= self._bake_s
