"""The best move for every workload, and a reason for every candidate that is not offered."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.clusters.fleet import FleetPicture, Health, Resources, WorkloadKey
from controller.contract.dry_run import Verdict
from controller.decision.budgets import BudgetUsage, Move
from controller.decision.candidates import describe_site
from controller.decision.estimates import Estimate, Estimator
from controller.decision.evaluation import evaluate_move
from controller.decision.planning import Plan, evaluate_candidate, plan_moves
from tests.controller.decision.worlds import (
    CHECKOUT,
    NOW,
    REGIONS,
    SETTINGS,
    make_board,
    make_cluster,
    make_picture,
    make_workload,
    two_regions,
)

CHEAP_TO_DEAR = {"virginia": "0.10", "oregon": "0.12", "iowa": "0.30", "tokyo": "0.40"}


def everywhere(**workload: Any) -> FleetPicture:
    """Checkout in Tokyo, and three empty clusters."""
    others = [make_cluster(context) for context in REGIONS if context != "tokyo"]
    return make_picture(make_cluster("tokyo", make_workload(**workload)), *others)


def reasons(plan: Plan) -> dict[str | None, str]:
    return {refusal.target: refusal.reason for refusal in plan.refused}


def test_the_best_target_is_offered_and_the_others_are_told_why_not() -> None:
    plan = plan_moves(everywhere(), make_board(**CHEAP_TO_DEAR), SETTINGS, NOW)
    assert [dry_run.target for dry_run in plan.opportunities] == ["virginia"]
    assert reasons(plan).keys() == {"oregon", "iowa"}
    assert "virginia is better" in reasons(plan)["oregon"]


def test_the_way_back_counts_in_the_ranking() -> None:
    """Oregon is a little dearer; with a way back that costs, it would still rank first if Virginia's did not count."""
    picture = make_picture(
        make_cluster("virginia", make_workload(replace(CHECKOUT, context="virginia"), state_gb=40.0)),
        make_cluster("tokyo"),
        make_cluster("oregon"),
    )
    board = make_board(virginia="0.60", tokyo="0.100", oregon="0.105")
    plan = plan_moves(picture, board, SETTINGS, NOW)
    assert [dry_run.target for dry_run in plan.opportunities] == ["oregon"]
    exact = {
        target: evaluate_move(
            picture, board, SETTINGS, replace(CHECKOUT, context="virginia"), target, NOW
        ).net_usd
        for target in ("tokyo", "oregon")
    }
    assert exact["tokyo"] > exact["oregon"]  # type: ignore[operator]


def test_a_workload_that_cannot_move_is_refused_once_without_a_target() -> None:
    plan = plan_moves(everywhere(obstacles=("it is paused",)), make_board(**CHEAP_TO_DEAR), SETTINGS, NOW)
    assert plan.opportunities == ()
    assert reasons(plan) == {None: "it is paused"}


def test_an_unknown_price_at_home_refuses_the_workload() -> None:
    plan = plan_moves(everywhere(), make_board(virginia="0.1"), SETTINGS, NOW)
    assert "no current price" in reasons(plan)[None]


def test_an_unreachable_target_is_refused_alone() -> None:
    picture = everywhere()
    gone = replace(picture.clusters["virginia"], health=Health.UNREACHABLE, reason="no route to host")
    plan = plan_moves(
        FleetPicture({**picture.clusters, "virginia": gone}), make_board(**CHEAP_TO_DEAR), SETTINGS, NOW
    )
    assert [dry_run.target for dry_run in plan.opportunities] == ["oregon"]
    assert reasons(plan)["virginia"] == "virginia is unreachable: no route to host"


def test_nothing_is_planned_on_expired_prices() -> None:
    plan = plan_moves(everywhere(), make_board(**CHEAP_TO_DEAR), SETTINGS, NOW + 1000)
    assert plan.opportunities == ()


def test_a_workload_rests_after_a_move() -> None:
    moved = Move(replace(CHECKOUT, context="oregon"), "tokyo", NOW - 7200, NOW - 3600)
    usage = BudgetUsage((moved,))
    plan = plan_moves(everywhere(), make_board(**CHEAP_TO_DEAR), SETTINGS, NOW, usage)
    assert reasons(plan) == {None: "it was moved 60 minutes ago and rests for 24.0 hours"}


def test_a_move_that_is_not_over_is_named_before_what_it_has_made_of_the_workload() -> None:
    picture = everywhere()
    tokyo = picture.clusters["tokyo"]
    half_moved = tuple(replace(workload, available_replicas=None) for workload in tokyo.workloads)
    picture = FleetPicture({**picture.clusters, "tokyo": replace(tokyo, workloads=half_moved)})
    board, usage = make_board(**CHEAP_TO_DEAR), BudgetUsage(unfinished=(Move(CHECKOUT, "oregon", NOW - 60),))
    expected = "its move from tokyo to oregon is not finished; it goes on where both are armed"
    assert reasons(plan_moves(picture, board, SETTINGS, NOW, usage)) == {None: expected}
    dry_run = evaluate_candidate(CHECKOUT, "virginia", picture, board, SETTINGS, NOW, usage)
    assert (dry_run.verdict, dry_run.reason) == (Verdict.REFUSED, expected)


