"""The plan and its dry runs as a terminal shows them."""

from __future__ import annotations

import asyncio
import json
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import structs

from app.commands.failures import CommandFailed
from app.commands.picture import unpriced_offerings
from app.commands.plan import run_plan
from app.commands.plan_report import dry_run_to_json, dry_run_to_text, plan_to_json, plan_to_text
from app.config.configuration import Configuration
from app.exit_codes import ExitCode
from app.model.bill import make_lines, verdict_text
from controller.clusters.fleet import Health, OtherWorkload, Resources, WatchedKind, WorkloadKey
from controller.clusters.known_by import KnownBy, SizeKnownBy
from controller.contract.dry_run import DryRun, UnofferedMove
from controller.contract.inventory import Inventory
from controller.contract.snapshots import EngineSnapshot, PriceOrigin, PriceSourceView, make_notice
from controller.reasons import Code
from oracle.binding import Binding
from oracle.market import Offering
from oracle.quotes import Playback, PriceMode
from oracle.signals import Interruption
from tests.app.scripted_engine import ScriptedEngine
from tests.controller.decision.worlds import make_offering, make_quote, make_rate
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


def test_a_program_is_told_what_the_egress_is_made_of_and_who_says_so(dry_run: DryRun) -> None:
    charges = make_rate(("100", "0"), (None, "0.087")).list_charges(Decimal(5), Decimal(98))
    free, paid = dry_run_to_json(replace(dry_run, egress_charges=charges))["egress"]
    assert (free["gb"], free["usd"], free["above"], free["up_to"]) == (2, 0, 0, 100)
    assert paid == {
        "kind": "internet",
        "gb": 3,
        "usd": 0.261,
        "unit": "GB",
        "usd_per_unit": 0.087,
        "above": 100,
        "up_to": None,
        "source": "a list",
        "as_of": "2026",
        "trust": "published",
    }


def test_how_the_state_is_known_is_told_to_programs_and_to_people(dry_run: DryRun) -> None:
    stock = replace(dry_run, egress_gb=Decimal(0), state_known_by=KnownBy.POD_SPEC)
    assert json.loads(json.dumps(dry_run_to_json(stock)))["state_known_by"] == "pod_spec"
    assert "State: 0 GB, as its pod spec shows" in dry_run_to_text(stock)
    nobody = replace(dry_run, egress_gb=None, state_known_by=None)
    assert dry_run_to_json(nobody)["state_known_by"] is None
    assert "State" not in dry_run_to_text(nobody)


def test_what_a_pod_takes_and_who_says_so_is_told_to_programs_and_to_people(dry_run: DryRun) -> None:
    known_by = SizeKnownBy(KnownBy.USAGE, KnownBy.POD_SPEC, measured_at=dry_run.computed_at)
    measured = replace(dry_run, pod=Resources(0.25, 0.5), pod_known_by=known_by)
    assert json.loads(json.dumps(dry_run_to_json(measured)))["pod"] == {
        "cpu_cores": 0.25,
        "cpu_known_by": "usage",
        "memory_gib": 0.5,
        "memory_known_by": "pod_spec",
        "measured_at": dry_run.computed_at,
    }
    text = dry_run_to_text(measured)
    cores, memory = text.split("A pod takes ")[1].split(" and 0.5 GiB, ")
    assert cores.startswith("0.25 cores, the most that one was measured to use, measured ")
    assert memory.startswith("as its pod spec asks.")
    assert dry_run_to_json(replace(dry_run, pod=None))["pod"] is None


def test_what_the_pods_run_on_is_told_to_programs(dry_run: DryRun) -> None:
    spot = replace(make_offering("tokyo"), zone="ap-northeast-1a")
    assert dry_run_to_json(replace(dry_run, runs_on=((None, 1), (spot, 3))))["runs_on"] == [
        {"instance_type": None, "capacity_type": None, "zone": None, "pods": 1},
        {"instance_type": "m5.xlarge", "capacity_type": "spot", "zone": "ap-northeast-1a", "pods": 3},
    ]
    assert dry_run_to_json(dry_run)["runs_on"] is None


def test_what_was_accepted_is_told_with_its_code(dry_run: DryRun) -> None:
    accepted = replace(dry_run, warnings=(Code.ACCEPTED_TWO_AT_ONCE.because(),))
    assert [warning["code"] for warning in dry_run_to_json(accepted)["warnings"]] == ["accepted_two_at_once"]
    assert "Accepted" in dry_run_to_text(accepted)
    assert dry_run_to_json(dry_run)["warnings"] == []


def test_what_travels_stays_and_breaks_has_codes_and_the_name_that_accepts_it(dry_run: DryRun) -> None:
    assert dry_run_to_json(dry_run)["inventory"] is None, "not looked yet"
    found = Inventory(
        7.0,
        (Code.TRAVELS.because(kind="Deployment", name="web"),),
        (Code.SECRET_STAYS.because(name="token"),),
        (Code.RECREATE.because(), Code.VOLUME_CLAIM.because(volume="data")),
    )
    accepted = replace(dry_run, inventory=found, warnings=(Code.ACCEPTED_TWO_AT_ONCE.because(),))
    told = dry_run_to_json(accepted)["inventory"]
    assert (told["looked_at"], told["unread"], told["left_off"]) == (7.0, None, 0)
    assert [line["code"] for line in (*told["travels"], *told["stays"])] == ["travels", "secret_stays"]
    assert [(line["code"], line["accept"], line["accepted"]) for line in told["breaks"]] == [
        ("recreate", "two-at-once", True),
        ("volume_claim", None, False),
    ]
    assert "Travels" in dry_run_to_text(accepted)


