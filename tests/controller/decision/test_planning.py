"""The best move for every workload, and a code for every pair that is not offered; kept up to date as things change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from benchmarks.naive_planning import plan_naively
from controller.clusters.acceptance import Acceptance
from controller.clusters.fleet import (
    Cluster,
    FleetPicture,
    Health,
    Hosts,
    Resources,
    WatchedKind,
    Workload,
    WorkloadKey,
)
from controller.clusters.pod_terms import parse_pod_terms
from controller.contract.dry_run import Verdict
from controller.contract.egress import EgressKind, EgressUnit
from controller.contract.inventory import Inventory
from controller.decision.budgets import DAY_S, BudgetUsage, Move
from controller.decision.egress_file import load_egress_table
from controller.decision.egress_settings import EgressPrice, EgressSettings, ProviderEgress
from controller.decision.evaluation import evaluate_move
from controller.decision.facts import Facts, PreflightFinding
from controller.decision.plan import Offer, Plan
from controller.decision.planning import Planner
from controller.decision.rule import Moment, MoveRule
from controller.decision.rules import MOVE_RULES
from controller.decision.settings import BudgetSettings, PriceBasis
from controller.reasons import Code
from oracle.foundation.reason import Reason, ReasonCode
from oracle.market import Offering
from oracle.quotes import PriceMode, QuoteBoard
from oracle.signals import Interruption
from tests.controller.decision.worlds import (
    CHECKOUT,
    NOW,
    ON_DEMAND,
    OTHER_OUTLINE,
    REGIONS,
    SETTINGS,
    THERE,
    TRAINER,
    buying,
    make_board,
    make_cluster,
    make_facts,
    make_mixed_cluster,
    make_offering,
    make_picture,
    make_quote,
    make_workload,
    tainted,
    with_gpus,
)
from tests.controller.faults import unreachable

CHEAP_TO_DEAR = {"virginia": "0.10", "oregon": "0.12", "iowa": "0.30", "tokyo": "0.40"}
BOARD = make_board(**CHEAP_TO_DEAR)
SPOT, MIXED = make_offering("tokyo"), make_mixed_cluster()


def everywhere(**workload: Any) -> FleetPicture:
    """Checkout in Tokyo, and three empty clusters."""
    others = [make_cluster(context) for context in REGIONS if context != "tokyo"]
    return make_picture(make_cluster("tokyo", make_workload(**workload)), *others)


def plan_once(picture: FleetPicture, facts: Facts | None = None) -> Plan:
    return Planner().plan(picture, facts or make_facts(BOARD))


def targets(plan: Plan) -> dict[WorkloadKey, str]:
    return {offer.workload: offer.target for offer in plan.offers}


def reasons(plan: Plan, workload: WorkloadKey = CHECKOUT) -> dict[str | None, ReasonCode]:
    return {refusal.target: refusal.reason.code for refusal in plan.list_unoffered(workload)}


def codes(plan: Plan) -> dict[tuple[WorkloadKey, str], str]:
    return {
        (workload, target): str(plan.find_code(workload, target))
        for workload in plan.index
        for target in plan.sites
    }


def change(picture: FleetPicture, context: str, **changes: Any) -> FleetPicture:
    cluster = replace(picture.clusters[context], **changes)
    return FleetPicture({**picture.clusters, context: cluster})


def test_the_best_target_is_offered_and_the_others_are_told_why_not() -> None:
    plan = plan_once(everywhere())
    assert plan.offers == (Offer(CHECKOUT, "virginia"),)
    assert reasons(plan) == {"oregon": Code.BETTER_TARGET, "iowa": Code.BETTER_TARGET}
    why = plan.why(CHECKOUT, "oregon")
    assert why["best"] == "virginia"
    assert plan.why(CHECKOUT, "virginia").code is Code.PAYS


def test_the_way_back_counts_in_the_ranking() -> None:
    """Tokyo is a little cheaper than Oregon; but coming back from Tokyo costs so much that Oregon is better."""
    leaving = replace(CHECKOUT, context="virginia")
    picture = make_picture(
        make_cluster("virginia", make_workload(leaving, state_gb=40.0)),
        make_cluster("tokyo"),
        make_cluster("oregon"),
    )
    facts = make_facts(make_board(virginia="0.60", tokyo="0.100", oregon="0.105"))
    assert targets(plan_once(picture, facts)) == {leaving: "oregon"}
    net = {target: evaluate_move(picture, facts, leaving, target).net_usd for target in ("tokyo", "oregon")}
    assert net["tokyo"] is not None
    assert net["oregon"] is not None
    assert net["tokyo"] > net["oregon"], "without the way back, Tokyo would be the better one"


def test_a_workload_that_cannot_move_is_refused_once_without_a_target() -> None:
    plan = plan_once(everywhere(immovable_reasons=(Code.PAUSED.because(),)))
    assert plan.offers == ()
    assert reasons(plan) == {None: Code.PAUSED}


def test_an_unknown_price_at_home_refuses_the_workload() -> None:
    plan = plan_once(everywhere(), make_facts(make_board(virginia="0.1")))
    assert reasons(plan) == {None: Code.PRICE_UNKNOWN}
    assert plan.find_code(CHECKOUT, "virginia") is Code.PRICE_UNKNOWN


def test_an_unreachable_target_is_refused_alone() -> None:
    lost = unreachable("virginia")
    plan = plan_once(change(everywhere(), "virginia", health=Health.UNREACHABLE, reason=lost.reason))
    assert targets(plan) == {CHECKOUT: "oregon"}
    assert plan.why(CHECKOUT, "virginia") == lost.reason


def test_nothing_is_planned_on_expired_prices() -> None:
    assert plan_once(everywhere(), make_facts(BOARD, now=NOW + 1000)).offers == ()


def test_nothing_is_offered_that_a_confirmation_would_refuse() -> None:
    """Budgets and a rest: asked of the plan as of the start."""
    ended = Move(replace(CHECKOUT, context="oregon"), "tokyo", NOW - 7200, NOW - 3600)
    limit = replace(SETTINGS, budgets=BudgetSettings(egress_usd_per_day=Decimal("0.05")))
    cases = {
        Code.COOLDOWN: make_facts(BOARD, usage=BudgetUsage((ended,))),
        Code.EGRESS_SPENT: make_facts(BOARD, limit),
    }
    for code, facts in cases.items():
        plan = plan_once(everywhere(), facts)
        assert plan.offers == (), code
        assert plan.find_code(CHECKOUT, "virginia") is code
        assert evaluate_move(everywhere(), facts, CHECKOUT, "virginia", Moment.CONFIRM).reason.code is code


def test_what_only_has_to_wait_for_another_move_is_offered_meanwhile() -> None:
    """A confirmation lines up."""
    other = Move(replace(CHECKOUT, name="other"), "oregon", NOW - 60)
    plan = plan_once(everywhere(), make_facts(BOARD, usage=BudgetUsage((other,))))
    assert targets(plan) == {CHECKOUT: "virginia"}


def test_a_target_that_costs_too_much_egress_today_gives_way_to_another() -> None:
    """A gigabyte from Virginia costs 0.02 USD to Oregon, and 0.09 over the internet to Iowa."""
    leaving = replace(CHECKOUT, context="virginia")
    picture = make_picture(
        make_cluster("virginia", make_workload(leaving)), make_cluster("oregon"), make_cluster("iowa")
    )
    budgets = BudgetSettings(egress_usd_per_day=Decimal("0.05"))
    board = make_board(virginia="0.40", oregon="0.12", iowa="0.05")
    plan = plan_once(picture, make_facts(board, replace(SETTINGS, budgets=budgets)))
    assert targets(plan) == {leaving: "oregon"}
    assert reasons(plan, leaving) == {"iowa": Code.EGRESS_SPENT}
    assert targets(plan_once(picture, make_facts(board))) == {leaving: "iowa"}


def test_what_its_preflight_refused_gives_way_to_another_until_it_changes() -> None:
    picture = everywhere()
    workload = picture.clusters["tokyo"].workloads[0]
    facts = make_facts(BOARD, findings=(PreflightFinding(workload, "virginia", "no quota", NOW - 60),))
    planner = Planner()
    assert targets(planner.plan(picture, facts)) == {CHECKOUT: "oregon"}
    rolled_out = change(picture, "tokyo", workloads=(replace(workload, template_hash="newer"),))
    assert targets(planner.plan(rolled_out, facts)) == {CHECKOUT: "virginia"}
    assert targets(planner.plan(picture, facts)) == {CHECKOUT: "oregon"}
    assert targets(planner.plan(picture, replace(facts, findings=()))) == {CHECKOUT: "virginia"}


def test_what_would_break_is_offered_until_somebody_has_looked_and_again_once_it_is_mended() -> None:
    picture, facts, planner = everywhere(), make_facts(BOARD), Planner()
    called = Code.CALLED.because(name="web", count=1, callers=("front",))
    broken = replace(facts, inventories={CHECKOUT: Inventory(NOW, breaks=(called,))})
    mended = replace(facts, inventories={CHECKOUT: Inventory(NOW)})
    assert targets(planner.plan(picture, facts)) == {CHECKOUT: "virginia"}
    refused = planner.plan(picture, broken)
    assert targets(refused) == {}
    assert refused.why(CHECKOUT, "virginia") == called
    [offer] = planner.plan(picture, mended).opportunities()
    assert offer.inventory == Inventory(NOW)
    assert targets(planner.plan(picture, broken)) == {}
    [offer] = planner.plan(picture, facts).opportunities()
    assert offer.inventory is None


@pytest.mark.parametrize("context", ["tokyo", "virginia"])
def test_a_workload_whose_autoscaler_may_be_frozen_is_offered_beside_one(context: str) -> None:
    accepted = everywhere(accepted=frozenset({Acceptance.AUTOSCALER}))
    picture = change(accepted, context, autoscalers={("shop", "checkout"): "by-load"})
    assert targets(plan_once(picture)) == {CHECKOUT: "virginia"}


def test_an_autoscaler_changes_the_plan_when_it_comes_and_when_it_goes() -> None:
    picture, facts, planner = everywhere(), make_facts(BOARD), Planner()
    here = change(picture, "tokyo", autoscalers={("shop", "checkout"): "by-load"})
    there = change(picture, "virginia", autoscalers={("shop", "checkout"): "waiting"})
    assert targets(planner.plan(picture, facts)) == {CHECKOUT: "virginia"}
    plan = planner.plan(here, facts)
    assert plan.offers == ()
    assert reasons(plan) == {None: Code.AUTOSCALER_IN_THE_WAY}
    reason = Code.AUTOSCALER_IN_THE_WAY.because(name="by-load", context="tokyo")
    assert plan.why(CHECKOUT, "virginia") == reason
    plan = planner.plan(there, facts)
    assert targets(plan) == {CHECKOUT: "oregon"}
    assert plan.find_code(CHECKOUT, "virginia") is Code.AUTOSCALER_IN_THE_WAY
    assert targets(planner.plan(picture, facts)) == {CHECKOUT: "virginia"}


def test_what_the_source_refused_is_offered_nowhere_until_it_changes() -> None:
    """A quota of its namespace, say: a user is not sent from one target to the next."""
    picture = everywhere()
    workload = picture.clusters["tokyo"].workloads[0]
    autoscaled = Code.AUTOSCALER_IN_THE_WAY.because(name="web", context="tokyo")
    finding = PreflightFinding(workload, "virginia", autoscaled, NOW - 60, concerns_source=True)
    facts = make_facts(BOARD, findings=(finding,))
    planner = Planner()
    assert targets(planner.plan(picture, make_facts(BOARD))) == {CHECKOUT: "virginia"}
    plan = planner.plan(picture, facts)
    assert plan.offers == ()
    for target in ("virginia", "oregon"):
        assert plan.find_code(CHECKOUT, target) is Code.PREFLIGHT_REFUSED
        assert plan.why(CHECKOUT, target)["detail"] == autoscaled
    mended = change(picture, "tokyo", workloads=(replace(workload, template_hash="newer"),))
    assert targets(planner.plan(mended, facts)) == {CHECKOUT: "virginia"}


def test_the_offer_and_the_named_dry_run_are_the_same_plan() -> None:
    facts = make_facts(BOARD)
    [offered] = plan_once(everywhere(), facts).opportunities()
    assert evaluate_move(everywhere(), facts, CHECKOUT, "virginia") == offered


def test_a_bill_is_made_anew_with_a_new_quote_of_the_same_price() -> None:
    planner, picture = Planner(), everywhere()
    first = planner.plan(picture, make_facts(BOARD)).opportunities()
    assert planner.plan(picture, make_facts(BOARD)).opportunities()[0] is first[0]
    later = {
        key: structs.replace(q, confirmed_at=NOW + 60, deadline=NOW + 240) for key, q in BOARD.quotes.items()
    }
    [fresh] = planner.plan(picture, make_facts(QuoteBoard(later), now=NOW + 60)).opportunities()
    assert fresh.expires_at == NOW + 240


def test_equal_gains_are_ordered_by_name_so_that_buttons_do_not_jump() -> None:
    twins = [make_workload(WorkloadKey("tokyo", "shop", name)) for name in ("b", "a")]
    picture = make_picture(make_cluster("tokyo", *twins), make_cluster("virginia"))
    assert [offer.workload.name for offer in plan_once(picture).offers] == ["a", "b"]


def test_higher_gains_come_first_and_only_as_many_as_are_asked_for() -> None:
    pair = [
        make_workload(WorkloadKey("tokyo", "shop", "small"), desired_replicas=1, available_replicas=1),
        make_workload(WorkloadKey("tokyo", "shop", "large")),
    ]
    plan = plan_once(make_picture(make_cluster("tokyo", *pair), make_cluster("virginia")))
    assert [offer.workload.name for offer in plan.offers] == ["large", "small"]
    [best] = plan.opportunities(1)
    assert best.savings_usd_per_day == Decimal("7.20")


def test_targets_that_cost_some_workloads_the_same_are_told_apart_for_others() -> None:
    """Two clusters of a region cost a pod that needs cores the same; one that needs memory is cheaper in Virginia.

    Its state would cost so much to bring back that floats cannot see the difference.
    """
    prices = {"out": _send_from("ap-northeast-1", "0"), "home": _send_from("*", "0.09")}
    settings = replace(SETTINGS, egress=load_egress_table(EgressSettings(prices=prices)))
    facts = make_facts(make_board(tokyo="0.40", virginia="0.10", oregon="0.10"), settings)
    less_memory = [replace(n, allocatable=Resources(4.0, 15.999999)) for n in make_cluster("oregon").nodes]
    others = (
        make_cluster("virginia"),
        make_cluster("oregon", region="us-east-1", nodes=tuple(less_memory)),
    )
    planner = Planner()
    for memory_gib, target in ((2.0, "oregon"), (8.0, "virginia")):
        checkout = make_workload(requests=Resources(1.0, memory_gib), state_gb=1e12)
        plan = planner.plan(make_picture(make_cluster("tokyo", checkout), *others), facts)
        assert targets(plan) == {CHECKOUT: target}


def test_what_moves_have_sent_makes_the_next_ones_dearer() -> None:
    """A tier of the month is used up between two rounds of one planner."""
    price = EgressPrice(source="aws/*", tiers=("100: 0", "1"))
    said = {"aws": ProviderEgress(month_so_far_gb=Decimal(0))}
    settings = replace(SETTINGS, egress=load_egress_table(EgressSettings(said, {"steep": price})))
    facts = make_facts(make_board(tokyo="0.40", iowa="0.10"), settings)
    picture = make_picture(make_cluster("tokyo", make_workload(state_gb=50.0)), make_cluster("iowa"))
    planner = Planner()
    assert targets(planner.plan(picture, facts)) == {CHECKOUT: "iowa"}
    plan = planner.plan(picture, replace(facts, sent_gb={"aws": Decimal(110)}))
    assert plan.find_code(CHECKOUT, "iowa") is plan.why(CHECKOUT, "iowa").code is Code.COSTS_MORE
    assert targets(planner.plan(picture, facts)) == {CHECKOUT: "iowa"}, "another month"


def test_the_bill_of_an_offer_follows_what_moves_have_sent_this_month() -> None:
    """Nothing else changes, and the price is in the terms that a person confirms."""
    price = EgressPrice(source="aws/*", tiers=("100: 0", "0.01"))
    said = {"aws": ProviderEgress(month_so_far_gb=Decimal(0))}
    settings = replace(SETTINGS, egress=load_egress_table(EgressSettings(said, {"steep": price})))
    facts = make_facts(make_board(tokyo="0.40", iowa="0.10"), settings)
    picture = make_picture(make_cluster("tokyo", make_workload(state_gb=50.0)), make_cluster("iowa"))
    planner = Planner()
    for sent_gb in (0, 110, 0):
        now = replace(facts, sent_gb={"aws": Decimal(sent_gb)})
        (bill,) = planner.plan(picture, now).opportunities()
        named = evaluate_move(picture, now, CHECKOUT, "iowa", Moment.PLAN)
        assert (bill.egress_usd, bill.plan_digest) == (named.egress_usd, named.plan_digest)
        assert bool(bill.egress_usd) is bool(sent_gb)


def test_what_was_said_of_a_month_holds_until_it_is_over() -> None:
    """Of 110 GB the free ones are used up; in February nobody has said what is free."""
    price = EgressPrice(source="aws/*", tiers=("100: 1", "0"))
    said = {"aws": ProviderEgress(month_so_far_gb=Decimal(110), month="1970-01")}
    settings = replace(SETTINGS, egress=load_egress_table(EgressSettings(said, {"steep": price})))
    picture = make_picture(make_cluster("tokyo", make_workload(state_gb=50.0)), make_cluster("iowa"))
    board = make_board(tokyo="0.40", iowa="0.10")
    in_february = [structs.replace(q, deadline=1e10) for q in board.quotes.values()]
    board = QuoteBoard({(q.context, q.offering): q for q in in_february})
    planner = Planner()
    assert targets(planner.plan(picture, make_facts(board, settings))) == {CHECKOUT: "iowa"}
    plan = planner.plan(picture, make_facts(board, settings, now=3_000_000.0))
    assert plan.find_code(CHECKOUT, "iowa") is plan.why(CHECKOUT, "iowa").code is Code.COSTS_MORE


def _send_from(region: str, usd_per_gb: str) -> EgressPrice:
    return EgressPrice(EgressKind.BETWEEN_REGIONS, f"aws/{region}", tiers=(usd_per_gb,), unit=EgressUnit.GB)


def test_what_does_not_exist_is_said_not_to() -> None:
    plan = plan_once(everywhere())
    nowhere = replace(CHECKOUT, name="nowhere")
    assert plan.find_code(nowhere, "virginia") is plan.why(nowhere, "virginia").code is Code.NO_WORKLOAD
    assert plan.find_code(CHECKOUT, "mars") is plan.why(CHECKOUT, "mars").code is Code.NO_CONTEXT
    assert plan.list_unoffered(nowhere) == ()


def test_an_empty_fleet_has_an_empty_plan() -> None:
    assert plan_once(make_picture()).offers == ()


# -- the same as exactly, one by one ----------------------------------------------------------------------------------

#: Few different values, so that equal prices, ties and exact limits are common.
prices = st.sampled_from(["0.095", "0.1", "0.1045", "0.11", "0.2", "0.4"])
amounts = st.sampled_from([0.0, 1.0, 8.5, 40.0, 77.0])
workloads = st.fixed_dictionaries(
    {
        "desired_replicas": st.integers(1, 12),
        "requests": st.builds(Resources, st.sampled_from([0.5, 1.0, 4.0]), st.sampled_from([2.0, 8.0])),
        "state_gb": amounts,
    }
).map(lambda changes: {**changes, "available_replicas": changes["desired_replicas"]})
names = st.sampled_from(["a", "b", "c", "d"])


@st.composite
def fleets(draw: st.DrawFn) -> FleetPicture:
    """Healthy clusters with some workloads each; some have the same name in two of them."""
    clusters = []
    for context in REGIONS:
        keys = [WorkloadKey(context, "shop", name) for name in sorted(draw(st.sets(names, max_size=3)))]
        room = Resources(draw(st.sampled_from([4.0, 12.0])), 48.0)
        clusters.append(
            make_cluster(context, *(make_workload(key, **draw(workloads)) for key in keys), free=room)
        )
    return make_picture(*clusters)


boards = st.dictionaries(st.sampled_from(sorted(REGIONS)), prices).map(
    lambda known: make_board(**{**dict.fromkeys(REGIONS, "0.2"), **known})
)


def expect(picture: FleetPicture, board: QuoteBoard) -> dict[tuple[WorkloadKey, str], str]:
    naive = plan_naively(picture, board, SETTINGS, NOW)
    return {
        (w.key, context): naive.codes.get(
            (w.key, context), "pays" if naive.targets.get(w.key) == context else "better_target"
        )
        for cluster in picture.clusters.values()
        for w in cluster.workloads
        for context in picture.clusters
    }


@settings(max_examples=150, deadline=None)
@given(picture=fleets(), board=boards)
def test_targets_and_codes_are_those_of_a_loop_over_all_pairs(
    picture: FleetPicture, board: QuoteBoard
) -> None:
    assert codes(plan_once(picture, make_facts(board))) == expect(picture, board)


@settings(max_examples=75, deadline=None)
@given(rounds=st.lists(st.tuples(fleets(), boards), min_size=2, max_size=4))
def test_a_plan_that_was_kept_up_to_date_is_as_one_made_anew(
    rounds: Iterable[tuple[FleetPicture, QuoteBoard]],
) -> None:
    """Some clusters stay as they are between rounds, workloads come, change and go, prices move."""
    planner = Planner()
    for picture, board in rounds:
        plan = planner.plan(picture, make_facts(board))
        assert codes(plan) == expect(picture, board)
        assert plan.offers == plan_once(picture, make_facts(board)).offers


all_hosts = st.one_of(
    st.none(),
    st.lists(
        st.tuples(st.sampled_from([SPOT, ON_DEMAND, None]), st.integers(1, 9)),
        min_size=1,
        max_size=3,
        unique_by=lambda part: part[0],
    ).map(tuple),
)


@settings(max_examples=100, deadline=None)
@given(
    placed=st.lists(st.lists(all_hosts, min_size=3, max_size=3), min_size=1, max_size=3),
    spot=prices,
    on_demand=prices,
)
def test_a_workload_is_priced_where_its_pods_are(
    placed: list[list[Hosts | None]], spot: str, on_demand: str
) -> None:
    """Pods come and go on nodes of two kinds; the plan that follows them says what the exact formula says."""
    quotes = {("tokyo", ON_DEMAND): make_quote("tokyo", on_demand, offering=ON_DEMAND)}
    board = make_board(virginia="0.1", oregon="0.11", iowa="0.3", tokyo=spot)
    facts, planner = make_facts(QuoteBoard({**board.quotes, **quotes})), Planner()
    for each in placed:
        workloads = [
            make_workload(replace(CHECKOUT, name=f"w{n}"), hosts=one, requests=Resources(1.0 + n, 2.0))
            for n, one in enumerate(each)
        ]
        picture = change(everywhere(), "tokyo", nodes=MIXED.nodes, workloads=tuple(workloads))
        for (workload, target), code in codes(planner.plan(picture, facts)).items():
            dry_run = evaluate_move(picture, facts, workload, target, Moment.PLAN)
            assert code in ("better_target", dry_run.reason.code)


@settings(max_examples=60, deadline=None)
@given(
    tokyo=st.decimals("0.2", "0.9", places=4).map(str),
    replicas=st.integers(1, 9),
    gb=st.floats(0, 30).map(lambda gb: round(gb, 2)),
)
def test_limits_hold_to_the_last_digit(tokyo: str, replicas: int, gb: float) -> None:
    """A gain, and a day's egress, of exactly the limit are within it; one digit that no float tells apart is not."""
    picture = everywhere(desired_replicas=replicas, available_replicas=replicas, state_gb=gb)
    board, digit = make_board(tokyo=tokyo, virginia="0.03"), Decimal("1e-20")
    dry_run = evaluate_move(picture, make_facts(board), CHECKOUT, "virginia")
    net_usd, egress_usd = dry_run.net_usd, dry_run.egress_usd
    assert net_usd is not None
    assert egress_usd is not None
    if dry_run.verdict is not Verdict.PAYS:
        return
    for limit, is_met in ((net_usd, True), (net_usd + digit, False)):
        plan = plan_once(picture, make_facts(board, replace(SETTINGS, minimum_net_usd=limit)))
        assert plan.find_code(CHECKOUT, "virginia") is (Code.PAYS if is_met else Code.GAIN_TOO_SMALL)
    for limit, is_met in ((egress_usd, True), (egress_usd - digit, egress_usd == 0)):
        budgets = BudgetSettings(egress_usd_per_day=limit)
        plan = plan_once(picture, make_facts(board, replace(SETTINGS, budgets=budgets)))
        assert plan.find_code(CHECKOUT, "virginia") is (Code.PAYS if is_met else Code.EGRESS_SPENT)


