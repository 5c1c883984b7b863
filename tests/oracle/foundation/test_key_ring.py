"""What is signed with a key ring, and who believes it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oracle.foundation.key_ring import (
    KeyRing,
    Purpose,
    RingGarbled,
    RingKey,
    derive_key,
    format_ring,
    parse_ring,
)

ONE, OTHER, THIRD = bytes(range(32)), bytes(range(1, 33)), bytes(range(2, 34))
RING = KeyRing((RingKey(ONE),))


def test_keys_follow_as_rfc_5869_says() -> None:
    """Its first test case; the first block of the 42 bytes there."""
    derived = derive_key(b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)))
    assert derived.hex() == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"


def test_what_a_ring_signs_it_verifies_and_no_other_ring_does() -> None:
    signature = RING.sign(Purpose.FEED, b"words")
    assert RING.verifies(Purpose.FEED, b"words", signature)
    assert not RING.verifies(Purpose.FEED, b"other words", signature)
    other = KeyRing((RingKey(OTHER),))
    assert not other.verifies(Purpose.FEED, b"words", signature)
    assert not other.verifies(Purpose.FEED, b"words", replace(signature, key_id=RingKey(OTHER).id))


@pytest.mark.parametrize("purpose", [Purpose.JOURNAL, Purpose.LEDGER])
def test_what_is_signed_for_one_purpose_means_nothing_for_another(purpose: Purpose) -> None:
    assert not RING.verifies(purpose, b"words", RING.sign(Purpose.FEED, b"words"))


def test_two_keys_are_valid_while_they_are_rotated_and_the_new_one_signs() -> None:
    before = RING.sign(Purpose.FEED, b"words")
    rotated = RING.rotate(OTHER)
    assert rotated.sign(Purpose.FEED, b"words").key_id == RingKey(OTHER).id
    assert rotated.verifies(Purpose.FEED, b"words", before)
    again = rotated.rotate(THIRD)
    assert not again.verifies(Purpose.FEED, b"words", before)
    assert len(again.keys) == 2
    assert rotated.is_related(RING)
    assert not again.is_related(RING)


def test_a_ring_survives_its_file_and_hides_its_keys() -> None:
    ring = RING.rotate(OTHER)
    assert parse_ring(format_ring(ring)) == ring
    assert ONE.hex() not in repr(ring)
    assert str(ONE) not in repr(ring)
    assert {key.id for key in ring.keys}.isdisjoint({ONE.hex()[:16], OTHER.hex()[:16]})


LINE = f"key {RingKey(ONE).id} {ONE.hex()}\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", None),
        ("# nothing\n", None),
        (LINE + LINE, None),
        (format_ring(RING.rotate(OTHER)) + f"key {RingKey(THIRD).id} {THIRD.hex()}\n", None),
        (LINE.replace("key", "word"), 1),
        ("# a ring\n" + LINE[:-3] + "\n", 2),
        (LINE.replace(RingKey(ONE).id, RingKey(OTHER).id), 1),
        (f"key {RingKey(ONE[:16]).id} {ONE[:16].hex()}\n", 1),
        (ONE.hex(), 1),
    ],
    ids=["empty", "no key", "twice the same", "three keys", "no word", "cut", "wrong name", "short", "bare"],
)
def test_what_is_no_ring_is_refused_by_its_line_and_not_repeated(text: str, line: int | None) -> None:
    with pytest.raises(RingGarbled) as refused:
        parse_ring(text)
    assert refused.value.line == line
    assert ONE.hex()[:8] not in str(refused.value)
