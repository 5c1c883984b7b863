"""What of a store's address may be shown, and which of them are read along on the network."""

from __future__ import annotations

import pytest

from oracle.redis_address import (
    RedisAddress,
    StoreShape,
    holds_password,
    is_readable_on_the_network,
    mask_address,
    mask_addresses,
    parse_address,
)


@pytest.mark.parametrize(
    ("address", "shown", "has_password", "is_read_along"),
    [
        ("redis://host:6379/0", "redis://host:6379/0", False, True),
        ("redis://host:6379/0?db=1", "redis://host:6379/0?***", False, True),
        ("redis://me@host", "redis://***@host", False, True),
        ("redis://prices.example", "redis://prices.example", False, True),
        ("redis://localhost.example", "redis://localhost.example", False, True),
        ("redis://10.0.0.1:6379", "redis://10.0.0.1:6379", False, True),
        ("redis://LOCALHOST:6379", "redis://LOCALHOST:6379", False, False),
        ("redis://127.0.0.2", "redis://127.0.0.2", False, False),
        ("redis://[::1]", "redis://[::1]", False, False),
        ("rediss://prices.example", "rediss://prices.example", False, False),
        ("rediss://:pw@host:6380/1?ssl_ca_certs=ca.pem", "rediss://***@host:6380/1?***", True, False),
        ("redis://:pw@host", "redis://***@host", True, True),
        ("redis://me:@host", "redis://***@host", True, True),
        ("redis://host?password=pw", "redis://host?***", True, True),
        ("redis://host?PASSWORD=pw", "redis://host?***", True, True),
        ("redis://me:p@w:pw@[::1]:6379", "redis://***@[::1]:6379", True, False),
        ("redis+sentinel://me:pw@a:1,b/prices/2", "redis+sentinel://***@a:1,b/prices/2", True, True),
        ("redis+sentinel://127.0.0.1,b/prices", "redis+sentinel://127.0.0.1,b/prices", False, True),
        ("redis+cluster://localhost:1,[::1]:2", "redis+cluster://localhost:1,[::1]:2", False, False),
        ("rediss+cluster://a,b?ssl_ca_certs=ca.pem", "rediss+cluster://a,b?***", False, False),
    ],
)
def test_what_an_address_gives_away(
    address: str, shown: str, has_password: bool, is_read_along: bool
) -> None:
    """Without TLS, whoever is on the way to another machine reads along."""
    assert mask_address(address) == shown
    assert holds_password(address) is has_password
    assert is_readable_on_the_network(address) is is_read_along


@pytest.mark.parametrize("address", ["redis://me:p/pw@host", "redis://me:6/pw@host", "me:pw@host"])
def test_what_is_no_address_is_not_shown(address: str) -> None:
    assert mask_address(address) == "(not shown: it may hold a password)"


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


@pytest.mark.parametrize(
    ("address", "parts", "server"),
    [
        ("redis://h", RedisAddress(StoreShape.SINGLE, False, (("h", 6379),)), "redis://x:7/"),
        (
            "rediss://me:pw@[::1]:1/2?ssl_ca_certs=ca.pem",
            RedisAddress(StoreShape.SINGLE, True, (("::1", 1),), "", "2", "me:pw", "ssl_ca_certs=ca.pem"),
            "rediss://x:7/2?ssl_ca_certs=ca.pem",
        ),
        (
            "redis+sentinel://a:1,[fe80::1],b/prices/3",
            RedisAddress(
                StoreShape.SENTINEL, False, (("a", 1), ("fe80::1", 26379), ("b", 26379)), "prices", "3"
            ),
            "redis://x:7/3",
        ),
        (
            "rediss+cluster://:pw@a,b:2",
            RedisAddress(StoreShape.CLUSTER, True, (("a", 6379), ("b", 2)), credentials=":pw"),
            "rediss://x:7/",
        ),
    ],
)
def test_an_address_says_how_the_store_is_run(address: str, parts: RedisAddress, server: str) -> None:
    assert parse_address(address) == parts
    assert parts.locate("x", 7) == server
    assert parts.locate("::1", 7).partition("://")[2].startswith("[::1]:7/")


@pytest.mark.parametrize(
    "address",
    [
        *("redis://a,b", "redis://a/prices", "redis+sentinel://a", "redis+sentinel://a/", "redis+cluster://"),
        *(
            "redis+cluster://a/prices",
            "redis+cluster://a/0",
            "redis+sentinel://a/prices/x",
            "redis+other://a",
        ),
    ],
)
def test_what_names_no_server_is_no_address(address: str) -> None:
    assert parse_address(address) is None