def _without(board: QuoteBoard, context: str) -> QuoteBoard:
    return QuoteBoard({key: quote for key, quote in board.quotes.items() if key[0] != context})


def _spread(context: str, *zones: str) -> dict[str, Any]:
    """Its four nodes in these zones."""
    nodes = make_cluster(context).nodes
    offerings = [replace(make_offering(context), zone=zone) for zone in zones]
    return {"nodes": tuple(replace(node, offering=one) for node, one in zip(nodes, offerings, strict=True))}


def _with_zones() -> QuoteBoard:
    """The board with prices of two zones in Tokyo and in Virginia."""
    known = {
        ("tokyo", "a"): "0.9",
        ("tokyo", "b"): "0.1",
        ("virginia", "a"): "0.03",
        ("virginia", "b"): "0.5",
    }
    offerings = {key: replace(make_offering(key[0]), zone=key[1]) for key in known}
    quotes = [make_quote(key[0], usd, offering=offerings[key]) for key, usd in known.items()]
    return QuoteBoard({**BOARD.quotes, **{(quote.context, quote.offering): quote for quote in quotes}})


def _saying_interruptions_but_for(context: str) -> QuoteBoard:
    seldom = Interruption(0.0, 0.05, 2_592_000.0, "<5 %")
    said = {key: structs.replace(quote, interruption=seldom) for key, quote in BOARD.quotes.items()}
    return QuoteBoard({**said, **{key: quote for key, quote in BOARD.quotes.items() if key[0] == context}})


