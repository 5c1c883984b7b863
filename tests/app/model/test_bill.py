from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from app.model.bill import (
    accept_text,
    basis_text,
    inventory_lines,
    make_lines,
    return_text,
    summary_text,
    verdict_text,
)
from app.model.tone import Tone
from controller.clusters.acceptance import Acceptance
from controller.clusters.fleet import WorkloadKey
from controller.clusters.known_by import KnownBy
from controller.contract.dry_run import DryRun
from controller.contract.egress import EgressKind, EgressUnit, Trust
from controller.contract.inventory import Inventory
from controller.contract.snapshots import MigrationStage
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.app.scripted_engine import ScriptedEngine
from tests.controller.contract.dry_runs import make_dry_run
from tests.controller.decision.worlds import make_offering, make_quote, make_rate


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


def test_below_the_bill_stands_how_the_state_is_known(dry_run: DryRun) -> None:
    shown = replace(dry_run, state_known_by=KnownBy.ANNOTATION)
    assert basis_text(shown) == f"State: 5 GB, as its annotation says. {return_text(dry_run)}"
    assert basis_text(dry_run) == return_text(dry_run)


def test_the_price_of_a_target_that_has_one_for_each_zone_names_the_zone(dry_run: DryRun) -> None:
    offering = replace(make_offering("tokyo"), zone="ap-northeast-1c")
    zoned = replace(dry_run, target_quote=make_quote("tokyo", "0.16", offering=offering))
    line = make_lines(zoned, "Santiago", "Tokyo")[0]
    assert line.detail == "$0.6000/h → $0.2400/h, in ap-northeast-1c"


def test_what_was_accepted_is_a_line_before_what_remains(dry_run: DryRun) -> None:
    accepted = replace(dry_run, warnings=(Code.ACCEPTED_TRAFFIC.because(), Code.ACCEPTED_IDENTITY.because()))
    *_, first, second, net = make_lines(accepted, "Santiago", "Tokyo")
    assert [line.label for line in (first, second)] == ["Accepted", "Accepted"]
    assert first.detail == str(Code.ACCEPTED_TRAFFIC.because())
    assert {line.tone for line in (first, second)} == {Tone.WARNING}
    assert net.is_total


def test_what_was_accepted_for_this_move_alone_says_so(dry_run: DryRun) -> None:
    warnings = (Code.ACCEPTED_TRAFFIC.because(), Code.ACCEPTED_IDENTITY.because())
    once = replace(dry_run, warnings=warnings, accepts=frozenset({Acceptance.IDENTITY}))
    *_, first, second, _ = make_lines(once, "Santiago", "Tokyo")
    assert [line.label for line in (first, second)] == ["Accepted", "Accepted once"]


def test_only_what_can_be_accepted_and_is_not_yet_is_offered_to_be(dry_run: DryRun) -> None:
    refused = Code.RECREATE.because()
    assert accept_text(dry_run, refused) == "Accept once: both may run for a while"
    assert accept_text(replace(dry_run, accepts=frozenset({Acceptance.TWO_AT_ONCE})), refused) is None
    assert accept_text(dry_run, Code.PAUSED.because()) is None
    assert accept_text(dry_run, None) is None


def test_what_travels_stays_and_breaks_is_told_line_by_line_once_somebody_has_looked(dry_run: DryRun) -> None:
    assert inventory_lines(dry_run) == ()
    exposed = Code.EXPOSED_SERVICE.because(name="we\nb", how=("externalIPs",))
    found = Inventory(
        0.0,
        (
            Code.TRAVELS.because(kind="ConfigMap", name="a"),
            Code.TRAVELS.because(kind="Deployment", name="web"),
        ),
        (Code.SECRET_STAYS.because(name="token"),),
        (exposed, Code.CALLED.because(name="web", count=1, callers=("front",))),
        left_off=3,
    )
    accepted = replace(dry_run, inventory=found, warnings=(Code.ACCEPTED_TRAFFIC.because(),))
    travels, stays, first, second, more = inventory_lines(accepted)
    assert (travels.label, travels.detail, travels.amount) == ("Travels", "ConfigMap a; Deployment web", "2")
    assert (stays.label, stays.amount) == ("Stays", "1")
    assert (first.label, first.amount, first.tone) == ("Breaks", "accepted", Tone.PLAIN)
    assert "\n" not in first.detail, "a name from a cluster reaches no window unclean"
    assert (second.label, second.amount, second.tone) == ("Breaks", "!", Tone.WARNING)
    assert more.amount == "3"


