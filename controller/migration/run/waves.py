"""The waits and writes of a wave: reads facts, asks the protocol, performs, and looks again.

Every judgement rests on fresh reads and stands in `protocol/waves.py`. MoveFailed leads to a rollback, HoldNeeded to a
HOLD.
"""

from __future__ import annotations

from dataclasses import replace

from controller.migration.protocol import waves
from controller.migration.protocol.bounds import FACTS_LIFE_S
from controller.migration.protocol.failures import require_going_on
from controller.migration.protocol.gate import check_gate
from controller.migration.protocol.observation import DeploymentFacts, PodFacts
from controller.migration.protocol.record import Side
from controller.migration.protocol.states import Event
from controller.migration.protocol.verdicts import Outdated, Reached, Verdict, Waiting
from controller.migration.run.tools import Tools
from oracle.foundation.reason import Reason

Pods = tuple[PodFacts, ...] | None

#: For how long pods just start, seconds, before they are asked why they do not serve. Arbitrary: most serve by then.
WORDS_AFTER_S = 10.0


def judge_begin(tools: Tools, source: DeploymentFacts | None, target: DeploymentFacts | None) -> Verdict:
    """Say whether a wave may begin now beside these fresh facts: in time, allowed, priced, and still worth it."""
    record = tools.record
    closed = check_gate(
        tools.gate,
        record.dry_run,
        tools.settings,
        replicas_left=record.state.target_replicas - record.target.replicas,
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


async def verify(tools: Tools, replicas: int) -> Event | None:
    """Wait until the target serves with all its replicas, for the bake time of the wave, without a container
    restarting. Return TARGET_LOST where what it served already is lost meanwhile. What its pods say is told meanwhile.
    """
    wave, began_with = tools.record.state.wave, tools.record.state.reason
    bake = waves.Bake(waited_s=tools.record.watched.waited_for(wave))
    while True:
        target = await tools.read_untouched(Side.TARGET)
        source = await tools.read_untouched(Side.SOURCE)
        pods = await _read_complete(tools, target, replicas)
        restarts = waves.count_restarts(pods, replicas)
        now = tools.timing.counting()
        counted = target if pods is None else waves.as_pods_say(target, pods)
        tools.shortfall.look(tools.record, source, counted, now)
        if (lost := tools.shortfall.find_loss(tools.record, now, tools.settings)) is not None:
            return lost
        bake = bake.look(restarts, now, tools.settings)
        tools.journal.note_watched(tools.record.watched.with_wait(wave, bake.waited_s))
        why = await _ask_why(tools, target, restarts, bake)
        tools.journal.describe(why or began_with)
        purchase_s = tools.gate.find_supply(tools.record.target.context).wait_s
        verdict = waves.judge_verification(
            tools.record, target, replicas, bake, tools.settings, now=now, why=why, purchase_s=purchase_s
        )
        if isinstance(require_going_on(verdict), Reached):
            return None
        await tools.pause(bake.left_s(now, waves.find_bake_s(tools.record, tools.settings)))


async def scale_down_source(tools: Tools, replicas: int) -> None:
    """Lower the source as soon as fresh reads of both sides, and of the target's pods, show that nobody will miss the
    replicas.
    """
    began_s = tools.timing.counting()
    give_up_at = began_s + tools.settings.wavering_timeout_s
    patience = tools.timing.patience()
    why: Reason | None = None
    while True:
        target = await tools.read_untouched(Side.TARGET)
        asked_at = tools.timing.counting()
        pods = await tools.reader.read_pods(Side.TARGET, target)

        def permit(
            source: DeploymentFacts,
            target: DeploymentFacts | None,
            pods: Pods = pods,
            asked_at: float = asked_at,
            why: Reason | None = why,
        ) -> Verdict:
            now = tools.timing.counting()
            if now - asked_at > FACTS_LIFE_S:
                return Outdated()  # the pods are counted again
            counted = waves.as_pods_say(target, pods) if target is not None else None
            verdict = waves.judge_scale_down(
                tools.record, source, counted, replicas, give_up_at=give_up_at, now=now, why=why
            )
            if not isinstance(verdict, Waiting):
                return verdict
            patience.renew()
            return Outdated()

        if await tools.writer.scale(Side.SOURCE, replicas, permit, patience=patience):
            return
        why = await _ask_after(tools, target, began_s)
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
        await tools.shortfall.require_none(tools.reader, tools.record, source, target)
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
    watch = waves.Soak(began_s, began_s, tools.record.watched.soaked_s)
    why: Reason | None = None
    while True:
        target = await tools.read_untouched(Side.TARGET)
        source = await tools.read_untouched(Side.SOURCE)
        asks_pods = watch.asks_pods(tools.settings, tools.timing.counting())
        if asks_pods:
            target = waves.as_pods_say(target, await tools.reader.read_pods(Side.TARGET, target))
        require_going_on(waves.judge_outage(tools.record, source, target))
        now = tools.timing.counting()
        watch = watch.look(tools.record, target, now, tools.settings, has_counted=asks_pods)
        tools.journal.note_watched(replace(tools.record.watched, soaked_s=watch.watched_s))
        verdict = waves.judge_soak(tools.record, target, watch, tools.settings, now=now, why=why)
        if isinstance(require_going_on(verdict), Reached):
            return
        why = await _ask_after(tools, target, watch.healthy_s)
        await tools.pause(watch.left_s(tools.settings))


async def count_restarts(tools: Tools, target: DeploymentFacts, replicas: int) -> int | None:
    """Return the restarts of the target's pods, or None while it is not complete."""
    return waves.count_restarts(await _read_complete(tools, target, replicas), replicas)


async def _ask_why(
    tools: Tools, target: DeploymentFacts, restarts: int | None, bake: waves.Bake
) -> Reason | None:
    """Return why a target that should serve by now does not, as its pods have it; None: it does, or it is early."""
    is_early = bake.waited_s < WORDS_AFTER_S
    return None if restarts is not None or is_early else await tools.reader.ask_why(Side.TARGET, target)


async def _ask_after(tools: Tools, target: DeploymentFacts, healthy_s: float) -> Reason | None:
    """Return why a target that has been short since then is, for the next look: no verdict waits for words."""
    is_early = tools.timing.counting() - healthy_s < WORDS_AFTER_S
    return None if is_early else await tools.reader.ask_why(Side.TARGET, target)


async def _read_complete(tools: Tools, target: DeploymentFacts, replicas: int) -> Pods:
    """Return the pods of a target that is complete by its status; None of another one, or where they are not known."""
    if not waves.is_complete(target, replicas):
        return None
    return await tools.reader.read_pods(Side.TARGET, target)
