"""The best move for every workload, and a code for every pair that is not offered; kept up to date as things change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.naive_planning import plan_naively
from controller.clusters.fleet import Cluster, FleetPicture, Health, Resources, WorkloadKey
from controller.contract.dry_run import Verdict
from controller.decision.budgets import DAY_S, BudgetUsage, Move
from controller.decision.egress import parse_egress_table
from controller.decision.evaluation import evaluate_move
from controller.decision.facts import Facts, PreflightFinding
from controller.decision.plan import Offer, Plan
from controller.decision.planning import Planner
from controller.decision.rule import Moment, MoveRule
from controller.decision.rules import MOVE_RULES
from controller.decision.settings import BudgetSettings
from controller.reasons import Code
from oracle.foundation.reason import Reason, ReasonCode
from oracle.quotes import QuoteBoard
from tests.controller.decision.worlds import (
    CHECKOUT,
    NOW,
    REGIONS,
    SETTINGS,
    make_board,
    make_cluster,
    make_facts,
    make_picture,
    make_workload,
)
from tests.controller.faults import unreachable

CHEAP_TO_DEAR = {"virginia": "0.10", "oregon": "0.12", "iowa": "0.30", "tokyo": "0.40"}
BOARD = make_board(**CHEAP_TO_DEAR)


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
    other = Move(replace(CHECKOUT, name="other"), "oregon", NOW - 60)
    limit = replace(SETTINGS, budgets=BudgetSettings(egress_usd_per_day=Decimal("0.05")))
    cases = {
        Code.COOLDOWN: make_facts(BOARD, usage=BudgetUsage((ended,))),
        Code.CONCURRENCY_SPENT: make_facts(BOARD, usage=BudgetUsage((other,))),
        Code.EGRESS_SPENT: make_facts(BOARD, limit),
    }
    for code, facts in cases.items():
        plan = plan_once(everywhere(), facts)
        assert plan.offers == (), code
        assert plan.find_code(CHECKOUT, "virginia") is code
        assert evaluate_move(everywhere(), facts, CHECKOUT, "virginia", Moment.CONFIRM).reason.code is code


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
    later = {key: replace(q, confirmed_at=NOW + 60, deadline=NOW + 240) for key, q in BOARD.quotes.items()}
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
    rules = {"inter_region": [_send_from("ap-northeast-1", "0"), _send_from("*", "0.09")], "internet": []}
    aws = {"groups": {}, "same_region": "0", **rules}
    settings = replace(SETTINGS, egress=parse_egress_table({"currency": "USD", "providers": {"aws": aws}}))
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


def _send_from(region: str, usd_per_gb: str) -> dict[str, Any]:
    return {"from": [region], "to": ["*"], "usd_per_gb": usd_per_gb}


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


UNCHANGED: Any = object()
ROLLED_BACK = Move(CHECKOUT, "virginia", NOW - 90, NOW - 60, is_rolled_back=True)
CHANGES: dict[str, Any] = {
    "nothing": ({}, {}),
    "observed again": ({"virginia": {"observed_at": NOW + 5}}, {}),
    "virginia is unreachable": ({"virginia": {"health": Health.UNREACHABLE}}, {}),
    "virginia has no room": ({"virginia": {"free": Resources(1.0, 48.0)}}, {}),
    "virginia has lost its nodes": ({"virginia": {"nodes": ()}}, {}),
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
        kept, fresh = planner.plan(*apply(second)), plan_once(*apply(second))
        assert codes(kept) == codes(fresh), second
        assert kept.offers == fresh.offers


@pytest.mark.parametrize("name", CHANGES)
def test_codes_are_those_of_the_sentences(name: str) -> None:
    plan = plan_once(*apply(name))
    for (workload, target), code in codes(plan).items():
        assert plan.why(workload, target).code == code


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_offered_pays_exactly(name: str) -> None:
    for dry_run in plan_once(*apply(name)).opportunities():
        assert dry_run.verdict is Verdict.PAYS


VIRGINIA = make_cluster("virginia")
#: A move of a namesake, into Virginia.
ELSEWHERE = Move(replace(CHECKOUT, context="iowa"), "virginia", NOW - 60)
#: What each rule about a move refuses, as a change of Virginia and of the facts: its screen has to see the same.
SCREENED: dict[Code, tuple[dict[str, Any], dict[str, Any]]] = {
    Code.SAME_CLUSTER: ({"uid": "uid-tokyo"}, {}),
    Code.NAME_TAKEN: ({"workloads": (make_workload(replace(CHECKOUT, context="virginia")),)}, {}),
    Code.AUTOSCALER_IN_THE_WAY: ({"autoscalers": {("shop", "checkout"): "by-load"}}, {}),
    Code.MOVE_RUNNING: ({}, {"usage": BudgetUsage((ELSEWHERE,))}),
    Code.MOVE_UNFINISHED: ({}, {"usage": BudgetUsage(unfinished=(ELSEWHERE,))}),
    Code.TARGET_RESTS: ({}, {"usage": BudgetUsage((ROLLED_BACK,))}),
    Code.NO_NODE_FITS: (
        {"nodes": tuple(replace(node, allocatable=Resources(0.5, 16.0)) for node in VIRGINIA.nodes)},
        {},
    ),
    Code.OTHER_ARCHITECTURE: (
        {"nodes": tuple(replace(node, architecture="arm64") for node in VIRGINIA.nodes)},
        {},
    ),
    Code.ROOM_UNKNOWN: ({"free": None}, {}),
    Code.NO_ROOM: ({"free": Resources(4.2, 48.0)}, {}),
    Code.PRICE_UNKNOWN: ({}, {"board": _without(BOARD, "virginia")}),
    Code.NODE_SIZE_UNKNOWN: (
        {
            "nodes": tuple(replace(node, allocatable=Resources(1e-30, 16.0)) for node in VIRGINIA.nodes[:1])
            + VIRGINIA.nodes[1:]
        },
        {},
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
    plan = plan_once(change(everywhere(), "virginia", **target), replace(make_facts(BOARD), **facts))
    assert plan.why(CHECKOUT, "virginia").code is rule.code
    assert plan.find_code(CHECKOUT, "virginia") is rule.code


def test_a_share_of_exactly_the_minimum_is_enough_for_an_offer() -> None:
    exact = replace(SETTINGS, minimum_savings_share=Decimal("0.75"))
    assert plan_once(everywhere(), make_facts(BOARD, exact)).find_code(CHECKOUT, "virginia") is Code.PAYS


def test_too_little_memory_is_seen_where_there_are_cores_enough() -> None:
    plan = plan_once(change(everywhere(), "virginia", free=Resources(12.0, 8.5)))
    assert plan.find_code(CHECKOUT, "virginia") is Code.NO_ROOM


def board_of(now: float) -> QuoteBoard:
    """The same prices, confirmed at this moment."""
    return QuoteBoard(
        {key: replace(q, confirmed_at=now, deadline=now + 180) for key, q in BOARD.quotes.items()}
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
