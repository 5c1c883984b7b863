"""The way back as it is performed: seal, then write by write what `protocol/rollback.py` asks for."""

from __future__ import annotations

from controller.errors import ClusterError
from controller.migration.access.fenced_writer import always_permit
from controller.migration.protocol.errors import HoldNeeded
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.ownership import find_target, require_present
from controller.migration.protocol.record import Side
from controller.migration.protocol.rollback import Standstill, judge_lowering, judge_rollback
from controller.migration.protocol.verdicts import Held, Reached, Verdict, Write
from controller.migration.run.tools import Tools
from controller.reasons import Code


async def seal(tools: Tools) -> None:
    """Seal both sides. With the target lost, give the source all replicas and wait for the target.

    That may run more replicas than a wave allows: the floor matters more than the bill. The target is
    cleaned up as soon as it can be reached again.
    """
    await tools.writer.seal((Side.SOURCE,))
    try:
        await tools.writer.seal((Side.TARGET,))
    except ClusterError as error:
        record = tools.record
        if error.context != record.target.context or not record.state.target_is_lost:
            raise
        await tools.writer.scale(Side.SOURCE, record.replicas, always_permit, target_is_lost=True)
        reason = Code.SOURCE_RESTORED_ALONE.because(
            replicas=record.replicas,
            source=record.source.context,
            target=error.context,
            answer=str(error),
        )
        raise HoldNeeded(reason) from error


async def restore(tools: Tools) -> None:
    """Return when the source has all its replicas, as available as at the start, and the target none.

    Raises: HoldNeeded where it gets no further for as long as a wave may take.
    """
    standstill = Standstill(tools.timing.counting())
    while True:
        found_source, found_target = await tools.reader.read_both()
        source = require_present(found_source, tools.record, Side.SOURCE)
        target = find_target(found_target, tools.record)
        now = tools.timing.counting()
        standstill = standstill.look(source, target, now)
        verdict = judge_rollback(
            tools.record,
            source,
            target,
            stood_still_s=now - standstill.since_s,
            limit_s=tools.settings.verify_limit_s(source.progress_deadline_s),
        )
        if isinstance(verdict, Reached):
            return
        if isinstance(verdict, Held):
            raise HoldNeeded(verdict.reason)
        if not (isinstance(verdict, Write) and await _write(tools, verdict)):
            await tools.pause()


async def _write(tools: Tools, write: Write) -> bool:
    """Perform one write; False where the freshest reads do not agree with it any more."""

    def permit(target: DeploymentFacts, source: DeploymentFacts | None) -> Verdict:
        return judge_lowering(tools.record, target, source, write.replicas)

    permitted = always_permit if write.side is Side.SOURCE else permit
    return await tools.writer.scale(write.side, write.replicas, permitted)
