"""Messages of the feed as bytes in the store, in parts that are signed each, and back. Pure.

A part is four lines of text: a head (term, sequence, holder, moment), what the quotes are of, what they cost, and last
who signed all of that: the name of a key and its MAC, or `-`. The MAC also covers the prefix of the store's keys, so
that nothing can be carried from one fleet into another that shares the server and the ring.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from oracle.errors import QuoteDecodeError
from oracle.foundation.key_ring import KeyRing, Purpose, Signature
from oracle.reasons import OracleCode
from oracle.store import codec
from oracle.store.base import FeedLease, FeedMessage
from oracle.store.columns import (
    MAX_NAMES_BYTES,
    PART_QUOTES,
    NameCache,
    decode_columns,
    encode_columns,
    name_quotes,
)

#: Written into each head; a reader refuses what it does not know.
MESSAGE_VERSION = 3
MAX_HEAD_BYTES = 4096
#: The names, and as much again for what they cost.
MAX_PART_BYTES = 2 * MAX_NAMES_BYTES
MAX_HOLDER_LENGTH = 512
#: What both kinds of numbers that count stay below: a script of the server counts in floating point.
MAX_COUNT = 2**53

_LABEL = b"sentinelaura feed 1"
_UNSIGNED = b"-"


def encode_parts(
    message: FeedMessage, prefix: str, ring: KeyRing | None, cache: NameCache
) -> Iterator[bytes]:
    """Yield a message in parts, each signed with the ring where there is one; none where it has no quotes."""
    head = _encode_head(message)
    known = message.on_demand or (None,) * len(message.quotes)
    for number, start in enumerate(range(0, len(message.quotes), PART_QUOTES)):
        quotes, on_demand = message.quotes[start : start + PART_QUOTES], known[start : start + PART_QUOTES]
        names = cache.encode(number, name_quotes(quotes, on_demand))
        body = b"\n".join((head, names, encode_columns(quotes)))
        yield body + b"\n" + _sign(body, prefix, ring)


def decode_part(data: bytes, prefix: str, ring: KeyRing | None, cache: NameCache) -> FeedMessage:
    """Return what a part says.

    Raises: QuoteDecodeError for what is no part, or was not signed by the key of our ring that it names.
    """
    if len(data) > MAX_PART_BYTES:
        raise _garbled("length")
    body, found, last = data.rpartition(b"\n")
    if not found:
        raise _garbled("end")
    signature = _decode_signature(last)
    is_signed = _is_ours(body, signature, prefix, ring)
    lines = body.split(b"\n")
    if len(lines) != 3:
        raise _garbled("number of lines")
    names = cache.decode(lines[1])
    return replace(
        _decode_head(lines[0]),
        quotes=decode_columns(lines[2], names),
        on_demand=names.on_demand,
        key_id=None if signature is None else signature.key_id,
        is_signed=is_signed,
    )


def _encode_head(message: FeedMessage) -> bytes:
    return codec.encode_json(
        {
            "holder": message.lease.holder,
            "published_at": float(message.published_at),
            "sequence": message.sequence,
            "term": message.lease.term,
            "version": MESSAGE_VERSION,
        }
    )


def _sign(body: bytes, prefix: str, ring: KeyRing | None) -> bytes:
    return _UNSIGNED if ring is None else str(ring.sign(Purpose.FEED, _name_fleet(body, prefix))).encode()


def _name_fleet(body: bytes, prefix: str) -> bytes:
    return b"\n".join((_LABEL, prefix.encode(), body))


def _decode_signature(line: bytes) -> Signature | None:
    if line == _UNSIGNED:
        return None
    try:
        return Signature.parse(line.decode("ascii"))
    except ValueError:
        raise _garbled("signature") from None


def _is_ours(body: bytes, signature: Signature | None, prefix: str, ring: KeyRing | None) -> bool:
    """Whether our ring has signed it. Raises: QuoteDecodeError where it only says so."""
    if signature is None or ring is None or not ring.knows(signature.key_id):
        return False
    if not ring.verifies(Purpose.FEED, _name_fleet(body, prefix), signature):
        raise QuoteDecodeError(OracleCode.MESSAGE_FORGED.because(key_id=signature.key_id))
    return True


def _decode_head(line: bytes) -> FeedMessage:
    if len(line) > MAX_HEAD_BYTES:
        raise _garbled("head")
    fields = _load_json(line, "head")
    if not isinstance(fields, dict) or fields.get("version") != MESSAGE_VERSION:
        raise _garbled("head")
    holder = fields.get("holder")
    if not isinstance(holder, str) or not 0 < len(holder) <= MAX_HOLDER_LENGTH:
        raise _garbled("holder")
    lease = FeedLease(holder, _get_count(fields, "term"))
    return FeedMessage(lease, _get_count(fields, "sequence"), codec.get_time(fields, "published_at"), ())


def _get_count(fields: dict[str, Any], key: str) -> int:
    value = fields.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < MAX_COUNT:
        raise _garbled(key)
    return value


def _load_json(line: bytes, part: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _garbled(part) from error


def _garbled(part: str) -> QuoteDecodeError:
    return QuoteDecodeError(OracleCode.MESSAGE_GARBLED.because(part=part))
