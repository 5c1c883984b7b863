"""What is believed of what services said: for how long, which of several, and where they contradict each other."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from oracle.bounds import MAX_LIFE_S
from oracle.market import CapacityType, Offering
from oracle.price_history import PricePoint
from oracle.quotes import Dispute, PriceMode, make_origin
from oracle.signals import Interruption, Obtainability
from oracle.sources.base import Observation
from oracle.sources.knowledge import Knowledge, observe_offering, recall_offering
from oracle.sources.live import LiveAnswer, PriceClaim
from tests.oracle.fakes import DUBLIN, NOON, VIRGINIA
from tests.oracle.sources.live_fakes import claim

ZONE = replace(VIRGINIA, zone="us-east-1a")
ALL = (VIRGINIA, ZONE, DUBLIN)
OFTEN = Interruption(0.2, 1.0, 2_592_000.0, ">20 % in the last month")
LIKELY = Obtainability(0.7, "7 of 10")


def knowing(name: str, prices: dict[Offering, PriceClaim], **more: object) -> Knowledge:
    knowledge = Knowledge(make_origin(name, PriceMode.LIVE))
    knowledge.learn(LiveAnswer(NOON, 1800.0, prices, **more), ALL, NOON)  # type: ignore[arg-type]
    return knowledge


def observe(*knowledge: Knowledge, offering: Offering = VIRGINIA, now: float = NOON) -> Observation | None:
    return observe_offering(knowledge, offering, now)


def test_a_price_has_its_speaker_its_times_and_its_deadline() -> None:
    found = observe(knowing("list", {VIRGINIA: claim("0.16", NOON - 500)}))
    assert found == Observation(
        VIRGINIA,
        Decimal("0.16"),
        in_force_since=NOON - 500,
        confirmed_at=NOON,
        deadline=NOON + 1800,
        origin=make_origin("list", PriceMode.LIVE),
    )


def test_a_price_past_its_deadline_is_unknown_and_the_next_service_is_heard() -> None:
    first, second = (
        knowing("first", {VIRGINIA: claim("0.16")}),
        Knowledge(make_origin("second", PriceMode.LIVE)),
    )
    second.learn(LiveAnswer(NOON + 1000, 1800.0, {VIRGINIA: claim("0.17")}), ALL, NOON + 1000)
    later = observe(first, second, now=NOON + 1800)
    assert later is not None
    assert later.usd_per_hour == Decimal("0.17")
    assert observe(first, now=NOON + 1800) is None


def test_nothing_is_believed_for_more_than_a_day_whatever_a_service_says() -> None:
    knowledge = Knowledge(make_origin("list", PriceMode.LIVE))
    knowledge.learn(LiveAnswer(NOON, 1e9, {VIRGINIA: claim("0.16")}), ALL, NOON)
    assert observe(knowledge, now=NOON + MAX_LIFE_S) is None


def test_what_a_later_answer_leaves_out_holds_until_its_own_deadline() -> None:
    knowledge = knowing("list", {VIRGINIA: claim("0.16"), DUBLIN: claim("0.23")})
    knowledge.learn(LiveAnswer(NOON + 600, 1800.0, {DUBLIN: claim("0.24")}), ALL, NOON + 600)
    found = observe(knowledge, now=NOON + 1799)
    assert found is not None
    assert found.confirmed_at == NOON
    assert observe(knowledge, now=NOON + 1800) is None


def test_what_nobody_wants_any_more_is_forgotten() -> None:
    knowledge = knowing("list", {VIRGINIA: claim("0.16"), DUBLIN: claim("0.23")})
    knowledge.learn(LiveAnswer(NOON, 1800.0, {}), (DUBLIN,), NOON)
    assert set(knowledge.prices) == {DUBLIN}


def test_a_price_without_a_beginning_holds_since_it_was_first_seen_so() -> None:
    knowledge = knowing("feed", {VIRGINIA: claim("0.16")})
    for at, price in ((600, "0.16"), (1200, "0.16")):
        knowledge.learn(LiveAnswer(NOON + at, 1800.0, {VIRGINIA: claim(price)}), ALL, NOON + at)
    found = observe(knowledge, now=NOON + 1200)
    assert found is not None
    assert (found.in_force_since, found.confirmed_at) == (NOON, NOON + 1200)
    knowledge.learn(LiveAnswer(NOON + 1800, 1800.0, {VIRGINIA: claim("0.17")}), ALL, NOON + 1800)
    changed = observe(knowledge, now=NOON + 1800)
    assert changed is not None
    assert changed.in_force_since == NOON + 1800


def test_a_price_of_the_zone_goes_before_one_of_the_region_and_does_not_contradict_it() -> None:
    feed, zones = knowing("feed", {VIRGINIA: claim("0.16")}), knowing("zones", {ZONE: claim("0.30")})
    found = observe(feed, zones, offering=ZONE)
    assert found is not None
    assert found.origin == zones.origin
    assert found.dispute is None
    elsewhere = observe(feed, zones, offering=replace(ZONE, zone="us-east-1b"))
    assert elsewhere is not None
    assert (elsewhere.offering.zone, elsewhere.usd_per_hour) == ("us-east-1b", Decimal("0.16"))


@pytest.mark.parametrize(
    ("other", "dispute"),
    [
        ("0.12", None),
        ("0.2", None),
        ("0.27", None),
        ("0.119", Dispute("second", Decimal("0.119"))),
        ("0.28", Dispute("second", Decimal("0.28"))),
        ("0.03", Dispute("second", Decimal("0.03"))),
    ],
)
def test_two_prices_more_than_a_third_apart_are_in_doubt(other: str, dispute: Dispute | None) -> None:
    found = observe(knowing("first", {VIRGINIA: claim("0.18")}), knowing("second", {VIRGINIA: claim(other)}))
    assert found is not None
    assert (found.usd_per_hour, found.dispute) == (Decimal("0.18"), dispute)


@pytest.mark.parametrize("nonsense", ["0", "-1", "NaN", "Infinity", "1e9", "0.0000000000001"])
def test_what_cannot_be_a_price_is_not_heard_where_another_service_has_one(nonsense: str) -> None:
    wrong, right = knowing("wrong", {VIRGINIA: claim(nonsense)}), knowing("right", {VIRGINIA: claim("0.16")})
    for order in ((wrong, right), (right, wrong)):
        found = observe(*order)
        assert found is not None
        assert (found.origin, found.dispute) == (right.origin, None)


def test_interruption_and_capacity_come_from_whoever_says_them() -> None:
    advisor = knowing("advisor", {}, interruptions={VIRGINIA: OFTEN})
    scores = knowing("scores", {}, obtainabilities={ZONE: LIKELY})
    found = observe(knowing("feed", {VIRGINIA: claim("0.16")}), advisor, scores, offering=ZONE)
    assert found is not None
    assert (found.interruption, found.obtainability) == (OFTEN, LIKELY)
    later = observe(knowing("feed", {DUBLIN: claim("0.16")}), advisor, scores, offering=DUBLIN)
    assert later is not None
    assert (later.interruption, later.obtainability) == (None, None)


def test_without_a_price_nothing_is_said_of_an_offering() -> None:
    assert observe(knowing("advisor", {}, interruptions={VIRGINIA: OFTEN})) is None


def test_what_holds_on_demand_is_kept_for_a_spot_machine() -> None:
    on_demand = replace(VIRGINIA, capacity_type=CapacityType.ON_DEMAND)
    assert knowing("list", {on_demand: claim("0.384")}).find_price(on_demand, NOON) is not None


def test_the_past_is_told_by_whoever_knows_it_within_the_bounds() -> None:
    points = tuple(PricePoint(NOON - age, Decimal("0.1")) for age in (200, 150, 100))
    knowledge = [knowing("feed", {}), knowing("zones", {}, past={VIRGINIA: points})]
    told = tuple(recall_offering(knowledge, VIRGINIA, NOON - 200, NOON - 100))
    assert [(point.observed_at, point.origin) for point in told] == [
        (NOON - 200, knowledge[1].origin),
        (NOON - 150, knowledge[1].origin),
    ]


def test_what_was_in_force_when_the_told_span_began_is_told_as_of_then() -> None:
    points = (PricePoint(NOON - 300, Decimal("0.1")), PricePoint(NOON - 50, Decimal("0.2")))
    knowledge = [knowing("zones", {}, past={VIRGINIA: points})]
    told = tuple(recall_offering(knowledge, VIRGINIA, NOON - 100, NOON))
    assert [(point.observed_at - NOON, point.usd_per_hour) for point in told] == [
        (-100.0, Decimal("0.1")),
        (-50.0, Decimal("0.2")),
    ]
