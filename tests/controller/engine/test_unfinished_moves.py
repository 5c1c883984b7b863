"""What a start says and does about a move that an earlier process left: clusters in memory, virtual time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from controller.clusters.fleet import FleetPicture, Health, WorkloadKey
from controller.clusters.kube_api import KubeApi
from controller.contract.snapshots import MigrationStage
from controller.decision.budgets import BudgetUsage
from controller.engine.controls import Controls
from controller.engine.earlier_moves import to_budget_moves
from controller.engine.unfinished_moves import LOOK_AGAIN_S, LOOK_QUIET_S, RETRY_S, UnfinishedMoves
from controller.errors import ClusterError
from controller.history.events import Event, MoveLeftUnfinished
from controller.migration.protocol.journal import JOURNAL_ANNOTATION, decode_journal
from controller.migration.protocol.states import Phase
from controller.reasons import Code
from controller.simulation.api.json_objects import get_path, with_path
from oracle.foundation.reason import Severity
from tests.controller.contract.test_changes import make_context
from tests.controller.engine.switches import Switches
from tests.controller.faults import answered
from tests.controller.migration.moves import Moves, simulate_moves, wait_until_over
from tests.simulation.forgery import put_journal, sign_journal, take_journal
from tests.simulation.processes import Process
from tests.simulation.world import LEASE_PATH, WORKLOAD


class Regions(Switches):
    """The contexts of a process, with their switches; nothing is armed at the start."""

    def __init__(self, world: Moves, contexts: tuple[str, ...]) -> None:
        super().__init__()
        self._world = world
        self.contexts = contexts
        self.troubles: dict[str, ClusterError] = {}

    def api(self, context: str) -> KubeApi:
        if context in self.troubles:
            raise self.troubles[context]
        return self._world.api(context)


class Restarted:
    """A process that starts after another one, as far as it looks after unfinished moves."""

    def __init__(self, world: Moves, contexts: tuple[str, ...] = ("paris", "osaka")) -> None:
        self._world = world
        self.regions = Regions(world, contexts)
        self.controller = world.build_controller("restarted")
        self.history = self.controller._history
        controls = Controls(self.regions, self.controller, self.history, asyncio.Event())  # type: ignore[arg-type]
        self.unfinished = UnfinishedMoves(controls, world.loop.time)

    async def look(self) -> None:
        """Let a round of the engine happen, and all looks that it begins."""
        self.unfinished.follow(self._world.picture())
        await self._world.wait_for(lambda: not self.unfinished.is_looking(self.regions.contexts))

    def quiet_s(self) -> float:
        """For how long nobody looks again by the clock alone."""
        delay_s = self.unfinished.seconds_to_next_look()
        assert delay_s is not None
        return delay_s

    def texts(self) -> list[str]:
        return [entry.text for entry in self.history.newest(50)]


async def close_in_the_middle(world: Moves) -> None:
    """Move until a part of the replicas is in the target, and close the program as a person does."""
    controller = world.build_controller("a")
    await controller.start(world.dry_run())
    await world.wait_for(lambda: bool(controller.views()) and controller.views()[0].wave == 2)
    await controller.stop()


async def close_and_restart(world: Moves, contexts: tuple[str, ...] = ("paris", "osaka")) -> Restarted:
    """Close the program in the middle of a move; returns the next one, which knows these contexts."""
    await close_in_the_middle(world)
    return Restarted(world, contexts)


async def crash_in_the_middle(world: Moves) -> Process:
    """The same, but the program gives nothing back."""
    process = Process("a")
    await begin(world, process)
    process.kill()
    await pass_time(world, 1.0)  # what it has sent still lands
    return process


async def begin(world: Moves, process: Process) -> None:
    controller = world.build_controller("a")
    process.spawn(world.migrate(process, controller))
    await world.wait_for(lambda: bool(controller.views()) and controller.views()[0].wave == 2)


async def pass_time(world: Moves, seconds: float) -> None:
    end = world.loop.time() + seconds
    await world.wait_for(lambda: world.loop.time() >= end)


def notices_of(restarted: Restarted) -> list[tuple[Severity, str]]:
    return [(notice.severity, notice.text) for notice in restarted.unfinished.notices()]


def test_a_start_tells_of_the_move_that_was_left_and_writes_nothing(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        await close_in_the_middle(world)
        writes = {context: len(cluster.history) for context, cluster in world.clusters.items()}
        restarted = Restarted(world)
        await restarted.look()
        expected = "Unfinished move of shop/checkout from paris to osaka: arm paris and osaka to go on"
        assert notices_of(restarted) == [(Severity.WARNING, f"{expected}.")]
        [entry] = restarted.history.newest(50)
        assert (entry.text, entry.severity) == (expected, Severity.WARNING)
        assert {context: len(cluster.history) for context, cluster in world.clusters.items()} == writes

    simulate_moves(scenario, 1, tmp_path)


def test_arming_both_sides_takes_it_up_and_one_alone_only_asks_for_the_other(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        restarted = await close_and_restart(world)
        await restarted.look()
        restarted.regions.armed.add("paris")
        await restarted.look()
        assert restarted.controller.views() == ()
        [notice] = restarted.unfinished.notices()
        assert notice.text.endswith("arm osaka to go on.")
        restarted.regions.armed.add("osaka")
        await restarted.look()
        assert restarted.unfinished.notices() == ()
        assert restarted.unfinished.moves() == ()
        assert restarted.regions.begun == [view.migration_id for view in restarted.controller.views()]
        await world.wait_for(lambda: restarted.controller.views()[0].stage is MigrationStage.DONE)

    world = simulate_moves(scenario, 1, tmp_path)
    assert world.result() == (0, 6)
    assert world.violations == []


def test_a_crash_is_told_as_soon_as_its_holder_is_known_to_be_dead(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        await crash_in_the_middle(world)
        restarted = Restarted(world)
        await restarted.look()
        [(severity, text)] = notices_of(restarted)
        assert severity is Severity.INFO
        assert "leads or led the move of shop/checkout" in text
        await pass_time(world, LOOK_AGAIN_S)
        await restarted.look()
        [(severity, text)] = notices_of(restarted)
        assert severity is Severity.WARNING
        assert text.startswith("Unfinished move of shop/checkout")

    simulate_moves(scenario, 1, tmp_path)


def test_a_move_that_another_instance_leads_is_no_trouble_and_goes_with_its_end(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        await begin(world, Process("a"))
        restarted = Restarted(world)
        await restarted.look()
        await pass_time(world, LOOK_AGAIN_S)
        await restarted.look()
        [(severity, text)] = notices_of(restarted)
        assert (severity, "leads the move" in text) == (Severity.INFO, True)
        assert restarted.texts() == []
        await world.wait_for(world.is_over)
        await pass_time(world, LOOK_AGAIN_S)
        await restarted.look()
        assert notices_of(restarted) == []
        assert restarted.quiet_s() > LOOK_AGAIN_S

    simulate_moves(scenario, 1, tmp_path)


def test_a_move_that_another_instance_leaves_meanwhile_is_found_and_taken_up(tmp_path: Path) -> None:
    """Both sides were armed and quiet when it began: nothing but the clock makes this process look."""

    async def scenario(world: Moves) -> None:
        restarted = Restarted(world)
        restarted.regions.armed = {"paris", "osaka"}
        await restarted.look()
        assert restarted.quiet_s() == pytest.approx(LOOK_QUIET_S, abs=1)
        await crash_in_the_middle(world)
        await restarted.look()
        assert restarted.unfinished.notices() == (), "it is not time yet"
        await pass_time(world, LOOK_QUIET_S)
        await restarted.look()
        [(severity, text)] = notices_of(restarted)
        assert (severity, "leads or led the move" in text) == (Severity.INFO, True)
        await restarted.look()  # what a look finds is taken up in the next round
        assert restarted.controller.views() == (), "somebody may lead it"
        await pass_time(world, LOOK_AGAIN_S)
        await restarted.look()
        await restarted.look()
        assert restarted.unfinished.notices() == ()
        await world.wait_for(lambda: restarted.controller.views()[0].stage is MigrationStage.DONE)

    world = simulate_moves(scenario, 1, tmp_path)
    assert world.result() == (0, 6)
    assert world.violations == []


def test_a_move_that_another_instance_leads_is_left_to_it_where_both_sides_were_armed_before(
    tmp_path: Path,
) -> None:
    async def scenario(world: Moves) -> None:
        restarted = Restarted(world)
        restarted.regions.armed = {"paris", "osaka"}
        await restarted.look()
        restarted.unfinished._looks = {
            context: replace(look, again_at=0.0) for context, look in restarted.unfinished._looks.items()
        }
        await begin(world, Process("a"))
        await restarted.look()
        await pass_time(world, LOOK_AGAIN_S)
        await restarted.look()
        [(severity, text)] = notices_of(restarted)
        assert (severity, "leads the move" in text) == (Severity.INFO, True)
        await restarted.look()
        assert restarted.controller.views() == ()
        assert restarted.unfinished.moves() != (), "its workload is not offered meanwhile"
        await world.wait_for(world.is_over)

    simulate_moves(scenario, 1, tmp_path)


def test_contexts_out_of_reach_are_asked_when_they_are_back(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        restarted = await close_and_restart(world)
        picture = world.picture()
        away = {key: replace(each, health=Health.UNREACHABLE) for key, each in picture.clusters.items()}
        restarted.unfinished.follow(FleetPicture(away))
        assert not restarted.unfinished.is_looking(("paris", "osaka"))
        await restarted.look()
        assert len(restarted.unfinished.notices()) == 1

    simulate_moves(scenario, 1, tmp_path)


@pytest.mark.parametrize("context", ["paris", "osaka"])
def test_its_workload_is_not_offered_meanwhile_on_either_side(tmp_path: Path, context: str) -> None:
    async def scenario(world: Moves) -> None:
        restarted = await close_and_restart(world)
        await restarted.look()
        usage = BudgetUsage(unfinished=restarted.unfinished.moves())
        workload = WorkloadKey(context, WORKLOAD.namespace, WORKLOAD.name)
        move = usage.find_under_way(workload)
        assert move is not None
        assert (move.workload.context, move.target) == ("paris", "osaka")

    simulate_moves(scenario, 1, tmp_path)


def test_a_target_that_this_kubeconfig_lacks_is_said(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        restarted = await close_and_restart(world, ("paris",))
        world.clusters = {"paris": world.source}
        await restarted.look()
        [notice] = restarted.unfinished.notices()
        assert "osaka is missing here" in notice.text

    simulate_moves(scenario, 1, tmp_path)


def test_a_move_whose_source_is_not_seen_calls_a_person_by_the_mirror_of_its_target(tmp_path: Path) -> None:
    """Nothing else would: who goes on with it stands in the source's Lease."""

    async def scenario(world: Moves) -> None:
        await close_in_the_middle(world)
        program = Restarted(world)
        program.regions.troubles["paris"] = answered("paris", 500, "it does not answer")
        await program.look()
        assert program.unfinished.notices() == (), "its source may only be slow"
        await asyncio.sleep(program.quiet_s())
        await program.look()
        await asyncio.sleep(LOOK_AGAIN_S)
        await program.look()
        [notice] = program.unfinished.notices()
        assert notice.reason == Code.MOVE_SOURCE_UNSEEN.because(
            workload="shop/checkout", source="paris", target="osaka"
        )
        del program.regions.troubles["paris"]
        await asyncio.sleep(RETRY_S)
        await program.look()
        assert Code.MOVE_SOURCE_UNSEEN not in {one.reason.code for one in program.unfinished.notices()}

    simulate_moves(scenario, 1, tmp_path)


