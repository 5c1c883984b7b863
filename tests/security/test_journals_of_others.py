"""Who may write the Leases of both clusters, and has no right on any Deployment, must not have ours scaled."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from controller.contract.settlement import Act
from controller.contract.snapshots import MigrationStage
from controller.migration.protocol.act_reasons import ActCode
from controller.migration.protocol.errors import ActRefused
from controller.migration.protocol.journal import encode_journal
from controller.migration.protocol.record import MigrationRecord
from controller.migration.protocol.signing import Journal
from controller.migration.protocol.states import Phase
from controller.reasons import Code
from tests.controller.migration.keys import OTHER_KEYS
from tests.controller.refusals import refuses
from tests.simulation.cluster import Cluster
from tests.simulation.forgery import claim, put_journal, sign_journal, take_journal
from tests.simulation.program import Program, Rejected
from tests.simulation.test_forged_journals import code_of, crash_in, start_again
from tests.simulation.world import (
    DEPLOYMENTS,
    PATH,
    WORKLOAD,
    World,
    build_deployment,
    simulate,
    start,
)


def run_in_both(world: World, replicas: int = 2) -> None:
    """The workload runs on both sides, as its owner wants it; nobody has asked for a move."""
    world.judge.is_watching = False
    world.target.apply(DEPLOYMENTS, build_deployment(replicas))


def plant(world: World, phase: Phase, how: str) -> None:
    """Write the same claim into the Leases of both clusters."""
    record = claim(world, phase)
    for cluster in world.clusters.values():
        journals = {
            "unsigned": Journal(encode_journal(record)),
            "foreign": sign_journal(cluster, record, OTHER_KEYS),
            "carried": sign_journal(other_of(world, cluster), record),
            "changed": replace(sign_journal(cluster, replace(record, floor=6)), text=encode_journal(record)),
        }
        put_journal(cluster, journals[how])


def other_of(world: World, cluster: Cluster) -> Cluster:
    return world.target if cluster is world.source else world.source


def codes_shown(program: Program) -> set[str]:
    """What the window tells of moves that nobody here goes on with."""
    assert program.snapshot is not None
    return {notice.reason.code.value for notice in program.snapshot.notices}


async def leave_alone(world: World, name: str = "victim", seconds: float = 900.0) -> Program:
    """Start the program, arm both sides as every day, and wait longer than any patience lasts."""
    program = world.open_program(name)
    await program.arm(*world.clusters)
    await asyncio.sleep(seconds)
    return program


async def forge_a_move(world: World) -> tuple[Program, MigrationRecord]:
    """Claim of a workload in both clusters that it is on its way, unsigned, and leave that to a program."""
    run_in_both(world)
    plant(world, Phase.SCALE_DOWN_SOURCE, "unsigned")
    program = await leave_alone(world)
    return program, claim(world, Phase.SCALE_DOWN_SOURCE)


@pytest.mark.parametrize("phase", [Phase.SCALE_DOWN_SOURCE, Phase.ROLLBACK, Phase.LOCKED])
@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("unsigned", Code.JOURNAL_UNSIGNED),
        ("foreign", Code.JOURNAL_FOREIGN),
        ("carried", Code.JOURNAL_FORGED),
        ("changed", Code.JOURNAL_FORGED),
    ],
)
def test_replicas_that_a_forged_pair_of_journals_would_take(
    tmp_path: Path, how: str, code: Code, phase: Phase
) -> None:
    """Six replicas in one cluster and two in the other, one of which claims to have been moved."""

    async def scenario(world: World) -> None:
        run_in_both(world)
        plant(world, phase, how)
        before = world.result()
        program = await leave_alone(world)
        assert world.result() == before == (6, 2)
        assert program.views() == ()
        assert codes_shown(program) >= {code.value}

    simulate(scenario, 5, tmp_path)


def test_replicas_that_a_journal_put_back_after_the_end_would_take(tmp_path: Path) -> None:
    """Every journal of a move is kept by somebody, and put back when the workload is at home again."""

    async def scenario(world: World) -> None:
        kept: dict[str, list[Journal]] = {}
        program, _, task = await start(world)
        while not task.done():
            pair = [take_journal(cluster) for cluster in world.clusters.values()]
            if None not in pair:
                kept.setdefault(program.view.phase, [one for one in pair if one is not None])
            await asyncio.sleep(0.5)
        await program.close()
        world.judge.is_watching = False
        world.source.apply(DEPLOYMENTS, build_deployment(6))
        world.target.apply(DEPLOYMENTS, build_deployment(2))
        source_uid, target_uid = (cluster.uid(PATH) for cluster in world.clusters.values())
        assert {"SURGE", "VERIFY", "SETTLE", "SOAK"} <= kept.keys()
        for phase, pair in kept.items():
            for cluster, journal in zip(world.clusters.values(), pair, strict=True):
                put_journal(cluster, journal)
            again = await leave_alone(world, phase, 120.0)
            assert world.result() == (6, 2), phase
            assert (source_uid, target_uid) == tuple(cluster.uid(PATH) for cluster in world.clusters.values())
            await again.close()

    simulate(scenario, 1, tmp_path)


def test_a_move_that_an_earlier_journal_would_turn_around(tmp_path: Path) -> None:
    """The program has died in the second wave; the pair of journals is one of the first."""

    async def scenario(world: World) -> None:
        program, _, _ = await start(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY")
        kept = [take_journal(cluster) for cluster in world.clusters.values()]
        await world.wait_for(lambda: program.view.phase == "VERIFY" and program.view.wave == 2)
        program.process.kill()
        for cluster, journal in zip(world.clusters.values(), kept, strict=True):
            assert journal is not None
            put_journal(cluster, journal)
        before = world.result()
        again = await start_again(world, "b")
        assert code_of(again) is Code.JOURNAL_OUTDATED
        assert world.result() == before
        await again.settle(again._seen[0], Act.RESTORE)
        await again.wait_until_over(again.view.migration_id)
        assert again.view.stage is MigrationStage.ROLLED_BACK

    assert simulate(scenario, 1, tmp_path).result() == (6, None)


def test_what_a_teammate_has_begun_is_gone_on_with(tmp_path: Path) -> None:
    """By whoever has the same ring, and by itself."""

    async def scenario(world: World) -> None:
        await crash_in(world, "SETTLE")
        again = await start_again(world, "b")
        assert again.view.stage is MigrationStage.DONE

    assert simulate(scenario, 1, tmp_path).result() == (0, 6)


def test_the_replicas_of_a_workload_whose_forged_move_a_person_ends(tmp_path: Path) -> None:
    """What the claim would allow is not what is done: the floor is what the clusters have."""

    async def scenario(world: World) -> None:
        program, known = await forge_a_move(world)
        acts = await program.judge_acts(known)
        for act, code in ((Act.ADOPT, ActCode.ACT_BELOW_FLOOR), (Act.CANCEL, Code.JOURNAL_UNSIGNED)):
            with pytest.raises(Rejected) as rejected:
                await program.settle(known, act)
            assert rejected.value.code is code
        for act in (Act.RESTORE, Act.ABANDON):
            assert acts[act].changes[0].code is Code.JOURNAL_UNSIGNED
        await program.settle(known, Act.ABANDON)
        assert world.result() == (6, 2)
        assert [take_journal(cluster) for cluster in world.clusters.values()] == [None, None]

    simulate(scenario, 5, tmp_path)


def test_the_replicas_that_a_claim_of_one_would_leave_in_the_source(tmp_path: Path) -> None:
    """The workload was moved long ago; a forged move of a single replica asks to be restored."""

    async def scenario(world: World) -> None:
        _, _, task = await start(world)
        await task
        plant(world, Phase.VERIFY, "unsigned")
        program = await leave_alone(world)
        with pytest.raises(Rejected) as rejected:
            await program.settle(claim(world, Phase.VERIFY), Act.RESTORE)
        assert rejected.value.code is ActCode.ACT_RESTORES_TOO_FEW
        assert world.result() == (0, 6)

    simulate(scenario, 1, tmp_path)


def test_a_claim_that_grew_after_a_person_had_read_it(tmp_path: Path) -> None:
    """What was typed holds for what was shown."""

    async def scenario(world: World) -> None:
        program, known = await forge_a_move(world)
        shown = (await program.judge_acts(known))[Act.RESTORE]
        for cluster in world.clusters.values():
            changed = replace(known, template_hash="beef")
            put_journal(cluster, Journal(encode_journal(changed)))
        with refuses(ActRefused, ActCode.ACT_OUTDATED):
            await program._migrations.settle(known, Act.RESTORE, shown.digest)
        assert world.result() == (6, 2)

    simulate(scenario, 5, tmp_path)


def test_a_move_that_a_forged_journal_would_hide(tmp_path: Path) -> None:
    """No new move begins over it, and the ended ones of older versions stand in nobody's way."""

    async def scenario(world: World) -> None:
        plant(world, Phase.VERIFY, "unsigned")
        program = await leave_alone(world)
        before = len(world.source.history)
        migration_id = await program.start_move(WORKLOAD, "osaka")
        await program.wait_until_over(migration_id)
        assert program.view.stage is MigrationStage.REFUSED
        assert code_of(program) is Code.JOURNAL_UNSIGNED
        assert [one for one in world.source.history[before:] if one.request.path == PATH] == []
        for cluster in world.clusters.values():
            done = replace(claim(world, Phase.DONE), ended_at=world.wall())
            put_journal(cluster, Journal(encode_journal(done)))
        migration_id = await program.start_move(WORKLOAD, "osaka")
        await program.wait_until_over(migration_id)
        assert program.views()[-1].stage is MigrationStage.DONE

    assert simulate(scenario, 1, tmp_path).result() == (0, 6)


def test_the_way_back_of_a_move_that_a_forged_end_would_cut_off(tmp_path: Path) -> None:
    """The program has died in the middle; the source's Lease claims that the move is over."""

    async def scenario(world: World) -> None:
        await crash_in(world, "SETTLE")
        journal = take_journal(world.source)
        assert journal is not None
        forged = journal.text.replace('"phase":"SETTLE"', '"phase":"DONE"')
        assert forged != journal.text
        again = world.open_program("b")
        await again.arm(*world.clusters)
        put_journal(world.source, replace(journal, text=forged))
        await again.wait_until_over(again.view.migration_id)
        assert again.view.stage is MigrationStage.NEEDS_OPERATOR
        assert code_of(again) is Code.JOURNAL_REPLACED

    simulate(scenario, 1, tmp_path)
