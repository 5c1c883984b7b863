"""May this move happen? Every rule refuses what it is for, lets pass what just keeps to it, and gives its own code."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from controller.clusters.acceptance import Acceptance
from controller.clusters.fleet import Cluster, Health, Node, Resources, WatchedKind
from controller.clusters.node_facts import NodeFacts, NodeKind, Said
from controller.contract.dry_run import Verdict
from controller.contract.inventory import Inventory
from controller.decision.budgets import BudgetUsage, Move
from controller.decision.candidates import price_candidate
from controller.decision.facts import Facts, PreflightFinding
from controller.decision.questions import find_unusable_site
from controller.decision.rule import Moment
from controller.decision.rules import WAY_BACK_RULES, judge_move, select_rules
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
    make_offering,
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
    way_back_of: str | None = None,
) -> tuple[Verdict, Code] | None:
    """What the rules say of moving checkout from Tokyo to Virginia, with changes of either."""
    moving = make_workload(**(workload or {}))
    here = make_cluster("tokyo", moving, **(source or {}))
    there = make_cluster("virginia", **(target or {}))
    facts = facts or make_facts(BOARD)
    candidate = price_candidate(describe_site(here), moving, describe_site(there), facts, way_back_of)
    refused = judge_move(candidate, facts, moment)
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


def unbought(**facts: Any) -> dict[str, Any]:
    """Nodes of which nobody says what was bought."""
    nodes = make_cluster("tokyo").nodes
    return {"nodes": tuple(replace(node, offering=None, facts=NodeFacts(**facts)) for node in nodes)}


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        (
            {"nodes": tuple(replace(node, schedulable=False) for node in make_cluster("tokyo").nodes)},
            Code.NODES_TAKE_NO_PODS,
            "cordoned or tainted",
        ),
        (
            unbought(provider=Said("aws", "x"), region=Said("r", "x"), instance_type=Said("m5.large", "x")),
            Code.NODES_UNPRICEABLE,
            "nobody says the capacity_type of the nodes",
        ),
        (unbought(kind=NodeKind.SERVERLESS), Code.NODES_NOT_BOUGHT, "(serverless)"),
    ],
    ids=["closed", "capacity unknown", "fargate"],
)
def test_why_no_node_of_a_cluster_has_a_price_is_said_truly(
    side: str, changes: dict[str, Any], code: Code, words: str
) -> None:
    assert code_of(**{side: changes}) is code
    site = describe_site(make_cluster("tokyo", **changes))
    assert words in str(find_unusable_site(site, make_facts(BOARD)))


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("kind", WatchedKind)
@pytest.mark.parametrize("moment", [Moment.PLAN, Moment.DRY_RUN, Moment.CONFIRM, Moment.AUTOPILOT])
def test_no_move_begins_on_what_was_read_too_long_ago(side: str, kind: WatchedKind, moment: Moment) -> None:
    assert code_of(**{side: {"outdated": (kind,)}}, moment=moment) is Code.KINDS_OUTDATED


def arm_nodes(cluster: Cluster) -> dict[str, Any]:
    return {"nodes": tuple(replace(node, architecture="arm64") for node in cluster.nodes)}


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ({"uid": "uid-tokyo"}, Code.SAME_CLUSTER),
        ({"workloads": (make_workload(THERE, outline=OTHER_OUTLINE),)}, Code.TEMPLATES_DIFFER),
        ({"workloads": (make_workload(THERE, selector="other"),)}, Code.TEMPLATES_DIFFER),
        ({"workloads": (make_workload(THERE, available_replicas=None),)}, Code.NAMESAKE_UNFIT),
        ({"workloads": (make_workload(THERE, requests=None),)}, Code.NAMESAKE_UNFIT),
        (
            {"workloads": (make_workload(THERE, immovable_reasons=(Code.PAUSED.because(),)),)},
            Code.NAMESAKE_UNFIT,
        ),
        (
            {
                "workloads": (
                    make_workload(THERE, immovable_reasons=(Code.VOLUME_CLAIM.because(volume="data"),)),
                )
            },
            Code.NAMESAKE_UNFIT,
        ),
        ({"namespaces": frozenset({"billing"})}, Code.NAMESPACE_UNWATCHED),
        ({"free": Resources(12.0, 8.0)}, Code.NO_ROOM),
        (arm_nodes(make_cluster("virginia")), Code.OTHER_ARCHITECTURE),
    ],
    ids=[
        *(
            "same cluster",
            "other template",
            "other pods",
            "not all serve",
            "requests nothing",
            "paused there",
            "a disk there",
        ),
        *("unwatched", "no memory", "architecture"),
    ],
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
def test_an_autoscaler_that_may_be_frozen_refuses_a_program_alone(side: str) -> None:
    accepted = {"accepted": frozenset({Acceptance.AUTOSCALER})}
    assert code_of(**{side: AUTOSCALED}, workload=accepted, moment=Moment.PLAN) is None
    assert code_of(**{side: AUTOSCALED}, workload=accepted, moment=Moment.CONFIRM) is None
    refused = code_of(**{side: AUTOSCALED}, workload=accepted, moment=Moment.AUTOPILOT)
    assert refused is Code.ACCEPTED_AUTOSCALER


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
        key: structs.replace(quote, mode=mode) if quote.context == side else quote
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


@pytest.mark.parametrize("side", ["tokyo", "virginia"])
def test_clusters_are_planned_on_prices_in_doubt_and_never_changed_on_them(side: str) -> None:
    quotes = {
        key: structs.replace(quote, dispute=Dispute("another list", Decimal("0.01")))
        if key[0] == side
        else quote
        for key, quote in BOARD.quotes.items()
    }
    facts = make_facts(QuoteBoard(quotes))
    for moment in (Moment.PLAN, Moment.DRY_RUN):
        assert code_of(facts=facts, moment=moment) is None
    for moment in (Moment.CONFIRM, Moment.WAVE, Moment.RATES, Moment.AUTOPILOT):
        assert code_of(facts=facts, moment=moment) is Code.PRICES_DISPUTED


def test_a_price_is_unsigned_as_soon_as_that_of_one_of_its_zones_is() -> None:
    offerings = [replace(make_offering("tokyo"), zone=zone) for zone in ("a", "b")]
    nodes = [replace(node, offering=offerings[n % 2]) for n, node in enumerate(make_cluster("tokyo").nodes)]
    quotes = {("tokyo", one): make_quote("tokyo", "0.5", offering=one) for one in offerings}
    board = QuoteBoard({**BOARD.quotes, **quotes}, frozenset({("tokyo", offerings[1])}))
    found = code_of(source={"nodes": tuple(nodes)}, facts=make_facts(board), moment=Moment.CONFIRM)
    assert found is Code.PRICES_UNSIGNED


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


@pytest.mark.parametrize(("gb", "code"), [(83.6, None), (84.0, Code.GAIN_TOO_SMALL), (85.0, Code.COSTS_MORE)])
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
        code_of(workload={"state_gb": 85.0}, facts=with_settings(minimum_net_usd=Decimal(0)))
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


def test_a_workload_whose_last_move_stopped_half_way_rests_and_is_not_said_to_have_been_moved() -> None:
    half_way = Move(CHECKOUT, "oregon", NOW - 7200, NOW - HOUR, is_end_known=False)
    facts = with_budgets(half_way, cooldown_s=6 * HOUR)
    assert code_of(facts=facts) is Code.LAST_MOVE_UNKNOWN
    assert code_of(facts=with_budgets(half_way, cooldown_s=HOUR)) is None
    later = Move(CHECKOUT, "oregon", NOW - 1800, NOW - 900)
    assert code_of(facts=with_budgets(half_way, later, cooldown_s=6 * HOUR)) is Code.COOLDOWN


def test_what_a_person_accepted_is_no_matter_of_a_program() -> None:
    accepted = {"accepted": frozenset({Acceptance.TWO_AT_ONCE})}
    assert code_of(workload=accepted, moment=Moment.AUTOPILOT) is Code.ACCEPTED_TWO_AT_ONCE
    assert code_of(workload=accepted, moment=Moment.CONFIRM) is None
    assert code_of(moment=Moment.AUTOPILOT) is None


@pytest.mark.parametrize("moment", [m for m in Moment if m is not Moment.AUTOPILOT])
def test_room_that_is_not_known_is_no_matter_of_a_program_and_stops_no_person(moment: Moment) -> None:
    unknown = {"free": None}
    assert code_of(target=unknown, moment=Moment.AUTOPILOT) is Code.ROOM_UNKNOWN
    assert code_of(target=unknown, moment=moment) is None


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
    spent = with_budgets(moved(7), moved(9), moves_per_day=2)
    assert code_of(facts=spent, moment=moment) is Code.DAY_SPENT
    dear = with_budgets(moved(7), egress_usd_per_day=Decimal("1.08"))
    assert code_of(facts=dear, moment=moment) is Code.EGRESS_SPENT


@pytest.mark.parametrize("moment", BUDGETED)
def test_how_many_move_at_once_is_asked_where_a_move_would_begin_and_of_no_offer(moment: Moment) -> None:
    running = with_budgets(moved(0, ended=False), concurrent_moves=1)
    begins = moment in Moment.CONFIRM | Moment.AUTOPILOT
    assert code_of(facts=running, moment=moment) is (Code.CONCURRENCY_SPENT if begins else None)


def test_a_move_that_only_soaks_keeps_no_other_waiting() -> None:
    soaking = replace(moved(0, ended=False), is_soaking=True)
    facts = with_budgets(soaking, concurrent_moves=1)
    assert code_of(facts=facts, moment=Moment.CONFIRM) is None
    assert facts.usage.find_under_way(soaking.workload) is soaking, "its own workload is still being moved"


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


def test_what_its_preflight_refused_long_ago_is_not_offered_while_the_clusters_have_not_answered_otherwise() -> (
    None
):
    assert code_of(facts=refused_before(at=NOW - 30 * 86_400), moment=Moment.PLAN) is Code.PREFLIGHT_REFUSED


def test_what_the_source_refused_is_offered_to_no_target() -> None:
    finding = PreflightFinding(make_workload(), "oregon", "the autoscaler …", NOW - 60, concerns_source=True)
    facts = make_facts(BOARD, findings=(finding,))
    assert code_of(facts=facts, moment=Moment.PLAN) is Code.PREFLIGHT_REFUSED
    assert code_of(facts=facts, moment=Moment.DRY_RUN) is None


@pytest.mark.parametrize(
    "facts",
    [
        refused_before(template_hash="older"),
        refused_before(uid="another"),
        refused_before(desired_replicas=3),
        refused_before(accepted=frozenset({Acceptance.TRAFFIC})),
        replace(
            refused_before(), findings=(PreflightFinding(make_workload(), "oregon", "no room", NOW - 60),)
        ),
    ],
    ids=["new template", "recreated", "scaled", "accepted", "another target"],
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
    facts = make_facts(BOARD, armed=arm(*armed))
    assert (code_of(facts=facts, moment=moment) is Code.NOT_ARMED) is asked


def looked_at(*breaks: Reason) -> Facts:
    """Somebody has looked at checkout, and found that this would break."""
    return make_facts(BOARD, inventories={CHECKOUT: Inventory(NOW, breaks=breaks)})


CALLED = Code.CALLED.because(name="web", count=1, callers=("front",))


@pytest.mark.parametrize("moment", [Moment.PLAN, Moment.DRY_RUN, Moment.CONFIRM, Moment.AUTOPILOT])
def test_what_would_break_refuses_until_it_is_accepted(moment: Moment) -> None:
    facts = looked_at(CALLED)
    assert code_of(facts=facts, moment=moment) is Code.CALLED
    accepted = {"accepted": frozenset({Acceptance.CALLERS})}
    assert code_of(facts=facts, workload=accepted, moment=moment) is not Code.CALLED
    elsewise = {"accepted": frozenset({Acceptance.TRAFFIC})}
    assert code_of(facts=facts, workload=elsewise, moment=moment) is Code.CALLED


def test_each_thing_that_would_break_is_accepted_by_its_own_name() -> None:
    facts = looked_at(Code.EXPOSED_SERVICE.because(name="web", how=("externalIPs",)), CALLED)
    assert code_of(facts=facts) is Code.EXPOSED_SERVICE
    assert code_of(facts=facts, workload={"accepted": frozenset({Acceptance.TRAFFIC})}) is Code.CALLED
    assert (
        code_of(facts=facts, workload={"accepted": frozenset({Acceptance.TRAFFIC, Acceptance.CALLERS})})
        is None
    )


def test_where_nothing_breaks_or_nobody_has_looked_nothing_is_refused() -> None:
    assert code_of(facts=looked_at()) is None
    other = {replace(CHECKOUT, name="cart"): Inventory(NOW, breaks=(CALLED,))}
    assert code_of(facts=make_facts(BOARD, inventories=other)) is None


#: What a move meets in its middle, most of it by itself -> what it would be told if it had not begun.
IN_THE_MIDDLE: list[tuple[dict[str, Any], Code]] = [
    ({"facts": with_budgets(Move(CHECKOUT, "virginia", NOW - 60))}, Code.MOVE_RUNNING),
    ({"workload": {"available_replicas": None}}, Code.NOT_AVAILABLE),
    ({"workload": {"desired_replicas": 0, "available_replicas": 0}}, Code.NO_REPLICAS),
    ({"workload": {"state_gb": None}}, Code.STATE_UNKNOWN),
    ({"workload": {"immovable_reasons": (Code.PAUSED.because(),)}}, Code.PAUSED),
    ({"facts": with_budgets(moved(1, name="checkout"), cooldown_s=6 * HOUR)}, Code.COOLDOWN),
    ({"facts": with_budgets(rolled_back(), cooldown_s=6 * HOUR)}, Code.TARGET_RESTS),
    ({"facts": with_budgets(moved(7), moves_per_day=1)}, Code.DAY_SPENT),
    ({"facts": with_budgets(moved(7), egress_usd_per_day=Decimal("1.01"))}, Code.EGRESS_SPENT),
    ({"target": {"health": Health.CONNECTING}}, Code.CONTEXT_CONNECTING),
    ({"source": {"is_complete": False}}, Code.CONTEXT_INCOMPLETE),
    (
        {"target": {"workloads": (make_workload(THERE, available_replicas=1),)}},
        Code.NAMESAKE_UNFIT,
    ),
    ({"facts": looked_at(CALLED)}, Code.CALLED),
    ({"source": AUTOSCALED}, Code.AUTOSCALER_IN_THE_WAY),
    ({"target": {"namespaces": frozenset({"billing"})}}, Code.NAMESPACE_UNWATCHED),
    ({"target": {"free": Resources(0.0, 0.0)}}, Code.NO_ROOM),
    ({"facts": make_facts(BOARD, DecisionSettings())}, Code.EGRESS_UNKNOWN),
    ({"facts": make_facts(make_board(tokyo="0.10", virginia="0.40"))}, Code.NOT_CHEAPER),
    ({"workload": {"state_gb": 85.0}}, Code.COSTS_MORE),
    ({"workload": {"state_gb": 84.0}}, Code.GAIN_TOO_SMALL),
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
        (make_facts(BOARD, armed=arm("tokyo")), Code.NOT_ARMED),
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
        set(select_rules(Moment.DRY_RUN)) - set(WAY_BACK_RULES)
        < set(select_rules(Moment.PLAN))
        < set(select_rules(Moment.AUTOPILOT))
    )


def test_a_quote_from_the_future_is_no_price() -> None:
    quotes = [make_quote("tokyo", "0.40", confirmed_at=NOW + 60), make_quote("virginia", "0.10")]
    board = QuoteBoard({(quote.context, quote.offering): quote for quote in quotes})
    assert code_of(facts=make_facts(board)) is Code.PRICE_UNKNOWN


UNARMED = (Code.ARMING_OVER, Code.ARMED_CLUSTER_REPLACED, Code.ARMED_UNIDENTIFIED)


@pytest.mark.parametrize("code", UNARMED)
def test_why_what_was_armed_is_not_any_more_is_said_where_it_is_all_there_is(code: Code) -> None:
    over = make_facts(BOARD, armed=arm("tokyo"), unarmed={"virginia": code})
    assert code_of(facts=over, moment=Moment.CONFIRM) is code
    one_never_was = make_facts(BOARD, armed={}, unarmed={"virginia": code})
    assert code_of(facts=one_never_was, moment=Moment.CONFIRM) is Code.NOT_ARMED


@pytest.mark.parametrize(
    ("moment", "asked"),
    [(Moment.PLAN, False), (Moment.CONFIRM, True), (Moment.WAVE, True), (Moment.AUTOPILOT, True)],
)
@pytest.mark.parametrize("context", ["tokyo", "virginia"])
def test_both_sides_have_to_be_armed_for_the_namespace_of_the_workload(
    context: str, moment: Moment, asked: bool
) -> None:
    elsewhere = {**arm("tokyo", "virginia"), **arm(context, namespaces=frozenset({"billing"}))}
    assert (
        code_of(facts=make_facts(BOARD, armed=elsewhere), moment=moment) is Code.NAMESPACE_NOT_ARMED
    ) is asked
    here = {**elsewhere, **arm(context, namespaces=frozenset({"billing", "shop"}))}
    assert code_of(facts=make_facts(BOARD, armed=here), moment=moment) is None


def with_armed(*moves: Move, context: str = "virginia", **terms: Any) -> Facts:
    """Facts of contexts of which one is armed for a limited amount of moving."""
    facts = with_budgets(*moves, concurrent_moves=20)
    return replace(facts, armed={**arm("tokyo", "virginia"), **arm(context, **terms)})


@pytest.mark.parametrize("context", ["tokyo", "virginia"])
def test_no_more_moves_begin_in_a_day_than_a_context_is_armed_for(context: str) -> None:
    from_or_to = replace(moved(23.9), workload=replace(CHECKOUT, name="other"))
    spent = with_armed(from_or_to, context=context, moves_per_day=1)
    assert code_of(facts=spent, moment=Moment.CONFIRM) is Code.ARMED_MOVES_SPENT
    assert code_of(facts=spent, moment=Moment.AUTOPILOT) is Code.ARMED_MOVES_SPENT
    assert code_of(facts=spent, moment=Moment.WAVE) is None
    assert (
        code_of(facts=with_armed(moved(24.1), context=context, moves_per_day=1), moment=Moment.CONFIRM)
        is None
    )
    elsewhere = replace(from_or_to, workload=replace(CHECKOUT, context="iowa"), target="oregon")
    assert (
        code_of(facts=with_armed(elsewhere, context=context, moves_per_day=1), moment=Moment.CONFIRM) is None
    )


@pytest.mark.parametrize("context", ["tokyo", "virginia"])
@pytest.mark.parametrize(
    ("moving", "limit", "is_refused"),
    [((), 4, False), ((), 3, True), ((2,), 6, False), ((2,), 5, True), ((None,), 99, True)],
)
def test_no_more_replicas_are_on_their_way_than_a_context_is_armed_for(
    context: str, moving: tuple[int | None, ...], limit: int, is_refused: bool
) -> None:
    """Checkout has four; of a move whose replicas are not known nobody says that it has none."""
    moves = [replace(moved(0, ended=False), replicas=replicas) for replicas in moving]
    facts = with_armed(*moves, context=context, replicas_at_once=limit)
    expected = Code.ARMED_REPLICAS_SPENT if is_refused else None
    assert code_of(facts=facts, moment=Moment.CONFIRM) is expected
    assert code_of(facts=facts, moment=Moment.AUTOPILOT) is expected
    assert code_of(facts=facts, moment=Moment.WAVE) is None


def test_what_is_over_is_not_on_its_way() -> None:
    facts = with_armed(replace(moved(1), replicas=2), replicas_at_once=4)
    assert code_of(facts=facts, moment=Moment.CONFIRM) is None


def test_the_end_of_a_month_in_which_something_was_sent_is_a_moment_to_look_again() -> None:
    first_of_february = 31 * 24 * HOUR
    assert make_facts(BOARD, armed={}, sent_gb={"aws": Decimal(1)}).find_next_end() == first_of_february
    assert make_facts(BOARD, armed={}).find_next_end() is None


def test_the_end_of_arming_is_a_moment_to_look_again() -> None:
    ending = replace(arm("tokyo")["tokyo"], until=NOW + 8 * HOUR)
    assert make_facts(BOARD, armed={"tokyo": ending}).find_next_end() == NOW + 8 * HOUR
