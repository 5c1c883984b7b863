"""The waits and writes of a wave: reads facts, asks the protocol, performs, and looks again.

Every judgement rests on fresh reads and stands in `protocol/waves.py`. MoveFailed leads to a rollback, HoldNeeded to a
HOLD.
"""

from __future__ import annotations

from controller.migration.protocol import waves
from controller.migration.protocol.bounds import FACTS_LIFE_S
from controller.migration.protocol.failures import require_going_on
from controller.migration.protocol.gate import check_gate
from controller.migration.protocol.observation import DeploymentFacts, PodFacts
from controller.migration.protocol.record import Side
from controller.migration.protocol.verdicts import Outdated, Reached, Verdict, Waiting
from controller.migration.run.tools import Tools

Pods = tuple[PodFacts, ...] | None


def judge_begin(tools: Tools, source: DeploymentFacts | None, target: DeploymentFacts | None) -> Verdict:
    """Say whether a wave may begin now beside these fresh facts: in time, allowed, priced, and still worth it."""
    record = tools.record
    closed = check_gate(
        tools.gate,
        record.dry_run,
        tools.settings,
        replicas_left=record.replicas - record.target.replicas,
        elapsed_s=record.meter.elapsed_s,
        now=tools.timing.clocks.wall(),
    )
    repairs = waves.is_repair(record, source, target)
    return waves.judge_begin(record, closed, tools.settings, repairs=repairs)


async def surge(tools: Tools, replicas: int) -> None:
    """Raise the target, if price and permission hold at the very moment of sending."""

    def permit(target: DeploymentFacts, source: DeploymentFacts | None) -> Verdict:
        verdict = judge_begin(tools, source, target)
        if not isinstance(verdict, Reached):
            return verdict
        return waves.judge_surge(tools.record, source, replicas)

    await tools.writer.scale(Side.TARGET, replicas, permit)


async def verify(tools: Tools, replicas: int) -> None:
    """Wait until the target serves with all its replicas, for the whole bake time, without a container
    restarting.
    """
    bake = waves.Bake()
    while True:
        target = await tools.read_untouched(Side.TARGET)
        await tools.read_untouched(Side.SOURCE)
        restarts = await count_restarts(tools, target, replicas)
        now = tools.timing.counting()
        bake = bake.look(restarts, now, tools.settings)
        verdict = waves.judge_verification(tools.record, target, replicas, bake, tools.settings, now=now)
        if isinstance(require_going_on(verdict), Reached):
            return
        await tools.pause()


async def scale_down_source(tools: Tools, replicas: int) -> None:
    """Lower the source as soon as fresh reads of both sides, and of the target's pods, show that nobody will miss the
    replicas.
    """
    give_up_at = tools.timing.counting() + tools.settings.wavering_timeout_s
    patience = tools.timing.patience()
    while True:
        target = await tools.read_untouched(Side.TARGET)
        asked_at = tools.timing.counting()
        pods = await tools.reader.read_pods(Side.TARGET, target)

        def permit(
            source: DeploymentFacts,
            target: DeploymentFacts | None,
            pods: Pods = pods,
            asked_at: float = asked_at,
        ) -> Verdict:
            now = tools.timing.counting()
            if now - asked_at > FACTS_LIFE_S:
                return Outdated()  # the pods are counted again
            counted = waves.as_pods_say(target, pods) if target is not None else None
            verdict = waves.judge_scale_down(
                tools.record, source, counted, replicas, give_up_at=give_up_at, now=now
            )
            if not isinstance(verdict, Waiting):
                return verdict
            patience.renew()
            return Outdated()

        if await tools.writer.scale(Side.SOURCE, replicas, permit, patience=patience):
            return
        await tools.pause()


async def settle(tools: Tools, replicas: int) -> None:
    """Wait until the source runs no more than `replicas` and its last pods are gone, or their grace is
    over.
    """
    settling = waves.Settling(tools.timing.counting())
    while True:
        source = await tools.read_untouched(Side.SOURCE)
        target = await tools.read_untouched(Side.TARGET)
        require_going_on(waves.judge_outage(tools.record, source, target))
        now = tools.timing.counting()
        settling = settling.look(source, replicas, now)
        is_lowered = source.is_rolled_out(replicas)
        pods = await tools.reader.read_pods(Side.SOURCE, source) if is_lowered else ()
        verdict = waves.judge_settling(
            tools.record, source, pods, replicas, settling, tools.settings, now=now
        )
        if isinstance(require_going_on(verdict), Reached):
            return
        await tools.pause()


async def soak(tools: Tools) -> None:
    """Watch the target for the rollback window; a target that wavers for too long sends everything back."""
    began_s = tools.timing.counting()
    watch = waves.Soak(began_s, began_s)
    while True:
        target = await tools.read_untouched(Side.TARGET)
        source = await tools.read_untouched(Side.SOURCE)
        asks_pods = watch.asks_pods(tools.settings, tools.timing.counting())
        if asks_pods:
            target = waves.as_pods_say(target, await tools.reader.read_pods(Side.TARGET, target))
        require_going_on(waves.judge_outage(tools.record, source, target))
        now = tools.timing.counting()
        watch = watch.look(tools.record, target, now, tools.settings, has_counted=asks_pods)
        verdict = waves.judge_soak(tools.record, target, watch, tools.settings, now=now)
        if isinstance(require_going_on(verdict), Reached):
            return
        await tools.pause()


async def count_restarts(tools: Tools, target: DeploymentFacts, replicas: int) -> int | None:
    """Return the restarts of the target's pods, or None while it is not complete."""
    if not waves.is_complete(target, replicas):
        return None
    return waves.count_restarts(await tools.reader.read_pods(Side.TARGET, target), replicas)
