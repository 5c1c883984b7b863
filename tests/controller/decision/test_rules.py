"""May this move happen? Every rule refuses what it is for, lets pass what just keeps to it, and gives its own code."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from controller.clusters.acceptance import Acceptance
from controller.clusters.fleet import Cluster, Health, Node, Resources
from controller.contract.dry_run import Verdict
from controller.decision.budgets import BudgetUsage, Move
from controller.decision.candidates import price_candidate
from controller.decision.facts import Facts, PreflightFinding
from controller.decision.rule import Moment
from controller.decision.rules import judge_move, select_rules
from controller.decision.settings import BudgetSettings, DecisionSettings
from controller.decision.sites import describe_site
from controller.reasons import Code
from oracle.quotes import PriceMode, QuoteBoard
from tests.controller.decision.worlds import (
    CHECKOUT,
    NOW,
    SETTINGS,
    make_board,
    make_cluster,
    make_facts,
    make_quote,
    make_workload,
)
from tests.controller.faults import unreachable

HOUR = 3600.0
BOARD = make_board(tokyo="0.40", virginia="0.10")


def judge(
    workload: dict[str, Any] | None = None,
    source: dict[str, Any] | None = None,
    target: dict[str, Any] | None = None,
    facts: Facts | None = None,
    moment: Moment = Moment.DRY_RUN,
) -> tuple[Verdict, Code] | None:
    """What the rules say of moving checkout from Tokyo to Virginia, with changes of either."""
    moving = make_workload(**(workload or {}))
    here = make_cluster("tokyo", moving, **(source or {}))
    there = make_cluster("virginia", **(target or {}))
    facts = facts or make_facts(BOARD)
    refused = judge_move(
        price_candidate(describe_site(here), moving, describe_site(there), facts), facts, moment
    )
    if refused is None:
        return None
    assert isinstance(refused[1].code, Code)
    return refused[0], refused[1].code


def code_of(**what: Any) -> Code | None:
    refused = judge(**what)
    return refused[1] if refused is not None else None


def with_settings(**changes: Any) -> Facts:
    return make_facts(BOARD, replace(SETTINGS, **changes))


def with_budgets(*moves: Move, **limits: Any) -> Facts:
    budgets = replace(BudgetSettings(cooldown_s=0.0), **limits)
    return make_facts(BOARD, replace(SETTINGS, budgets=budgets), usage=BudgetUsage(moves))


def moved(began_h_ago: float, *, egress: str = "1", name: str = "other", ended: bool = True) -> Move:
    began = NOW - began_h_ago * HOUR
    end = began + 600 if ended else None
    return Move(replace(CHECKOUT, name=name), "virginia", began, end, Decimal(egress))


def small_nodes(context: str) -> tuple[Node, ...]:
    """Nodes on which no pod of a core fits."""
    return tuple(replace(node, allocatable=Resources(0.5, 16.0)) for node in make_cluster(context).nodes)


def absurd_nodes(context: str) -> tuple[Node, ...]:
    """Nodes of which one says that it has next to no core."""
    first, *others = make_cluster(context).nodes
    return replace(first, allocatable=Resources(1e-30, 16.0)), *others


def test_nothing_is_against_a_plain_move() -> None:
    assert all(judge(moment=moment) is None for moment in Moment)


@pytest.mark.parametrize(
    ("workload", "code"),
    [
        ({"immovable_reasons": (Code.PAUSED.because(), Code.HOST_PORT.because())}, Code.PAUSED),
        ({"desired_replicas": 0, "available_replicas": 0}, Code.NO_REPLICAS),
        ({"requests": None}, Code.NO_REQUESTS),
        ({"available_replicas": 3}, Code.NOT_AVAILABLE),
        ({"available_replicas": None}, Code.NOT_AVAILABLE),
        ({"requests": Resources(5.0, 1.0)}, Code.NO_HOME_NODE),
        ({"desired_replicas": 11, "available_replicas": 11}, Code.NO_ROOM),
    ],
    ids=["immovable", "no replicas", "no requests", "unhealthy", "unknown health", "too large", "no room"],
)
def test_a_workload_that_cannot_move_is_refused(workload: dict[str, Any], code: Code) -> None:
    assert judge(workload=workload) == (Verdict.REFUSED, code)


def test_the_free_room_is_used_up_to_its_headroom() -> None:
    """12 free cores, of which a tenth stays free: ten pods of one core fit, eleven do not."""
    assert code_of(workload={"desired_replicas": 10, "available_replicas": 10}) is None


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"health": Health.UNREACHABLE, "reason": unreachable("x").reason}, Code.CONNECTION_FAILED),
        ({"health": Health.CONNECTING}, Code.CONTEXT_CONNECTING),
        ({"is_complete": False}, Code.CONTEXT_INCOMPLETE),
        ({"uid": None}, Code.CONTEXT_UNIDENTIFIED),
        ({"nodes": ()}, Code.CONTEXT_WITHOUT_NODES),
    ],
    ids=["unreachable", "connecting", "half read", "no identity", "no nodes"],
)
def test_a_cluster_that_is_not_known_well_enough_is_no_side_of_a_move(
    side: str, changes: dict[str, Any], code: Code
) -> None:
    assert judge(**{side: changes}) == (Verdict.REFUSED, code)


def arm_nodes(cluster: Cluster) -> dict[str, Any]:
    return {"nodes": tuple(replace(node, architecture="arm64") for node in cluster.nodes)}


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ({"uid": "uid-tokyo"}, Code.SAME_CLUSTER),
        ({"workloads": (make_workload(replace(CHECKOUT, context="virginia")),)}, Code.NAME_TAKEN),
        ({"free": None}, Code.ROOM_UNKNOWN),
        ({"free": Resources(12.0, 8.0)}, Code.NO_ROOM),
        (arm_nodes(make_cluster("virginia")), Code.OTHER_ARCHITECTURE),
    ],
    ids=["same cluster", "taken", "room unknown", "no memory", "architecture"],
)
def test_a_target_that_cannot_take_it_is_refused(target: dict[str, Any], code: Code) -> None:
    assert judge(target=target) == (Verdict.REFUSED, code)


@pytest.mark.parametrize("side", ["source", "target"])
def test_nodes_that_do_not_say_their_architecture_may_run_anything(side: str) -> None:
    nodes = make_cluster("virginia" if side == "target" else "tokyo").nodes
    assert code_of(**{side: {"nodes": tuple(replace(node, architecture="") for node in nodes)}}) is None


def test_a_copy_without_replicas_takes_no_name() -> None:
    waiting = make_workload(replace(CHECKOUT, context="virginia"), desired_replicas=0)
    assert code_of(target={"workloads": (waiting,)}) is None


AUTOSCALED = {"autoscalers": {("shop", "checkout"): "by-load"}}


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_workload_that_an_autoscaler_scales_on_either_side_is_refused(side: str) -> None:
    assert judge(**{side: AUTOSCALED}) == (Verdict.REFUSED, Code.AUTOSCALER_IN_THE_WAY)
    assert code_of(**{side: AUTOSCALED}, moment=Moment.CONFIRM) is Code.AUTOSCALER_IN_THE_WAY


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize(
    "known",
    [None, {}, {("shop", "other"): "x", ("billing", "checkout"): "y"}],
    ids=["unknown", "none", "others"],
)
def test_autoscalers_of_others_and_unknown_ones_are_left_to_the_preflight(side: str, known: Any) -> None:
    assert code_of(**{side: {"autoscalers": known}}) is None


def test_a_target_on_whose_nodes_no_pod_fits_is_refused() -> None:
    assert code_of(target={"nodes": small_nodes("virginia")}) is Code.NO_NODE_FITS


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"denied_targets": frozenset({"aws/us-east-1"})}, Code.TARGET_DENIED),
        ({"denied_targets": frozenset({"virginia"})}, Code.TARGET_DENIED),
        ({"denied_targets": frozenset({"aws"})}, Code.TARGET_DENIED),
        ({"allowed_targets": frozenset({"gcp"})}, Code.TARGET_NOT_ALLOWED),
        ({"maximum_node_usd_per_hour": Decimal("0.09")}, Code.NODE_TOO_DEAR),
        ({"allowed_targets": frozenset({"aws"}), "denied_targets": frozenset({"tokyo"})}, None),
        ({"maximum_node_usd_per_hour": Decimal("0.10")}, None),
    ],
    ids=[
        "denied region",
        "denied context",
        "denied provider",
        "not allowed",
        "too dear",
        "allowed",
        "just not too dear",
    ],
)
def test_targets_are_those_of_the_settings(settings: dict[str, Any], code: Code | None) -> None:
    assert code_of(facts=with_settings(**settings)) is code


def test_a_target_is_meant_by_each_of_its_names() -> None:
    """A second context that leads to the same cluster is not shown, and still the one that somebody may have named."""
    target = {"aliases": ("prod-eu",)}
    named = frozenset({"prod-eu"})
    assert code_of(target=target, facts=with_settings(denied_targets=named)) is Code.TARGET_DENIED
    assert code_of(target=target, facts=with_settings(allowed_targets=named)) is None


@pytest.mark.parametrize("known", ["tokyo", "virginia"])
def test_an_unknown_price_never_pays(known: str) -> None:
    assert judge(facts=make_facts(make_board(**{known: "0.1"}))) == (Verdict.UNKNOWN, Code.PRICE_UNKNOWN)


def test_an_expired_price_is_an_unknown_price() -> None:
    assert code_of(facts=make_facts(BOARD, now=NOW + 180.0)) is Code.PRICE_UNKNOWN


@pytest.mark.parametrize("side", ["source", "target"])
def test_nodes_without_a_sensible_size_have_no_price(side: str) -> None:
    absurd = absurd_nodes("virginia" if side == "target" else "tokyo")
    assert judge(**{side: {"nodes": absurd}}) == (Verdict.UNKNOWN, Code.NODE_SIZE_UNKNOWN)


@pytest.mark.parametrize("mode", [PriceMode.SIMULATED, PriceMode.RECORDED])
@pytest.mark.parametrize("side", ["tokyo", "virginia"])
def test_real_clusters_are_planned_on_any_prices_and_changed_on_live_ones_only(
    side: str, mode: PriceMode
) -> None:
    quotes = {
        key: replace(quote, mode=mode) if quote.context == side else quote
        for key, quote in BOARD.quotes.items()
    }
    facts = make_facts(QuoteBoard(quotes))
    for moment in (Moment.PLAN, Moment.DRY_RUN):
        assert code_of(facts=facts, moment=moment) is None
    for moment in (Moment.CONFIRM, Moment.WAVE, Moment.RATES, Moment.AUTOPILOT):
        assert code_of(facts=facts, moment=moment) is Code.PRICES_NOT_LIVE
        assert code_of(facts=replace(facts, accepts_any_prices=True), moment=moment) is None


@pytest.mark.parametrize("side", ["tokyo", "virginia"])
def test_real_clusters_are_planned_on_unsigned_prices_and_never_changed_on_them(side: str) -> None:
    facts = make_facts(replace(BOARD, unsigned=frozenset(key for key in BOARD.quotes if key[0] == side)))
    for moment in (Moment.PLAN, Moment.DRY_RUN):
        assert code_of(facts=facts, moment=moment) is None
    for moment in (Moment.CONFIRM, Moment.WAVE, Moment.RATES, Moment.AUTOPILOT):
        assert code_of(facts=facts, moment=moment) is Code.PRICES_UNSIGNED
        assert code_of(facts=replace(facts, accepts_any_prices=True), moment=moment) is None


def test_undeclared_state_never_pays() -> None:
    assert judge(workload={"state_gb": None}) == (Verdict.UNKNOWN, Code.STATE_UNKNOWN)
    assert code_of(workload={"state_gb": None}, facts=with_settings(assumed_state_gb=Decimal(2))) is None


def test_an_unknown_route_never_pays() -> None:
    assert judge(facts=make_facts(BOARD, DecisionSettings())) == (Verdict.UNKNOWN, Code.EGRESS_UNKNOWN)


@pytest.mark.parametrize(
    ("tokyo", "virginia", "code"),
    [
        ("0.10", "0.10", Code.NOT_CHEAPER),
        ("0.10", "0.40", Code.NOT_CHEAPER),
        ("40", "38.004", Code.SHARE_TOO_SMALL),
        ("40", "38", None),
    ],
    ids=["equal", "dearer", "within the noise", "just enough"],
)
def test_a_target_has_to_be_cheaper_by_more_than_noise(tokyo: str, virginia: str, code: Code | None) -> None:
    facts = make_facts(make_board(tokyo=tokyo, virginia=virginia))
    assert code_of(facts=facts) is code
    assert code is None or judge(facts=facts) == (Verdict.TOO_DEAR, code)


@pytest.mark.parametrize(("gb", "code"), [(77.8, None), (78.0, Code.GAIN_TOO_SMALL), (79.0, Code.COSTS_MORE)])
def test_a_move_has_to_gain_the_minimum_in_the_window(gb: float, code: Code | None) -> None:
    """At 0.09 USD per GB: 7.11 USD are left for egress, and a tenth of a dollar has to remain."""
    assert code_of(workload={"state_gb": gb}) is code


def test_a_gain_of_exactly_the_minimum_is_enough_and_one_of_nothing_is_not() -> None:
    """Without state, the gain of this move is 7.11 USD."""
    free = {"state_gb": 0.0}
    assert code_of(workload=free, facts=with_settings(minimum_net_usd=Decimal("7.11"))) is None
    assert (
        code_of(workload=free, facts=with_settings(minimum_net_usd=Decimal("7.1101"))) is Code.GAIN_TOO_SMALL
    )
    assert (
        code_of(workload={"state_gb": 79.0}, facts=with_settings(minimum_net_usd=Decimal(0)))
        is Code.COSTS_MORE
    )


@pytest.mark.parametrize("context", ["tokyo", "virginia"])
def test_a_moved_workload_rests_in_both_directions(context: str) -> None:
    move = replace(moved(1), workload=replace(CHECKOUT, context=context), target="tokyo")
    assert code_of(facts=with_budgets(move, cooldown_s=6 * HOUR)) is Code.COOLDOWN
    assert code_of(facts=with_budgets(move, cooldown_s=0.5 * HOUR)) is None


def test_the_rest_ends_with_the_hour() -> None:
    ended = Move(CHECKOUT, "oregon", NOW - 7 * HOUR, NOW - 6 * HOUR)
    assert code_of(facts=with_budgets(ended, cooldown_s=6 * HOUR)) is None
    assert code_of(facts=with_budgets(ended, cooldown_s=6 * HOUR + 1)) is Code.COOLDOWN


def test_what_a_person_accepted_is_no_matter_of_a_program() -> None:
    accepted = {"accepted": frozenset({Acceptance.TWO_AT_ONCE})}
    assert code_of(workload=accepted, moment=Moment.AUTOPILOT) is Code.ACCEPTED_TWO_AT_ONCE
    assert code_of(workload=accepted, moment=Moment.CONFIRM) is None
    assert code_of(moment=Moment.AUTOPILOT) is None


def rolled_back(ended_h_ago: float = 1.0, target: str = "virginia") -> Move:
    ended = NOW - ended_h_ago * HOUR
    return Move(CHECKOUT, target, ended - 600, ended, is_rolled_back=True)


def test_after_a_move_that_was_rolled_back_only_its_target_rests() -> None:
    facts = with_budgets(rolled_back(), cooldown_s=6 * HOUR)
    assert code_of(facts=facts) is Code.TARGET_RESTS
    assert code_of(facts=with_budgets(rolled_back(), cooldown_s=HOUR)) is None
    assert code_of(facts=with_budgets(rolled_back(target="oregon"), cooldown_s=6 * HOUR)) is None
    both = with_budgets(rolled_back(), rolled_back(3), cooldown_s=2 * HOUR)
    assert code_of(facts=both) is Code.TARGET_RESTS


def test_a_move_that_was_rolled_back_shortens_no_rest_of_one_that_moved() -> None:
    came = Move(replace(CHECKOUT, context="oregon"), "tokyo", NOW - 3 * HOUR, NOW - 2 * HOUR)
    facts = with_budgets(came, rolled_back(target="oregon"), cooldown_s=6 * HOUR)
    assert code_of(facts=facts) is Code.COOLDOWN


def test_who_was_never_moved_there_is_not_kept_from_the_target() -> None:
    """Another workload, and a namesake in another cluster: what failed may lie in theirs alone."""
    others = (replace(CHECKOUT, name="other"), replace(CHECKOUT, context="oregon"))
    moves = tuple(replace(rolled_back(), workload=other) for other in others)
    assert code_of(facts=with_budgets(*moves, cooldown_s=6 * HOUR)) is None


def test_a_move_under_way_is_named_before_what_it_has_made_of_the_workload() -> None:
    half_moved = {"available_replicas": None}
    running = make_facts(BOARD, usage=BudgetUsage((Move(CHECKOUT, "oregon", NOW - 60),)))
    assert code_of(workload=half_moved, facts=running) is Code.MOVE_RUNNING
    left = make_facts(BOARD, usage=BudgetUsage(unfinished=(Move(CHECKOUT, "oregon", NOW - 60),)))
    assert code_of(workload=half_moved, facts=left) is Code.MOVE_UNFINISHED


@pytest.mark.parametrize(
    "route", [("oregon", "virginia"), ("virginia", "oregon")], ids=["into it", "out of it"]
)
def test_nothing_begins_into_a_side_of_another_move_of_the_same_name(route: tuple[str, str]) -> None:
    """Two Deployments of one name, in Tokyo and in Oregon: both can't go to Virginia at once."""
    move = Move(replace(CHECKOUT, context=route[0]), route[1], NOW - 60)
    assert code_of(facts=make_facts(BOARD, usage=BudgetUsage((move,)))) is Code.MOVE_RUNNING
    left = make_facts(BOARD, usage=BudgetUsage(unfinished=(move,)))
    assert code_of(facts=left) is Code.MOVE_UNFINISHED
    ended = replace(move, ended_at=NOW - 30)
    assert code_of(facts=make_facts(BOARD, usage=BudgetUsage((ended,)))) is not Code.MOVE_RUNNING
    other = replace(move, workload=replace(move.workload, name="other"))
    assert code_of(facts=make_facts(BOARD, usage=BudgetUsage(unfinished=(other,)))) is None


