"""What is said of a price beside the number: who, how old, by zone, how often machines are taken away."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from msgspec import structs

from app.model.connecting import make_connecting_snapshot
from app.model.market_lines import describe_market
from controller.contract.snapshots import ContextView, ZonePrice
from oracle.market import CapacityType, Offering
from oracle.quotes import Dispute, Playback, PriceMode, Quote
from oracle.signals import Interruption, Obtainability

NOW = 1_785_000_000.0
SPOT = Offering("aws", "us-east-1", "m5.2xlarge")
QUOTE = Quote("eu", SPOT, Decimal("0.16"), NOW - 900, NOW - 40, NOW + 600, "AWS spot feed", PriceMode.LIVE)


def view(quote: Quote | None = QUOTE, **changes: object) -> ContextView:
    (awaited,) = make_connecting_snapshot(["eu"], NOW).contexts
    return replace(awaited, quote=quote, **changes)  # type: ignore[arg-type]


def test_a_price_has_its_source() -> None:
    assert describe_market(view())[0] == "Price from AWS spot feed"


def test_a_recording_has_its_own_clock() -> None:
    played = structs.replace(QUOTE, mode=PriceMode.RECORDED, playback=Playback(NOW, 60.0))
    assert describe_market(view(played))[0].endswith("played 60 times as fast")


def test_without_a_price_nothing_is_said() -> None:
    assert describe_market(view(None)) == ()


def test_what_nobody_says_is_said_to_be_unknown() -> None:
    assert "Taken away: nobody says how often · Obtainable: nobody says" in describe_market(view())


def test_what_a_cloud_says_is_in_its_own_words_with_the_price_that_follows() -> None:
    quote = structs.replace(
        QUOTE,
        interruption=Interruption(0.05, 0.1, 2_592_000.0, "5 to 10 % a month"),
        obtainability=Obtainability(0.7, "7 of 10", 3600.0),
    )
    lines = describe_market(view(quote, usd_per_hour_with_risk=Decimal("0.1602")))
    assert (
        lines[1] == "Taken away: 5 to 10 % a month; with that $0.1602/h · Obtainable: 7 of 10, for about 1 h"
    )


def test_on_demand_is_not_taken_away() -> None:
    quote = structs.replace(QUOTE, offering=replace(SPOT, capacity_type=CapacityType.ON_DEMAND))
    lines = describe_market(view(quote))
    assert lines[1:] == ("On demand: not taken away",)


def test_each_zone_has_its_price_and_the_nodes_that_stand_there() -> None:
    zones = (ZonePrice("us-east-1a", 2, Decimal("0.16")), ZonePrice("us-east-1b", 1, None))
    assert "Zones: us-east-1a $0.1600/h × 2, us-east-1b — × 1" in describe_market(view(zones=zones))


def test_only_so_many_zones_are_named() -> None:
    zones = tuple(ZonePrice(f"z{n}", 1, None) for n in range(9))
    (line,) = (one for one in describe_market(view(zones=zones)) if one.startswith("Zones"))
    assert line.endswith("z5 — × 1 and 3 more")


def test_a_price_in_doubt_says_who_contradicts_it() -> None:
    disputed = structs.replace(QUOTE, dispute=Dispute("AWS account", Decimal("0.31")))
    assert "In doubt: AWS account says $0.3100/h; nothing is moved on it" in describe_market(view(disputed))


@pytest.mark.parametrize("words", ["\x1b[2J", "a\u202eb"])
def test_words_of_a_source_cannot_write_elsewhere(words: str) -> None:
    quote = structs.replace(QUOTE, obtainability=Obtainability(0.5, words))
    shown = " ".join(describe_market(view(quote)))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