def _place(*hosts: tuple[Offering | None, int], **changes: Any) -> dict[str, Any]:
    """Mixed nodes in Tokyo, on some of which the pods of Checkout are."""
    nodes = {"nodes": MIXED.nodes, **changes}
    return {"tokyo": {"workloads": (make_workload(hosts=hosts),), **nodes}}


def _with_on_demand(**changes: Any) -> QuoteBoard:
    quote = make_quote("tokyo", "0.90", offering=ON_DEMAND, **changes)
    return QuoteBoard({**BOARD.quotes, ("tokyo", ON_DEMAND): quote})


UNCHANGED: Any = object()
ROLLED_BACK = Move(CHECKOUT, "virginia", NOW - 90, NOW - 60, is_rolled_back=True)
CHANGES: dict[str, Any] = {
    "nothing": ({}, {}),
    "read again": ({"virginia": {"read_at": dict.fromkeys(WatchedKind, NOW + 5)}}, {}),
    "virginia was read too long ago": ({"virginia": {"outdated": (WatchedKind.PODS,)}}, {}),
    "tokyo was read too long ago": ({"tokyo": {"outdated": (WatchedKind.AUTOSCALERS,)}}, {}),
    "virginia is unreachable": ({"virginia": {"health": Health.UNREACHABLE}}, {}),
    "virginia has no room": ({"virginia": {"free": Resources(1.0, 48.0)}}, {}),
    "virginia has lost its nodes": ({"virginia": {"nodes": ()}}, {}),
    "virginia is full and buys machines": ({"virginia": buying()}, {}),
    "virginia buys too few": ({"virginia": buying(1)}, {}),
    "virginia has no nodes and buys machines": ({"virginia": {"nodes": (), **buying()}}, {}),
    "virginia is elsewhere": ({"virginia": {"provider": "gcp", "region": "us-central1"}}, {}),
    "virginia is tokyo": ({"virginia": {"uid": "uid-tokyo"}}, {}),
    "tokyo is half read": ({"tokyo": {"is_complete": False}}, {}),
    "tokyo is empty": ({"tokyo": {"workloads": ()}}, {}),
    "an autoscaler in tokyo": ({"tokyo": {"autoscalers": {("shop", "checkout"): "by-load"}}}, {}),
    "an autoscaler in virginia": ({"virginia": {"autoscalers": {("shop", "checkout"): "by-load"}}}, {}),
    "autoscalers of others": (
        {context: {"autoscalers": {("shop", "x"): "x"}} for context in ("tokyo", "virginia")},
        {},
    ),
    "tokyo has another": (
        {"tokyo": {"workloads": (make_workload(), make_workload(replace(CHECKOUT, name="b")))}},
        {},
    ),
    "checkout is unhealthy": ({"tokyo": {"workloads": (make_workload(available_replicas=1),)}}, {}),
    "checkout asks for more": (
        {"tokyo": {"workloads": (make_workload(requests=Resources(2.0, 4.0)),)}},
        {},
    ),
    "checkout carries more": ({"tokyo": {"workloads": (make_workload(state_gb=300.0),)}}, {}),
    "checkout asks for nothing": ({"tokyo": {"workloads": (make_workload(requests=None),)}}, {}),
    "virginia is dearer": ({}, {"board": make_board(**{**CHEAP_TO_DEAR, "virginia": "0.13"})}),
    "tokyo is cheaper": ({}, {"board": make_board(**{**CHEAP_TO_DEAR, "tokyo": "0.11"})}),
    "virginia has no price": ({}, {"board": _without(BOARD, "virginia")}),
    "tokyo has no price": ({}, {"board": _without(BOARD, "tokyo")}),
    "all prices are too old": ({}, {"now": NOW + 500}),
    "it rests": ({}, {"usage": BudgetUsage((Move(CHECKOUT, "oregon", NOW - 90, NOW - 60),))}),
    "virginia rests": ({}, {"usage": BudgetUsage((ROLLED_BACK,))}),
    "it is being moved": ({}, {"usage": BudgetUsage((Move(CHECKOUT, "oregon", NOW - 90),))}),
    "others are being moved": (
        {},
        {"usage": BudgetUsage((Move(replace(CHECKOUT, name="x"), "oregon", NOW - 90),))},
    ),
    "a namesake is being moved": (
        {},
        {"usage": BudgetUsage((Move(replace(CHECKOUT, context="iowa"), "virginia", NOW - 90),))},
    ),
    "a namesake was left half-way": (
        {},
        {"usage": BudgetUsage(unfinished=(Move(replace(CHECKOUT, context="virginia"), "mars", NOW - 90),))},
    ),
    "both are in two zones": (
        {"tokyo": _spread("tokyo", "a", "b", "b", "b"), "virginia": _spread("virginia", "a", "a", "a", "b")},
        {"board": _with_zones()},
    ),
    "one zone of tokyo has no price": (
        {"tokyo": _spread("tokyo", "a", "b", "c", "c")},
        {"board": _with_zones()},
    ),
    "pods on the rarer nodes": (_place((SPOT, 4)), {"board": _with_on_demand()}),
    "pods on both kinds of nodes": (_place((ON_DEMAND, 3), (SPOT, 1)), {"board": _with_on_demand()}),
    "pods on other shares of both": (_place((SPOT, 2), (ON_DEMAND, 2)), {"board": _with_on_demand()}),
    "pods on nodes without a price": (_place((ON_DEMAND, 4)), {}),
    "pods on nodes that nobody knows": (_place((SPOT, 3), (None, 1)), {"board": _with_on_demand()}),
    "pods on nodes of another size": (
        _place((SPOT, 4), nodes=tuple(replace(n, allocatable=Resources(2.0, 8.0)) for n in MIXED.nodes)),
        {"board": _with_on_demand()},
    ),
    "pods on nodes of another architecture": (
        _place((SPOT, 4), nodes=tuple(replace(n, architecture="arm64") for n in MIXED.nodes)),
        {"board": _with_on_demand()},
    ),
    "pods on nodes that are closed": (
        _place((SPOT, 4), nodes=tuple(replace(n, schedulable=n.offering != SPOT) for n in MIXED.nodes)),
        {"board": _with_on_demand()},
    ),
    "prices of two worlds at home": (
        _place((SPOT, 2), (ON_DEMAND, 2)),
        {"board": _with_on_demand(mode=PriceMode.RECORDED)},
    ),
    "a context is gone": ({"virginia": UNCHANGED}, {}),
    "other settings": ({}, {"settings": replace(SETTINGS, minimum_net_usd=Decimal(100))}),
}


