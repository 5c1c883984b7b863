from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.model.price_scale import PriceScale, adjust_scale

PRICES = st.lists(st.decimals("0.001", "50", places=4), min_size=1, max_size=20)


@given(PRICES)
def test_every_price_lies_on_the_scale_and_dearer_is_never_lower(prices: list[Decimal]) -> None:
    scale = adjust_scale(None, prices)
    assert scale is not None
    assert scale.fits(float(min(prices)), float(max(prices)))
    shares = [scale.share(price) for price in sorted(prices)]
    assert shares == sorted(shares)
    assert 0.0 <= shares[0] <= shares[-1] <= 1.0


def test_small_moves_leave_the_scale_alone() -> None:
    scale = adjust_scale(None, [Decimal("0.05"), Decimal("0.15")])
    assert adjust_scale(scale, [Decimal("0.0502"), Decimal("0.149")]) is scale


def test_a_price_beyond_the_scale_makes_a_new_one() -> None:
    scale = adjust_scale(None, [Decimal("0.05"), Decimal("0.15")])
    wider = adjust_scale(scale, [Decimal("0.05"), Decimal("0.40")])
    assert wider is not scale
    assert wider is not None
    assert wider.share(Decimal("0.40")) > 0.9


def test_equal_prices_stand_in_the_middle() -> None:
    scale = adjust_scale(None, [Decimal("0.1")] * 3)
    assert scale is not None
    assert scale.share(Decimal("0.1")) == 0.5


def test_no_prices_keep_what_was_known() -> None:
    scale = PriceScale(0.1, 0.2)
    assert adjust_scale(scale, []) is scale
    assert adjust_scale(None, [Decimal(0)]) is None
