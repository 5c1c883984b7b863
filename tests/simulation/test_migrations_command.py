"""`sentinelaura migrations` on the simulated fleet: what a person reads, confirms and gets."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.arguments import build_parser
from app.commands.failures import CommandFailed
from app.commands.migrations import run_migrations
from app.commands.stop import run_stop
from app.composition import MoveTools, choose_price_source
from app.config.configuration import Configuration
from app.exit_codes import ExitCode
from controller.contract.snapshots import MigrationStage
from controller.engine.engine import Engine
from controller.reasons import Code
from oracle.foundation.key_ring import KeyRing
from tests.controller.migration.keys import OTHER_KEYS, RING
from tests.simulation.forgery import put_journal, sign_journal
from tests.simulation.program import Program
from tests.simulation.test_acts import lose_source
from tests.simulation.test_arming import replace_cluster
from tests.simulation.test_forged_journals import crash_in, read_journal
from tests.simulation.world import DEPLOYMENTS, World, build_deployment, simulate, start


class Terminal:
    """A person at a terminal, whose command runs in a process of its own, beside the window."""

    def __init__(self, world: World, capsys: pytest.CaptureFixture[str], ring: KeyRing = RING) -> None:
        self._world = world
        self._ring = ring
        self._capsys = capsys
        self._count = 0
        self.configuration = Configuration(kubeconfig="some")

    async def run(self, *arguments: str) -> tuple[int, str]:
        """Run the command line; returns its exit code and all that it prints. Raises: CommandFailed."""
        return await self._run(run_migrations, "migrations", *arguments)

    async def stop(self, *arguments: str) -> tuple[int, str]:
        """Run the kill switch."""
        return await self._run(run_stop, "stop", *arguments)

    async def _run(self, command: Any, *arguments: str) -> tuple[int, str]:
        asked = build_parser().parse_args(arguments)
        self._capsys.readouterr()
        code = await command(asked, self.configuration, self._open)
        said = self._capsys.readouterr()
        return code, said.out + said.err

    async def refuse(self, *arguments: str) -> CommandFailed:
        """Run the command line, which does not do what was asked."""
        with pytest.raises(CommandFailed) as failed:
            await self.run(*arguments)
        return failed.value

    @asynccontextmanager
    async def _open(self, configuration: Configuration) -> AsyncIterator[MoveTools]:
        program = await self._open_program()
        assert program._engine is not None, "it has started"
        # Only its clusters and its migrations: the command takes up nothing by itself.
        program._engine._unfinished.follow = lambda picture: None  # type: ignore[method-assign]
        yield MoveTools(program._engine._regions, program._migrations)
        await program.close()

    @asynccontextmanager
    async def open_engine(self, configuration: Configuration) -> AsyncIterator[Engine]:
        """Run the engine of a command that begins a move. Raises: PriceFileError."""
        choose_price_source(configuration, 0.0)
        program = await self._open_program()
        assert program._engine is not None, "it has started"
        yield program._engine
        await program.close()

    async def _open_program(self) -> Program:
        self._count += 1
        program = Program(self._world._outside, f"terminal-{self._count}", ring=self._ring)
        await program._wait_for(lambda: program._engine is not None)
        return program


@pytest.fixture(autouse=True)
def nobody_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No process of whoever runs the tests is asked."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))


@pytest.fixture
def stuck(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a scenario with a terminal in a world whose move has lost its source in SOAK and waits for a person."""

    def run(scenario: Any) -> World:
        async def main(world: World) -> None:
            program, known = await lose_source(world, "SOAK", 4)
            world.judge.is_watching = False
            await scenario(world, Terminal(world, capsys), program, known.migration_id)

        return simulate(main, 3, tmp_path)

    return run


def test_a_move_that_another_process_leads_is_listed_as_its_journal_has_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario(world: World) -> None:
        program, migration_id, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "SOAK")
        terminal = Terminal(world, capsys)
        code, said = await terminal.run("list")
        assert code == ExitCode.OK
        assert f"{migration_id}  SOAK" in said
        assert "shop/checkout  paris (0) -> osaka (6)" in said
        assert "held by a-" in said
        _, document = await terminal.run("list", "--json")
        [listed] = json.loads(document)["migrations"]
        assert (listed["phase"], listed["read_from"], listed["target_replicas"]) == ("SOAK", "source", 6)
        await task
        assert (await terminal.run("list"))[1] == "no migration is unfinished\n"
        assert "DONE" in (await terminal.run("list", "--all"))[1]

    simulate(scenario, 3, tmp_path)