#: The plain fleet; others keep it large enough that not everything is worked out anew.
PLAIN = change(
    everywhere(),
    "oregon",
    workloads=tuple(make_workload(WorkloadKey("oregon", "shop", f"other-{n}")) for n in range(8)),
)


def apply(name: str) -> tuple[FleetPicture, Facts]:
    """The plain fleet with one change; what is not changed is the same object, as in a program that watches."""
    clusters, facts = CHANGES[name]
    changed: dict[str, Cluster] = dict(PLAIN.clusters)
    for context, changes in clusters.items():
        if changes is UNCHANGED:
            del changed[context]
        else:
            changed[context] = replace(changed[context], **changes)
    return FleetPicture(changed), replace(make_facts(BOARD), **facts)


@pytest.mark.parametrize("first", CHANGES)
def test_every_change_is_noticed_and_so_is_its_end(first: str) -> None:
    """Among any two states of the fleet, the plan that was kept is the one that is made anew."""
    for second in CHANGES:
        planner = Planner()
        planner.plan(*apply(first))
        kept, (fresh_codes, fresh_offers) = planner.plan(*apply(second)), plan_anew(second)
        assert codes(kept) == fresh_codes, second
        assert kept.offers == fresh_offers


@cache
def plan_anew(name: str) -> tuple[dict[tuple[WorkloadKey, str], str], tuple[Offer, ...]]:
    """Codes and offers of one state: made once for all that may have been before it."""
    plan = plan_once(*apply(name))
    return codes(plan), plan.offers


