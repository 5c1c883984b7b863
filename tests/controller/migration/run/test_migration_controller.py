"""The face that the engine sees, over clusters in memory, in virtual time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from controller.clusters.workload_parsing import parse_workload
from controller.contract.dry_run import Verdict
from controller.contract.savings import KnownSum
from controller.contract.snapshots import MigrationStage
from controller.history.events import MoveEnded, PhaseEntered
from controller.history.history import History
from controller.history.savings import sum_up_savings
from controller.migration.protocol.errors import MigrationRefused
from controller.migration.run.migration_controller import BUDGET_MEMORY_S
from controller.migration.run.migration_run import MigrationRun
from controller.reasons import Code
from oracle.foundation.reason import Severity
from tests.controller.migration.moves import (
    Moves,
    build_dry_run,
    resume_all,
    simulate_moves,
    start,
    wait_until_over,
)
from tests.controller.refusals import refuses
from tests.simulation.processes import Process
from tests.simulation.world import DEPLOYMENTS, EPOCH, LEASE_PATH, PATH, WORKLOAD, build_deployment


@pytest.mark.parametrize("verdict", [Verdict.TOO_DEAR, Verdict.REFUSED, Verdict.UNKNOWN])
def test_only_a_plan_that_pays_is_started(tmp_path: Path, verdict: Verdict) -> None:
    async def scenario(world: Moves) -> None:
        controller = world.build_controller("a")
        with pytest.raises(MigrationRefused):
            await controller.start(replace(world.dry_run(), verdict=verdict))
        assert controller.views() == ()

    simulate_moves(scenario, 1, tmp_path)


def test_a_plan_past_its_deadline_is_not_started(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        controller = world.build_controller("a")
        with refuses(MigrationRefused, Code.PLAN_EXPIRED):
            await controller.start(build_dry_run(6, EPOCH - 1000))

    simulate_moves(scenario, 1, tmp_path)


def test_a_plan_is_not_started_at_its_deadline_itself(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        controller = world.build_controller("a")
        with pytest.raises(MigrationRefused) as refused:
            await controller.start(replace(world.dry_run(), expires_at=world.wall()))
        assert refused.value.reason == Code.PLAN_EXPIRED.because()
        assert controller.views() == ()

    simulate_moves(scenario, 1, tmp_path)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        pytest.param("paris", "osaka", id="the same move"),
        pytest.param("paris", "lyon", id="the source elsewhere"),
        pytest.param("lyon", "osaka", id="into the same target"),
        pytest.param("osaka", "lyon", id="on from the target"),
        pytest.param("lyon", "paris", id="into the source"),
    ],
)
def test_nothing_else_moves_a_name_where_a_move_of_it_goes_on(
    tmp_path: Path, source: str, target: str
) -> None:
    """Two moves of one name in one cluster would each take the other's replicas for their own."""

    async def scenario(world: Moves) -> None:
        controller, migration_id, task = await start(world)
        second = replace(world.dry_run(), workload=replace(WORKLOAD, context=source), target=target)
        with pytest.raises(MigrationRefused) as refused:
            await controller.start(second)
        assert refused.value.reason == Code.MOVE_RUNNING.because(source="paris", target="osaka")
        await task
        assert [view.migration_id for view in controller.views()] == [migration_id]

    assert simulate_moves(scenario, 1, tmp_path).result() == (0, 6)


@pytest.mark.parametrize("other", [{"name": "cart"}, {"namespace": "blog"}])
def test_a_workload_of_another_name_or_namespace_may_begin_beside_a_move(
    tmp_path: Path, other: dict[str, str]
) -> None:
    async def scenario(world: Moves) -> None:
        controller, _, task = await start(world)
        beside = await controller.start(replace(world.dry_run(), workload=replace(WORKLOAD, **other)))
        assert controller.knows(beside)
        await wait_until_over(controller, beside)
        await task

    assert simulate_moves(scenario, 1, tmp_path).result() == (0, 6)