BUDGETED = [Moment.PLAN, Moment.DRY_RUN, Moment.CONFIRM, Moment.AUTOPILOT]


@pytest.mark.parametrize("moment", BUDGETED)
def test_budgets_are_asked_before_every_move(moment: Moment) -> None:
    running = with_budgets(moved(0, ended=False), concurrent_moves=1)
    assert code_of(facts=running, moment=moment) is Code.CONCURRENCY_SPENT
    spent = with_budgets(moved(7), moved(9), moves_per_day=2)
    assert code_of(facts=spent, moment=moment) is Code.DAY_SPENT
    dear = with_budgets(moved(7), egress_usd_per_day=Decimal("1.08"))
    assert code_of(facts=dear, moment=moment) is Code.EGRESS_SPENT


def test_budgets_may_be_used_up_and_come_back_after_a_day() -> None:
    assert code_of(facts=with_budgets(moved(0, ended=False), concurrent_moves=2)) is None
    assert code_of(facts=with_budgets(moved(7), moved(25), moves_per_day=2)) is None
    assert code_of(facts=with_budgets(moved(7), egress_usd_per_day=Decimal("1.09"))) is None
    assert code_of(facts=with_budgets(moved(25), egress_usd_per_day=Decimal("0.09"))) is None


def test_a_move_that_sends_nothing_spends_no_egress() -> None:
    facts = with_budgets(moved(7), egress_usd_per_day=Decimal("0.5"))
    assert code_of(workload={"state_gb": 0.0}, facts=facts) is None


