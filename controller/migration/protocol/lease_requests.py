"""What is asked of the leader of a migration through its source's Lease, and what it answers: signed, and bound. Pure.

Whoever may write the Lease could write such a text, and could copy one. So each is signed by the key ring for where it
belongs: one cluster, Lease and migration, and one holder. A holder's name is made anew with each lead, so that what was
asked of one is nothing to the next; a nonce is obeyed once, and none for longer than `LIFE_S`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Any

from controller.migration.protocol.request_reasons import RequestCode
from controller.migration.protocol.signing import JournalPlace
from oracle.foundation.key_ring import KeyRing, Purpose, Signature
from oracle.foundation.reason import Reason

REQUEST_ANNOTATION = "sentinelaura.io/request"
ANSWER_ANNOTATION = "sentinelaura.io/answer"

#: Longest text of either kind, characters.
MAX_CHARACTERS = 2048
#: For how long a request is obeyed, seconds by the reader's clock: several renewals of a Lease, and some time for two
#: clocks that do not agree.
LIFE_S = 120.0
#: How far ahead the clock of whoever asks may be, seconds.
MAX_SKEW_S = 60.0

_VERSION = 1


class RequestKind(StrEnum):
    """What can be asked. The words stand in Leases and never change."""

    STOP = "stop"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class RequestPlace:
    """Where a request belongs; part of what is signed."""

    lease: JournalPlace
    migration_id: str
    holder: str


@dataclass(frozen=True, slots=True)
class LeaseRequest:
    """One request. `issued_at`: Unix seconds."""

    kind: RequestKind
    nonce: str
    issued_at: float


@dataclass(frozen=True, slots=True)
class LeaseAnswer:
    """What the leader answers to a nonce, and in which phase it was then. `why`: the code of a refusal; empty: none."""

    nonce: str
    phase: str
    why: str = ""


def encode_request(ring: KeyRing, place: RequestPlace, request: LeaseRequest) -> str:
    """Return the text of the annotation."""
    body = {"kind": request.kind.value, "nonce": request.nonce, "issued_at": request.issued_at}
    return _seal(ring, REQUEST_ANNOTATION, place, body)


def judge_request(ring: KeyRing | None, place: RequestPlace, text: str, now: float) -> LeaseRequest | Reason:
    """Return what is asked; or why it is not heard."""
    if ring is None:
        return RequestCode.REQUEST_WITHOUT_RING.because()
    body = _open(ring, REQUEST_ANNOTATION, place, text)
    if body is None:
        return RequestCode.REQUEST_FOREIGN.because()
    try:
        request = LeaseRequest(RequestKind(body["kind"]), str(body["nonce"]), float(body["issued_at"]))
    except (KeyError, TypeError, ValueError):
        return RequestCode.REQUEST_FOREIGN.because()
    if not -MAX_SKEW_S <= now - request.issued_at <= LIFE_S:
        return RequestCode.REQUEST_TOO_OLD.because()
    return request


def encode_answer(ring: KeyRing, place: RequestPlace, answer: LeaseAnswer) -> str:
    """Return the text of the annotation."""
    body = {"nonce": answer.nonce, "phase": answer.phase, "why": answer.why}
    return _seal(ring, ANSWER_ANNOTATION, place, body)


def read_answer(ring: KeyRing, place: RequestPlace, text: str, nonce: str) -> LeaseAnswer | None:
    """Return the leader's answer to this very request; None for anything else."""
    body = _open(ring, ANSWER_ANNOTATION, place, text)
    if body is None or body.get("nonce") != nonce:
        return None
    return LeaseAnswer(nonce, str(body.get("phase")), str(body.get("why")))


def _seal(ring: KeyRing, kind: str, place: RequestPlace, body: Mapping[str, Any]) -> str:
    signature = ring.sign(Purpose.REQUEST, _bind(kind, place, body))
    signed = {"version": _VERSION, "body": body, "signature": str(signature)}
    return json.dumps(signed, separators=(",", ":"))


def _open(ring: KeyRing, kind: str, place: RequestPlace, text: str) -> Mapping[str, Any] | None:
    """Return the body of a text that somebody with our ring has written for this place; None for any other text."""
    if len(text) > MAX_CHARACTERS:
        return None
    try:
        signed = json.loads(text)
        body = signed["body"]
        signature = Signature.parse(signed["signature"])
        message = _bind(kind, place, body)
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    is_ours = signed.get("version") == _VERSION and isinstance(body, dict)
    return body if is_ours and ring.verifies(Purpose.REQUEST, message, signature) else None


def _bind(kind: str, place: RequestPlace, body: Mapping[str, Any]) -> bytes:
    bound = [kind, _VERSION, *astuple(place), body]
    return json.dumps(bound, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()