def test_a_cluster_that_does_not_answer_is_not_taken_for_one_without_migrations(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario(world: World) -> None:
        await crash_in(world, "SOAK")
        now = world.loop.time()
        world.network.faults.partitions.append(("paris", now, now + 10_000))
        world.network.faults.until_s = now + 10_000
        code, said = await Terminal(world, capsys).run("list")
        assert code == ExitCode.INCOMPLETE
        assert "paris was not looked at" in said
        assert "SOAK" in said, "the mirror in the target speaks of it as well"

    simulate(scenario, 3, tmp_path)


def test_each_act_is_shown_with_what_it_changes(stuck: Any) -> None:
    async def scenario(world: World, terminal: Terminal, program: Program, migration_id: str) -> None:
        code, said = await terminal.run("show", migration_id)
        assert code == ExitCode.OK
        assert "restore: not now: paris has no such Deployment; create it again first" in said
        assert "osaka: stays at 6 replicas, of which 6 serve" in said
        acts = json.loads((await terminal.run("show", migration_id, "--json"))[1])["acts"]
        assert [one["act"] for one in acts] == ["cancel", "adopt", "restore", "abandon"]

    stuck(scenario)


@pytest.mark.parametrize("name", ["shop", "", "Checkout"])
def test_nothing_is_done_without_the_workloads_name(stuck: Any, name: str) -> None:
    async def scenario(world: World, terminal: Terminal, program: Program, migration_id: str) -> None:
        failed = await terminal.refuse("adopt", migration_id, "--arm", "--yes", name)
        assert (failed.code, failed.reason) == (
            ExitCode.REFUSED,
            Code.ACT_NOT_CONFIRMED.because(name="checkout"),
        )
        assert world.journaled_phase() == "NEEDS_OPERATOR"

    stuck(scenario)


def test_a_name_that_is_typed_confirms(stuck: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(read: Any) -> str:
        return str(read())

    async def scenario(world: World, terminal: Terminal, program: Program, migration_id: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("checkout\n"))
        monkeypatch.setattr("asyncio.to_thread", answer)
        code, said = await terminal.run("adopt", migration_id, "--arm")
        assert code == ExitCode.OK
        assert "type checkout to adopt this move" in said
        assert world.journaled_phase() == "DONE"

    stuck(scenario)


def test_an_act_needs_armed_clusters(stuck: Any) -> None:
    async def scenario(world: World, terminal: Terminal, program: Program, migration_id: str) -> None:
        failed = await terminal.refuse("abandon", migration_id, "--yes", "checkout")
        assert failed.reason == Code.NOT_ARMED.because(contexts=("paris", "osaka"))
        assert world.journaled_phase() == "NEEDS_OPERATOR"

    stuck(scenario)


def test_an_act_does_not_wait_for_a_cluster_that_does_not_answer_to_be_armed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario(world: World) -> None:
        await crash_in(world, "SOAK")
        migration_id = read_journal(world.source).migration_id
        now = world.loop.time()
        world.network.faults.partitions.append(("osaka", now, now + 10_000))
        world.network.faults.until_s = now + 10_000
        world.judge.is_watching = False
        code, _ = await Terminal(world, capsys).run("abandon", migration_id, "--arm", "--yes", "checkout")
        assert code == ExitCode.OK
        assert world.journaled_phase() is None

    simulate(scenario, 3, tmp_path)


def test_an_act_changes_no_cluster_that_has_taken_the_place_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario(world: World) -> None:
        await crash_in(world, "SOAK")
        migration_id = read_journal(world.source).migration_id
        replace_cluster(world)
        await asyncio.sleep(60)  # what was on its way has landed
        before = len(world.target.history)
        failed = await Terminal(world, capsys).refuse("abandon", migration_id, "--arm", "--yes", "checkout")
        assert failed.reason == Code.ARMED_CLUSTER_REPLACED.because(contexts=("osaka",))
        assert len(world.target.history) == before

    simulate(scenario, 3, tmp_path)


def test_a_source_that_was_created_again_is_restored_to_its_end(stuck: Any) -> None:
    async def scenario(world: World, terminal: Terminal, program: Program, migration_id: str) -> None:
        world.source.act("POST", DEPLOYMENTS, build_deployment(0))
        code, said = await terminal.run("restore", migration_id, "--arm", "--yes", "checkout")
        assert code == ExitCode.OK
        assert "paris: goes from 0 to 6 replicas" in said
        assert "ROLLED_BACK" in said
        await world.wait_for(lambda: program.view.stage is MigrationStage.ROLLED_BACK)

    assert stuck(scenario).result() == (6, None)


def test_an_abandoned_move_is_no_longer_listed(stuck: Any) -> None:
    async def scenario(world: World, terminal: Terminal, program: Program, migration_id: str) -> None:
        code, said = await terminal.run("abandon", migration_id, "--arm", "--yes", "checkout")
        assert code == ExitCode.OK
        assert "Abandoned: paris and osaka stay as they are" in said
        assert (await terminal.run("list", "--all"))[1] == "no migration is unfinished\n"

    assert stuck(scenario).result() == (0, 6)


@pytest.mark.parametrize("action", ["cancel", "back"])
def test_a_move_that_nobody_leads_any_more_is_cancelled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    async def scenario(world: World) -> None:
        await crash_in(world, "VERIFY")
        migration_id = read_journal(world.source).migration_id
        code, said = await Terminal(world, capsys).run(action, migration_id[:3], "--arm", "--json")
        assert code == ExitCode.OK
        lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        assert lines[-1]["event"] == "end"
        assert lines[-1]["exit_code"] == 0
        assert lines[-2]["phase"] == "ROLLED_BACK"

    assert simulate(scenario, 3, tmp_path).judge_end() == []


def lose_prices(world: World) -> None:
    """Nothing is charged any more, as far as anybody knows: a way back needs none."""
    world.market.has_prices = False
    world.judge.judges_prices = False


@pytest.fixture
def moved(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a scenario with a terminal in a world whose move is over, and whose prices have gone since."""

    def run(scenario: Any) -> World:
        async def main(world: World) -> None:
            program, migration_id, task = await start(world)
            await task
            await program.close()
            lose_prices(world)
            await asyncio.sleep(30.0)
            terminal = Terminal(world, capsys)
            monkeypatch.setattr("app.commands.migrate.open_engine", terminal.open_engine)
            await scenario(world, terminal, migration_id)

        return simulate(main, 3, tmp_path)

    return run


def test_a_move_that_is_over_is_taken_back_without_a_price_by_who_types_the_name(moved: Any) -> None:
    async def scenario(world: World, terminal: Terminal, migration_id: str) -> None:
        code, said = await terminal.run("back", migration_id, "--arm", "--yes", "checkout")
        assert code == ExitCode.OK
        assert "the move is over; going back is a move of osaka/shop/checkout to paris" in said
        assert "Way back: cost of moving unknown; a day there unknown, a day here unknown" in said
        assert "DONE" in said

    assert moved(scenario).result() == (6, 0)


def test_a_price_file_that_is_gone_keeps_nobody_from_the_way_back(moved: Any, tmp_path: Path) -> None:
    async def scenario(world: World, terminal: Terminal, migration_id: str) -> None:
        missing = str(tmp_path / "prices.csv")
        terminal.configuration = Configuration(kubeconfig="some", prices=missing, live=True)
        code, said = await terminal.run("back", migration_id, "--arm", "--yes", "checkout")
        assert code == ExitCode.OK
        assert missing in said, "and it is said"

    assert moved(scenario).result() == (6, 0)


def test_a_way_back_whose_cost_nobody_confirmed_is_not_begun(moved: Any) -> None:
    async def scenario(world: World, terminal: Terminal, migration_id: str) -> None:
        failed = await terminal.refuse("back", migration_id, "--arm", "--yes", "paris")
        assert failed.reason == Code.ACT_NOT_CONFIRMED.because(name="checkout")

    assert moved(scenario).result() == (0, 6)


def test_a_way_back_needs_armed_clusters(moved: Any) -> None:
    async def scenario(world: World, terminal: Terminal, migration_id: str) -> None:
        failed = await terminal.refuse("back", migration_id, "--yes", "checkout")
        assert failed.reason is not None
        assert failed.reason.code is Code.NOT_ARMED

    assert moved(scenario).result() == (0, 6)


def test_an_unknown_id_names_the_command_that_lists_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario(world: World) -> None:
        failed = await Terminal(world, capsys).refuse("show", "nothing")
        assert failed.code is ExitCode.BAD_INPUT
        assert "migrations list" in str(failed)

    simulate(scenario, 3, tmp_path)


def test_a_move_that_nobody_here_has_signed_is_listed_by_its_claims_and_abandoned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario(world: World) -> None:
        await crash_in(world, "SETTLE")
        for cluster in world.clusters.values():
            put_journal(cluster, sign_journal(cluster, read_journal(cluster), OTHER_KEYS))
        world.judge.is_watching = False
        terminal, before = Terminal(world, capsys), world.result()
        migration_id = read_journal(world.source).migration_id
        code, said = await terminal.run("list")
        assert code == ExitCode.OK
        assert "signed with the key" in said
        assert f"`sentinelaura migrations show {migration_id}`" in said
        _, document = await terminal.run("list", "--json")
        [listed] = json.loads(document)["migrations"]
        assert listed["doubt"]["code"] == Code.JOURNAL_FOREIGN.value
        assert (await terminal.refuse("cancel", migration_id, "--arm")).code == ExitCode.REFUSED
        await terminal.run("abandon", migration_id, "--arm", "--yes", "checkout")
        assert world.result() == before
        assert (await terminal.run("list"))[1] == "no migration is unfinished\n"

    simulate(scenario, 3, tmp_path)
