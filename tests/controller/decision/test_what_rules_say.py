"""A refusal says of which cluster and workload it is, and with which numbers: a person acts on its parameters."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from controller.clusters.acceptance import Acceptance
from controller.clusters.fleet import Resources, WatchedKind
from controller.decision.budgets import BudgetUsage, Move
from controller.decision.candidates import price_candidate
from controller.decision.facts import Facts, PreflightFinding
from controller.decision.obstacles import is_asked_of_clusters
from controller.decision.questions import name_prices_not_live, name_unarmed
from controller.decision.rule import FleetRule, Moment
from controller.decision.rules import judge_move
from controller.decision.settings import BudgetSettings, DecisionSettings
from controller.decision.sites import describe_site
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.quotes import Dispute, PriceMode, QuoteBoard
from tests.controller.decision.worlds import (
    CHECKOUT,
    NOW,
    OTHER_OUTLINE,
    SETTINGS,
    THERE,
    arm,
    make_board,
    make_cluster,
    make_facts,
    make_quote,
    make_workload,
)

HOUR = 3600.0
BOARD = make_board(tokyo="0.40", virginia="0.10")


def said(
    workload: dict[str, Any] | None = None,
    source: dict[str, Any] | None = None,
    target: dict[str, Any] | None = None,
    facts: Facts | None = None,
    moment: Moment = Moment.DRY_RUN,
    way_back_of: str | None = None,
) -> Reason:
    """Why checkout may not move from Tokyo to Virginia."""
    moving = make_workload(**(workload or {}))
    here = make_cluster("tokyo", moving, **(source or {}))
    there = make_cluster("virginia", **(target or {}))
    facts = facts or make_facts(BOARD)
    candidate = price_candidate(describe_site(here), moving, describe_site(there), facts, way_back_of)
    refused = judge_move(candidate, facts, moment)
    assert refused is not None
    return refused[1]


def with_settings(**changes: Any) -> Facts:
    return make_facts(BOARD, replace(SETTINGS, **changes))


def with_moves(*moves: Move, **limits: Any) -> Facts:
    budgets = replace(BudgetSettings(cooldown_s=0.0), **limits)
    return make_facts(BOARD, replace(SETTINGS, budgets=budgets), usage=BudgetUsage(moves))


def moved(began_h_ago: float, *, ended: bool = True, **changes: Any) -> Move:
    began = NOW - began_h_ago * HOUR
    end = began + 600 if ended else None
    move = Move(replace(CHECKOUT, name="other"), "virginia", began, end, Decimal(1))
    return replace(move, **changes)


def test_what_was_read_too_long_ago_is_named_kind_by_kind() -> None:
    for side, context in (("source", "tokyo"), ("target", "virginia")):
        kinds = (WatchedKind.NODES, WatchedKind.PODS) if side == "source" else (WatchedKind.NODES,)
        reason = said(**{side: {"outdated": kinds}})
        assert (reason.code, reason["context"]) == (Code.KINDS_OUTDATED, context)
        for kind in kinds:
            assert kind.value in str(reason["kinds"])


def test_what_prices_nothing_there_makes_no_price_old() -> None:
    """Pods count where the workload runs; of a target its nodes and requests alone say the price."""
    assert said(source={"outdated": (WatchedKind.PODS,)}).code is Code.KINDS_OUTDATED
    pods = said(target={"outdated": (WatchedKind.PODS,)})
    assert (pods.code, pods["context"]) == (Code.KINDS_OUTDATED, "virginia")


def test_a_way_back_that_nobody_knows_of_names_all_three() -> None:
    assert said(way_back_of="m9") == Code.NO_WAY_BACK.because(
        workload=str(CHECKOUT), target="virginia", migration_id="m9"
    )


@pytest.mark.parametrize(
    ("minimum", "reason"),
    [
        (None, Code.NO_REPLICAS.because()),
        (2, Code.AT_MINIMUM.because(replicas=2, minimum=2)),
    ],
)
def test_a_workload_of_which_nothing_may_move_says_how_many_stay(minimum: int | None, reason: Reason) -> None:
    replicas = minimum or 0
    counts = {"desired_replicas": replicas, "available_replicas": replicas, "minimum_replicas": minimum}
    assert said(workload=counts) == reason


@pytest.mark.parametrize("available", [3, None])
def test_a_workload_that_does_not_serve_says_how_many_do(available: int | None) -> None:
    reason = said(workload={"available_replicas": available})
    assert reason == Code.NOT_AVAILABLE.because(available=available, replicas=4)


@pytest.mark.parametrize("side", ["source", "target"])
def test_an_autoscaler_is_named_with_its_cluster(side: str) -> None:
    context = "tokyo" if side == "source" else "virginia"
    scaled = {side: {"autoscalers": {("shop", "checkout"): "by-load"}}}
    assert said(**scaled) == Code.AUTOSCALER_IN_THE_WAY.because(name="by-load", context=context)
    part = {"accepted": frozenset({Acceptance.AUTOSCALER}), "minimum_replicas": 1}
    assert said(workload=part, **scaled) == Code.AUTOSCALER_OF_A_PART.because(name="by-load", context=context)


def test_a_rest_says_since_when_and_for_how_long() -> None:
    move = moved(1, workload=CHECKOUT)
    facts = with_moves(move, cooldown_s=6 * HOUR)
    assert said(facts=facts) == Code.COOLDOWN.because(ago=HOUR - 600, rest=6 * HOUR)


def test_a_move_under_way_is_named_by_both_its_sides() -> None:
    facts = with_moves(moved(1, workload=CHECKOUT, target="oregon", ended=False))
    assert said(facts=facts) == Code.MOVE_RUNNING.because(source="tokyo", target="oregon")


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"denied_targets": frozenset({"aws/us-east-1"})}, Code.TARGET_DENIED),
        ({"allowed_targets": frozenset({"gcp"})}, Code.TARGET_NOT_ALLOWED),
    ],
)
def test_an_excluded_target_is_named(settings: dict[str, Any], code: Code) -> None:
    assert said(facts=with_settings(**settings)) == code.because(target="virginia")


def test_a_namespace_that_is_not_watched_is_named() -> None:
    reason = said(target={"namespaces": frozenset({"billing"})})
    assert reason == Code.NAMESPACE_UNWATCHED.because(target="virginia", namespace="shop")


def test_the_targets_own_deployment_says_in_what_it_differs() -> None:
    there = {"workloads": (make_workload(THERE, outline=OTHER_OUTLINE, selector="other"),)}
    reason = said(target=there)
    assert (reason.code, reason["target"]) == (Code.TEMPLATES_DIFFER, "virginia")
    assert str(reason["differences"]).startswith("('its selector',")
    accepted = {"accepted": frozenset({Acceptance.TEMPLATE})}
    assert said(target=there, workload=accepted) == Code.TARGET_SELECTS_OTHER_PODS.because(context="virginia")


def test_too_little_room_says_what_is_needed_and_what_is_free() -> None:
    assert said(target={"free": Resources(12.0, 8.0)}) == Code.NO_ROOM.because(
        target="virginia",
        needed_cpu_cores=4.0,
        needed_memory_gib=8.0,
        free_cpu_cores=12.0,
        free_memory_gib=8.0,
    )


def test_nodes_that_are_too_small_say_what_a_replica_asks_for() -> None:
    small = tuple(replace(node, allocatable=Resources(0.5, 16.0)) for node in make_cluster("virginia").nodes)
    reason = said(target={"nodes": small})
    assert reason == Code.NO_NODE_FITS.because(target="virginia", cpu_cores=1.0, memory_gib=2.0)


def test_another_architecture_says_both() -> None:
    nodes = tuple(replace(node, architecture="arm64") for node in make_cluster("virginia").nodes)
    reason = said(target={"nodes": nodes})
    assert reason["target"] == "virginia"
    assert "arm64" in str(reason["there"])
    assert "amd64" in str(reason["here"])


@pytest.mark.parametrize(("known", "context"), [("tokyo", "virginia"), ("virginia", "tokyo")])
def test_a_price_that_is_missing_is_named_by_cluster_and_offering(known: str, context: str) -> None:
    reason = said(facts=make_facts(make_board(**{known: "0.1"})))
    assert (reason.code, reason["context"]) == (Code.PRICE_UNKNOWN, context)
    assert "m5.xlarge" in str(reason["offering"])


@pytest.mark.parametrize("contexts", [("tokyo",), ("virginia",), ("tokyo", "virginia")])
def test_prices_that_may_not_be_acted_on_name_their_contexts(contexts: tuple[str, ...]) -> None:
    def facts_of(**changes: Any) -> Facts:
        quotes = {
            key: structs.replace(quote, **changes) if key[0] in contexts else quote
            for key, quote in BOARD.quotes.items()
        }
        return make_facts(QuoteBoard(quotes))

    recorded = facts_of(mode=PriceMode.RECORDED)
    not_live = Code.PRICES_NOT_LIVE.because(contexts=contexts, modes=("recorded",))
    assert said(facts=recorded, moment=Moment.CONFIRM) == not_live
    disputed = facts_of(dispute=Dispute("another list", Decimal("0.01")))
    assert said(facts=disputed, moment=Moment.CONFIRM) == Code.PRICES_DISPUTED.because(contexts=contexts)
    unsigned = make_facts(
        replace(BOARD, unsigned=frozenset(key for key in BOARD.quotes if key[0] in contexts))
    )
    assert said(facts=unsigned, moment=Moment.CONFIRM) == Code.PRICES_UNSIGNED.because(contexts=contexts)


def test_modes_and_contexts_that_nobody_charges_are_named_once_each() -> None:
    quotes = [make_quote("virginia", "1", mode=PriceMode.SIMULATED), make_quote("tokyo", "1")]
    quotes.append(make_quote("oregon", "1", mode=PriceMode.RECORDED))
    assert name_prices_not_live([*quotes, *quotes, None]) == Code.PRICES_NOT_LIVE.because(
        contexts=("oregon", "virginia"), modes=("recorded", "simulated")
    )
    assert name_prices_not_live([None, quotes[1]]) is None


def test_what_is_not_armed_is_named_with_the_one_cause_that_there_is() -> None:
    facts = make_facts(BOARD, armed=arm("tokyo"))
    assert name_unarmed("tokyo", "virginia", facts) == Code.NOT_ARMED.because(contexts=("virginia",))
    over = replace(facts, armed={}, unarmed=dict.fromkeys(("tokyo", "virginia"), Code.ARMING_OVER))
    assert name_unarmed("tokyo", "virginia", over) == Code.ARMING_OVER.because(contexts=("tokyo", "virginia"))
    mixed = replace(over, unarmed={"tokyo": Code.ARMING_OVER})
    assert name_unarmed("tokyo", "virginia", mixed) == Code.NOT_ARMED.because(contexts=("tokyo", "virginia"))
    assert name_unarmed("tokyo", "tokyo", facts) is None


def test_terms_of_arming_name_the_context_and_the_numbers() -> None:
    elsewhere = make_facts(
        BOARD, armed={**arm("tokyo"), **arm("virginia", namespaces=frozenset({"billing"}))}
    )
    reason = said(facts=elsewhere, moment=Moment.CONFIRM)
    assert reason == Code.NAMESPACE_NOT_ARMED.because(namespace="shop", contexts=("virginia",))
    once = arm("tokyo", moves_per_day=1)
    spent = replace(
        with_moves(moved(1, workload=replace(CHECKOUT, name="other"))), armed={**arm("virginia"), **once}
    )
    assert said(facts=spent, moment=Moment.CONFIRM) == Code.ARMED_MOVES_SPENT.because(
        context="tokyo", moves=1, limit=1
    )


def test_terms_of_arming_are_told_by_the_name_that_the_cluster_has_in_the_move() -> None:
    alias = replace(arm("prod", moves_per_day=1)["prod"], cluster_uid="uid-tokyo")
    facts = replace(with_moves(moved(1)), armed={"tokyo": alias, **arm("virginia")})
    assert said(facts=facts, moment=Moment.CONFIRM)["context"] == "tokyo"


def test_spent_budgets_say_how_many_of_how_many() -> None:
    running = with_moves(moved(1, ended=False), moved(2, ended=False), concurrent_moves=2)
    assert said(facts=running, moment=Moment.CONFIRM) == Code.CONCURRENCY_SPENT.because(moves=2, limit=2)
    day = with_moves(moved(1), moved(2), moved(25), moves_per_day=2)
    assert said(facts=day, moment=Moment.CONFIRM) == Code.DAY_SPENT.because(moves=2, limit=2)


def test_what_is_too_dear_says_the_price_and_the_limit() -> None:
    reason = said(facts=with_settings(maximum_node_usd_per_hour=Decimal("0.09")))
    assert reason == Code.NODE_TOO_DEAR.because(
        target="virginia", node_usd_per_hour=Decimal("0.10"), limit_usd_per_hour=Decimal("0.09")
    )
    dearer = said(facts=make_facts(make_board(tokyo="0.10", virginia="0.40")))
    assert dearer.code is Code.NOT_CHEAPER
    assert dearer["target_usd_per_day"] == 4 * dearer["source_usd_per_day"]  # type: ignore[operator]


def test_an_unknown_route_names_both_ends() -> None:
    reason = said(facts=make_facts(BOARD, DecisionSettings()))
    assert reason == Code.EGRESS_UNKNOWN.because(source="tokyo", target="virginia")


def test_what_a_preflight_refused_says_where_how_long_ago_and_why() -> None:
    why = Code.PAUSED.because()
    finding = PreflightFinding(make_workload(), "virginia", why, NOW - 60)
    reason = said(facts=make_facts(BOARD, findings=(finding,)), moment=Moment.PLAN)
    assert reason == Code.PREFLIGHT_REFUSED.because(target="virginia", ago=60.0, detail=why)


@pytest.mark.parametrize(
    ("code", "is_asked"),
    [
        (Code.NOT_ARMED, False),
        (Code.PRICE_UNKNOWN, False),
        (Code.NO_FRESH_PRICE, False),
        (Code.NO_WORKLOAD, False),
        (Code.QUOTA_SHORT, True),
        (Code.TEMPLATE_CHANGED, True),
    ],
)
def test_a_refusal_by_what_is_known_here_is_none_that_the_clusters_gave(code: Code, is_asked: bool) -> None:
    assert is_asked_of_clusters(code) is is_asked


def test_a_rule_of_a_wave_names_its_codes() -> None:
    def ask(facts: Facts) -> None:
        """Asked of all moves."""

    with pytest.raises(ValueError, match="names the codes that it can give: ask"):
        FleetRule(ask, moments=Moment.WAVE)
    assert FleetRule(ask).codes == ()
    assert FleetRule(ask, moments=Moment.WAVE, codes=(Code.DAY_SPENT,)).codes == (Code.DAY_SPENT,)


def test_the_next_moment_to_look_again_is_the_first_that_is_still_to_come() -> None:
    ended = NOW - 100
    move = moved(1, started_at=NOW - 200, ended_at=ended)
    rest = with_moves(move, cooldown_s=500.0)
    assert rest.find_next_end() == ended + 500
    assert replace(rest, now=ended + 500).find_next_end() == NOW - 200 + 24 * HOUR, (
        "a day counts from its beginning"
    )
    assert (
        replace(rest, usage=BudgetUsage((moved(1, started_at=NOW, ended=False),))).find_next_end()
        == NOW + 24 * HOUR
    )
    assert make_facts(BOARD).find_next_end() is None
