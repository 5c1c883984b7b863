"""What is asked of a leader through its source's Lease: obeyed and answered where it is ours, and only there."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from controller.clusters.user_agent import VERSION
from controller.contract.commands import SetArmed
from controller.contract.settlement import Act
from controller.contract.snapshots import MigrationStage
from controller.errors import NotArmed
from controller.migration.access.lease import find_holder
from controller.migration.protocol.fences import FENCE_ANNOTATION
from controller.migration.protocol.lease_requests import (
    ANSWER_ANNOTATION,
    RequestKind,
)
from controller.migration.protocol.request_reasons import RequestCode
from controller.migration.run.lease_asking import Asked
from oracle.foundation.key_ring import KeyRing, RingKey
from tests.controller.migration.keys import RING
from tests.simulation.program import Program
from tests.simulation.test_acts import lose_source
from tests.simulation.test_forged_journals import read_journal
from tests.simulation.test_stop import Writes, stands_still
from tests.simulation.world import LEASE_PATH, PATH, World, simulate, start

FOREIGN_RING = KeyRing((RingKey(b"f" * 32),))


async def lead(world: World, phase: str, wave: int, ring: KeyRing = RING) -> tuple[Program, Program]:
    """A program that leads a move as far as this, and another one at which a person sits."""
    leader, _, _ = await start(world, ring=ring)
    await world.wait_for(lambda: leader.view.phase == phase and leader.view.wave >= wave)
    other = world.open_program("other", ring=RING)
    await other._wait_for(lambda: other._engine is not None)
    other.submit(SetArmed("paris", True))
    return leader, other


async def ask(world: World, other: Program, kind: RequestKind) -> Asked:
    await other._wait_for(lambda: other._engine._regions.is_armed("paris"))
    asked = await other._migrations.ask_leader(read_journal(world.source), kind)
    assert asked is not None, "there is a ring"
    return asked


@pytest.mark.parametrize(("phase", "wave"), [("VERIFY", 1), ("SETTLE", 2), ("SOAK", 4)])
def test_a_leader_elsewhere_is_stopped_and_acknowledges_as_its_last_write(
    tmp_path: Path, phase: str, wave: int
) -> None:
    async def scenario(world: World) -> None:
        leader, other = await lead(world, phase, wave)
        holder = find_holder(world.source.require(LEASE_PATH))
        all_writes = Writes(world)
        asked = await ask(world, other, RequestKind.STOP)
        assert {write.user_agent for write in all_writes.sent} == {
            f"sentinelaura/{VERSION} (migration {leader.view.migration_id})"
        }
        assert asked.holder == holder
        assert asked.answer.why == ""
        assert asked.answer.phase in (phase, world.journaled_phase()), "it may be on its way to the next"
        other.submit(SetArmed("paris", False))
        writes = Writes(world)
        await asyncio.sleep(1000)
        assert writes.sent == []
        assert stands_still(leader), leader.view.sentence
        assert not any(view.armed for view in leader.snapshot.contexts)

    simulate(scenario, 3, tmp_path)


def test_no_replica_is_changed_between_the_reading_of_a_stop_and_its_answer(tmp_path: Path) -> None:
    """The answer's write takes its time, and a wave is due meanwhile."""

    async def scenario(world: World) -> None:
        leader, other = await lead(world, "VERIFY", 2)
        sent: list[str] = []

        def connect(cluster: Any, request: Any) -> float | None:
            is_answer = request.method == "PUT" and ANSWER_ANNOTATION in str(request.body)
            return 9.0 if is_answer else None

        def note(cluster: Any, request: Any) -> None:
            if request.is_write and (request.path == PATH or ANSWER_ANNOTATION in str(request.body)):
                sent.append(request.method)

        world.network.on_connect = connect
        asking = asyncio.create_task(ask(world, other, RequestKind.STOP))
        await world.wait_for(lambda: leader._migrations._requests._is_stopping)
        world.network.on_sent = note
        await asking
        await asyncio.sleep(60)
        assert sent == ["PUT"], "the answer alone"

    simulate(scenario, 3, tmp_path)


def test_an_act_changes_no_deployment_either_while_a_stop_is_answered(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        program, known = await lose_source(world, "SOAK", 4)
        world.judge.is_watching = False
        program._migrations._requests._is_stopping = True
        fenced = world.target.require(PATH)["metadata"]["annotations"][FENCE_ANNOTATION]
        with pytest.raises(NotArmed) as raised:
            await program.settle(known, Act.ADOPT)
        assert raised.value.reason.code is RequestCode.STOP_IS_ANSWERED
        assert world.target.require(PATH)["metadata"]["annotations"][FENCE_ANNOTATION] == fenced

    simulate(scenario, 3, tmp_path)


def test_a_leader_elsewhere_takes_its_move_back(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        leader, other = await lead(world, "SETTLE", 2)
        asked = await ask(world, other, RequestKind.CANCEL)
        assert (asked.answer.phase, asked.answer.why) == ("SETTLE", "")
        await world.wait_for(lambda: leader.view.stage is MigrationStage.ROLLED_BACK)

    world = simulate(scenario, 3, tmp_path)
    assert world.result() == (world.replicas, None)
    assert world.judge_end() == []


def test_what_cannot_be_cancelled_is_answered_with_its_reason(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        leader, other = await lead(world, "SETTLE", 2)
        leader.cancel(leader.view.migration_id)
        await world.wait_for(lambda: leader.view.phase == "ROLLBACK")
        asked = await ask(world, other, RequestKind.CANCEL)
        assert asked.answer.why == "phase_not_cancelled"

    simulate(scenario, 3, tmp_path)


def test_a_leader_with_another_ring_goes_on_and_notes_it(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        leader, other = await lead(world, "SETTLE", 2, FOREIGN_RING)
        began_s = world.loop.time()
        assert (await ask(world, other, RequestKind.STOP)).answer is None
        assert world.loop.time() - began_s < 30, "a person waits for it"
        await world.wait_for(lambda: leader.view.stage is MigrationStage.DONE)
        assert sum("a request in its Lease was ignored" in entry.text for entry in leader.entries) == 1

    simulate(scenario, 3, tmp_path)
