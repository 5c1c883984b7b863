"""What a person may say of egress: prices of their own are whole, or nothing starts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.composition import decision_settings
from app.config.configuration import Configuration
from app.config.errors import BrokenPromise, SettingError
from app.config.layers import resolve_configuration
from controller.decision.egress_settings import MAX_PRICES


def resolve(text: str) -> Configuration:
    return resolve_configuration(text, "config.toml", {}, {})


def test_what_the_file_says_of_providers_and_prices_is_what_moves_are_charged() -> None:
    configuration = resolve(
        """
        [egress.providers.aws]
        month_so_far_gb = 340
        cross_zone = true
        [egress.prices.contract]
        source = "aws/eu-*"
        target = "gcp/*"
        tiers = ["1024: 0.07", "0.05"]
        unit = "GB"
        note = "contract 4711"
        as_of = "2026-11"
        """
    )
    rate = decision_settings(configuration).egress.find_rate("aws", "eu-west-1", "gcp", "europe-west1")
    assert rate is not None
    assert (rate.source.text, rate.source.as_of) == ("contract 4711", "2026-11")
    gib = Decimal("1.073741824")
    assert rate.compute_usd(gib, rate.find_used_gb({})) == gib * Decimal("0.07") + Decimal("0.02")
    assert rate.month_so_far_gb == 340


@pytest.mark.parametrize(
    "price",
    [
        'tiers = ["0.05"]',
        'source = "aws/*"',
        'source = "aws/*"\ntiers = []',
        'source = "aws/*"\ntiers = ["100: 0"]',
        'source = "aws/*"\ntiers = ["0.05", "0.04"]',
        'source = "aws/*"\ntiers = ["100: 0", "50: 0.1", "0.05"]',
        'source = "aws/*"\ntiers = ["0: 0", "0.05"]',
        'source = "aws/*"\ntiers = ["-0.05"]',
        'source = "aws/*"\ntiers = ["NaN"]',
        'source = "aws/*"\ntiers = ["1e9"]',
        'source = "aws/*"\ntiers = ["0.05 USD"]',
        'source = "aws/*"\ntiers = ["1: 0", "2: 0", "3: 0", "4: 0", "5: 0", "6: 0", "7: 0", "8: 0", "0"]',
        'kind = "nat_gateway"\nsource = "aws/*"\ntiers = ["100: 0", "0.045"]',
        'kind = "cross_zone"\nsource = "aws/*"\ntiers = ["100: 0.02", "0.01"]',
    ],
)
def test_a_price_that_is_not_whole_is_refused_before_anything_starts(price: str) -> None:
    with pytest.raises(BrokenPromise, match="growing tiers"):
        resolve(f"[egress.prices.mine]\n{price}\n")


@pytest.mark.parametrize("place", ["aws", "aws/", "/eu-west-1", "AWS/eu-west-1", "aws/eu west", "aws/(a+)+"])
def test_a_place_that_can_be_none_is_refused(place: str) -> None:
    with pytest.raises(SettingError, match="provider/region"):
        resolve(f'[egress.prices.mine]\nsource = "{place}"\ntiers = ["0.05"]\n')


def test_no_more_prices_are_taken_than_can_be_asked_of_every_route() -> None:
    lines = [f'[egress.prices.p{n}]\nsource = "aws/*"\ntiers = ["0.05"]' for n in range(MAX_PRICES + 1)]
    with pytest.raises(BrokenPromise, match="at most 200"):
        resolve("\n".join(lines))
    resolve("\n".join(lines[:-1]))
