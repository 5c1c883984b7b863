from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from app.model.bill import make_lines, return_text, summary_text, verdict_text
from app.model.tone import Tone
from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import MigrationStage
from controller.reasons import Code
from tests.app.scripted_engine import ScriptedEngine
from tests.controller.contract.dry_runs import make_dry_run


@pytest.fixture
def dry_run() -> DryRun:
    return make_dry_run(
        WorkloadKey("santiago", "shop", "web"), "tokyo", 6, now=0.0, warm_up_usd=Decimal("0.001")
    )


def test_the_bill_names_every_number_the_verdict_rests_on(dry_run: DryRun) -> None:
    lines = make_lines(dry_run, "Santiago", "Tokyo")
    assert [(line.label, line.detail, line.amount) for line in lines] == [
        ("Spot savings, next 24 h", "$0.6000/h → $0.2400/h", "+$8.64"),
        ("Egress", "5 GB × $0.02/GB, Santiago → Tokyo", "−$0.10"),
        ("Running double", "for 6 min", "−$0.05"),
        ("Warm-up", "until the new pods are ready", "−$0.0010"),
        ("Net after 24 h", "pays back in 30 min", "+$8.48"),
    ]
    assert lines[-1].tone is Tone.GOOD


def test_what_was_accepted_is_a_line_before_what_remains(dry_run: DryRun) -> None:
    accepted = replace(dry_run, warnings=(Code.ACCEPTED_TRAFFIC.because(), Code.ACCEPTED_IDENTITY.because()))
    *_, first, second, net = make_lines(accepted, "Santiago", "Tokyo")
    assert [line.label for line in (first, second)] == ["Accepted", "Accepted"]
    assert first.detail == str(Code.ACCEPTED_TRAFFIC.because())
    assert {line.tone for line in (first, second)} == {Tone.WARNING}
    assert net.is_total


def test_a_loss_is_marked_and_never_pays_back(dry_run: DryRun) -> None:
    loss = make_lines(replace(dry_run, net_usd=Decimal(-1), payback_h=None), "A", "B")[-1]
    assert (loss.detail, loss.amount, loss.tone) == ("never pays back", "−$1.00", Tone.BAD)


def test_unknown_numbers_are_dashes_and_not_zeros(dry_run: DryRun) -> None:
    unknown = replace(
        dry_run,
        source_usd_per_hour=None,
        savings_usd=None,
        egress_gb=None,
        egress_usd_per_gb=None,
        egress_usd=None,
        overlap_usd=None,
        warm_up_usd=None,
        net_usd=None,
        payback_h=None,
        return_egress_usd=None,
    )
    lines = make_lines(unknown, "A", "B")
    assert [line.amount for line in lines] == ["—"] * 5
    assert lines[1].detail == "— × —, A → B"
    assert lines[-1].detail == "payback unknown"
    assert "not known" in return_text(unknown)


def test_text_of_a_cluster_brings_no_escape_sequence_into_the_bill(dry_run: DryRun) -> None:
    hostile = replace(dry_run, reason="node \x1b[2J\x1b]0;owned\x07 is full\nVerdict: Pays")
    assert verdict_text(hostile) == "Pays: node [2J ]0;owned is full Verdict: Pays"
    assert make_lines(dry_run, "a\x1b[31m", "b\u202e")[1].detail == "5 GB × $0.02/GB, a [31m → b"


def test_the_end_says_what_it_cost_and_what_it_saves(engine: ScriptedEngine) -> None:
    done = replace(
        engine.start_best(),
        stage=MigrationStage.DONE,
        replicas=6,
        cost_usd=Decimal("0.54"),
        savings_usd_per_day=Decimal("6.2"),
    )
    assert summary_text(done, "Tokyo") == (
        "6 replicas run in Tokyo. It cost $0.54 and saves $6.20/day from now on."
    )
