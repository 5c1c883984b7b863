"""The keyed chain over all entries: whoever lacks the key can change, remove, add or reorder none unseen. Pure.

Each entry carries HMAC-SHA256 over the one before it and all of its own columns. The chain begins at a signed anchor,
which pruning moves on in place of what it removes, and ends at a signed head, which is written in the same transaction
as the newest entry. What no chain inside a file can show: that the whole file was replaced by an older copy of itself,
or its tail and its head together by an older state of both. For that, a head noted elsewhere is looked for
(`find_head`).
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from controller.reasons import Code
from oracle.foundation.reason import Reason

#: Hex digits of a head's MAC that a person notes: 64 bits, which nobody hits by chance.
NOTED_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Entry:
    """One row as it stands in the database. `at` is in Unix seconds, `writer` the process that saw it."""

    sequence: int
    at: float
    writer: str
    kind: str
    body: bytes
    mac: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """A signed place in the chain: the anchor before its first entry, or the head at its newest one.

    `mac` is that of the entry `sequence`; `signature` covers both.
    """

    sequence: int
    mac: bytes
    signature: bytes

    @property
    def noted(self) -> str:
        """The place in the form that a person notes: SEQUENCE:MAC."""
        return f"{self.sequence}:{self.mac.hex()[:NOTED_DIGITS]}"


@dataclass(frozen=True, slots=True)
class Verified:
    """A chain in which all fits. `reason`, `count`: what was found up to where it no longer fits."""

    count: int
    reason: Reason | None = None


def sign_anchor(key: bytes, sequence: int, mac: bytes) -> Mark:
    """Return the anchor that stands for everything up to `sequence`."""
    return Mark(sequence, mac, _sign(key, b"anchor", sequence, mac))


def sign_head(key: bytes, sequence: int, mac: bytes) -> Mark:
    """Return the head over the newest entry."""
    return Mark(sequence, mac, _sign(key, b"head", sequence, mac))


def is_anchor(key: bytes, mark: Mark) -> bool:
    """Whether this key signed it as an anchor."""
    return hmac.compare_digest(mark.signature, _sign(key, b"anchor", mark.sequence, mark.mac))


def is_head(key: bytes, mark: Mark) -> bool:
    """Whether this key signed it as a head."""
    return hmac.compare_digest(mark.signature, _sign(key, b"head", mark.sequence, mark.mac))


def compute_mac(
    key: bytes, previous: bytes, sequence: int, at: float, writer: str, kind: str, body: bytes
) -> bytes:
    """Return the MAC of an entry that follows the one whose MAC is `previous`."""
    parts = (previous, struct.pack(">qd", sequence, at), writer.encode(), kind.encode(), body)
    return hmac.digest(
        key, b"entry" + b"".join(struct.pack(">I", len(part)) + part for part in parts), sha256
    )


def verify_chain(key: bytes, anchor: Mark, head: Mark, entries: Iterable[Entry]) -> Verified:
    """Follow the chain from the anchor to the head; stops at the first thing that does not fit."""
    if not is_anchor(key, anchor):
        return Verified(0, Code.LEDGER_ANCHOR_FORGED.because(sequence=anchor.sequence + 1))
    count, last = 0, anchor.sequence
    previous = anchor.mac
    for entry in entries:
        if entry.sequence != last + 1:
            missing = Code.LEDGER_ENTRIES_MISSING.because(sequence=entry.sequence, expected=last + 1)
            return Verified(count, missing)
        mac = compute_mac(key, previous, entry.sequence, entry.at, entry.writer, entry.kind, entry.body)
        if not hmac.compare_digest(mac, entry.mac):
            return Verified(count, Code.LEDGER_ENTRY_CHANGED.because(sequence=entry.sequence))
        count, last, previous = count + 1, entry.sequence, mac
    return Verified(count, _judge_end(key, head, last, previous))


def find_head(entries: Iterable[Entry], anchor: Mark, noted: str) -> Reason | None:
    """Say whether a chain no longer holds a head that was noted as SEQUENCE:MAC; None where it does."""
    places = ((entry.sequence, entry.mac) for entry in entries)
    is_held = any(Mark(sequence, mac, b"").noted == noted for sequence, mac in places)
    return None if is_held or anchor.noted == noted else Code.LEDGER_HEAD_UNKNOWN.because(head=noted)


def _judge_end(key: bytes, head: Mark, last: int, mac: bytes) -> Reason | None:
    if not is_head(key, head):
        return Code.LEDGER_HEAD_FORGED.because()
    if last < head.sequence:
        return Code.LEDGER_NEWEST_MISSING.because(last=last, expected=head.sequence)
    return None if (last, mac) == (head.sequence, head.mac) else Code.LEDGER_HEAD_FORGED.because()


def _sign(key: bytes, purpose: bytes, sequence: int, mac: bytes) -> bytes:
    return hmac.digest(key, purpose + struct.pack(">q", sequence) + mac, sha256)