def test_it_moves_in_the_waves_that_were_confirmed(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        controller = world.build_controller("a")
        migration_id = await controller.start(replace(world.dry_run(), wave_sizes=(1, 1, 2, 2)))
        await wait_until_over(controller, migration_id)

    world = simulate_moves(scenario, 1, tmp_path)
    scaled = [
        landed.request.replicas for landed in world.target.history if landed.request.replicas is not None
    ]
    assert scaled == [1, 2, 4, 6]


def test_what_is_not_offered_is_refused_for_the_same_reason(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        selector = {"topology.kubernetes.io/zone": "eu-west-3a"}
        world.source.edit(PATH, {"spec": {"template": {"spec": {"nodeSelector": selector}}}})
        [reason] = parse_workload("paris", world.source.require(PATH)).immovable_reasons
        controller = world.build_controller("a")
        await wait_until_over(controller, await controller.start(world.dry_run()))
        assert controller.views()[0].stage is MigrationStage.REFUSED
        assert controller.views()[0].reason == reason

    assert simulate_moves(scenario, 1, tmp_path).result() == (6, None)


def test_a_restart_of_the_pods_is_no_change_of_their_template(tmp_path: Path) -> None:
    """Neither for the plan nor for the move, nor for a Deployment that waits in the target from an earlier move."""

    async def scenario(world: Moves) -> None:
        waiting = build_deployment(0)
        waiting["spec"]["template"]["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": "now"}
        world.target.apply(DEPLOYMENTS, waiting)
        await asyncio.sleep(5)
        controller = world.build_controller("a")
        await wait_until_over(controller, await controller.start(world.dry_run()))
        assert controller.views()[0].stage is MigrationStage.DONE, controller.views()[0].sentence

    assert simulate_moves(scenario, 1, tmp_path).result() == (0, 6)


def test_cancelling_what_is_unknown_or_over_changes_nothing(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        controller, migration_id, task = await start(world)
        controller.cancel("nothing of the kind")
        await task
        controller.cancel(migration_id)
        assert controller.views()[0].stage is MigrationStage.DONE

    assert simulate_moves(scenario, 1, tmp_path).result() == (0, 6)


def test_the_history_tells_what_it_cost_and_what_it_saves_beside_what_was_predicted(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        controller, _, task = await start(world)
        await task
        history = controller._history
        assert "It cost $0.10 and saves $8.64 a day" in history.newest(1)[0].text
        [move] = history.past_moves()
        dry_run = world.dry_run()
        assert move.predicted_egress_usd == dry_run.egress_usd
        savings = sum_up_savings([move])
        assert savings.moves == 1
        assert savings.predicted_per_day == KnownSum(dry_run.savings_usd_per_day)
        assert savings.saved_per_day == KnownSum(move.realised_savings_usd_per_day)
        assert savings.cost.usd > 0

    simulate_moves(scenario, 1, tmp_path)


def test_the_history_keeps_why_a_move_went_back_as_a_code_and_tells_it_as_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded: list[object] = []

    async def scenario(world: Moves) -> None:
        controller, migration_id, task = await start(world)
        history = controller._history
        monkeypatch.setattr(history, "record", lambda event: recorded.append(event) or record(history, event))
        await world.wait_for(lambda: controller.views()[0].phase == "VERIFY")
        controller.cancel(migration_id)
        await task
        texts = [entry.text for entry in history.newest(50)]
        assert f"{WORKLOAD}: Going back to paris: cancelled" in texts

    record = History.record
    simulate_moves(scenario, 1, tmp_path)
    [back] = [e for e in recorded if isinstance(e, PhaseEntered) and e.phase == "ROLLBACK"]
    assert back.reason is not None
    assert (back.detail.code, back.reason.code) == ("phase_rollback", "cancelled")
    [end] = [e for e in recorded if isinstance(e, MoveEnded)]
    assert end.detail.code == "phase_rolled_back"


def test_a_move_that_an_unforeseen_error_stopped_is_told_with_the_error_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(run: MigrationRun) -> None:
        raise ZeroDivisionError("nobody foresaw this")

    monkeypatch.setattr(MigrationRun, "run", fail)

    async def scenario(world: Moves) -> None:
        controller = world.build_controller("a")
        await controller.start(world.dry_run())
        await world.wait_for(lambda: len(controller._history.newest(2)) == 2)
        entry = controller._history.newest(1)[0]
        assert entry.severity is Severity.ERROR
        assert "stopped by an unexpected error: ZeroDivisionError" in entry.text
        assert entry.text.endswith("restart to resume it")
        assert controller.views()[0].reason == Code.UNEXPECTED_ERROR.because(
            error="ZeroDivisionError('nobody foresaw this')"
        )
        moves = controller.budget_usage(world.wall()).moves
        assert all(not move.is_end_known for move in moves), (
            "it stands half-way: nobody may say that it was moved"
        )

    simulate_moves(scenario, 1, tmp_path)


def test_moves_count_against_the_budgets_and_refusals_do_not(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        controller = world.build_controller("a")
        world.gate.has_prices = False
        await wait_until_over(controller, await controller.start(world.dry_run()))
        assert controller.budget_usage(world.wall()).moves == ()
        world.gate.has_prices = True
        migration_id = await controller.start(world.dry_run())
        assert len(controller.budget_usage(world.wall()).running()) == 1
        await wait_until_over(controller, migration_id)
        [move] = controller.budget_usage(world.wall()).moves
        assert move.ended_at is not None
        assert move.egress_usd == world.dry_run().egress_usd

    simulate_moves(scenario, 1, tmp_path)


def test_a_wall_clock_that_is_set_back_makes_no_move_younger_and_lengthens_no_rest(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        controller = world.build_controller("a")
        begun_s = world.loop.time()
        await wait_until_over(controller, await controller.start(world.dry_run()))
        ended_s = world.loop.time()
        for after_s, rests in ((599.0, True), (602.0, False)):
            await asyncio.sleep(ended_s + after_s - world.loop.time())
            now = world.wall() - 36_000.0
            usage = controller.budget_usage(now)
            last = usage.find_last_ended(WORKLOAD)
            end = None if last is None else last.ended_at
            assert (end is not None and now < end + 600.0) is rests
        [move] = usage.moves
        assert now - move.started_at == pytest.approx(world.loop.time() - begun_s, abs=1.0)

    simulate_moves(scenario, 1, tmp_path)


def test_a_rest_of_a_month_is_not_over_after_a_week(tmp_path: Path) -> None:
    """What this process knows nobody else is asked about, so that it may not forget before the longest cooldown."""

    async def scenario(world: Moves) -> None:
        controller = world.build_controller("a")
        migration_id = await controller.start(world.dry_run())
        await wait_until_over(controller, migration_id)
        month_s = 30 * 24 * 3600.0
        assert controller.knows(migration_id)
        assert controller.budget_usage(world.wall() + month_s).find_last_ended(WORKLOAD) is not None

    simulate_moves(scenario, 1, tmp_path)


def test_a_move_that_waits_for_a_person_keeps_no_other_workload_waiting(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        controller, _, task = await start(world)
        await world.wait_for(lambda: controller.views()[0].phase == "VERIFY")
        assert len(controller.budget_usage(world.wall()).running()) == 1
        world.source.remove(PATH)
        await world.wait_for(lambda: controller.views()[0].stage is MigrationStage.NEEDS_OPERATOR)
        usage = controller.budget_usage(world.wall())
        assert usage.running() == ()
        assert usage.find_under_way(WORKLOAD) is not None
        await controller.stop()
        await task

    simulate_moves(scenario, 1, tmp_path, checks_readiness=False)


def test_a_journal_that_is_not_believed_counts_against_nothing(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        first = Process("a")
        working = world.loop.create_task(world.migrate(first, world.build_controller("a")))
        await world.wait_for(lambda: world.journaled_phase() == "VERIFY")
        first.kill()
        world.target.remove(LEASE_PATH)
        again = world.build_controller("b")
        [migration_id] = await resume_all(again, world.picture())
        await wait_until_over(again, migration_id)
        assert again.views()[0].stage is MigrationStage.NEEDS_OPERATOR
        assert again.budget_usage(world.wall()).moves == ()
        working.cancel()

    simulate_moves(scenario, 1, tmp_path)


def test_what_neither_a_view_nor_a_budget_needs_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.migration.run.migration_controller.MAX_ENDED_VIEWS", 2)

    async def scenario(world: Moves) -> None:
        controller = world.build_controller("a")
        migration_id = await controller.start(world.dry_run())
        await wait_until_over(controller, migration_id)
        for _ in range(4):  # refused: the source runs nothing any more
            await wait_until_over(controller, await controller.start(world.dry_run()))
        assert len(controller.budget_usage(world.wall()).moves) == 1
        assert set(controller._started) == {migration_id, *(view.migration_id for view in controller.views())}
        assert controller.budget_usage(world.wall() + BUDGET_MEMORY_S).moves == ()
        assert set(controller._started) == {view.migration_id for view in controller.views()}

    simulate_moves(scenario, 1, tmp_path)


def test_a_migration_that_another_instance_leads_is_followed_to_its_end(tmp_path: Path) -> None:
    async def scenario(world: Moves) -> None:
        controller, migration_id, task = await start(world)
        await world.wait_for(lambda: controller.views()[0].phase == "VERIFY")
        follower = world.build_controller("b")
        following = world.loop.create_task(world.migrate(Process("b"), follower))
        await world.wait_for(lambda: bool(follower.views()))
        assert not follower.views()[0].can_cancel
        follower.cancel(migration_id)
        assert "not led by this window" in follower._history.newest(1)[0].text
        await following
        await task
        assert follower.views()[0].stage is MigrationStage.DONE
        assert not follower.views()[0].can_cancel

    world = simulate_moves(scenario, 1, tmp_path)
    assert world.result() == (0, 6)
    assert world.violations == []
