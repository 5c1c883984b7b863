from __future__ import annotations

from dataclasses import replace

from app.move_tracking import Move, follow_move, move_of, refusal_text, waiting_text
from controller.commands import RequestDryRun, StartMigration
from tests.app.scripted_engine import ScriptedEngine


def test_a_dry_run_that_was_asked_for_arrives_with_the_answers(engine: ScriptedEngine) -> None:
    workload = engine.snapshot().contexts[0].workloads[0].key
    move = Move(workload, "azure-westeurope", engine.now)
    assert follow_move(move, engine.snapshot()).dry_run is None
    engine.send(RequestDryRun(workload, "azure-westeurope"))
    answered = follow_move(move, engine.snapshot())
    assert answered.dry_run is not None
    assert answered.dry_run.target == "azure-westeurope"


def test_an_old_answer_is_not_taken_for_the_new_one(engine: ScriptedEngine) -> None:
    workload = engine.snapshot().contexts[0].workloads[0].key
    engine.send(RequestDryRun(workload, "azure-westeurope"))
    engine.advance(60.0)
    assert follow_move(Move(workload, "azure-westeurope", engine.now), engine.snapshot()).dry_run is None


def test_numbers_stay_new_until_the_start(engine: ScriptedEngine) -> None:
    best = engine.snapshot().opportunities[0]
    move = Move(best.workload, best.target, engine.now, best)
    engine.advance(1.0)
    engine.send(RequestDryRun(best.workload, best.target))
    newer = follow_move(move, engine.snapshot())
    assert newer.dry_run is not None
    assert newer.dry_run.computed_at == engine.now
    sent = replace(move, sent_at=engine.now)
    assert follow_move(sent, engine.snapshot()).dry_run is best


def test_a_sent_move_becomes_its_migration_and_not_an_older_one(engine: ScriptedEngine) -> None:
    old = engine.start_best()
    move = Move(old.workload, old.target, engine.now, old.dry_run)
    later = replace(move, sent_at=engine.now + 100.0)
    assert follow_move(later, engine.snapshot()).migration_id is None
    begun = follow_move(replace(move, sent_at=engine.now), engine.snapshot())
    assert begun.find_migration(engine.snapshot()) == old
    assert move_of(old).migration_id == old.migration_id


def test_a_refused_start_says_why_and_may_be_tried_again(engine: ScriptedEngine) -> None:
    best = engine.snapshot().opportunities[0]
    sent = Move(best.workload, best.target, engine.now, best, engine.now)
    engine.refuses_because = "the egress budget of today is spent."
    engine.advance(1.0)
    engine.send(StartMigration(best.workload, best.target, best.plan_digest))
    refused = follow_move(sent, engine.snapshot())
    assert refused.sent_at is None
    assert refusal_text(refused) == "Not started: the egress budget of today is spent. Nothing was changed."
    assert waiting_text(refused, engine.now) == ""
    assert refused.dry_run is not None
    assert refused.dry_run.computed_at == engine.now


def test_the_refusal_of_an_earlier_start_is_no_answer(engine: ScriptedEngine) -> None:
    best = engine.snapshot().opportunities[0]
    engine.refuses_because = "no"
    engine.send(StartMigration(best.workload, best.target, best.plan_digest))
    heard = engine.snapshot().rejections
    at_once = Move(best.workload, best.target, engine.now, best, engine.now, heard=heard)
    assert follow_move(at_once, engine.snapshot()) == at_once
    later = Move(best.workload, best.target, engine.now, best, engine.now + 60.0)
    assert follow_move(later, engine.snapshot()) == later
    other = Move(best.workload, "azure-westeurope", engine.now, best, engine.now)
    assert follow_move(other, engine.snapshot()) == other


def test_a_slow_engine_is_mentioned(engine: ScriptedEngine) -> None:
    best = engine.snapshot().opportunities[0]
    move = Move(best.workload, best.target, 0.0, best)
    assert waiting_text(move, 100.0) == ""
    sent = replace(move, sent_at=100.0)
    assert waiting_text(sent, 101.0) == "Starting…"
    assert "not taken it up" in waiting_text(sent, 120.0)
