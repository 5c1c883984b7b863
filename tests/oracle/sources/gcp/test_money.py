"""Google's money: whole units as text and billionths, either of which may be missing."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from oracle.sources.gcp.money import Money, read_usd


@pytest.mark.parametrize(
    ("json", "usd"),
    [
        (b'{"currencyCode": "USD", "units": "1", "nanos": 750000000}', "1.75"),
        (b'{"currencyCode": "USD", "nanos": 31611000}', "0.031611"),
        (b'{"currencyCode": "USD", "units": "3"}', "3"),
        (b'{"currencyCode": "USD", "units": 3, "nanos": "5000000"}', "3.005"),
        (b'{"currencyCode": "USD", "units": "0", "nanos": 0}', None),
        (b'{"currencyCode": "USD"}', None),
        (b'{"currencyCode": "USD", "units": "-1", "nanos": -750000000}', None),
        (b'{"currencyCode": "EUR", "units": "1", "nanos": 0}', None),
    ],
)
def test_amount_is_units_and_billionths_of_dollars(json: bytes, usd: str | None) -> None:
    expected = None if usd is None else Decimal(usd)
    assert read_usd(msgspec.json.decode(json, type=Money)) == expected


@pytest.mark.parametrize(
    "json",
    [
        b'{"units": "1"}',
        b'{"currencyCode": "USD", "units": "one"}',
        b'{"currencyCode": "USD", "units": "1.5"}',
        b'{"currencyCode": "USD", "units": 1.5}',
        b'{"currencyCode": "USD", "units": "1e9"}',
        b'{"currencyCode": "USD", "units": null}',
    ],
)
def test_what_is_no_amount_is_refused(json: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(json, type=Money)
