"""Quotes survive the store exactly, and nothing else is taken for one."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.binding import Binding
from oracle.errors import QuoteDecodeError
from oracle.market import CapacityType, Offering
from oracle.price_history import PricePoint
from oracle.quotes import Origin, Playback, PriceMode, Quote
from oracle.store import codec
from tests.oracle.fakes import DUBLIN, NOON, VIRGINIA, make_quote

names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs"]), min_size=1, max_size=40)
offerings = st.builds(Offering, names, names, names, st.sampled_from(CapacityType))
playbacks = st.builds(Playback, st.floats(1e9, 2e9), st.floats(0.001, 1e7))
worlds = st.one_of(
    st.tuples(st.sampled_from([PriceMode.LIVE, PriceMode.SIMULATED])),
    st.tuples(st.just(PriceMode.RECORDED), playbacks),
)
quotes = st.builds(
    lambda context, offering, cents, since, at, life, source, world: Quote(
        context, offering, Decimal(cents) / 10_000, since, at, at + life, source, *world
    ),
    names,
    offerings,
    st.integers(1, 10**7),
    st.floats(1e9, 2e9),
    st.floats(1e9, 2e9),
    st.floats(1.0, 80_000.0),
    names,
    worlds,
)


@given(quotes)
def test_quote_survives_the_store(quote: Quote) -> None:
    assert codec.decode_quote(codec.encode_quote(quote)) == quote


@given(quotes)
def test_quote_is_one_line(quote: Quote) -> None:
    assert b"\n" not in codec.encode_quote(quote)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    with pytest.raises(QuoteDecodeError):
        codec.decode_quote(data)


def damaged(change: Callable[[dict[str, Any]], object]) -> bytes:
    fields = json.loads(codec.encode_quote(make_quote()))
    change(fields)
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields.pop("context"),
        lambda fields: fields.update(extra=1),
        lambda fields: fields.update(version=1),
        lambda fields: fields.update(context=""),
        lambda fields: fields.update(context="x" * 300),
        lambda fields: fields.update(context="blue\u202egreen"),
        lambda fields: fields.update(source="two\nlines"),
        lambda fields: fields.update(usd_per_hour=0.1),
        lambda fields: fields.update(usd_per_hour="NaN"),
        lambda fields: fields.update(usd_per_hour="-0.1"),
        lambda fields: fields.update(usd_per_hour="0"),
        lambda fields: fields.update(usd_per_hour="1e-3"),
        lambda fields: fields.update(usd_per_hour="٠.١"),
        lambda fields: fields.update(capacity_type="free"),
        lambda fields: fields.update(deadline=fields["confirmed_at"]),
        lambda fields: fields.update(deadline=NOON + 10 * 86_400.0),
        lambda fields: fields.update(deadline=float("inf")),
        lambda fields: fields.update(confirmed_at=float("nan")),
        lambda fields: fields.update(confirmed_at=True),
        lambda fields: fields.update(in_force_since=None),
        lambda fields: fields.pop("mode"),
        lambda fields: fields.update(mode="real"),
        lambda fields: fields.update(mode="recorded"),
        lambda fields: fields.update(playback={"recorded_at": 1.0, "speed": 1.0}),
        lambda fields: fields.update(mode="recorded", playback={"recorded_at": 1.0, "speed": 0.0}),
        lambda fields: fields.update(mode="recorded", playback={"recorded_at": 1e300, "speed": 1.0}),
        lambda fields: fields.update(mode="recorded", playback=[1.0, 1.0]),
        lambda fields: fields.update(region=["us-east-1"]),
    ],
)
def test_damaged_quote_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(QuoteDecodeError):
        codec.decode_quote(damaged(change))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data + b" ",
        lambda data: data.replace(b":", b": ", 1),
        lambda data: data.replace(b"{", b'{"version":1,', 1),
        lambda data: b"[" * 5000,
        lambda data: b"[" + data + b"]",
        lambda data: data[:-1],
        lambda data: data.replace(b"blue", b"bl\xffe"),
    ],
    ids=["trailing blank", "blank", "repeated key", "nesting", "array", "cut off", "no UTF-8"],
)
def test_bytes_in_any_other_form_are_refused(spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(QuoteDecodeError):
        codec.decode_quote(spoil(codec.encode_quote(make_quote())))


@pytest.mark.parametrize("price", ["NaN", "-1", "Infinity", "1E+9"])
def test_what_is_no_price_is_never_encoded(price: str) -> None:
    with pytest.raises(ValueError, match="no price"):
        codec.format_price(Decimal(price))


@given(st.frozensets(st.builds(Binding, names, offerings), max_size=8))
def test_bindings_survive_the_store_until_they_expire(bindings: frozenset[Binding]) -> None:
    data = codec.encode_bindings(bindings, expires_at=NOON)
    assert codec.decode_bindings(data, NOON - 1) == bindings
    assert codec.decode_bindings(data, NOON) == frozenset()


@pytest.mark.parametrize("context", ['"\\ud800"', '"\\u001b[2J"', '""', "1", "[]", "null"])
def test_binding_of_another_instance_without_a_plain_name_is_left_out(context: str) -> None:
    row = '"aws","us-east-1","m5.large","spot"'
    data = f'{{"bindings":[[{context},{row}],["blue",{row}]],"expires_at":1e18}}'.encode()
    assert {binding.context for binding in codec.decode_bindings(data, NOON)} == {"blue"}


@pytest.mark.parametrize(
    "data", [b"", b"null", b"[]", b'{"expires_at":1e18}', b'{"bindings":[["a"]],"expires_at":1e18}', b"\xff"]
)
def test_garbled_bindings_are_refused(data: bytes) -> None:
    with pytest.raises(QuoteDecodeError):
        codec.decode_bindings(data, NOON)


def test_history_point_survives_the_store() -> None:
    point = PricePoint(NOON + 0.25, Decimal("0.1613"), Origin("replay of prices.csv", PriceMode.RECORDED))
    assert codec.decode_point(codec.encode_point(point)) == point


@pytest.mark.parametrize(
    "data",
    [
        *(
            b"",
            b"1",
            b"1 1",
            b"1 1 live",
            b"1 1 live ",
            b"x 1 live a",
            b"1 x live a",
            b"nan 1 live a",
            b"1 -1 live a",
        ),
        *(b"1 1 real a", b"\xff 1 live a", b"1 1 live \x1b[2J", b"1 1 live " + 300 * b"a"),
    ],
)
def test_garbled_history_point_is_refused(data: bytes) -> None:
    with pytest.raises(QuoteDecodeError):
        codec.decode_point(data)


def test_offerings_have_keys_of_their_own() -> None:
    assert codec.format_offering_key(VIRGINIA) == "aws|us-east-1|m5.2xlarge|spot"
    assert codec.format_offering_key(VIRGINIA) != codec.format_offering_key(DUBLIN)
