"""A person's way back: refused by whatever keeps it safe, and by nothing about money, rests or prices."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from controller.clusters.fleet import Health, Node, Resources, WatchedKind
from controller.clusters.node_facts import NodeKind, Said
from controller.contract.dry_run import DryRun, Verdict
from controller.contract.way_back import WayBack
from controller.decision.budgets import BudgetUsage
from controller.decision.evaluation import WAY_BACK_LIFE_S, confirm_move, evaluate_move
from controller.decision.facts import Facts
from controller.decision.rule import Moment
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.quotes import PriceMode, QuoteBoard
from tests.controller.decision.test_rules import (
    BOARD,
    HOUR,
    code_of,
    judge,
    moved,
    rolled_back,
    small_nodes,
    unbought,
    with_budgets,
    with_settings,
)
from tests.controller.decision.worlds import (
    CHECKOUT,
    NOW,
    OTHER_OUTLINE,
    THERE,
    make_board,
    make_facts,
    make_quote,
    make_workload,
    two_regions,
)

BACK = WayBack(CHECKOUT, "virginia", "m1")
NO_PRICES = QuoteBoard({})
DEAR = make_board(tokyo="0.10", virginia="0.90")
ALL_MOMENTS = (Moment.DRY_RUN, Moment.CONFIRM, Moment.WAVE)


def knowing(facts: Facts) -> Facts:
    """The same facts, with the finished move."""
    return replace(facts, ways_back=(BACK,))


def simulated() -> Facts:
    quotes = (make_quote(context, "0.40", mode=PriceMode.SIMULATED) for context in ("tokyo", "virginia"))
    return make_facts(QuoteBoard({(quote.context, quote.offering): quote for quote in quotes}))


def unsigned() -> Facts:
    return make_facts(replace(BOARD, unsigned=frozenset(BOARD.quotes)))


@pytest.mark.parametrize(
    ("facts", "workload", "moment", "code"),
    [
        (make_facts(NO_PRICES), {}, Moment.DRY_RUN, Code.PRICE_UNKNOWN),
        (make_facts(make_board(tokyo="0.40")), {}, Moment.WAVE, Code.PRICE_UNKNOWN),
        (make_facts(DEAR), {}, Moment.DRY_RUN, Code.NOT_CHEAPER),
        (make_facts(BOARD), {"state_gb": 500.0}, Moment.DRY_RUN, Code.COSTS_MORE),
        (make_facts(BOARD), {"state_gb": None}, Moment.DRY_RUN, Code.STATE_UNKNOWN),
        (with_settings(minimum_savings_share=Decimal("0.9")), {}, Moment.DRY_RUN, Code.SHARE_TOO_SMALL),
        (with_settings(minimum_net_usd=Decimal(50)), {}, Moment.DRY_RUN, Code.GAIN_TOO_SMALL),
        (with_settings(maximum_node_usd_per_hour=Decimal("0.05")), {}, Moment.WAVE, Code.NODE_TOO_DEAR),
        (with_budgets(moved(7), egress_usd_per_day=Decimal(1)), {}, Moment.CONFIRM, Code.EGRESS_SPENT),
        (with_budgets(moved(7), moves_per_day=1), {}, Moment.CONFIRM, Code.DAY_SPENT),
        (
            with_budgets(moved(1, name="checkout"), cooldown_s=6 * HOUR),
            {},
            Moment.CONFIRM,
            Code.COOLDOWN,
        ),
        (with_budgets(rolled_back(), cooldown_s=6 * HOUR), {}, Moment.CONFIRM, Code.TARGET_RESTS),
        (simulated(), {}, Moment.WAVE, Code.PRICES_NOT_LIVE),
        (unsigned(), {}, Moment.WAVE, Code.PRICES_UNSIGNED),
    ],
    ids=lambda value: value.value if isinstance(value, Code) else "",
)
def test_money_rests_and_prices_refuse_a_move_and_no_way_back(
    facts: Facts, workload: dict[str, Any], moment: Moment, code: Code
) -> None:
    asked: dict[str, Any] = {"workload": workload, "facts": knowing(facts)}
    assert code_of(**asked, moment=moment) is code
    for each in ALL_MOMENTS:
        assert code_of(**asked, moment=each, way_back_of="m1") is None


@pytest.mark.parametrize(
    ("nodes", "code"),
    [
        (tuple(replace(node, schedulable=False) for node in small_nodes("tokyo")), Code.NODES_TAKE_NO_PODS),
        (unbought(region=Said("r", "x"))["nodes"], Code.NODES_UNPRICEABLE),
        (unbought(kind=NodeKind.SERVERLESS)["nodes"], Code.NODES_NOT_BOUGHT),
        ((), Code.CONTEXT_WITHOUT_NODES),
        (small_nodes("tokyo"), Code.NO_HOME_NODE),
    ],
    ids=lambda value: value.value if isinstance(value, Code) else "",
)
def test_nobody_is_kept_in_a_cluster_because_its_nodes_take_no_pods_any_more_or_have_no_price(
    nodes: tuple[Node, ...], code: Code
) -> None:
    """What a workload leaves behind is only paid for: where it comes to is what has to take its pods."""
    asked: dict[str, Any] = {"source": {"nodes": nodes}, "facts": knowing(make_facts(BOARD))}
    assert judge(**asked) == (Verdict.REFUSED, code)
    for each in ALL_MOMENTS:
        assert code_of(**asked, moment=each, way_back_of="m1") is None
    closed = {"target": {"nodes": tuple(replace(node, schedulable=False) for node in nodes)}}
    assert code_of(**asked | closed, moment=Moment.CONFIRM, way_back_of="m1") is not None


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ({"facts": make_facts(BOARD, armed=frozenset({"tokyo"}))}, Code.NOT_ARMED),
        ({"facts": with_settings(denied_targets=frozenset({"virginia"}))}, Code.TARGET_DENIED),
        ({"facts": with_budgets(moved(0, ended=False))}, Code.CONCURRENCY_SPENT),
        (
            {"facts": make_facts(BOARD, usage=BudgetUsage((moved(0, ended=False, name="checkout"),)))},
            Code.MOVE_RUNNING,
        ),
        ({"target": {"health": Health.CONNECTING}}, Code.CONTEXT_CONNECTING),
        ({"target": {"free": Resources(12.0, 8.0)}}, Code.NO_ROOM),
        ({"target": {"uid": "uid-tokyo"}}, Code.SAME_CLUSTER),
        ({"target": {"workloads": (make_workload(THERE, outline=OTHER_OUTLINE),)}}, Code.TEMPLATES_DIFFER),
        ({"workload": {"available_replicas": 3}}, Code.NOT_AVAILABLE),
        ({"workload": {"immovable_reasons": (Code.PAUSED.because(),)}}, Code.PAUSED),
    ],
    ids=lambda value: value.value if isinstance(value, Code) else "",
)
def test_what_keeps_a_move_safe_binds_a_way_back(what: dict[str, Any], code: Code) -> None:
    asked = {**what, "facts": knowing(what.get("facts", make_facts(BOARD)))}
    assert code_of(**asked, moment=Moment.CONFIRM, way_back_of="m1") is code


@pytest.mark.parametrize("gone", [Code.NOT_ARMED, Code.TARGET_DENIED])
def test_what_a_person_allows_holds_a_way_back_at_every_wave(gone: Code) -> None:
    facts = {
        Code.NOT_ARMED: make_facts(BOARD, armed=frozenset({"tokyo"})),
        Code.TARGET_DENIED: with_settings(denied_targets=frozenset({"virginia"})),
    }[gone]
    assert code_of(facts=facts, moment=Moment.WAVE, way_back_of="m1") is gone


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("kind", WatchedKind)
def test_a_wave_of_a_way_back_waits_for_no_kind_that_only_its_price_rests_on(
    side: str, kind: WatchedKind
) -> None:
    """Its Deployments and pods are read afresh; it begins, all the same, only where all is known."""
    asked: dict[str, Any] = {side: {"outdated": (kind,)}, "facts": knowing(make_facts(BOARD))}
    assert code_of(**asked, moment=Moment.WAVE, way_back_of="m1") is None
    assert code_of(**asked, moment=Moment.CONFIRM, way_back_of="m1") is Code.KINDS_OUTDATED


@pytest.mark.parametrize(
    "known",
    [
        (),
        (replace(BACK, migration_id="m2"),),
        (replace(BACK, target="oregon"),),
        (replace(BACK, workload=replace(CHECKOUT, context="oregon")),),
        (replace(BACK, workload=replace(CHECKOUT, name="other")),),
        (replace(BACK, workload=replace(CHECKOUT, namespace="other")),),
    ],
    ids=["unknown", "another move", "from elsewhere", "not here", "another name", "another namespace"],
)
@pytest.mark.parametrize("moment", [Moment.DRY_RUN, Moment.CONFIRM])
def test_only_the_way_of_a_finished_move_turned_round_is_a_way_back(
    known: tuple[WayBack, ...], moment: Moment
) -> None:
    facts = make_facts(BOARD, ways_back=known)
    assert code_of(facts=facts, moment=moment, way_back_of="m1") is Code.NO_WAY_BACK


def test_what_has_begun_as_a_way_back_goes_on_as_one_whatever_is_remembered() -> None:
    assert code_of(facts=make_facts(NO_PRICES), moment=Moment.WAVE, way_back_of="m1") is None


def dry_run_back(facts: Facts, **workload: Any) -> DryRun:
    return evaluate_move(two_regions(**workload), knowing(facts), CHECKOUT, "virginia", way_back_of="m1")


def test_its_cost_is_told_before_it_is_confirmed() -> None:
    dry_run = dry_run_back(make_facts(DEAR))
    assert (dry_run.verdict, dry_run.may_start, dry_run.way_back_of) == (Verdict.WAY_BACK, True, "m1")
    assert dry_run.one_off_usd == dry_run.reason["cost_usd"]
    assert (dry_run.reason["here_usd_per_day"], dry_run.reason["there_usd_per_day"]) == (
        Decimal("2.4"),
        Decimal("21.6"),
    )


@pytest.mark.parametrize(
    ("facts", "workload"),
    [
        (make_facts(NO_PRICES), {}),
        (make_facts(BOARD), {"state_gb": None}),
        (simulated(), {}),
        (unsigned(), {}),
    ],
    ids=["no prices", "no size", "not live", "unsigned"],
)
def test_a_cost_that_is_not_known_is_called_so(facts: Facts, workload: dict[str, Any]) -> None:
    dry_run = dry_run_back(facts, **workload)
    assert dry_run.verdict is Verdict.WAY_BACK
    assert dry_run.reason["cost_usd"] is None
    assert "cost of moving unknown" in str(dry_run.reason)


def test_a_refused_way_back_is_still_one() -> None:
    dry_run = dry_run_back(make_facts(BOARD), available_replicas=3)
    assert (dry_run.verdict, dry_run.may_start, dry_run.way_back_of) == (Verdict.REFUSED, False, "m1")
    nowhere = evaluate_move(two_regions(), make_facts(BOARD), CHECKOUT, "nowhere", way_back_of="m1")
    assert nowhere.way_back_of == "m1"


def confirm(
    dry_run: DryRun, facts: Facts, way_back_of: str | None = "m1", **workload: Any
) -> DryRun | Reason:
    digest = dry_run.plan_digest
    return confirm_move(
        two_regions(**workload), knowing(facts), CHECKOUT, "virginia", digest, way_back_of=way_back_of
    )


@pytest.mark.parametrize(
    "later", [NO_PRICES, make_board(tokyo="0.10", virginia="9.00")], ids=["gone", "dear"]
)
def test_what_prices_do_after_it_was_read_outdates_no_way_back(later: QuoteBoard) -> None:
    begun = confirm(dry_run_back(make_facts(DEAR)), make_facts(later))
    assert isinstance(begun, DryRun)
    assert begun.verdict is Verdict.WAY_BACK


def test_another_workload_than_was_confirmed_is_not_brought_back() -> None:
    dry_run = dry_run_back(make_facts(DEAR))
    assert confirm(dry_run, make_facts(DEAR), template_hash="newer") == Code.PLAN_CHANGED.because()


def test_a_confirmed_move_is_no_confirmed_way_back_and_the_other_way_round() -> None:
    facts = make_facts(BOARD)
    move = evaluate_move(two_regions(), knowing(facts), CHECKOUT, "virginia")
    assert confirm(move, facts) == Code.PLAN_CHANGED.because()
    assert confirm(dry_run_back(facts), facts, way_back_of=None) == Code.PLAN_CHANGED.because()


def test_it_can_be_read_and_typed_for_without_a_price() -> None:
    dry_run = dry_run_back(make_facts(NO_PRICES))
    assert dry_run.find_expiry(NOW + WAY_BACK_LIFE_S - 1) is None
    assert dry_run.find_expiry(NOW + WAY_BACK_LIFE_S) == Code.PLAN_EXPIRED.because()