def test_what_is_no_deployment_is_named_with_the_reason_why_it_is_not_moved(engine: ScriptedEngine) -> None:
    snapshot = engine.snapshot()
    first, *rest = snapshot.contexts
    seen = replace(first, others=(OtherWorkload("StatefulSet", "shop", "d\nb", 3),))
    with_others = replace(snapshot, contexts=(seen, *rest))
    [told] = plan_to_json(with_others)["not_moved"]
    assert (told["kind"], told["pods"], told["reason"]["code"]) == ("StatefulSet", 3, "stateful_set")
    assert f"{first.context}/shop/d" in plan_to_text(with_others)
    assert "d\nb" not in plan_to_text(with_others)
    assert plan_to_json(snapshot)["not_moved"] == []
    assert "not moved" not in plan_to_text(snapshot)


def test_moment_of_a_recording_is_told_of_the_plan_and_of_each_dry_run(
    engine: ScriptedEngine, dry_run: DryRun
) -> None:
    played = Playback(1_777_777_777.0, 0.0)
    engine.price_source = PriceSourceView(PriceOrigin.RECORDED, "replay of prices.csv", playback=played)
    assert plan_to_json(engine.snapshot())["prices"] == {
        "origin": "recorded",
        "source": "replay of prices.csv",
        "recorded_at": 1_777_777_777.0,
        "speed": 0.0,
        "services": [],
    }
    assert dry_run.source_quote is not None
    quote = structs.replace(dry_run.source_quote, mode=PriceMode.RECORDED, playback=played)
    assert dry_run_to_json(replace(dry_run, source_quote=quote))["recorded_at"] == 1_777_777_777.0
    assert dry_run_to_json(dry_run)["recorded_at"] is None


@pytest.mark.parametrize(
    ("choices", "speed"),
    [
        ({"prices": "a.csv", "begin": "2026-05-03", "speed": 60.0}, 0.0),
        ({"prices": "a.csv", "live": True}, None),
        ({"speed": 60.0}, 60.0),
    ],
)
def test_plan_lets_a_recording_stand_where_it_begins(
    monkeypatch: pytest.MonkeyPatch, choices: dict[str, Any], speed: float | None
) -> None:
    opened = []

    def refuse(configuration: Configuration) -> None:
        opened.append(configuration)
        raise CommandFailed(ExitCode.FAILED, "enough is known")

    monkeypatch.setattr("app.commands.plan.open_engine", refuse)
    with pytest.raises(CommandFailed, match="enough is known"):
        asyncio.run(run_plan(Namespace(json=True), Configuration(**choices)))
    assert [(one.speed, one.begin) for one in opened] == [(speed, choices.get("begin"))]


def test_plan_is_complete_only_where_everything_has_a_price(engine: ScriptedEngine) -> None:
    full = engine.snapshot()
    assert plan_to_json(full)["complete"] is True
    lacking = replace(full, unpriced=(Binding("prod", Offering("aws", "us-east-1", "m5.large")),) * 60)
    told = plan_to_json(lacking)
    assert told["complete"] is False
    assert told["unpriced"][0] == {"context": "prod", "offering": "aws/us-east-1/m5.large (spot)"}
    failure = unpriced_offerings(lacking)
    assert failure.code is ExitCode.INCOMPLETE
    assert failure.details[0] == "prod: aws/us-east-1/m5.large (spot)"
    assert failure.details[-1] == "10 more"


def test_plan_ends_with_what_has_no_price(
    engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lacking = replace(
        engine.snapshot(), unpriced=(Binding("prod", Offering("aws", "us-east-1", "m5.large")),)
    )

    @asynccontextmanager
    async def open_scripted(configuration: Configuration) -> AsyncIterator[Any]:
        yield SimpleNamespace(contexts=(), submit=lambda command: None)

    async def wait(engine: object) -> EngineSnapshot:
        return lacking

    monkeypatch.setattr("app.commands.plan.open_engine", open_scripted)
    monkeypatch.setattr("app.commands.plan.wait_for_picture", wait)
    with pytest.raises(CommandFailed, match="no price holds now for 1 offering") as failed:
        asyncio.run(run_plan(Namespace(json=True), Configuration()))
    assert failed.value.code is ExitCode.INCOMPLETE
    assert '"complete": false' in capsys.readouterr().out


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


def test_a_program_is_told_how_old_each_kind_is(engine: ScriptedEngine) -> None:
    snapshot = engine.snapshot()
    read_at = {WatchedKind.NODES: snapshot.taken_at - 3, WatchedKind.AUTOSCALERS: snapshot.taken_at - 90}
    first, *others = snapshot.contexts
    told, other, *_ = plan_to_json(replace(snapshot, contexts=(replace(first, read_at=read_at), *others)))[
        "contexts"
    ]
    assert told["age_s"] == {"nodes": 3, "horizontalpodautoscalers": 90}
    assert other["age_s"] == {}


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


def test_what_a_node_costs_on_either_side_stands_beside_the_bill(dry_run: DryRun) -> None:
    said = Interruption(0.05, 0.1, 2_592_000.0, "5 to 10% a month")
    offering = replace(make_offering("virginia"), zone="us-east-1a")
    quote = make_quote("virginia", "0.16", offering=offering, interruption=said)
    document = dry_run_to_json(replace(dry_run, source_quote=None, target_quote=quote))
    assert document["source_price"] is None
    price = document["target_price"]
    assert (price["usd_per_hour"], price["zone"], price["source"]) == (0.16, "us-east-1a", "test")
    assert price["interruption"]["words"] == "5 to 10% a month"
    assert price["obtainability"] is None
