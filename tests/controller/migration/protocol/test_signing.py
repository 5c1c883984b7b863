"""A journal is ours in the very words and in the very Lease in which our ring has signed it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.migration.protocol.signing import Journal, JournalPlace, find_doubt, sign_journal
from controller.reasons import Code
from oracle.foundation.key_ring import KeyRing, Purpose, RingKey, Signature
from tests.controller.migration.keys import RING
from tests.controller.migration.records import record

HERE = JournalPlace("cluster-a", "shop", "sentinelaura-cafe")
OTHERS = KeyRing((RingKey(bytes(32)),))


def code_of(journal: Journal, *, ring: KeyRing | None = RING, place: JournalPlace = HERE) -> Code | None:
    doubt = find_doubt(ring, place, journal, record())
    return None if doubt is None else Code(doubt.code)


def test_who_holds_the_ring_knows_its_journals_while_it_is_rotated() -> None:
    before = sign_journal(RING, HERE, "words")
    rotated = RING.rotate(bytes(32))
    assert code_of(before) is None
    assert code_of(before, ring=rotated) is None
    after = sign_journal(rotated, HERE, "words")
    assert (code_of(after, ring=rotated), code_of(after)) == (None, Code.JOURNAL_FOREIGN)
    assert code_of(before, ring=rotated.rotate(bytes(range(2, 34)))) is Code.JOURNAL_FOREIGN


@pytest.mark.parametrize(
    "place",
    [
        replace(HERE, cluster_uid="cluster-b"),
        replace(HERE, namespace="shop2"),
        replace(HERE, lease="sentinelaura-beef"),
        JournalPlace("cluster-a", "shopsentinelaura", "-cafe"),
    ],
)
def test_a_journal_that_was_carried_elsewhere_is_nobodys(place: JournalPlace) -> None:
    assert code_of(sign_journal(RING, HERE, "words"), place=place) is Code.JOURNAL_FORGED


@pytest.mark.parametrize(
    ("journal", "code"),
    [
        (Journal("words"), Code.JOURNAL_UNSIGNED),
        (replace(sign_journal(RING, HERE, "words"), text="word"), Code.JOURNAL_FORGED),
        (Journal("words", "anything"), Code.JOURNAL_FORGED),
        (Journal("words", ""), Code.JOURNAL_FORGED),
        (Journal("words", str(RING.sign(Purpose.FEED, b"words"))), Code.JOURNAL_FORGED),
        (sign_journal(OTHERS, HERE, "words"), Code.JOURNAL_FOREIGN),
    ],
    ids=["unsigned", "changed", "garbled", "empty", "for another purpose", "foreign"],
)
def test_what_this_ring_has_not_signed_says_whose_move_it_claims(journal: Journal, code: Code) -> None:
    doubt = find_doubt(RING, HERE, journal, record())
    assert doubt is not None
    assert doubt.code is code
    # What others may have written comes last: in a line that is cut it hides nothing else.
    assert str(doubt).endswith("It claims a move of shop/checkout from paris to osaka (VERIFY)")
    assert "`sentinelaura migrations show m1`" in str(doubt)


def test_a_foreign_journal_names_the_key_that_signed_it() -> None:
    foreign = sign_journal(OTHERS, HERE, "words")
    assert foreign.signature is not None
    doubt = find_doubt(RING, HERE, foreign, record())
    assert doubt is not None
    assert doubt["key_id"] == Signature.parse(foreign.signature).key_id


def test_without_a_ring_every_journal_is_foreign() -> None:
    assert code_of(sign_journal(RING, HERE, "words"), ring=None) is Code.JOURNAL_FOREIGN
    assert code_of(Journal("words"), ring=None) is Code.JOURNAL_UNSIGNED
