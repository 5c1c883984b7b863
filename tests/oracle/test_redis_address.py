"""What of a store's address may be shown, and which of them are read along on the network."""

from __future__ import annotations

import pytest

from oracle.redis_address import holds_password, is_readable_on_the_network, mask_address, mask_addresses


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("redis://host:6379/0", "redis://host:6379/0"),
        ("rediss://:pw@host:6380/1?ssl_ca_certs=ca.pem", "rediss://***@host:6380/1?***"),
        ("redis://me:p@w:pw@[::1]:6379", "redis://***@[::1]:6379"),
        ("redis://host?password=pw", "redis://host?***"),
        ("redis://me:p/pw@host", "(not shown: it may hold a password)"),
        ("redis://me:6/pw@host", "(not shown: it may hold a password)"),
        ("me:pw@host", "(not shown: it may hold a password)"),
    ],
)
def test_masked_address_holds_no_password(address: str, shown: str) -> None:
    assert mask_address(address) == shown


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("redis://:pw@host", True),
        ("redis://me:@host", True),
        ("redis://host?PASSWORD=pw", True),
        ("redis://me@host", False),
        ("redis://host:6379/0?db=1", False),
    ],
)
def test_password_in_an_address_is_found(address: str, expected: bool) -> None:
    assert holds_password(address) is expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("redis://prices.example", True),
        ("redis://10.0.0.1:6379", True),
        ("redis://localhost.example", True),
        ("redis://LOCALHOST:6379", False),
        ("redis://127.0.0.2", False),
        ("redis://[::1]", False),
        ("rediss://prices.example", False),
    ],
)
def test_only_a_plain_address_of_another_machine_is_read_along(address: str, expected: bool) -> None:
    assert is_readable_on_the_network(address) is expected


@pytest.mark.parametrize(
    "message",
    [
        "unrecognized arguments: --redsi redis://me:pw@host",
        "choose http://a/b?token=pw now",
        "x://a b://:pw@c",
    ],
)
def test_message_loses_what_may_be_a_secret(message: str) -> None:
    assert "pw" not in mask_addresses(message)