def refused_before(at: float = NOW - 60, **workload: Any) -> Facts:
    finding = PreflightFinding(make_workload(**workload), "virginia", "the autoscaler web would …", at)
    return make_facts(BOARD, findings=(finding,))


def test_what_its_preflight_refused_is_not_offered_again_but_may_be_asked_for() -> None:
    facts = refused_before()
    assert code_of(facts=facts, moment=Moment.PLAN) is Code.PREFLIGHT_REFUSED
    assert code_of(facts=facts, moment=Moment.AUTOPILOT) is Code.PREFLIGHT_REFUSED
    assert code_of(facts=facts, moment=Moment.DRY_RUN) is None
    assert code_of(facts=facts, moment=Moment.CONFIRM) is None


def test_what_the_source_refused_is_offered_to_no_target() -> None:
    finding = PreflightFinding(make_workload(), "oregon", "the autoscaler …", NOW - 60, concerns_source=True)
    facts = make_facts(BOARD, findings=(finding,))
    assert code_of(facts=facts, moment=Moment.PLAN) is Code.PREFLIGHT_REFUSED
    assert code_of(facts=facts, moment=Moment.DRY_RUN) is None


@pytest.mark.parametrize(
    "facts",
    [
        refused_before(at=NOW - SETTINGS.preflight_memory_s),
        refused_before(template_hash="older"),
        refused_before(uid="another"),
        refused_before(desired_replicas=3),
        refused_before(accepted=frozenset({Acceptance.TRAFFIC})),
        replace(
            refused_before(), findings=(PreflightFinding(make_workload(), "oregon", "no room", NOW - 60),)
        ),
    ],
    ids=["long ago", "new template", "recreated", "scaled", "accepted", "another target"],
)
def test_a_preflight_refusal_says_nothing_of_what_has_changed_since(facts: Facts) -> None:
    assert code_of(facts=facts, moment=Moment.PLAN) is None