@pytest.mark.parametrize("name", CHANGES)
def test_codes_are_those_of_the_sentences(name: str) -> None:
    plan = plan_once(*apply(name))
    for (workload, target), code in codes(plan).items():
        assert plan.why(workload, target).code == code


@pytest.mark.parametrize("name", CHANGES)
def test_codes_are_those_of_dry_runs(name: str) -> None:
    """Of a workload and a target that are not refused for another, the same is said as of the move by itself."""
    picture, facts = apply(name)
    for (workload, target), code in codes(plan_once(picture, facts)).items():
        dry_run = evaluate_move(picture, facts, workload, target, Moment.PLAN)
        assert code == ("better_target" if code == "better_target" else dry_run.reason.code)


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_offered_pays_exactly(name: str) -> None:
    for dry_run in plan_once(*apply(name)).opportunities():
        assert dry_run.verdict is Verdict.PAYS


TIED = Code.PLACE_SELECTED.because(label="topology.kubernetes.io/zone")
BOUND = Code.CLOUD_IDENTITY.because(holder="its pod template", identity="role")
VIRGINIA = make_cluster("virginia")
ACCEPTING = frozenset({Acceptance.TEMPLATE})
FREEZING = frozenset({Acceptance.AUTOSCALER})
#: A move of a namesake, into Virginia.
ELSEWHERE = Move(replace(CHECKOUT, context="iowa"), "virginia", NOW - 60)
#: What each rule about a move refuses, as a change of Virginia and of the facts: its screen has to see the same.
SCREENED: dict[Code, tuple[dict[str, Any], dict[str, Any]]] = {
    Code.PLACE_SELECTED: ({"workloads": (make_workload(THERE, desired_replicas=0),)}, {}),
    Code.SAME_CLUSTER: ({"uid": "uid-tokyo"}, {}),
    Code.NAMESPACE_UNWATCHED: ({"namespaces": frozenset({"billing"})}, {}),
    Code.TEMPLATES_DIFFER: ({"workloads": (make_workload(THERE, outline=OTHER_OUTLINE),)}, {}),
    Code.NAMESAKE_UNFIT: ({"workloads": (make_workload(THERE, available_replicas=3),)}, {}),
    Code.TARGET_SELECTS_OTHER_PODS: ({"workloads": (make_workload(THERE, selector="other"),)}, {}),
    Code.AUTOSCALER_IN_THE_WAY: ({"autoscalers": {("shop", "checkout"): "by-load"}}, {}),
    Code.AUTOSCALER_OF_A_PART: (
        {"autoscalers": {("shop", "checkout"): "by-load"}, "workloads": (make_workload(THERE),)},
        {},
    ),
    Code.MOVE_RUNNING: ({}, {"usage": BudgetUsage((ELSEWHERE,))}),
    Code.MOVE_UNFINISHED: ({}, {"usage": BudgetUsage(unfinished=(ELSEWHERE,))}),
    Code.TARGET_RESTS: ({}, {"usage": BudgetUsage((ROLLED_BACK,))}),
    Code.UNSCHEDULABLE: ({"nodes": tainted(VIRGINIA.nodes)}, {}),
    Code.NO_NODE_FITS: (
        {"nodes": tuple(replace(node, allocatable=Resources(0.5, 16.0)) for node in VIRGINIA.nodes)},
        {},
    ),
    Code.NO_DEVICE: ({"nodes": with_gpus("virginia", count=2.0).nodes}, {}),
    Code.DEVICES_TAKEN: (
        {"nodes": with_gpus("virginia").nodes, "free": with_gpus("virginia", free=15.0).free},
        {},
    ),
    Code.OTHER_ARCHITECTURE: (
        {"nodes": tuple(replace(node, architecture="arm64") for node in VIRGINIA.nodes)},
        {},
    ),
    Code.NO_ROOM: ({"free": Resources(4.2, 48.0)}, {}),
    Code.PRICE_UNKNOWN: ({}, {"board": _without(BOARD, "virginia")}),
    Code.NODE_SIZE_UNKNOWN: (
        {
            "nodes": tuple(replace(node, allocatable=Resources(1e-30, 16.0)) for node in VIRGINIA.nodes[:1])
            + VIRGINIA.nodes[1:]
        },
        {},
    ),
    Code.RISK_UNKNOWN: (
        {},
        {
            "settings": replace(SETTINGS, price_basis=PriceBasis.WITH_INTERRUPTIONS),
            "board": _saying_interruptions_but_for("virginia"),
        },
    ),
    Code.EGRESS_UNKNOWN: ({"region": None}, {}),
    Code.NODE_TOO_DEAR: ({}, {"settings": replace(SETTINGS, maximum_node_usd_per_hour=Decimal("0.0999"))}),
    Code.NOT_CHEAPER: ({}, {"board": make_board(**{**CHEAP_TO_DEAR, "virginia": "0.40"})}),
    Code.COSTS_MORE: ({}, {"settings": replace(SETTINGS, warm_up_h=Decimal(72))}),
    Code.SHARE_TOO_SMALL: ({}, {"settings": replace(SETTINGS, minimum_savings_share=Decimal("0.7501"))}),
    Code.GAIN_TOO_SMALL: ({}, {"settings": replace(SETTINGS, minimum_net_usd=Decimal("7.0201"))}),
    Code.EGRESS_SPENT: (
        {},
        {"settings": replace(SETTINGS, budgets=BudgetSettings(egress_usd_per_day=Decimal("0.0899")))},
    ),
    Code.PREFLIGHT_REFUSED: (
        {},
        {"findings": (PreflightFinding(make_workload(), "virginia", Code.PAUSED.because(), NOW - 60),)},
    ),
}


