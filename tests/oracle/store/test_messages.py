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
from oracle.store.columns import PART_QUOTES, NameCache
from oracle.store.messages import decode_part, encode_parts
from tests.oracle.fakes import DUBLIN, NOON, make_quote

RING, OTHER_RING = KeyRing((RingKey(bytes(32)),)), KeyRing((RingKey(b"\x01" * 32),))
QUOTES = (make_quote("blue"), make_quote("red", DUBLIN, "0.2299"))
MESSAGE = FeedMessage(
    FeedLease("here/1/aa/script", 1_785_000_000_000), 3, NOON, QUOTES, (Decimal("0.384"), None)
)


def write(message: FeedMessage = MESSAGE, ring: KeyRing | None = RING) -> tuple[bytes, ...]:
    return tuple(encode_parts(message, "fleet", ring, NameCache()))


def read(part: bytes, ring: KeyRing | None = RING, prefix: str = "fleet") -> FeedMessage:
    return decode_part(part, prefix, ring, NameCache())


def refuse(data: bytes, ring: KeyRing | None = RING, prefix: str = "fleet") -> OracleCode:
    with pytest.raises(QuoteDecodeError) as refused:
        read(data, ring, prefix)
    code = refused.value.why.code
    assert isinstance(code, OracleCode)
    return code


def test_a_signed_message_survives_the_store_and_is_known_as_ours() -> None:
    (part,) = write()
    signed = replace(MESSAGE, key_id=RING.keys[0].id, is_signed=True)
    assert read(part) == signed
    rotated = RING.rotate(b"\x02" * 32)
    assert read(part, rotated) == signed, "while keys are rotated"


def test_without_the_key_a_message_is_nobodys() -> None:
    (part,) = write()
    for ring in (None, OTHER_RING):
        message = read(part, ring)
        assert (message.is_signed, message.key_id) == (False, RING.keys[0].id)
    (part,) = write(ring=None)
    assert read(part) == MESSAGE


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_no_byte_of_a_signed_part_can_be_changed(place: int, byte: int) -> None:
    (part,) = write()
    place %= len(part)
    changed = part[:place] + bytes([byte]) + part[place + 1 :]
    if changed == part:
        return
    try:
        message = read(changed)
    except QuoteDecodeError:
        return
    assert not message.is_signed


def test_a_part_says_nothing_to_another_fleet_with_the_same_ring() -> None:
    (part,) = write()
    assert refuse(part, prefix="other") is OracleCode.MESSAGE_FORGED


def test_a_signature_without_its_words_and_words_with_another_signature_are_forged() -> None:
    (part,) = write()
    dearer = part.replace(b"0.1613", b"0.9613")
    assert refuse(dearer) is OracleCode.MESSAGE_FORGED
    assert refuse(part.replace(b'"sequence":3', b'"sequence":4')) is OracleCode.MESSAGE_FORGED
    assert refuse(part.replace(b"0.384", b"9.384")) is OracleCode.MESSAGE_FORGED


def test_many_quotes_are_several_parts_with_a_signature_each() -> None:
    offerings = [Offering("aws", "us-east-1", f"m{number}") for number in range(2 * PART_QUOTES + 1)]
    quotes = tuple(make_quote("blue", one) for one in offerings)
    known = (Decimal(1),) * len(quotes)
    parts = [read(part) for part in write(replace(MESSAGE, quotes=quotes, on_demand=known))]
    assert [len(one.quotes) for one in parts] == [PART_QUOTES, PART_QUOTES, 1]
    assert tuple(quote for one in parts for quote in one.quotes) == quotes
    assert all(one.is_signed for one in parts)
    assert [len(one.on_demand) for one in parts] == [PART_QUOTES, PART_QUOTES, 1]
    assert write(replace(MESSAGE, quotes=(), on_demand=())) == ()


def test_what_was_read_of_names_before_is_not_what_a_changed_line_says() -> None:
    cache = NameCache()
    for quotes in (QUOTES, (make_quote("green"), QUOTES[1]), QUOTES):
        message = replace(MESSAGE, quotes=quotes)
        (part,) = encode_parts(message, "fleet", RING, cache)
        assert decode_part(part, "fleet", RING, cache).quotes == quotes
        (dearer,) = encode_parts(replace(message, on_demand=(Decimal("0.5"), None)), "fleet", RING, cache)
        assert decode_part(dearer, "fleet", RING, cache).on_demand == (Decimal("0.5"), None)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    with pytest.raises(QuoteDecodeError):
        read(data)


HEAD = b'{"holder":"a/1/b","published_at":1.0,"sequence":1,"term":1,"version":3}'
NOTHING = (
    b'[]\n{"usd_per_hour":[],"in_force_since":[],"confirmed_at":[],"deadline":[],"said":[],"said_by":[],'
    b'"interruptions":[],"interruption":[],"obtainabilities":[],"obtainability":[],"disputes":[],"dispute":[]}\n-'
)
REST = b"\n" + NOTHING


@pytest.mark.parametrize(
    "data",
    [
        b"\n-",
        HEAD,
        HEAD + b"\n-",
        HEAD + b"\n[]\n-",
        HEAD + b"\n[]" + REST,
        HEAD + REST.removesuffix(b"-") + b"signed",
        HEAD.replace(b'"version":3', b'"version":2') + REST,
        HEAD.replace(b'"term":1', b'"term":true') + REST,
        HEAD.replace(b'"term":1', b'"term":-1') + REST,
        HEAD.replace(b'"term":1', b'"term":9007199254740992') + REST,
        HEAD.replace(b'"sequence":1', b'"sequence":1.0') + REST,
        HEAD.replace(b'"published_at":1.0', b'"published_at":NaN') + REST,
        HEAD.replace(b"a/1/b", b"a" * 600) + REST,
        b"[" * 3000 + REST,
        HEAD + b"\n" + b"[" * 100_000 + REST.removeprefix(b"\n[]"),
        b"x" * 3_000_000,
    ],
)
def test_what_is_no_part_is_refused_whole(data: bytes) -> None:
    refuse(data)


def test_a_part_without_quotes_is_one() -> None:
    assert read(HEAD + REST, None).quotes == ()
