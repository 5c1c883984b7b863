"""What a running migration is told about prices at the moment of a wave."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import pytest

from controller.engine.market_gate import MarketGate
from controller.migration.protocol.gate import MoveRates, Unpriced
from oracle.quotes import Playback, PriceMode, QuoteBoard
from tests.controller.decision.worlds import (
    CHECKOUT,
    NOW,
    make_cluster,
    make_picture,
    make_quote,
    make_workload,
    two_regions,
)

HERE, THERE = make_quote("tokyo", "0.90"), make_quote("virginia", "0.10", deadline=NOW + 60.0)


def ask(*quotes, picture=None, accepts_any_prices=False):
    """What a gate over these quotes says of a move from Tokyo to Virginia."""
    regions = SimpleNamespace(picture=lambda: picture or two_regions())
    board = QuoteBoard({(quote.context, quote.offering): quote for quote in quotes})
    gate = MarketGate(regions, lambda: board, lambda: NOW, accepts_any_prices=accepts_any_prices)
    return gate.find_rates(CHECKOUT, "virginia")


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
    assert isinstance(answer, Unpriced)
    assert f"the prices of {' and '.join(sorted(sides))} are {world['mode']}" in str(answer.reason)
    assert isinstance(ask(*quotes, accepts_any_prices=True), MoveRates)


def test_missing_price_is_named():
    answer = ask(HERE)
    assert isinstance(answer, Unpriced)
    assert "no current price of aws/us-east-1/m5.xlarge (spot) for virginia" in str(answer.reason)


def test_copy_stands_in_for_a_source_that_is_out_of_sight():
    copy = make_workload(CHECKOUT)
    picture = make_picture(make_cluster("tokyo"), make_cluster("virginia", copy))
    assert isinstance(ask(HERE, THERE, picture=picture), MoveRates)


def test_workload_that_is_nowhere_has_no_rates():
    picture = make_picture(make_cluster("tokyo"), make_cluster("virginia"))
    assert ask(HERE, THERE, picture=picture) == Unpriced()