@pytest.mark.parametrize("rule", MOVE_RULES, ids=lambda rule: rule.code)
def test_a_screen_refuses_what_its_rule_refuses(rule: MoveRule) -> None:
    target, facts = SCREENED[Code(rule.code)]
    fleet = everywhere()
    if rule.code in (Code.NO_DEVICE, Code.DEVICES_TAKEN):
        trainer = (make_workload(requests=TRAINER),)
        fleet = change(fleet, "tokyo", nodes=with_gpus("tokyo").nodes, workloads=trainer)
    if rule.code is Code.TARGET_SELECTS_OTHER_PODS:
        fleet = change(fleet, "tokyo", workloads=(make_workload(accepted=ACCEPTING),))
    if rule.code is Code.PLACE_SELECTED:
        fleet = change(fleet, "tokyo", workloads=(make_workload(immovable_reasons=(TIED,)),))
    if rule.code is Code.AUTOSCALER_OF_A_PART:
        fleet = change(fleet, "tokyo", workloads=(make_workload(accepted=FREEZING),))
    plan = plan_once(change(fleet, "virginia", **target), replace(make_facts(BOARD), **facts))
    assert plan.why(CHECKOUT, "virginia").code is rule.code
    assert plan.find_code(CHECKOUT, "virginia") is rule.code


