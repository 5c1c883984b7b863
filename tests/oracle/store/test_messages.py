"""Messages survive the store, and nobody who lacks the key can write or change one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.errors import QuoteDecodeError
from oracle.foundation.key_ring import KeyRing, RingKey
from oracle.market import Offering
from oracle.reasons import OracleCode
from oracle.store.base import FeedLease, FeedMessage
from oracle.store.messages import PART_QUOTES, decode_part, encode_parts
from tests.oracle.fakes import DUBLIN, NOON, VIRGINIA, make_quote

RING, OTHER_RING = KeyRing((RingKey(bytes(32)),)), KeyRing((RingKey(b"\x01" * 32),))
QUOTES = (make_quote("blue"), make_quote("red", DUBLIN, "0.2299"))
MESSAGE = FeedMessage(
    FeedLease("here/1/aa/script", 1_785_000_000_000), 3, NOON, QUOTES, {VIRGINIA: Decimal("0.384")}
)


def refuse(data: bytes, ring: KeyRing | None = RING, prefix: str = "fleet") -> OracleCode:
    with pytest.raises(QuoteDecodeError) as refused:
        decode_part(data, prefix, ring)
    code = refused.value.why.code
    assert isinstance(code, OracleCode)
    return code


def test_a_signed_message_survives_the_store_and_is_known_as_ours() -> None:
    (part,) = encode_parts(MESSAGE, "fleet", RING)
    signed = replace(MESSAGE, key_id=RING.keys[0].id, is_signed=True)
    assert decode_part(part, "fleet", RING) == (signed, ())
    rotated = RING.rotate(b"\x02" * 32)
    assert decode_part(part, "fleet", rotated) == (signed, ()), "while keys are rotated"


def test_without_the_key_a_message_is_nobodys() -> None:
    (part,) = encode_parts(MESSAGE, "fleet", RING)
    for ring in (None, OTHER_RING):
        message, _ = decode_part(part, "fleet", ring)
        assert (message.is_signed, message.key_id) == (False, RING.keys[0].id)
    (part,) = encode_parts(MESSAGE, "fleet", None)
    assert decode_part(part, "fleet", RING) == (MESSAGE, ())


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_no_byte_of_a_signed_part_can_be_changed(place: int, byte: int) -> None:
    (part,) = encode_parts(MESSAGE, "fleet", RING)
    place %= len(part)
    changed = part[:place] + bytes([byte]) + part[place + 1 :]
    if changed == part:
        return
    try:
        message, _ = decode_part(changed, "fleet", RING)
    except QuoteDecodeError:
        return
    assert not message.is_signed


def test_a_part_says_nothing_to_another_fleet_with_the_same_ring() -> None:
    (part,) = encode_parts(MESSAGE, "fleet", RING)
    assert refuse(part, prefix="other") is OracleCode.MESSAGE_FORGED


def test_a_signature_without_its_words_and_words_with_another_signature_are_forged() -> None:
    (part,) = encode_parts(MESSAGE, "fleet", RING)
    dearer = part.replace(b"0.1613", b"0.9613")
    assert refuse(dearer) is OracleCode.MESSAGE_FORGED
    assert refuse(part.replace(b'"sequence":3', b'"sequence":4')) is OracleCode.MESSAGE_FORGED
    assert refuse(part.replace(b"0.384", b"9.384")) is OracleCode.MESSAGE_FORGED


def test_many_quotes_are_several_parts_with_a_signature_each() -> None:
    offerings = [Offering("aws", "us-east-1", f"m{number}") for number in range(2 * PART_QUOTES + 1)]
    quotes = tuple(make_quote("blue", one) for one in offerings)
    known = dict.fromkeys(offerings, Decimal(1))
    parts = encode_parts(replace(MESSAGE, quotes=quotes, on_demand=known), "fleet", RING)
    read = [decode_part(part, "fleet", RING)[0] for part in parts]
    assert [len(one.quotes) for one in read] == [PART_QUOTES, PART_QUOTES, 1]
    assert tuple(quote for one in read for quote in one.quotes) == quotes
    assert all(one.is_signed for one in read)
    assert [len(one.on_demand) for one in read] == [PART_QUOTES, PART_QUOTES, 1]
    assert encode_parts(replace(MESSAGE, quotes=()), "fleet", RING) == ()


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    with pytest.raises(QuoteDecodeError):
        decode_part(data, "fleet", RING)


HEAD = b'{"holder":"a/1/b","published_at":1.0,"sequence":1,"term":1,"version":1}'


@pytest.mark.parametrize(
    "data",
    [
        b"\n-",
        HEAD,
        HEAD + b"\n-",
        HEAD + b"\n{}\n-",
        HEAD + b'\n[["aws"]]\n-',
        HEAD + b'\n[["aws","us-east-1","m5",["spot"],"1"]]\n-',
        HEAD + b'\n[["aws","us-east-1","m5","spot","-1"]]\n-',
        HEAD + b"\n[]\nsigned",
        HEAD.replace(b'"version":1', b'"version":2') + b"\n[]\n-",
        HEAD.replace(b'"term":1', b'"term":true') + b"\n[]\n-",
        HEAD.replace(b'"term":1', b'"term":-1') + b"\n[]\n-",
        HEAD.replace(b'"term":1', b'"term":9007199254740992') + b"\n[]\n-",
        HEAD.replace(b'"sequence":1', b'"sequence":1.0') + b"\n[]\n-",
        HEAD.replace(b'"published_at":1.0', b'"published_at":NaN') + b"\n[]\n-",
        HEAD.replace(b"a/1/b", b"a" * 600) + b"\n[]\n-",
        b"[" * 3000 + b"\n[]\n-",
        HEAD + b"\n[]\n" + b"\n".join([b"x"] * (PART_QUOTES + 1)) + b"\n-",
        b"x" * 2_000_000,
    ],
)
def test_what_is_no_part_is_refused_whole(data: bytes) -> None:
    refuse(data)


def test_a_part_without_quotes_is_one() -> None:
    assert decode_part(HEAD + b"\n[]\n-", "fleet", None)[0].quotes == ()
