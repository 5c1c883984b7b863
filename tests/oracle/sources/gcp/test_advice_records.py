"""Google's advice: prices are the region's, rates are of a day, and what nobody recommends is not to be had."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from oracle.price_history import PricePoint
from oracle.signals import Interruption, Obtainability
from oracle.sources.gcp.advice_records import (
    CapacityAnswer,
    PreemptionRecord,
    PriceRecord,
    build_capacity_question,
    build_history_question,
    read_capacity,
    read_preemptions,
    read_price_changes,
)

DAY = 86_400.0
MAY, JUNE, JULY = 1_777_593_600.0, 1_780_272_000.0, 1_782_864_000.0
NOW = JULY + 3 * DAY


def make_price(start: str, end: str | None, units: str | None, nanos: int, currency: str = "USD") -> Any:
    return {
        "interval": {"startTime": start, **({} if end is None else {"endTime": end})},
        "listPrice": {
            "currencyCode": currency,
            "nanos": nanos,
            **({} if units is None else {"units": units}),
        },
    }


HISTORY = [
    make_price("2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z", None, 76_500_000),
    make_price("2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z", "0", 76_500_000),
    make_price("2026-07-01T00:00:00Z", "2026-07-03T00:00:00Z", "0", 70_000_000),
]


def read_prices(records: list[Any], now: float = NOW) -> tuple[PricePoint, ...]:
    return read_price_changes([msgspec.convert(record, PriceRecord) for record in records], now)


def read_rates(records: list[Any]) -> Interruption | None:
    return read_preemptions([msgspec.convert(record, PreemptionRecord) for record in records])


def make_rate(day: int, rate: object) -> dict[str, Any]:
    interval = {"startTime": f"2026-07-{day:02}T00:00:00Z", "endTime": f"2026-07-{day + 1:02}T00:00:00Z"}
    return {"interval": interval, "preemptionRate": rate}


def test_prices_are_changes_whatever_the_order_and_however_often_they_are_said() -> None:
    expected = (PricePoint(MAY, Decimal("0.0765")), PricePoint(JULY, Decimal("0.07")))
    for seed in range(5):
        records = [*HISTORY, *HISTORY]
        random.Random(seed).shuffle(records)
        assert read_prices(records) == expected


def test_price_whose_last_interval_is_over_for_long_is_not_in_force() -> None:
    assert read_prices(HISTORY, JULY + 2 * DAY + 7 * DAY) != ()
    assert read_prices(HISTORY, JULY + 2 * DAY + 7 * DAY + 1) == ()


def test_two_newest_prices_that_begin_at_once_leave_it_unknown() -> None:
    assert read_prices([*HISTORY, make_price("2026-07-01T00:00:00Z", None, "0", 60_000_000)]) == ()


@pytest.mark.parametrize("currency", ["EUR", "usd", ""])
def test_amount_of_another_currency_is_no_price(currency: str) -> None:
    assert read_prices([make_price("2026-07-01T00:00:00Z", None, "1", 0, currency)]) == ()


def test_newest_amount_that_is_no_price_ends_the_one_before_it() -> None:
    assert read_prices([*HISTORY, make_price("2026-07-02T00:00:00Z", None, "1", 0, "EUR")]) == ()
    assert read_prices([*HISTORY, make_price("2026-07-02T00:00:00Z", None, "0", 0)]) == ()


def test_machine_that_costs_nothing_has_no_price() -> None:
    assert read_prices([make_price("2026-07-01T00:00:00Z", None, "0", 0)]) == ()


def test_rate_is_the_least_and_the_most_of_the_newest_week() -> None:
    records = [make_rate(1, 0.9), *(make_rate(day, "0.02") for day in range(2, 8)), make_rate(8, 0.05)]
    random.Random(1).shuffle(records)
    words = "2 % to 5 % of those that ended in a day, by 7 days"
    assert read_rates(records) == Interruption(0.02, 0.05, DAY, words, is_of_stopped=True)


def test_single_day_is_said_as_one() -> None:
    rate = read_rates([make_rate(2, 0.02)])
    assert rate is not None
    assert rate.words == "2 % of those that ended in a day, by 1 day"


@pytest.mark.parametrize("rate", [-0.1, 1.1, "NaN", "Infinity"])
def test_what_is_no_share_is_no_rate(rate: object) -> None:
    assert read_rates([make_rate(2, rate)]) is None


def test_interval_that_has_no_end_or_ends_before_it_begins_says_nothing() -> None:
    endless = {"interval": {"startTime": "2026-07-02T00:00:00Z"}, "preemptionRate": 0.1}
    backwards = make_rate(2, 0.1)
    backwards["interval"]["endTime"] = "2026-07-01T00:00:00Z"
    assert read_rates([endless, backwards]) is None


def capacity(answer: dict[str, Any]) -> Obtainability | None:
    return read_capacity(msgspec.convert(answer, CapacityAnswer))


def test_chance_and_expected_uptime_are_those_of_the_recommendation() -> None:
    scores = {"obtainability": 0.7, "estimatedUptime": "3600s"}
    answer = {"recommendations": [{"scores": scores, "shards": [{"zone": "z"}]}]}
    assert capacity(answer) == Obtainability(0.7, "0.70 of 1", 3600.0)


def test_chance_as_text_and_missing_uptime_are_read() -> None:
    answer = {"recommendations": [{"scores": {"obtainability": "0.25"}}]}
    assert capacity(answer) == Obtainability(0.25, "0.25 of 1", None)


@pytest.mark.parametrize("answer", [{}, {"recommendations": []}])
def test_no_recommendation_means_that_none_is_to_be_had(answer: dict[str, Any]) -> None:
    assert capacity(answer) == Obtainability(0.0, "none to be had")


@pytest.mark.parametrize(
    "scores", [{}, {"obtainability": 2}, {"obtainability": -1}, {"obtainability": "NaN"}]
)
def test_chance_that_is_not_said_is_unknown_and_not_none(scores: dict[str, Any]) -> None:
    assert capacity({"recommendations": [{"scores": scores}]}) is None


@pytest.mark.parametrize("uptime", ["", "soon", "0s", "-5s", "1h"])
def test_uptime_that_is_not_said_is_unknown(uptime: str) -> None:
    scores = {"obtainability": 0.5, "estimatedUptime": uptime}
    known = capacity({"recommendations": [{"scores": scores}]})
    assert known is not None
    assert known.expected_uptime_s is None


def test_questions_ask_for_spot_machines_of_one_type() -> None:
    history = build_history_question("n2-standard-8")
    assert history["types"] == ["PRICE", "PREEMPTION"]
    assert history["instanceProperties"]["machineType"] == "n2-standard-8"
    capacity = build_capacity_question("n2-standard-8")
    selections = capacity["instanceFlexibilityPolicy"]["instanceSelections"]
    assert list(selections.values()) == [{"machineTypes": ["n2-standard-8"]}]
    for question in (history, capacity):
        assert question["instanceProperties"]["scheduling"] == {"provisioningModel": "SPOT"}


@pytest.mark.parametrize("end", ["2026-07-02T00:00:00.000001Z", "9999-07-02T00:00:00Z"])
def test_interval_of_no_time_or_without_end_says_nothing(end: str) -> None:
    odd = make_rate(2, 0.5)
    odd["interval"]["endTime"] = end
    assert read_rates([odd]) is None
    assert read_rates([odd, make_rate(3, 0.02)]) == read_rates([make_rate(3, 0.02)])