def test_a_screen_counts_the_waves_in_which_a_workload_would_move() -> None:
    """Each wave costs the time for which both sides run."""
    picture = everywhere()
    for wave_replicas, code in ((1, Code.GAIN_TOO_SMALL), (3, Code.PAYS)):
        limit = replace(SETTINGS, minimum_net_usd=Decimal("7.0201"), wave_replicas=wave_replicas)
        plan = plan_once(picture, make_facts(BOARD, limit))
        assert plan.find_code(CHECKOUT, "virginia") is code


@pytest.mark.parametrize("reason", [TIED, BOUND], ids=lambda reason: reason.code)
@pytest.mark.parametrize("looked_at", [False, True], ids=["seen in the pod template", "found by somebody"])
def test_what_is_tied_to_its_cluster_is_shifted_to_where_it_runs_already_and_copied_nowhere(
    reason: Reason, looked_at: bool
) -> None:
    planner, facts = Planner(), make_facts(BOARD)
    tied = everywhere(immovable_reasons=() if looked_at else (reason,))
    if looked_at:
        facts = replace(facts, inventories={CHECKOUT: Inventory(NOW, breaks=(reason,))})
    assert reasons(planner.plan(tied, facts)) == {None: reason.code}, "told once"
    runs = change(tied, "oregon", workloads=(make_workload(replace(CHECKOUT, context="oregon")),))
    plan = planner.plan(runs, facts)
    assert targets(plan)[CHECKOUT] == "oregon"
    assert reasons(plan) == {"virginia": reason.code, "iowa": reason.code}
    assert plan.find_code(CHECKOUT, "virginia") is reason.code
    assert CHECKOUT not in targets(planner.plan(tied, facts))


@pytest.mark.parametrize(
    "there",
    [
        make_workload(THERE, desired_replicas=0, template_hash="other"),
        make_workload(THERE, desired_replicas=0, template_hash="other", selector="other"),
        make_workload(THERE, desired_replicas=0),
        make_workload(THERE, immovable_reasons=(Code.PAUSED.because(),)),
        make_workload(THERE, outline=OTHER_OUTLINE),
    ],
    ids=["another one that rests", "other pods that rest", "an equal one that rests", "paused", "another"],
)
def test_plan_and_dry_run_agree_on_what_is_tied_beside_any_deployment_there(there: Workload) -> None:
    """Kept up to date and made anew, before and after it came."""
    planner, facts = Planner(), make_facts(BOARD)
    tied = change(PLAIN, "tokyo", workloads=(make_workload(immovable_reasons=(TIED,)),))
    equal = change(tied, "virginia", workloads=(make_workload(THERE, desired_replicas=0),))
    for picture in (tied, equal, change(tied, "virginia", workloads=(there,)), equal):
        kept, fresh = planner.plan(picture, facts), plan_once(picture, facts)
        code = kept.find_code(CHECKOUT, "virginia")
        assert code is evaluate_move(picture, facts, CHECKOUT, "virginia", Moment.PLAN).reason.code
        assert (kept.offers, codes(kept)) == (fresh.offers, codes(fresh))


@pytest.mark.parametrize(
    "code", [Code.PAUSED, Code.RECREATE, Code.VOLUME_CLAIM, Code.HOST_PATH, Code.EXPOSED_POD]
)
def test_what_speaks_against_scaling_or_keeps_something_refuses_a_shift_as_well(code: Code) -> None:
    refused = everywhere(immovable_reasons=(TIED, Reason(code)))
    runs = change(refused, "virginia", workloads=(make_workload(THERE),))
    assert reasons(plan_once(runs)) == {None: code}


def test_the_bill_of_a_shift_lists_nothing_that_would_be_copied() -> None:
    called, travels = Code.CALLED.because(name="web", count=1, callers=("front",)), Code.TRAVELS
    seen = Inventory(
        NOW,
        travels=(travels.because(kind="ConfigMap", name="settings"),),
        stays=(Code.SECRET_STAYS.because(name="key"), Code.UNSEEN_CALLERS_STAY.because(name="web")),
        breaks=(BOUND, called),
    )
    facts = make_facts(BOARD, inventories={CHECKOUT: seen})
    runs = change(everywhere(), "virginia", workloads=(make_workload(THERE),))
    told = evaluate_move(runs, facts, CHECKOUT, "virginia").inventory
    assert told == Inventory(NOW, stays=seen.stays[1:], breaks=(called,))
    assert evaluate_move(runs, facts, CHECKOUT, "oregon").inventory == seen


def test_the_bill_of_a_shift_follows_the_prices_of_the_nodes_that_the_targets_own_pods_run_on() -> None:
    """Pods of the source's template would find no node there, so that nothing would be known to have changed."""
    zone = parse_pod_terms("shop", {"spec": {"nodeSelector": {"zone": "tokyo-a"}}})
    here = make_workload(terms=zone, hosts=((SPOT, 4),), accepted=ACCEPTING)
    fleet = change(everywhere(), "tokyo", workloads=(here,))
    fleet = change(fleet, "virginia", workloads=(make_workload(THERE, outline=OTHER_OUTLINE),))
    planner, dearer = Planner(), make_board(**{**CHEAP_TO_DEAR, "virginia": "0.11"})
    bills = [
        next(
            bill
            for bill in planner.plan(fleet, make_facts(board)).opportunities()
            if bill.workload == CHECKOUT
        )
        for board in (BOARD, dearer)
    ]
    assert bills[0].target_usd_per_hour != bills[1].target_usd_per_hour


def test_pods_that_request_something_else_in_the_target_are_priced_and_placed_by_that() -> None:
    """What a person has accepted is asked exactly: no column knows the pods of the target's own Deployment."""
    accepting = change(everywhere(), "tokyo", workloads=(make_workload(accepted=ACCEPTING),))

    def code_there(requests: Resources) -> Code | None:
        there = make_workload(THERE, outline=OTHER_OUTLINE, requests=requests)
        plan = plan_once(change(accepting, "virginia", workloads=(there,)))
        found = plan.find_code(CHECKOUT, "virginia")
        assert found is plan.why(CHECKOUT, "virginia").code
        return found

    assert code_there(Resources(1.0, 2.0)) is Code.PAYS
    assert code_there(Resources(3.5, 2.0)) is Code.NO_ROOM
    assert code_there(Resources(2.9, 2.0)) is not Code.PAYS, "it would cost nearly three times as much there"


