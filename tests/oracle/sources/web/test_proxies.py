"""Which hosts are asked without the proxy."""

from __future__ import annotations

import pytest

from oracle.sources.web.proxies import is_asked_directly


@pytest.mark.parametrize(
    ("host", "no_proxy", "is_direct"),
    [
        ("prices.example", ("prices.example",), True),
        ("eu.prices.example", ("prices.example",), True),
        ("EU.prices.example", (".PRICES.example",), True),
        ("badprices.example", ("prices.example",), False),
        ("prices.example", ("*",), True),
        ("prices.example", ("", " "), False),
        ("prices.example", (), False),
    ],
)
def test_a_name_and_what_lies_below_it_is_asked_directly(
    host: str, no_proxy: tuple[str, ...], is_direct: bool
) -> None:
    assert is_asked_directly(host, no_proxy) == is_direct
