"""`sentinelaura stop`, and a cancel, of a move that is led elsewhere: who acknowledged, and who did not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.exit_codes import ExitCode
from controller.contract.snapshots import MigrationStage
from oracle.foundation.key_ring import KeyRing
from tests.controller.migration.keys import RING
from tests.simulation.program import Program
from tests.simulation.test_forged_journals import crash_in
from tests.simulation.test_lease_requests import FOREIGN_RING
from tests.simulation.test_migrations_command import Terminal
from tests.simulation.test_stop import stands_still
from tests.simulation.world import World, simulate, start


@pytest.fixture
def led(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a scenario beside a move in SETTLE that another machine leads, at a terminal with the key ring."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))

    def run(scenario: Any, ring: KeyRing = RING) -> World:
        async def main(world: World) -> None:
            leader, _, _ = await start(world, ring=ring)
            await world.wait_for(lambda: leader.view.phase == "SETTLE" and leader.view.wave == 2)
            await scenario(world, Terminal(world, capsys), leader)

        return simulate(main, 3, tmp_path)

    return run


def test_who_leads_elsewhere_is_stopped_and_named(led: Any) -> None:
    async def scenario(world: World, terminal: Terminal, leader: Program) -> None:
        began_s = world.loop.time()
        code, said = await terminal.stop()
        assert code == ExitCode.OK
        assert world.loop.time() - began_s < 60
        assert "no process of yours runs on this machine" in said
        assert "shop/checkout  paris (3) -> osaka (3)" in said
        [holder] = world.holders()
        assert f"stopped by {holder} in S" in said
        await world.wait_for(lambda: stands_still(leader))

    led(scenario)


def test_a_program_reads_who_acknowledged(led: Any) -> None:
    async def scenario(world: World, terminal: Terminal, leader: Program) -> None:
        code, said = await terminal.stop("--json")
        document = json.loads(said)
        [migration] = document["migrations"]
        assert (code, document["instances"]) == (ExitCode.OK, [])
        assert (migration["stopped_by"], migration["not_acknowledged"]) == (migration["holder"], None)

    led(scenario)


def test_who_did_not_acknowledge_is_named_and_the_exit_code_says_so(led: Any) -> None:
    async def scenario(world: World, terminal: Terminal, leader: Program) -> None:
        code, said = await terminal.stop()
        assert code == ExitCode.INCOMPLETE
        assert "not stopped: " in said
        assert "did not answer the request in the Lease" in said
        await world.wait_for(lambda: leader.view.stage is MigrationStage.DONE)

    led(scenario, FOREIGN_RING)


def test_a_cluster_that_cannot_be_asked_is_no_success(led: Any) -> None:
    """Somebody may lead a move out of it."""

    async def scenario(world: World, terminal: Terminal, leader: Program) -> None:
        now = world.loop.time()
        world.network.faults.partitions.append(("osaka", now, now + 200))
        world.network.faults.until_s = now + 200
        code, said = await terminal.stop()
        assert code == ExitCode.INCOMPLETE
        assert "osaka was not looked at" in said
        assert "stopped by a-" in said

    led(scenario)


def test_who_has_died_does_not_acknowledge(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))

    async def scenario(world: World) -> None:
        await crash_in(world, "VERIFY")
        code, said = await Terminal(world, capsys).stop()
        assert (code, "or has gone" in said) == (ExitCode.INCOMPLETE, True)

    simulate(scenario, 3, tmp_path)


@pytest.mark.parametrize("act", ["cancel", "back"])
def test_who_leads_takes_its_move_back_itself_and_is_named(led: Any, act: str) -> None:
    async def scenario(world: World, terminal: Terminal, leader: Program) -> None:
        [holder] = world.holders()
        code, said = await terminal.run(act, leader.view.migration_id, "--arm")
        assert (code, f"{holder} leads the move and takes it back" in said) == (ExitCode.OK, True)
        await world.wait_for(lambda: leader.view.stage is MigrationStage.ROLLED_BACK)

    world = led(scenario)
    assert world.judge_end() == []


def test_who_does_not_acknowledge_a_cancel_is_asked_to_let_go(led: Any) -> None:
    """As a program that is older than these requests."""

    async def scenario(world: World, terminal: Terminal, leader: Program) -> None:
        leader._migrations._requests._ring = None
        code, said = await terminal.run("cancel", leader.view.migration_id, "--arm")
        assert (code, "Back in paris as before" in said) == (ExitCode.OK, True)

    world = led(scenario)
    assert world.result() == (world.replicas, None)
