from __future__ import annotations

from decimal import Decimal

import pytest

from app.model.formatting import (
    format_age,
    format_first,
    format_gb,
    format_hours,
    format_percent,
    format_price,
    format_replicas,
    format_usd,
)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Decimal("12.4"), "$12.40"),
        (Decimal("0.0342"), "$0.03"),
        (Decimal("0.0042"), "$0.0042"),
        (Decimal("-0.0042"), "−$0.0042"),
        (Decimal("-0.000004"), "<$0.00001"),
        (Decimal(0), "$0.00"),
        (Decimal("-3.1"), "−$3.10"),
        (Decimal("1234.5"), "$1,234.50"),
        (Decimal("12400.6"), "$12,401"),
        (None, "—"),
    ],
)
def test_money_is_shown_with_the_digits_that_matter(amount: Decimal | None, shown: str) -> None:
    assert format_usd(amount) == shown


def test_signed_money_says_which_way_it_goes() -> None:
    assert [format_usd(Decimal(n), signed=True) for n in (2, 0, -2)] == ["+$2.00", "$0.00", "−$2.00"]


def test_prices_keep_the_digits_in_which_spot_prices_differ() -> None:
    assert format_price(Decimal("0.04123")) == "$0.0412/h"
    assert format_price(Decimal("32.7726")) == "$32.77/h"
    assert format_price(None) == "—"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(-5, "0 s"), (59.9, "59 s"), (60, "1 min"), (7200, "2 h"), (200_000, "2 d")]
)
def test_ages_use_one_unit(seconds: float, shown: str) -> None:
    assert format_age(seconds) == shown


@pytest.mark.parametrize(
    ("hours", "shown"),
    [("0.01", "36 s"), ("0.2", "12 min"), ("2.44", "2.4 h"), ("72", "3.0 d")],
)
def test_durations_use_one_unit(hours: str, shown: str) -> None:
    assert format_hours(Decimal(hours)) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.041, "+4.1%"),
        (-0.2914, "−29%"),
        (0.0, "0.0%"),
        (0.0996, "+10%"),
        (1.1, "+110%"),
        (9.99, "+999%"),
        (12.34, ">+999%"),
        (None, "—"),
    ],
)
def test_changes_carry_their_sign(share: float | None, shown: str) -> None:
    assert format_percent(share) == shown


@pytest.mark.parametrize(
    ("size", "shown"), [(0.5, "0.5 GB"), (12, "12 GB"), (12.4, "12 GB"), (1234, "1.2 TB"), (None, "—")]
)
def test_data_is_shown_in_gigabytes(size: float | None, shown: str) -> None:
    assert format_gb(size) == shown


def test_unknown_readiness_is_not_zero() -> None:
    assert format_replicas(None, 4) == "?/4"
    assert format_replicas(None, None) == "?/?"


@pytest.mark.parametrize(
    ("most", "shown"),
    [(2, "a\nb\nand 1 of these"), (3, "a\nb\nc"), (4, "a\nb\nc")],
)
def test_lines_that_have_no_room_are_counted(most: int, shown: str) -> None:
    assert format_first(["a", "b", "c"], most, "of these") == shown
