"""The plan and its dry runs as a terminal shows them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.commands.plan_report import dry_run_to_json, dry_run_to_text, plan_to_json, plan_to_text
from app.model.bill import make_lines, verdict_text
from controller.clusters.fleet import Health, WorkloadKey
from controller.contract.dry_run import DryRun, UnofferedMove
from controller.contract.snapshots import make_notice
from controller.reasons import Code
from tests.app.scripted_engine import ScriptedEngine
from tests.controller.faults import unreachable

HOSTILE = "\x1b[2J\x1b]0;owned\x07\nsecond line"


@pytest.fixture
def dry_run(engine: ScriptedEngine) -> DryRun:
    return engine.snapshot().opportunities[0]


def test_terminal_shows_the_very_bill_of_the_card(dry_run: DryRun) -> None:
    title, *bill, verdict, world = dry_run_to_text(dry_run).splitlines()
    assert title == f"{dry_run.workload} -> {dry_run.target}"
    for text, line in zip(bill, make_lines(dry_run, dry_run.workload.context, dry_run.target), strict=True):
        assert text.startswith(f"  {line.label}")
        assert text.split(line.label)[1].split() == f"{line.amount} {line.detail}".split()
    assert verdict.strip() == verdict_text(dry_run)
    assert world.strip() == "Prices are simulated."


def test_what_was_accepted_is_told_with_its_code(dry_run: DryRun) -> None:
    accepted = replace(dry_run, warnings=(Code.ACCEPTED_TWO_AT_ONCE.because(),))
    assert [warning["code"] for warning in dry_run_to_json(accepted)["warnings"]] == ["accepted_two_at_once"]
    assert "Accepted" in dry_run_to_text(accepted)
    assert dry_run_to_json(dry_run)["warnings"] == []


def test_payback_that_nobody_knows_is_not_called_never(dry_run: DryRun) -> None:
    text = dry_run_to_text(replace(dry_run, net_usd=None, payback_h=None))
    assert "payback unknown" in text
    assert "never" not in text


def test_a_context_that_is_not_reachable_is_told_with_its_code(engine: ScriptedEngine) -> None:
    lost = unreachable("aws-sa-east-1", "no route")
    engine.set_health(lost.context, Health.UNREACHABLE, lost)
    contexts = {told["context"]: told for told in plan_to_json(engine.snapshot())["contexts"]}
    told = contexts.pop(lost.context)
    assert (told["health"], told["reason"]["code"]) == ("unreachable", "connection_failed")
    assert told["reason"]["parameters"]["error"] == "no route"
    assert told["reason"]["sentence"] == str(lost)
    assert {(other["health"], other["reason"]) for other in contexts.values()} == {("reachable", None)}


def test_no_escape_sequence_of_a_cluster_reaches_the_terminal(
    engine: ScriptedEngine, dry_run: DryRun
) -> None:
    hostile = replace(
        dry_run,
        workload=replace(dry_run.workload, context=f"a{HOSTILE}", name=f"b{HOSTILE}"),
        target=f"c{HOSTILE}",
        reason=Code.UNCLASSIFIED.because(text=HOSTILE),
    )
    snapshot = replace(
        engine.snapshot(),
        opportunities=(hostile,),
        refused=(UnofferedMove(hostile.workload, hostile.target, hostile.reason),),
        notices=(make_notice(Code.NO_NEW_PRICES.because(why=HOSTILE)),),
    )
    text = plan_to_text(snapshot)
    assert "owned" in text
    assert all(character.isprintable() or character == "\n" for character in text)
    assert not any(line.startswith("second line") for line in text.splitlines())


def test_programs_get_the_code_its_parameters_and_the_sentence(engine: ScriptedEngine) -> None:
    [refusal] = plan_to_json(
        replace(
            engine.snapshot(),
            refused=(
                UnofferedMove(WorkloadKey("a", "b", "c"), None, Code.COOLDOWN.because(ago=60, rest=7200)),
            ),
        )
    )["refused"]
    assert refusal["reason"] == {
        "code": "cooldown",
        "severity": "info",
        "parameters": {"ago": 60, "rest": 7200},
        "sentence": "it was moved 60 s ago and rests for 2 h",
    }
