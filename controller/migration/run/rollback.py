"""The way back as it is performed: seal, then write by write what `protocol/rollback.py` asks for."""

from __future__ import annotations

from controller.migration.access.fenced_writer import always_permit
from controller.migration.protocol.errors import HoldNeeded
from controller.migration.protocol.observation import DeploymentFacts, PodFacts
from controller.migration.protocol.ownership import find_target, require_present
from controller.migration.protocol.pod_troubles import explain
from controller.migration.protocol.record import Side
from controller.migration.protocol.rollback import Standstill, judge_lowering, judge_rollback
from controller.migration.protocol.verdicts import Held, Reached, Verdict, Write
from controller.migration.protocol.waves import as_pods_say
from controller.migration.run.tools import Tools
from controller.reasons import Code
from oracle.foundation.reason import Reason


async def seal(tools: Tools) -> None:
    """Seal both sides, the source's first. Where the source comes first, a target that gives no answer is asked only
    once.
    """
    await tools.writer.seal((Side.SOURCE,))
    if tools.record.state.source_first and tools.record.source_is_short:
        await _require_answer(tools)
    await tools.writer.seal((Side.TARGET,))


async def _require_answer(tools: Tools) -> None:
    """Raises: HoldNeeded where the last look at the target found no answer, or ClusterError where this one does."""
    silent_s = tools.reader.silent_s(Side.TARGET)
    if silent_s is not None:
        raise HoldNeeded(Code.TARGET_SILENT.because(context=tools.record.target.context, silent_s=silent_s))
    await tools.reader.read_once(Side.TARGET)


async def restore(tools: Tools) -> None:
    """Return when the source has all its replicas, as available as at the start, and the target none but its own.

    Raises: HoldNeeded where it gets no further for as long as a wave may take; MoveFailed where the target has lost
    pods, so that the source is to have all at once.
    """
    standstill = Standstill(tools.timing.counting())
    while True:
        found_source, found_target = await tools.reader.read_both()
        source = require_present(found_source, tools.record, Side.SOURCE)
        pods = await tools.reader.read_pods(Side.SOURCE, source)
        source = as_pods_say(source, pods)
        target = find_target(found_target, tools.record)
        await tools.shortfall.require_none(tools.reader, tools.record, source, target)
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
            raise HoldNeeded(await explain_standstill(tools, verdict.reason, source))
        if not (isinstance(verdict, Write) and await _write(tools, verdict, pods)):
            await tools.pause()


async def explain_standstill(tools: Tools, reason: Reason, source: DeploymentFacts) -> Reason:
    """Return why a rollback is held, with what the pods say for which it waits."""
    if reason.code is not Code.ROLLBACK_WAITS_FOR_PODS:
        return reason
    return explain(reason, await tools.reader.ask_why(Side.SOURCE, source))


async def _write(tools: Tools, write: Write, pods: tuple[PodFacts, ...] | None) -> bool:
    """Perform one write; False where the freshest reads do not agree with it any more."""

    def permit(target: DeploymentFacts, source: DeploymentFacts | None) -> Verdict:
        counted = as_pods_say(source, pods) if source is not None else None
        return judge_lowering(tools.record, target, counted, write.replicas)

    permitted = always_permit if write.side is Side.SOURCE else permit
    return await tools.writer.scale(write.side, write.replicas, permitted)
