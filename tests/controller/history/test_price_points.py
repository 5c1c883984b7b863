"""Prices come back from their packed form as they went in."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.history.price_points import pack_points, to_microdollars, to_usd, unpack_points

POINTS = st.dictionaries(st.integers(0, 86399), st.integers(0, 10**12), max_size=200).map(
    lambda points: sorted(points.items())
)


@given(POINTS)
def test_a_day_comes_back_as_it_was(points: list[tuple[int, int]]) -> None:
    assert list(unpack_points(pack_points(points))) == points


def test_a_price_that_stands_still_takes_three_bytes_a_quarter_of_an_hour() -> None:
    points = [(900 * number, 193_400) for number in range(96)]
    assert len(pack_points(points)) <= 3 * 96 + 3


def test_points_that_end_in_the_middle_are_no_points() -> None:
    whole = len(pack_points([(900, 193_400)]))
    packed = pack_points([(900, 193_400), (1800, 200_000)])
    for length in {*range(1, len(packed))} - {whole}:
        with pytest.raises(ValueError, match="in the middle"):
            list(unpack_points(packed[:length]))


@pytest.mark.parametrize(
    ("usd", "kept"),
    [("0.1934", "0.1934"), ("0.00000051", "0.000001"), ("0.0000004", "0"), ("98.32", "98.32")],
)
def test_prices_are_kept_to_the_millionth_of_a_dollar(usd: str, kept: str) -> None:
    assert to_usd(to_microdollars(Decimal(usd))) == Decimal(kept)