def test_a_named_candidate_obeys_the_cooldown_too() -> None:
    usage = BudgetUsage((Move(CHECKOUT, "oregon", NOW - 60),))
    board = make_board(**CHEAP_TO_DEAR)
    dry_run = evaluate_candidate(CHECKOUT, "virginia", everywhere(), board, SETTINGS, NOW, usage)
    assert dry_run.verdict is Verdict.REFUSED
    assert dry_run.reason == "it is being moved right now"
    assert dry_run.net_usd is not None, "the numbers are still shown"


def test_the_offer_and_the_named_candidate_are_the_same_plan() -> None:
    board = make_board(**CHEAP_TO_DEAR)
    offered = plan_moves(everywhere(), board, SETTINGS, NOW).opportunities[0]
    assert evaluate_candidate(CHECKOUT, "virginia", everywhere(), board, SETTINGS, NOW) == offered


prices = st.decimals(min_value="0.01", max_value=5, places=3).map(str)
workloads = st.fixed_dictionaries(
    {
        "desired_replicas": st.integers(0, 20),
        "requests": st.builds(Resources, st.floats(0.1, 5).map(lambda x: round(x, 2)), st.floats(0.1, 20)),
        "state_gb": st.none() | st.floats(0, 500),
    }
).map(lambda changes: {**changes, "available_replicas": changes["desired_replicas"]})


@settings(max_examples=60)
@given(prices=st.fixed_dictionaries(dict.fromkeys(REGIONS, prices)), workload=workloads)
def test_a_plan_is_complete_and_never_impossible(prices: dict[str, str], workload: dict[str, Any]) -> None:
    picture = everywhere(**workload)
    plan = plan_moves(picture, make_board(**prices), SETTINGS, NOW)
    for dry_run in plan.opportunities:
        target = picture.clusters[dry_run.target]
        assert dry_run.target != dry_run.workload.context
        assert dry_run.verdict is Verdict.PAYS
        assert target.free is not None
        assert (workload["requests"] * dry_run.replicas).fits_in(target.free), "never over capacity"
    told = {refusal.target for refusal in plan.refused} | {d.target for d in plan.opportunities}
    assert told in ({None}, {"virginia", "oregon", "iowa"})
    assert all(refusal.reason for refusal in plan.refused)


@settings(max_examples=100)
@given(
    tokyo=prices,
    virginia=prices,
    replicas=st.integers(1, 12),
    gb=st.floats(0, 300).map(lambda gb: round(gb, 2)),
)
def test_estimates_agree_with_the_exact_evaluation(
    tokyo: str, virginia: str, replicas: int, gb: float
) -> None:
    picture = two_regions(desired_replicas=replicas, available_replicas=replicas, state_gb=gb)
    board = make_board(tokyo=tokyo, virginia=virginia)
    sites = [describe_site(cluster) for cluster in picture.clusters.values()]
    workload = picture.clusters["tokyo"].workloads[0]
    estimate = Estimator(board, SETTINGS, NOW).estimate(sites[0], workload, sites[1])
    exact = evaluate_move(picture, board, SETTINGS, CHECKOUT, "virginia", NOW)
    if isinstance(estimate, Estimate):
        assert exact.net_usd is not None
        assert abs(estimate.net_usd - float(exact.net_usd)) < 1e-5
    else:
        assert exact.verdict is not Verdict.PAYS, estimate


def test_equal_gains_are_ordered_by_name_so_that_buttons_do_not_jump() -> None:
    twins = [make_workload(WorkloadKey("tokyo", "shop", name)) for name in ("b", "a")]
    picture = make_picture(make_cluster("tokyo", *twins), make_cluster("virginia"))
    plan = plan_moves(picture, make_board(tokyo="0.4", virginia="0.1"), SETTINGS, NOW)
    assert [dry_run.workload.name for dry_run in plan.opportunities] == ["a", "b"]


def test_higher_gains_come_first() -> None:
    pair = [
        make_workload(WorkloadKey("tokyo", "shop", "small"), desired_replicas=1, available_replicas=1),
        make_workload(WorkloadKey("tokyo", "shop", "large")),
    ]
    picture = make_picture(make_cluster("tokyo", *pair), make_cluster("virginia"))
    plan = plan_moves(picture, make_board(tokyo="0.4", virginia="0.1"), SETTINGS, NOW)
    assert [dry_run.workload.name for dry_run in plan.opportunities] == ["large", "small"]
    assert plan.opportunities[0].savings_usd_per_day == Decimal("7.20")