def test_what_could_not_be_looked_at_is_told_and_no_empty_list(dry_run: DryRun) -> None:
    [line] = inventory_lines(replace(dry_run, inventory=Inventory(0.0, unread=Code.PAUSED.because())))
    assert (line.label, line.detail, line.tone) == ("Not looked at", "its rollout is paused", Tone.WARNING)


@pytest.mark.parametrize(
    ("warning", "label"),
    [
        (Code.ROOM_UNKNOWN.because(target="tokyo"), "Not known"),
        (Code.PURCHASE_UNSURE.because(target="tokyo", pool="spot"), "Not known"),
        (
            Code.BUYS_MACHINES.because(
                target="tokyo",
                offering="aws m5.large",
                pool="spot",
                usd_per_hour=Decimal("0.1"),
                wait_s=90.0,
                cpu_cores=8.0,
                memory_gib=32.0,
            ),
            "Buys machines",
        ),
    ],
)
def test_what_nobody_has_accepted_is_not_called_accepted(
    dry_run: DryRun, warning: Reason, label: str
) -> None:
    lines = make_lines(replace(dry_run, warnings=(warning,)), "Santiago", "Tokyo")
    assert [line.label for line in lines if line.tone is Tone.WARNING] == [label]


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
        "6 replicas moved to Tokyo. It cost $0.54 and saves $6.20/day from now on."
    )


def test_the_bill_names_the_way_and_the_tier_of_the_egress(dry_run: DryRun) -> None:
    """107.3741824 GB are 100 GiB; of 110 GB 10 are free here."""
    flat = make_rate((None, "0.02"), unit=EgressUnit.GIB)
    charges = replace(flat, kind=EgressKind.BETWEEN_REGIONS).list_charges(Decimal("107.3741824"))
    egress = make_lines(replace(dry_run, egress_charges=charges), "Santiago", "Tokyo")[1]
    assert egress.detail == "107 GB at $0.02/GiB between regions, Santiago → Tokyo"
    assert egress.amount == "−$2.00"
    tiered = make_rate(("100", "0"), ("10240", "0.087"), (None, "0.083"))
    charges = tiered.list_charges(Decimal(110), Decimal(90))
    free, paid = make_lines(replace(dry_run, egress_charges=charges), "Santiago", "Tokyo")[1:3]
    assert (free.label, free.detail, free.amount) == (
        "Egress",
        "10 GB free over the internet, up to 100 GB a month",
        "$0.00",
    )
    assert (paid.label, paid.detail, paid.amount) == (
        "Egress",
        "100 GB at $0.087/GB over the internet, 100 to 10,240 GB a month",
        "−$8.70",
    )


def test_what_comes_on_top_of_the_way_is_a_line_of_its_own(dry_run: DryRun) -> None:
    extra = replace(make_rate((None, "0.045"), unit=EgressUnit.GIB), kind=EgressKind.NAT_GATEWAY)
    rate = replace(make_rate((None, "0.09"), unit=EgressUnit.GIB), extras=(extra,))
    charges = rate.list_charges(Decimal("107.3741824"))
    way, gateway = make_lines(replace(dry_run, egress_charges=charges), "Santiago", "Tokyo")[1:3]
    assert (way.label, way.amount) == ("Egress", "−$9.00")
    assert (gateway.label, gateway.detail, gateway.amount) == (
        "NAT gateway",
        "107 GB at $0.045/GiB",
        "−$4.50",
    )


def test_a_price_that_nobody_has_read_is_said_to_be_a_bound(dry_run: DryRun) -> None:
    rate = make_rate((None, "0.19"))
    bound = replace(rate, source=replace(rate.source, trust=Trust.UPPER_BOUND))
    charges = bound.list_charges(Decimal(5))
    egress = make_lines(replace(dry_run, egress_charges=charges), "A", "B")[1]
    assert egress.detail == "5 GB at most $0.19/GB over the internet, A → B"