def test_what_goes_on_with_a_move_is_a_code_for_programs(tmp_path: Path) -> None:
    """A metric or another program looks at the code and at which contexts it needs, not at the words."""

    async def scenario(world: Moves) -> None:
        restarted = await close_and_restart(world)
        told: list[Event] = []
        restarted.history.record = told.append  # type: ignore[method-assign]
        restarted.regions.armed = {"paris"}
        await restarted.look()
        [event] = told
        assert isinstance(event, MoveLeftUnfinished)
        assert event.reason.code == Code.MOVE_LEFT_UNARMED
        assert event.reason.parameters == {
            "workload": "shop/checkout",
            "source": "paris",
            "target": "osaka",
            "contexts": ["osaka"],
        }
        [notice] = restarted.unfinished.notices()
        assert notice.key.startswith("move_left_unarmed:")

    simulate_moves(scenario, 1, tmp_path)


def test_leases_that_may_not_be_read_are_told_once_and_harm_nothing(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        restarted = await close_and_restart(world)
        world.source.api.denied = frozenset({("list", "leases")})
        for _ in range(3):
            await restarted.look()
            await pass_time(world, LOOK_AGAIN_S)
        assert restarted.texts() == [
            "paris: Leases may not be read in shop; a move left unfinished there is not seen"
        ]
        assert restarted.unfinished.notices() == ()
        assert restarted.unfinished.has_looked("paris")
        assert restarted.quiet_s() > LOOK_AGAIN_S

    simulate_moves(scenario, 1, tmp_path)


def test_a_look_that_failed_is_told_once_and_tried_again(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        restarted = await close_and_restart(world)
        restarted.regions.armed = {"paris"}
        restarted.regions.troubles["paris"] = answered("paris", 500, "it stumbled")
        for _ in range(2):
            await restarted.look()
            await pass_time(world, RETRY_S)
        assert len([text for text in restarted.texts() if "it stumbled" in text]) == 1
        assert not restarted.unfinished.has_searched("paris")
        restarted.regions.troubles.clear()
        await restarted.look()
        assert restarted.unfinished.has_searched("paris")
        assert len(restarted.unfinished.notices()) == 1

    simulate_moves(scenario, 1, tmp_path)


@pytest.mark.parametrize(
    ("journal", "change", "reason"),
    [
        ('{"version": 99, "what it looks like": "nobody knows"}', ("", ""), "has version 99"),
        (
            None,
            ('"name":"copies"', '"name":"traffic"'),
            "has the step traffic, which this program does not know",
        ),
        (None, ('"name":"checkout"', '"name":"other"'), "of another workload"),
    ],
    ids=["of a newer version", "with a newer step", "of another workload"],
)
def test_a_journal_that_is_not_believed_is_told_once_and_left_alone(
    tmp_path: Path, journal: str | None, change: tuple[str, str], reason: str
) -> None:
    async def scenario(world: Moves) -> None:
        await close_in_the_middle(world)
        path = ("metadata", "annotations", JOURNAL_ANNOTATION)
        lease = world.source.require(LEASE_PATH)
        forged = get_path(lease, *path).replace(*change)
        world.source.put(LEASE_PATH, with_path(lease, path, journal or forged))
        before = len(world.source.history)
        restarted = Restarted(world)
        restarted.regions.armed = {"paris", "osaka"}
        for _ in range(3):
            await restarted.look()
        [entry] = restarted.history.newest(50)
        assert entry.severity is Severity.ERROR
        assert reason in entry.text
        assert "left alone" in entry.text
        assert restarted.controller.views() == ()
        assert len(world.source.history) == before

    simulate_moves(scenario, 1, tmp_path)


@pytest.mark.parametrize("contexts", [("paris", "osaka"), ("paris",), ("osaka",)], ids=" and ".join)
def test_a_move_that_is_over_is_known_from_the_lease_of_either_side(
    tmp_path: Path, contexts: tuple[str, ...]
) -> None:
    """So a cooldown survives a restart also where no history could be kept."""

    async def scenario(world: Moves) -> None:
        controller = world.build_controller("a")
        migration_id = await controller.start(world.dry_run())
        await wait_until_over(controller, migration_id)
        over_at = world.wall()
        restarted = Restarted(world, contexts)
        restarted.unfinished.follow(FleetPicture({name: world.picture().clusters[name] for name in contexts}))
        await world.wait_for(lambda: not restarted.unfinished.is_looking(contexts))
        assert restarted.unfinished.moves() == ()
        [move] = restarted.unfinished.ended()
        assert move.migration_id == migration_id
        assert {move.workload.context, move.target} - {""} == set(contexts), (
            "a Lease speaks for its own cluster"
        )
        assert move.predicted_egress_usd == world.dry_run().egress_usd
        usage = BudgetUsage(to_budget_moves(restarted.unfinished.ended(), over_at))
        for context in contexts:
            last = usage.find_last_ended(replace(WORKLOAD, context=context))
            assert last is not None
            assert last.ended_at == pytest.approx(over_at, abs=60)

    simulate_moves(scenario, 1, tmp_path)


async def fail(world: Moves) -> float:
    """Let a move begin and be cancelled; returns when it was over."""
    controller = world.build_controller("a")
    migration_id = await controller.start(world.dry_run())
    await world.wait_for(lambda: bool(controller.views()) and controller.views()[0].wave == 2)
    controller.cancel(migration_id)
    await wait_until_over(controller, migration_id)
    [move] = controller.budget_usage(world.wall()).rolled_back()
    assert (move.workload, move.target) == (WORKLOAD, "osaka")
    return world.wall()


@pytest.mark.parametrize("lease_of", [("paris", "osaka"), ("paris",), ("osaka",)], ids=" and ".join)
def test_a_target_that_failed_rests_after_a_restart_whichever_lease_is_left(
    tmp_path: Path, lease_of: tuple[str, ...]
) -> None:
    """The source's Lease holds the journal of a later move by then, or the target's can't be read."""

    async def scenario(world: Moves) -> None:
        over_at = await fail(world)
        restarted = Restarted(world)
        for context in {"paris", "osaka"} - set(lease_of):
            lease = world.clusters[context].require(LEASE_PATH)
            world.clusters[context].put(LEASE_PATH, with_path(lease, ("metadata", "annotations"), {}))
        await restarted.look()
        usage = BudgetUsage(to_budget_moves(restarted.unfinished.ended(), world.wall()))
        assert usage.find_last_ended(WORKLOAD) is None
        assert usage.find_last_return(WORKLOAD, "osaka") == pytest.approx(over_at, abs=60)

    simulate_moves(scenario, 1, tmp_path)


def test_a_move_that_nobody_has_signed_is_shown_and_counts_against_nothing(tmp_path: Path) -> None:
    """Whoever may write Leases must not use up the budgets of all moves."""

    async def scenario(world: Moves) -> None:
        await close_in_the_middle(world)
        for cluster in world.clusters.values():
            journal = take_journal(cluster)
            assert journal is not None
            put_journal(cluster, replace(journal, signature=None))
        restarted = Restarted(world)
        restarted.regions.armed = {"paris", "osaka"}
        for _ in range(3):
            await restarted.look()
        [notice] = restarted.unfinished.notices()
        assert notice.reason.code is Code.JOURNAL_UNSIGNED
        assert restarted.unfinished.moves() == ()
        silent = make_context("osaka")
        assert restarted.unfinished.name_clusters([silent]) == (silent,), "a stranger says who it is"
        assert [entry.text for entry in restarted.history.newest(50)] == [str(notice.reason)]

    simulate_moves(scenario, 1, tmp_path)


def test_an_end_that_nobody_has_signed_rests_nothing_and_is_no_way_back(tmp_path: Path) -> None:
    """Whoever may write the Leases of both clusters invents no finished move, for which a person's way back asks no
    price.
    """

    async def scenario(world: Moves) -> None:
        controller = world.build_controller("a")
        await wait_until_over(controller, await controller.start(world.dry_run()))
        for cluster in world.clusters.values():
            journal = take_journal(cluster)
            assert journal is not None
            put_journal(cluster, replace(journal, text=f"{journal.text} "))
        restarted = Restarted(world)
        await restarted.look()
        assert restarted.unfinished.ended() == ()

    simulate_moves(scenario, 1, tmp_path)


@pytest.mark.parametrize("context", ["paris", "osaka"])
def test_one_lease_that_has_the_workload_back_shortens_no_rest(tmp_path: Path, context: str) -> None:
    """Our keys have signed both, and one says that the move was rolled back; the other says that it was not."""

    async def scenario(world: Moves) -> None:
        controller = world.build_controller("a")
        await wait_until_over(controller, await controller.start(world.dry_run()))
        cluster = world.clusters[context]
        journal = take_journal(cluster)
        assert journal is not None
        record = decode_journal(journal.text)
        back = replace(record, state=replace(record.state, phase=Phase.ROLLED_BACK))
        put_journal(cluster, sign_journal(cluster, back))
        restarted = Restarted(world)
        await restarted.look()
        assert [move.phase for move in restarted.unfinished.ended()] == ["DONE"]
        usage = BudgetUsage(to_budget_moves(restarted.unfinished.ended(), world.wall()))
        assert usage.find_last_ended(WORKLOAD) is not None

    simulate_moves(scenario, 1, tmp_path)


def test_who_may_not_ask_a_cluster_who_it_is_is_not_troubled_by_moves_that_are_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(side: object) -> str:
        raise answered("paris", 403, "namespaces is forbidden")

    async def scenario(world: Moves) -> None:
        controller = world.build_controller("a")
        await wait_until_over(controller, await controller.start(world.dry_run()))
        monkeypatch.setattr("controller.migration.access.cluster_side.ClusterSide.read_cluster_uid", refuse)
        restarted = Restarted(world)
        await restarted.look()
        assert restarted.unfinished.ended() == ()
        assert restarted.texts() == []

    simulate_moves(scenario, 1, tmp_path)
