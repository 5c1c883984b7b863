from __future__ import annotations

from dataclasses import replace

from app.model.moves import (
    FollowedMove,
    follow_back,
    follow_move,
    list_reported,
    move_of,
    refusal_text,
    waiting_text,
)
from app.model.start_gate import Gate
from controller.contract.commands import RequestDryRun, StartMigration
from controller.contract.way_back import WayBack
from controller.reasons import Code
from tests.app.scripted_engine import ScriptedEngine

#: Monotonic seconds; what they are does not matter to anything that is said.
SENT_S = 100.0


def ask(engine: ScriptedEngine, target: str = "azure-westeurope") -> FollowedMove:
    """Look at a move that is not offered."""
    return FollowedMove(
        engine.snapshot().contexts[0].workloads[0].key, target, list_reported(engine.snapshot())
    )


def click(engine: ScriptedEngine) -> FollowedMove:
    """Start the best move, as far as the window is concerned."""
    best = engine.snapshot().opportunities[0]
    return FollowedMove(best.workload, best.target, list_reported(engine.snapshot()), best, SENT_S)


def start(engine: ScriptedEngine, move: FollowedMove) -> None:
    assert move.dry_run is not None
    engine.send(StartMigration(move.workload, move.target, move.dry_run.plan_digest))


def test_a_dry_run_that_was_asked_for_arrives_with_the_answers(engine: ScriptedEngine) -> None:
    move = ask(engine)
    assert follow_move(move, engine.snapshot()).dry_run is None
    engine.send(RequestDryRun(move.workload, move.target))
    answered = follow_move(move, engine.snapshot())
    assert answered.dry_run is not None
    assert answered.dry_run.target == "azure-westeurope"


def test_an_old_answer_is_not_taken_for_the_new_one(engine: ScriptedEngine) -> None:
    first = ask(engine)
    engine.send(RequestDryRun(first.workload, first.target))
    assert follow_move(ask(engine), engine.snapshot()).dry_run is None


def test_numbers_stay_new_until_the_start(engine: ScriptedEngine) -> None:
    sent = click(engine)
    engine.prices_arrive = False
    engine.advance(1.0)
    newer = follow_move(replace(sent, sent_s=None), engine.snapshot())
    assert newer.dry_run is not None
    assert newer.dry_run.computed_at == engine.now
    assert follow_move(sent, engine.snapshot()).dry_run is sent.dry_run


def test_the_plan_is_newer_than_any_answer_also_when_it_offers_the_move_no_longer(
    engine: ScriptedEngine,
) -> None:
    looked_at = replace(click(engine), sent_s=None)
    engine.send(RequestDryRun(looked_at.workload, looked_at.target))
    offered = follow_move(looked_at, engine.snapshot())
    gone = replace(engine.snapshot(), opportunities=())
    assert follow_move(offered, gone) == offered


def test_a_sent_move_becomes_its_migration_and_not_an_older_one(engine: ScriptedEngine) -> None:
    before = click(engine)
    old = engine.start_best()
    later = FollowedMove(
        before.workload, before.target, list_reported(engine.snapshot()), before.dry_run, SENT_S
    )
    assert follow_move(later, engine.snapshot()).migration_id is None
    begun = follow_move(before, engine.snapshot())
    assert begun.find_migration(engine.snapshot()) == old
    assert move_of(old).migration_id == old.migration_id


def test_a_start_finds_its_migration_although_the_wall_clock_was_set_back(engine: ScriptedEngine) -> None:
    sent = click(engine)
    engine.now -= 36_000.0
    start(engine, sent)
    [migration] = engine.snapshot().migrations
    assert follow_move(sent, engine.snapshot()).migration_id == migration.migration_id


def test_new_numbers_are_new_although_the_wall_clock_was_set_back(engine: ScriptedEngine) -> None:
    looked_at = replace(click(engine), sent_s=None)
    engine.now -= 36_000.0
    engine.send(RequestDryRun(looked_at.workload, looked_at.target))
    renewed = follow_move(looked_at, engine.snapshot())
    assert renewed.dry_run is not None
    assert renewed.dry_run.computed_at == engine.now


def test_a_refused_start_says_why_and_may_be_tried_again(engine: ScriptedEngine) -> None:
    sent = click(engine)
    engine.refuses_because = "the egress budget of today is spent."
    engine.advance(1.0)
    start(engine, sent)
    refused = follow_move(sent, engine.snapshot())
    assert refused.sent_s is None
    answer = "Not started: the egress budget of today is spent. Nothing was changed."
    assert refusal_text(refused, Gate()) == answer
    assert waiting_text(refused, SENT_S) == ""
    assert refused.dry_run is not None
    assert refused.dry_run.computed_at == engine.now


def test_why_it_does_not_start_is_said_once(engine: ScriptedEngine) -> None:
    """The answer to a click, the engine's word of this moment, and the verdict of the bill are often the same."""
    sent = click(engine)
    engine.refuses_because = "too many move"
    start(engine, sent)
    refused = follow_move(sent, engine.snapshot())
    assert refused.unstarted is not None
    assert refused.dry_run is not None
    same, other = Gate(refused.unstarted.reason), Gate(Code.PLAN_EXPIRED.because())
    answer = "Not started: too many move. Nothing was changed."
    assert refusal_text(refused, same) == answer
    assert refusal_text(refused, other) == f"{answer} It cannot start now: {Code.PLAN_EXPIRED.template}."
    assert refusal_text(refused, Gate(refused.dry_run.reason)) == answer
    fresh = replace(refused, unstarted=None)
    assert refusal_text(fresh, same) == "It cannot start now: too many move."
    assert refusal_text(fresh, Gate()) == ""


def test_a_refusal_is_recognized_although_the_wall_clock_was_set_back(engine: ScriptedEngine) -> None:
    sent = click(engine)
    engine.refuses_because = "no"
    engine.now -= 36_000.0
    start(engine, sent)
    assert follow_move(sent, engine.snapshot()).unstarted is not None


def test_the_refusal_of_an_earlier_start_is_no_answer(engine: ScriptedEngine) -> None:
    engine.refuses_because = "no"
    start(engine, click(engine))
    later = click(engine)
    assert follow_move(later, engine.snapshot()) == later
    other = replace(later, target="azure-westeurope", reported=replace(later.reported, unstarted=()))
    assert follow_move(other, engine.snapshot()) == other


def test_a_slow_engine_is_mentioned(engine: ScriptedEngine) -> None:
    sent = click(engine)
    assert waiting_text(replace(sent, sent_s=None), SENT_S) == ""
    assert waiting_text(sent, SENT_S + 1.0) == "Starting…"
    assert "not taken it up" in waiting_text(sent, SENT_S + 20.0)


def test_a_move_that_is_offered_on_the_same_way_is_no_way_back(engine: ScriptedEngine) -> None:
    offered = engine.snapshot().opportunities[0]
    back = follow_back(WayBack(offered.workload, offered.target, "m-0"))
    assert follow_move(back, engine.snapshot()).dry_run is None
    engine.send(RequestDryRun(offered.workload, offered.target, way_back_of="m-0"))
    answered = follow_move(back, engine.snapshot()).dry_run
    assert answered is not None
    assert answered.way_back_of == "m-0"
    move = FollowedMove(offered.workload, offered.target)
    assert follow_move(move, engine.snapshot()).dry_run == offered
