"""What a running migration is told about prices at the moment of a wave."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pytest

from controller.clusters.fleet import WatchedKind
from controller.decision.budgets import NOTHING_MOVED, BudgetUsage, Move
from controller.engine.fact_collector import FactCollector
from controller.engine.market_gate import MarketGate
from controller.migration.protocol.gate import MoveRates, Unpriced
from controller.reasons import Code
from oracle.quotes import Playback, PriceMode, QuoteBoard
from tests.controller.contract.dry_runs import make_dry_run
from tests.controller.decision.worlds import (
    CHECKOUT,
    NOW,
    SETTINGS,
    arm,
    make_cluster,
    make_picture,
    make_quote,
    make_workload,
    two_regions,
)

HERE, THERE = make_quote("tokyo", "0.90"), make_quote("virginia", "0.10", deadline=NOW + 60.0)


CONFIRMED = make_dry_run(CHECKOUT, "virginia", 4, now=NOW)


def make_gate(
    *quotes,
    picture=None,
    armed=("tokyo", "virginia"),
    accepts_any_prices=False,
    settings=SETTINGS,
    usage=NOTHING_MOVED,
):
    """A gate over these quotes."""
    regions = SimpleNamespace(
        picture=lambda: picture or two_regions(),
        contexts=("tokyo", "virginia"),
        list_armed=lambda workload=None, target="": arm(*armed),
        list_unarmed=dict,
    )
    board = QuoteBoard({(quote.context, quote.offering): quote for quote in quotes})
    facts = FactCollector(
        regions,
        lambda: board,
        lambda now: usage,
        lambda: NOW,
        settings,
        tuple,
        accepts_any_prices=accepts_any_prices,
    )
    return MarketGate(regions, facts)


def make_outdated_picture(side, kind):
    """The two regions, one of which is known too little of."""
    clusters = two_regions().clusters
    return make_picture(*(clusters | {side: replace(clusters[side], outdated=(kind,))}).values())


@pytest.mark.parametrize("side", ["tokyo", "virginia"])
@pytest.mark.parametrize("kind", [WatchedKind.NODES, WatchedKind.DEPLOYMENTS])
def test_no_wave_begins_on_nodes_or_requests_that_were_read_too_long_ago(side, kind):
    reason = make_gate(HERE, THERE, picture=make_outdated_picture(side, kind)).find_reason(CONFIRMED)
    assert reason == Code.KINDS_OUTDATED.because(context=side, kinds=(kind.value,))


def test_no_wave_begins_on_a_price_of_nodes_that_its_pods_may_have_left():
    reason = make_gate(HERE, THERE, picture=make_outdated_picture("tokyo", WatchedKind.PODS)).find_reason(
        CONFIRMED
    )
    assert reason == Code.KINDS_OUTDATED.because(context="tokyo", kinds=("pods",))


@pytest.mark.parametrize(
    ("kind", "side"),
    [
        (WatchedKind.PODS, "virginia"),
        (WatchedKind.AUTOSCALERS, "tokyo"),
        (WatchedKind.AUTOSCALERS, "virginia"),
    ],
)
def test_a_wave_waits_for_nothing_that_its_price_does_not_rest_on(side, kind):
    """The pods of a wave are read afresh, and its free room is no question any more."""
    picture = make_outdated_picture(side, kind)
    assert make_gate(HERE, THERE, picture=picture).find_reason(CONFIRMED) is None


def ask(*quotes, **changes):
    """What a gate over these quotes says of the rates of a move from Tokyo to Virginia."""
    return make_gate(*quotes, **changes).find_rates(CHECKOUT, "virginia")


def code_of(*quotes, way_back_of=None, **changes):
    """Which rule a gate over these quotes names against a wave of that move."""
    reason = make_gate(*quotes, **changes).find_reason(replace(CONFIRMED, way_back_of=way_back_of))
    return reason.code if reason is not None else None


def test_rates_are_those_of_one_replica_until_the_earlier_deadline():
    assert ask(HERE, THERE) == MoveRates(Decimal("0.225000"), Decimal("0.025000"), NOW + 60.0)


RECORDED = {"mode": PriceMode.RECORDED, "playback": Playback(NOW - 3e8, 1.0)}


@pytest.mark.parametrize("world", [{"mode": PriceMode.SIMULATED}, RECORDED], ids=["simulated", "recorded"])
@pytest.mark.parametrize("sides", [{"tokyo"}, {"virginia"}, {"tokyo", "virginia"}])
def test_price_of_either_side_that_is_not_live_is_no_price_for_real_clusters(sides, world):
    quotes = [
        make_quote(context, price, **(world if context in sides else {}))
        for context, price in (("tokyo", "0.90"), ("virginia", "0.10"))
    ]
    answer = ask(*quotes)
    assert answer == Unpriced(
        Code.PRICES_NOT_LIVE.because(contexts=tuple(sorted(sides)), modes=(str(world["mode"]),))
    )
    assert code_of(*quotes) is Code.PRICES_NOT_LIVE
    assert code_of(*quotes, accepts_any_prices=True) is None
    assert isinstance(ask(*quotes, accepts_any_prices=True), MoveRates)


def test_missing_price_is_named():
    missing = {"offering": "aws/us-east-1/m5.xlarge (spot)", "context": "virginia"}
    assert ask(HERE) == Unpriced(Code.PRICE_UNKNOWN.because(**missing))
    assert code_of(HERE) is Code.PRICE_UNKNOWN


def test_copy_stands_in_for_a_source_that_is_out_of_sight():
    copy = make_workload(CHECKOUT)
    picture = make_picture(make_cluster("tokyo"), make_cluster("virginia", copy))
    assert isinstance(ask(HERE, THERE, picture=picture), MoveRates)


def test_workload_that_is_nowhere_has_no_rates():
    picture = make_picture(make_cluster("tokyo"), make_cluster("virginia"))
    assert ask(HERE, THERE, picture=picture) == Unpriced()


@pytest.mark.parametrize("armed", [(), ("tokyo",), ("virginia",)])
def test_wave_may_not_begin_where_a_side_is_not_armed_but_its_rates_are_known(armed):
    assert code_of(HERE, THERE, armed=armed) is Code.NOT_ARMED
    assert isinstance(ask(HERE, THERE, armed=armed), MoveRates)
    assert code_of(HERE, THERE) is None


def test_out_of_sight_a_missing_permission_is_named_before_a_missing_price():
    nowhere = make_picture(make_cluster("tokyo"), make_cluster("virginia"))
    assert code_of(picture=nowhere, armed=("tokyo",)) is Code.NOT_ARMED
    assert code_of(picture=nowhere) is Code.NO_WORKLOAD


def test_spent_budgets_stop_no_wave_though_the_gate_knows_of_them():
    """A limit that was reached after the move began must not leave it half-way."""
    others = tuple(Move(replace(CHECKOUT, name=f"other-{n}"), "virginia", NOW - 60) for n in range(30))
    usage = BudgetUsage((Move(CHECKOUT, "virginia", NOW - 600), *others))
    assert code_of(HERE, THERE, usage=usage) is None
    assert isinstance(ask(HERE, THERE, usage=usage), MoveRates)


def test_target_that_is_denied_by_now_gets_no_further_wave_and_keeps_its_rates():
    denied = replace(SETTINGS, denied_targets=frozenset({"virginia"}))
    assert code_of(HERE, THERE, settings=denied) is Code.TARGET_DENIED
    assert isinstance(ask(HERE, THERE, settings=denied), MoveRates)


def test_wave_of_a_way_back_needs_no_price_and_each_permission():
    assert code_of(HERE) is Code.PRICE_UNKNOWN
    assert code_of(HERE, way_back_of="m1") is None
    assert code_of(way_back_of="m1") is None
    assert code_of(way_back_of="m1", armed=("tokyo",)) is Code.NOT_ARMED
    denied = replace(SETTINGS, denied_targets=frozenset({"virginia"}))
    assert code_of(way_back_of="m1", settings=denied) is Code.TARGET_DENIED