@pytest.mark.parametrize(
    ("moment", "asked"),
    [
        (Moment.PLAN, False),
        (Moment.DRY_RUN, False),
        (Moment.CONFIRM, True),
        (Moment.WAVE, True),
        (Moment.RATES, False),
        (Moment.AUTOPILOT, True),
    ],
)
@pytest.mark.parametrize("armed", [(), ("tokyo",), ("virginia",)])
def test_both_sides_have_to_be_armed_where_something_is_written(
    moment: Moment, asked: bool, armed: tuple[str, ...]
) -> None:
    facts = make_facts(BOARD, armed=frozenset(armed))
    assert (code_of(facts=facts, moment=moment) is Code.NOT_ARMED) is asked


#: What a move meets in its middle, most of it by itself -> what it would be told if it had not begun.
IN_THE_MIDDLE: list[tuple[dict[str, Any], Code]] = [
    ({"facts": with_budgets(Move(CHECKOUT, "virginia", NOW - 60))}, Code.MOVE_RUNNING),
    ({"workload": {"available_replicas": None}}, Code.NOT_AVAILABLE),
    ({"workload": {"desired_replicas": 0, "available_replicas": 0}}, Code.NO_REPLICAS),
    ({"workload": {"state_gb": None}}, Code.STATE_UNKNOWN),
    ({"workload": {"immovable_reasons": (Code.PAUSED.because(),)}}, Code.PAUSED),
    ({"facts": with_budgets(moved(1, name="checkout"), cooldown_s=6 * HOUR)}, Code.COOLDOWN),
    ({"facts": with_budgets(rolled_back(), cooldown_s=6 * HOUR)}, Code.TARGET_RESTS),
    ({"facts": with_budgets(moved(0, ended=False), concurrent_moves=1)}, Code.CONCURRENCY_SPENT),
    ({"facts": with_budgets(moved(7), moves_per_day=1)}, Code.DAY_SPENT),
    ({"facts": with_budgets(moved(7), egress_usd_per_day=Decimal("1.01"))}, Code.EGRESS_SPENT),
    ({"target": {"health": Health.CONNECTING}}, Code.CONTEXT_CONNECTING),
    ({"source": {"is_complete": False}}, Code.CONTEXT_INCOMPLETE),
    (
        {"target": {"workloads": (make_workload(replace(CHECKOUT, context="virginia")),)}},
        Code.NAME_TAKEN,
    ),
    ({"source": AUTOSCALED}, Code.AUTOSCALER_IN_THE_WAY),
    ({"target": {"free": Resources(0.0, 0.0)}}, Code.NO_ROOM),
    ({"target": {"free": None}}, Code.ROOM_UNKNOWN),
    ({"facts": make_facts(BOARD, DecisionSettings())}, Code.EGRESS_UNKNOWN),
    ({"facts": make_facts(make_board(tokyo="0.10", virginia="0.40"))}, Code.NOT_CHEAPER),
    ({"workload": {"state_gb": 79.0}}, Code.COSTS_MORE),
    ({"workload": {"state_gb": 78.0}}, Code.GAIN_TOO_SMALL),
    ({"facts": make_facts(make_board(tokyo="40", virginia="38.004"))}, Code.SHARE_TOO_SMALL),
]


