"""Names, wishes and histories survive the store, and nothing else is taken for one."""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.binding import Binding
from oracle.errors import QuoteDecodeError
from oracle.price_history import PricePoint
from oracle.quotes import Origin, PriceMode
from oracle.store import codec
from tests.oracle.fakes import DUBLIN, NOON, VIRGINIA
from tests.oracle.store.offerings import names, offerings


@pytest.mark.parametrize("price", ["NaN", "-1", "Infinity", "1E+9"])
def test_what_is_no_price_is_never_encoded(price: str) -> None:
    with pytest.raises(ValueError, match="no price"):
        codec.format_price(Decimal(price))


@given(st.lists(names | st.sampled_from(["", "n" * 256, "n" * 257, "\u202e", "\x1b", "\ud83d", "\ude00"])))
def test_many_names_are_judged_like_each_of_them(many: list[str]) -> None:
    assert codec.are_plain_names(many) == all(map(codec.is_plain_name, many))


@given(st.frozensets(st.builds(Binding, names, offerings), max_size=8))
def test_bindings_survive_the_store_until_they_expire(bindings: frozenset[Binding]) -> None:
    data = codec.encode_wishes(bindings, expires_at=NOON)
    assert codec.decode_wishes(data, NOON - 1) == bindings
    assert codec.decode_wishes(data, NOON) == frozenset()


def test_wishes_of_a_large_fleet_are_packed_and_unpack_to_no_more_than_anybody_may_say() -> None:
    many = frozenset(Binding(f"context-{n}", VIRGINIA) for n in range(5000))
    data = codec.encode_wishes(many, expires_at=NOON)
    assert len(data) < codec.PACKED_FROM_BYTES
    assert codec.decode_wishes(data, NOON - 1) == many
    bomb = zlib.compress(b"[" + b" " * codec.MAX_BINDINGS_BYTES + b"]")
    for line in (bomb, zlib.compress(b"[]")[:-4], b"x"):
        with pytest.raises(QuoteDecodeError):
            codec.decode_wishes(b"1e18\n" + line, NOON)


@pytest.mark.parametrize("context", ['"\\u001b[2J"', '""', '"\\u202e"'])
def test_binding_of_another_instance_without_a_plain_name_is_left_out(context: str) -> None:
    row = '"aws","us-east-1","m5.large","spot","linux",""'
    data = f'1e18\n[[{context},{row}],["blue",{row}]]'.encode()
    assert {binding.context for binding in codec.decode_wishes(data, NOON)} == {"blue"}


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"null", b"1e18", b"1e18\n", b"soon\n[]", b"1e18\n{}", b'1e18\n[["a"]]', b"\xff\n[]"),
        *(b'1e18\n[["a","b","c","d","spot","plan9","f"]]', b'1e18\n["\xff"]', b"1e18\n" + b"[" * 5000),
    ],
)
def test_garbled_bindings_are_refused(data: bytes) -> None:
    with pytest.raises(QuoteDecodeError):
        codec.decode_wishes(data, NOON)


def test_history_survives_the_store_and_who_said_it() -> None:
    origin = Origin("replay of prices.csv", PriceMode.RECORDED)
    points = [PricePoint(NOON + n, Decimal(price), origin) for n, price in enumerate(["0.1613", "12.345678"])]
    assert codec.decode_origin(codec.encode_origin(points[0])) == origin
    assert list(codec.decode_points(codec.encode_points(points), origin)) == points


def test_numbers_that_mean_nothing_are_left_out_of_a_history() -> None:
    pairs = [(NOON, 0.1), (math.nan, 0.1), (NOON, math.inf), (NOON, -1.0), (NOON, 0.0), (NOON + 1, 0.2)]
    data = b"".join(struct.pack("<dd", *pair) for pair in pairs)
    read = codec.decode_points(data + b"cut off", Origin("script", PriceMode.LIVE))
    assert [point.observed_at - NOON for point in read] == [0.0, 1.0]


@pytest.mark.parametrize(
    "data", [b"", b"live", b"live ", b"real a", b"live \x1b[2J", b"\xff a", b"live " + 3000 * b"a"]
)
def test_who_cannot_be_shown_has_said_no_history(data: bytes) -> None:
    with pytest.raises(QuoteDecodeError):
        codec.decode_origin(data)


def test_offerings_have_keys_of_their_own() -> None:
    assert codec.format_offering_key(VIRGINIA) == "aws|us-east-1|m5.2xlarge|spot|linux|"
    in_a_zone = replace(VIRGINIA, zone="us-east-1a")
    assert codec.format_offering_key(in_a_zone) == "aws|us-east-1|m5.2xlarge|spot|linux|us-east-1a"
    assert codec.format_offering_key(VIRGINIA) != codec.format_offering_key(DUBLIN)
