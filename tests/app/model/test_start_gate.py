from __future__ import annotations

from dataclasses import replace

import pytest

from app.model.start_gate import judge_start
from controller.clusters.fleet import Health
from controller.contract.dry_run import Verdict
from controller.contract.snapshots import MigrationStage
from oracle.quotes import PriceMode
from tests.app.scripted_engine import ScriptedEngine


def test_a_move_that_pays_between_armed_contexts_may_start(engine: ScriptedEngine) -> None:
    snapshot = engine.snapshot()
    assert judge_start(snapshot.opportunities[0], snapshot, engine.now).is_open


def test_a_move_that_does_not_pay_says_why(engine: ScriptedEngine) -> None:
    snapshot = engine.snapshot()
    dear = replace(snapshot.opportunities[0], verdict=Verdict.TOO_DEAR, reason="Costs more than it saves.")
    assert judge_start(dear, snapshot, engine.now).reason == "Costs more than it saves."


def test_an_outdated_dry_run_may_not_start(engine: ScriptedEngine) -> None:
    snapshot = engine.snapshot()
    dry_run = snapshot.opportunities[0]
    assert "expired" in judge_start(dry_run, snapshot, dry_run.expires_at).reason


def test_unarmed_contexts_are_named(engine: ScriptedEngine) -> None:
    dry_run = engine.snapshot().opportunities[0]
    engine.disarm()
    gate = judge_start(dry_run, engine.snapshot(), engine.now)
    assert gate.unarmed == (dry_run.workload.context, dry_run.target)
    assert "not armed" in gate.reason


def test_an_unreachable_target_stops_it_with_its_reason(engine: ScriptedEngine) -> None:
    dry_run = engine.snapshot().opportunities[0]
    engine.set_health(dry_run.target, Health.UNREACHABLE)
    gate = judge_start(dry_run, engine.snapshot(), engine.now)
    assert ": refused. The move can start when it answers again." in gate.reason
    assert not gate.unarmed


def test_a_workload_moves_only_once_at_a_time(engine: ScriptedEngine) -> None:
    dry_run = engine.snapshot().opportunities[0]
    engine.start_best()
    assert judge_start(dry_run, engine.snapshot(), engine.now).reason == "This workload is moving already."


def test_a_move_that_is_over_stands_in_no_ones_way(engine: ScriptedEngine) -> None:
    dry_run = engine.snapshot().opportunities[0]
    engine.start_best()
    moving = engine.snapshot()
    over = replace(moving, migrations=tuple(replace(m, stage=MigrationStage.DONE) for m in moving.migrations))
    assert judge_start(dry_run, over, engine.now).is_open


def test_a_context_that_is_gone_is_said(engine: ScriptedEngine) -> None:
    snapshot = engine.snapshot()
    dry_run = replace(snapshot.opportunities[0], target="nowhere")
    assert "not among the watched contexts" in judge_start(dry_run, snapshot, engine.now).reason


@pytest.mark.parametrize("mode", [PriceMode.SIMULATED, PriceMode.RECORDED])
def test_real_clusters_are_not_asked_to_move_on_prices_that_nobody_charges(
    engine: ScriptedEngine, mode: PriceMode
) -> None:
    dry_run = engine.snapshot().opportunities[0]
    assert dry_run.source_quote is not None
    unreal = replace(dry_run, source_quote=replace(dry_run.source_quote, mode=mode))
    demo = engine.snapshot()
    gate = judge_start(unreal, replace(demo, demo=False), engine.now)
    assert str(mode) in gate.reason
    assert "nobody charges" in gate.reason
    assert judge_start(unreal, demo, engine.now).is_open