@pytest.mark.parametrize(("what", "code"), IN_THE_MIDDLE, ids=[str(code) for _, code in IN_THE_MIDDLE])
def test_what_a_move_meets_in_its_middle_stops_no_wave(what: dict[str, Any], code: Code) -> None:
    """It would be left half-way; what of it matters then is looked at by the run itself."""
    assert code_of(**what) is code, "the move would not begin now"
    assert code_of(**what, moment=Moment.WAVE) is None
    assert code_of(**what, moment=Moment.RATES) is None


def test_what_a_preflight_found_stops_no_wave() -> None:
    assert code_of(facts=refused_before(), moment=Moment.PLAN) is Code.PREFLIGHT_REFUSED
    assert code_of(facts=refused_before(), moment=Moment.WAVE) is None


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (make_facts(BOARD, armed=frozenset({"tokyo"})), Code.NOT_ARMED),
        (with_settings(denied_targets=frozenset({"virginia"})), Code.TARGET_DENIED),
        (with_settings(allowed_targets=frozenset({"oregon"})), Code.TARGET_NOT_ALLOWED),
        (with_settings(maximum_node_usd_per_hour=Decimal("0.09")), Code.NODE_TOO_DEAR),
        (make_facts(make_board(tokyo="0.4")), Code.PRICE_UNKNOWN),
    ],
    ids=["armed", "denied", "not allowed", "dear node", "price"],
)
def test_what_a_person_allows_and_what_is_known_of_prices_holds_at_every_wave(
    facts: Facts, code: Code
) -> None:
    """Whoever denies a target in the settings means the rest of a move that was begun before as well."""
    assert code_of(facts=facts, moment=Moment.WAVE) is code


