"""A request counts where it belongs, for as long as it lives, and by the words that were signed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from controller.migration.protocol.lease_requests import (
    LIFE_S,
    MAX_CHARACTERS,
    MAX_SKEW_S,
    LeaseAnswer,
    LeaseRequest,
    RequestKind,
    RequestPlace,
    encode_answer,
    encode_request,
    judge_request,
    read_answer,
)
from controller.migration.protocol.request_reasons import RequestCode
from controller.migration.protocol.signing import JournalPlace
from oracle.foundation.key_ring import KeyRing, Purpose, RingKey
from oracle.foundation.reason import Reason, ReasonCode

NOW = 1_790_000_000.0
RING = KeyRing((RingKey(b"r" * 32),))
HERE = RequestPlace(JournalPlace("uid", "shop", "sentinelaura-1"), "m1", "holder-1")
REQUEST = LeaseRequest(RequestKind.STOP, "n1", NOW)


def judge(text: str, now: float = NOW, place: RequestPlace = HERE) -> LeaseRequest | ReasonCode:
    judged = judge_request(RING, place, text, now)
    return judged.code if isinstance(judged, Reason) else judged


def change(text: str, **fields: Any) -> str:
    return json.dumps({**json.loads(text), **fields})


def test_a_request_is_read_as_it_was_written() -> None:
    for kind in RequestKind:
        request = replace(REQUEST, kind=kind)
        assert judge(encode_request(RING, HERE, request)) == request


ELSEWHERE = [
    *(
        replace(HERE, lease=replace(HERE.lease, **{name: "other"}))
        for name in ("cluster_uid", "namespace", "lease")
    ),
    replace(HERE, migration_id="other"),
    replace(HERE, holder="other"),
]


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_a_request_for_another_place_is_foreign(elsewhere: RequestPlace) -> None:
    assert judge(encode_request(RING, elsewhere, REQUEST)) is RequestCode.REQUEST_FOREIGN


def test_another_rings_request_is_foreign_and_that_of_the_key_before_is_not() -> None:
    text = encode_request(KeyRing((RingKey(b"o" * 32),)), HERE, REQUEST)
    assert judge(text) is RequestCode.REQUEST_FOREIGN
    rotated = RING.rotate(b"n" * 32)
    assert judge_request(rotated, HERE, encode_request(RING, HERE, REQUEST), NOW) == REQUEST


def test_without_a_ring_nothing_is_heard() -> None:
    judged = judge_request(None, HERE, encode_request(RING, HERE, REQUEST), NOW)
    assert judged == RequestCode.REQUEST_WITHOUT_RING.because()


@pytest.mark.parametrize(
    ("age_s", "is_heard"),
    [(LIFE_S, True), (LIFE_S + 1, False), (-MAX_SKEW_S, True), (-MAX_SKEW_S - 1, False)],
)
def test_a_request_is_heard_while_it_lives(age_s: float, is_heard: bool) -> None:
    judged = judge(encode_request(RING, HERE, REQUEST), NOW + age_s)
    assert judged == (REQUEST if is_heard else RequestCode.REQUEST_TOO_OLD)


BODY = {"kind": "cancel", "nonce": "n1", "issued_at": NOW}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "stop",
        "[]",
        "{}",
        "[" * 2000,
        change(encode_request(RING, HERE, REQUEST), version=2),
        change(encode_request(RING, HERE, REQUEST), body=BODY),
        change(encode_request(RING, HERE, REQUEST), body=[]),
        change(encode_request(RING, HERE, REQUEST), signature="0011223344556677 00"),
        change(encode_request(RING, HERE, REQUEST), signature="no signature"),
        change(encode_request(RING, HERE, REQUEST), signature=7),
        encode_request(RING, HERE, REQUEST).ljust(MAX_CHARACTERS + 1),
        encode_answer(RING, HERE, LeaseAnswer("n1", "SETTLE")),
    ],
)
def test_what_nobody_with_the_ring_has_asked_is_foreign(text: str) -> None:
    assert judge(text) is RequestCode.REQUEST_FOREIGN


def test_a_signed_text_that_asks_nothing_known_is_foreign() -> None:
    text = encode_request(RING, HERE, replace(REQUEST, kind=_Word("start")))  # type: ignore[arg-type]
    assert judge(text) is RequestCode.REQUEST_FOREIGN


class _Word:
    def __init__(self, value: str) -> None:
        self.value = value


def test_what_was_signed_for_another_purpose_asks_nothing() -> None:
    text = encode_request(RING, HERE, REQUEST)
    message = json.dumps(["sentinelaura.io/request", 1], separators=(",", ":")).encode()
    signature = RING.sign(Purpose.LEDGER, message)
    assert judge(change(text, signature=str(signature))) is RequestCode.REQUEST_FOREIGN


def test_an_answer_is_that_to_the_very_request() -> None:
    answer = LeaseAnswer("n1", "SETTLE", "not_armed")
    text = encode_answer(RING, HERE, answer)
    assert read_answer(RING, HERE, text, "n1") == answer
    assert read_answer(RING, HERE, text, "n2") is None
    assert read_answer(RING, replace(HERE, holder="other"), text, "n1") is None
    assert read_answer(RING, HERE, encode_request(RING, HERE, REQUEST), "n1") is None


SIGNED = (
    '{"version":1,"body":{"kind":"stop","nonce":"n1","issued_at":1790000000.0},"signature":"c28c5ea44ce628dc '
    '11a443a61bb5cc22af2db86549a546cd47a977790869c3e5ab915670687d3ada"}'
)


def test_what_is_signed_stays_the_same_so_that_programs_of_every_age_hear_one_another() -> None:
    assert encode_request(RING, HERE, REQUEST) == SIGNED
    reordered = dict(reversed(json.loads(SIGNED)["body"].items()))
    assert judge(change(SIGNED, body=reordered)) == REQUEST


def test_a_text_of_the_longest_length_is_read() -> None:
    assert judge(SIGNED.ljust(MAX_CHARACTERS)) == REQUEST


def test_what_is_no_number_is_not_signed() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode_request(RING, HERE, replace(REQUEST, issued_at=float("nan")))