@pytest.mark.parametrize("scaled", ["tokyo", "virginia"])
def test_an_autoscaler_is_frozen_only_where_no_replicas_stay_on_either_side(scaled: str) -> None:
    """As the preflight has it: afterwards it would scale a part of the workload by the bounds of the whole."""
    planner, by_load = Planner(), {("shop", "checkout"): "by-load"}

    def code_of(keeps: int | None, *there: Any) -> Code | None:
        own = make_workload(accepted=FREEZING, minimum_replicas=keeps)
        fleet = change(change(everywhere(), "tokyo", workloads=(own,)), "virginia", workloads=there)
        plan = planner.plan(change(fleet, scaled, autoscalers=by_load), make_facts(BOARD))
        found = plan.find_code(CHECKOUT, "virginia")
        assert found is plan.why(CHECKOUT, "virginia").code
        return found

    empty = make_workload(THERE, desired_replicas=0, available_replicas=0)
    assert code_of(None) is Code.PAYS
    assert code_of(None, empty) is Code.PAYS
    assert code_of(None, make_workload(THERE)) is Code.AUTOSCALER_OF_A_PART
    assert code_of(None, empty) is Code.PAYS
    assert code_of(1) is Code.AUTOSCALER_OF_A_PART


def test_only_what_does_not_stay_moves_and_is_counted() -> None:
    tight = {"free": Resources(2.3, 48.0)}
    kept = change(everywhere(), "tokyo", workloads=(make_workload(minimum_replicas=2),))
    assert (
        plan_once(change(everywhere(), "virginia", **tight)).find_code(CHECKOUT, "virginia") is Code.NO_ROOM
    )
    plan = plan_once(change(kept, "virginia", **tight))
    assert plan.find_code(CHECKOUT, "virginia") is Code.PAYS
    all_stay = change(everywhere(), "tokyo", workloads=(make_workload(minimum_replicas=4),))
    assert plan_once(all_stay).find_code(CHECKOUT, "virginia") is Code.AT_MINIMUM


def test_a_share_of_exactly_the_minimum_is_enough_for_an_offer() -> None:
    exact = replace(SETTINGS, minimum_savings_share=Decimal("0.75"))
    assert plan_once(everywhere(), make_facts(BOARD, exact)).find_code(CHECKOUT, "virginia") is Code.PAYS


def test_a_workload_that_comes_later_is_not_offered_where_its_namespace_is_not_looked_into() -> None:
    planner, facts = Planner(), make_facts(BOARD)
    narrow = change(everywhere(), "virginia", namespaces=frozenset({"shop"}))
    key = replace(CHECKOUT, namespace="billing", name="invoices")
    assert planner.plan(narrow, facts).find_code(CHECKOUT, "virginia") is Code.PAYS
    tokyo = narrow.clusters["tokyo"]
    later = change(narrow, "tokyo", workloads=(*tokyo.workloads, make_workload(key)))
    plan = planner.plan(later, facts)
    assert plan.find_code(key, "virginia") is Code.NAMESPACE_UNWATCHED
    assert plan.find_code(key, "oregon") is not Code.NAMESPACE_UNWATCHED
    wide = planner.plan(change(later, "virginia", namespaces=None), facts)
    assert wide.find_code(key, "virginia") is Code.PAYS


def test_a_move_into_room_that_nobody_can_count_is_offered_and_says_so() -> None:
    [offered, *_] = plan_once(change(everywhere(), "virginia", free=None)).opportunities()
    assert (offered.target, offered.verdict) == ("virginia", Verdict.PAYS)
    assert offered.warnings == (Code.ROOM_UNKNOWN.because(target="virginia"),)


def test_too_little_memory_is_seen_where_there_are_cores_enough() -> None:
    plan = plan_once(change(everywhere(), "virginia", free=Resources(12.0, 8.5)))
    assert plan.find_code(CHECKOUT, "virginia") is Code.NO_ROOM


def board_of(now: float) -> QuoteBoard:
    """The same prices, confirmed at this moment."""
    return QuoteBoard(
        {key: structs.replace(q, confirmed_at=now, deadline=now + 180) for key, q in BOARD.quotes.items()}
    )


def test_a_rest_ends_by_the_clock_although_nothing_else_changes() -> None:
    planner, picture = Planner(), everywhere()
    usage = BudgetUsage((Move(CHECKOUT, "oregon", NOW - 90, NOW - 60),))
    assert (
        planner.plan(picture, make_facts(BOARD, usage=usage)).find_code(CHECKOUT, "virginia") is Code.COOLDOWN
    )
    over = NOW - 60 + SETTINGS.budgets.cooldown_s
    for now, code in ((over - 1, Code.COOLDOWN), (over, Code.PAYS)):
        plan = planner.plan(picture, make_facts(board_of(now), usage=usage, now=now))
        assert plan.find_code(CHECKOUT, "virginia") is code


def test_a_target_that_failed_gives_way_to_another_until_its_rest_is_over() -> None:
    planner, picture = Planner(), everywhere()
    usage = BudgetUsage((ROLLED_BACK,))
    over = NOW - 60 + SETTINGS.budgets.cooldown_s
    for now, code, target in ((over - 1, Code.TARGET_RESTS, "oregon"), (over, Code.PAYS, "virginia")):
        plan = planner.plan(picture, make_facts(board_of(now), usage=usage, now=now))
        assert plan.find_code(CHECKOUT, "virginia") is code
        assert targets(plan) == {CHECKOUT: target}


def test_a_target_that_failed_and_refused_rests_for_the_longer_of_both() -> None:
    """What a preflight found is remembered for minutes, and is told of again once the rest is over."""
    planner, picture = Planner(), everywhere()
    finding = PreflightFinding(make_workload(), "virginia", Code.PAUSED.because(), NOW - 60)
    both = make_facts(BOARD, usage=BudgetUsage((ROLLED_BACK,)), findings=(finding,))
    assert planner.plan(picture, both).find_code(CHECKOUT, "virginia") is Code.TARGET_RESTS
    plan = planner.plan(picture, replace(both, usage=BudgetUsage()))
    assert plan.find_code(CHECKOUT, "virginia") is Code.PREFLIGHT_REFUSED


def test_what_was_spent_today_is_missing_at_once_and_back_after_a_day() -> None:
    planner, picture = Planner(), everywhere()
    limited = replace(SETTINGS, budgets=BudgetSettings(egress_usd_per_day=Decimal(1)))
    other = Move(replace(CHECKOUT, name="x"), "oregon", NOW - 90, NOW - 60, Decimal("0.95"))
    usage = BudgetUsage((other,))
    assert planner.plan(picture, make_facts(BOARD, limited)).find_code(CHECKOUT, "virginia") is Code.PAYS
    spent = planner.plan(picture, make_facts(BOARD, limited, usage=usage))
    assert spent.find_code(CHECKOUT, "virginia") is Code.EGRESS_SPENT
    tomorrow = NOW - 90 + DAY_S
    plan = planner.plan(picture, make_facts(board_of(tomorrow), limited, usage=usage, now=tomorrow))
    assert plan.find_code(CHECKOUT, "virginia") is Code.PAYS


def test_a_plan_that_was_handed_out_stays_as_it_was() -> None:
    planner = Planner()
    before = planner.plan(*apply("nothing"))
    said: Reason = before.why(CHECKOUT, "oregon")
    planner.plan(*apply("tokyo is empty"))
    planner.plan(*apply("virginia is dearer"))
    assert Offer(CHECKOUT, "virginia") in before.offers
    assert before.why(CHECKOUT, "oregon") == said