def test_what_runs_double_has_its_rates_whether_it_is_allowed_or_not() -> None:
    denied = with_settings(denied_targets=frozenset({"virginia"}), maximum_node_usd_per_hour=Decimal("0.09"))
    assert code_of(facts=denied, moment=Moment.RATES) is None


@pytest.mark.parametrize("moment", [Moment.WAVE, Moment.RATES])
@pytest.mark.parametrize(
    ("what", "code"),
    [
        ({"facts": make_facts(make_board(virginia="0.1"))}, Code.PRICE_UNKNOWN),
        ({"facts": make_facts(make_board(tokyo="0.4"))}, Code.PRICE_UNKNOWN),
        ({"workload": {"requests": None}}, Code.NO_REQUESTS),
        ({"workload": {"requests": Resources(5.0, 1.0)}}, Code.NO_HOME_NODE),
        ({"target": {"nodes": small_nodes("virginia")}}, Code.NO_NODE_FITS),
        ({"target": {"nodes": absurd_nodes("virginia")}}, Code.NODE_SIZE_UNKNOWN),
    ],
    ids=["home price", "target price", "no requests", "no home node", "no node there", "node size"],
)
def test_while_a_move_goes_on_both_of_its_rates_have_to_be_known(
    moment: Moment, what: dict[str, Any], code: Code
) -> None:
    assert code_of(**what, moment=moment) is code


def test_a_confirmation_asks_whatever_a_dry_run_asks() -> None:
    assert set(select_rules(Moment.DRY_RUN)) < set(select_rules(Moment.CONFIRM))
    assert (
        set(select_rules(Moment.DRY_RUN))
        < set(select_rules(Moment.PLAN))
        < set(select_rules(Moment.AUTOPILOT))
    )


def test_a_quote_from_the_future_is_no_price() -> None:
    quotes = [make_quote("tokyo", "0.40", confirmed_at=NOW + 60), make_quote("virginia", "0.10")]
    board = QuoteBoard({(quote.context, quote.offering): quote for quote in quotes})
    assert code_of(facts=make_facts(board)) is Code.PRICE_UNKNOWN
