"""The key ring of an installation: what everything that it signs is signed with. Pure.

A ring has one key that signs and, while keys are being rotated, the one before, which is still accepted. Nothing is
ever signed with a key of the ring itself: each purpose has one of its own that follows from it (HKDF, RFC 5869, with
SHA-256), so that what is signed for one purpose means nothing for another, and one that gets out gives away no other.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

KEY_BYTES = 32
#: The one that signs and the one before.
MAX_KEYS = 2

#: Of HKDF; says whose keys these are.
_SALT = b"sentinelaura key ring 1"
#: What a line of a ring's file begins with.
_WORD = "key"
_COMMENT = "#"
_SIGNATURE = re.compile(r"([0-9a-f]{16}) ([0-9a-f]{64})", re.ASCII)
_HEADING = """\
# The key ring of SentinelAura. Whoever reads this file can sign in the name of this installation.
# The first key signs; a second one, the one before, is still accepted.
"""


class Purpose(StrEnum):
    """What is signed. A value is part of every key that follows, and never changes."""

    FEED = "feed"
    JOURNAL = "journal"
    LEDGER = "ledger"
    REQUEST = "request"


class RingGarbled(Exception):
    """A text is no key ring. `line` counts from 1; None is the whole text. Nothing of the text is repeated."""

    def __init__(self, line: int | None) -> None:
        self.line = line
        super().__init__("no key ring" if line is None else f"no key of a ring in line {line}")


@dataclass(frozen=True, slots=True)
class RingKey:
    """One key of a ring."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """What the key is called; it follows from the key, and the key does not follow from it."""
        return derive_key(self.secret, _SALT, b"id")[:8].hex()

    def derive(self, purpose: Purpose) -> bytes:
        """Return the key of one purpose."""
        return derive_key(self.secret, _SALT, b"purpose " + purpose.encode())


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed, and what comes of it."""

    key_id: str
    mac: bytes

    def __str__(self) -> str:
        return f"{self.key_id} {self.mac.hex()}"

    @classmethod
    def parse(cls, text: str) -> Signature:
        """Parse what `str` writes. Raises: ValueError for anything else."""
        match = _SIGNATURE.fullmatch(text)
        if match is None:
            raise ValueError("no signature")
        return cls(match[1], bytes.fromhex(match[2]))


@dataclass(frozen=True, slots=True)
class KeyRing:
    """One or two keys; the first one signs."""

    keys: tuple[RingKey, ...]

    def sign(self, purpose: Purpose, message: bytes) -> Signature:
        """Sign a message with the newest key."""
        key = self.keys[0]
        return Signature(key.id, hmac.digest(key.derive(purpose), message, sha256))

    def knows(self, key_id: str) -> bool:
        """Whether a key of this name is in the ring."""
        return any(key.id == key_id for key in self.keys)

    def verifies(self, purpose: Purpose, message: bytes, signature: Signature) -> bool:
        """Whether a key of this ring has signed this very message for this purpose."""
        return any(
            hmac.compare_digest(hmac.digest(key.derive(purpose), message, sha256), signature.mac)
            for key in self.keys
            if key.id == signature.key_id
        )

    def rotate(self, secret: bytes) -> KeyRing:
        """Return the ring in which a new key signs and the one that did is still accepted; one before that is not."""
        return KeyRing((RingKey(secret), self.keys[0]))

    def is_related(self, other: KeyRing) -> bool:
        """Whether the two have a key in common, so that one is a later state of the other."""
        return any(other.knows(key.id) for key in self.keys)


class RingHolder(Protocol):
    """Where an installation has its ring. Both raise KeyRingError where there is one that may not be used."""

    def find(self) -> KeyRing | None:
        """Return the ring; None where there is none yet."""

    def require(self) -> KeyRing:
        """Return the ring, and make one first where there is none yet."""


@dataclass(frozen=True, slots=True)
class FixedRing:
    """A ring in memory: nobody else has it, and it ends with the process."""

    ring: KeyRing

    def find(self) -> KeyRing:
        """Return the ring."""
        return self.ring

    def require(self) -> KeyRing:
        """Return the ring."""
        return self.ring


def derive_key(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """Return the first 32 bytes of HKDF-SHA-256 (RFC 5869): its extraction, and one step of its expansion."""
    extracted = hmac.digest(salt, secret, sha256)
    return hmac.digest(extracted, info + b"\x01", sha256)


def format_ring(ring: KeyRing) -> str:
    """Return the ring as its file holds it: a line for each key, with its name, which also shows a slip of a pen."""
    lines = (f"{_WORD} {key.id} {key.secret.hex()}\n" for key in ring.keys)
    return _HEADING + "".join(lines)


def parse_ring(text: str) -> KeyRing:
    """Return the ring in a text. Raises: RingGarbled."""
    keys: list[RingKey] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.startswith(_COMMENT):
            keys.append(_parse_key(line, number))
    if not 1 <= len(keys) <= MAX_KEYS or len(set(keys)) != len(keys):
        raise RingGarbled(None)
    return KeyRing(tuple(keys))


def _parse_key(line: str, number: int) -> RingKey:
    try:
        word, name, digits = line.split()
        key = RingKey(bytes.fromhex(digits))
    except ValueError:
        raise RingGarbled(number) from None  # the error would repeat the digits
    if word != _WORD or len(key.secret) != KEY_BYTES or key.id != name:
        raise RingGarbled(number)
    return key
