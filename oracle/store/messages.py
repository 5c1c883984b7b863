"""Messages of the feed as bytes in the store, in parts that are signed each, and back. Pure.

A part is lines of ASCII: a head (term, sequence, holder, moment), what the machines cost on demand, one quote a line,
and last who signed all of that: the name of a key and its MAC, or `-`. The MAC also covers the prefix of the store's
keys, so that nothing can be carried from one fleet into another that shares the server and the ring.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from oracle.errors import QuoteDecodeError
from oracle.foundation.key_ring import KeyRing, Purpose, Signature
from oracle.foundation.reason import Reason
from oracle.market import CapacityType, Offering
from oracle.quotes import Quote
from oracle.reasons import OracleCode
from oracle.store import codec
from oracle.store.base import FeedLease, FeedMessage

#: Written into each head; a reader refuses what it does not know.
MESSAGE_VERSION = 1
#: Quotes of one part: some 60 kB.
PART_QUOTES = 200
MAX_PART_BYTES = 2 * PART_QUOTES * codec.MAX_QUOTE_BYTES
MAX_HEAD_BYTES = 4096
MAX_HOLDER_LENGTH = 512
#: What both kinds of numbers that count stay below: a script of the server counts in floating point.
MAX_COUNT = 2**53

_LABEL = b"sentinelaura feed 1"
_UNSIGNED = b"-"
_SIGNED = re.compile(rb"([0-9a-f]{16}) ([0-9a-f]{64})")


def encode_parts(message: FeedMessage, prefix: str, ring: KeyRing | None) -> tuple[bytes, ...]:
    """Return a message in parts, each signed with the ring where there is one; none where it has no quotes."""
    return tuple(_encode_part(part, prefix, ring) for part in _split(message))


def decode_part(data: bytes, prefix: str, ring: KeyRing | None) -> tuple[FeedMessage, tuple[Reason, ...]]:
    """Return what a part says, and why some of its lines are no quotes.

    Raises: QuoteDecodeError for what is no part, or was not signed by the key of our ring that it names.
    """
    if len(data) > MAX_PART_BYTES:
        raise _garbled("length")
    body, found, last = data.rpartition(b"\n")
    if not found:
        raise _garbled("end")
    signature = _decode_signature(last)
    is_signed = _is_ours(body, signature, prefix, ring)
    head, _, rest = body.partition(b"\n")
    on_demand, _, lines = rest.partition(b"\n")
    quotes, garbled = _decode_quotes(lines.split(b"\n") if lines else [])
    message = replace(
        _decode_head(head),
        quotes=quotes,
        on_demand=_decode_on_demand(on_demand),
        key_id=None if signature is None else signature.key_id,
        is_signed=is_signed,
    )
    return message, garbled


def _split(message: FeedMessage) -> Iterator[FeedMessage]:
    for start in range(0, len(message.quotes), PART_QUOTES):
        quotes = message.quotes[start : start + PART_QUOTES]
        known = {quote.offering for quote in quotes} & message.on_demand.keys()
        yield replace(message, quotes=quotes, on_demand={one: message.on_demand[one] for one in known})


def _encode_part(part: FeedMessage, prefix: str, ring: KeyRing | None) -> bytes:
    head = {
        "holder": part.lease.holder,
        "published_at": float(part.published_at),
        "sequence": part.sequence,
        "term": part.lease.term,
        "version": MESSAGE_VERSION,
    }
    rows = sorted([*codec.to_row(one), codec.format_price(price)] for one, price in part.on_demand.items())
    lines = (codec.encode_json(head), codec.encode_json(rows), *map(codec.encode_quote, part.quotes))
    body = b"\n".join(lines)
    if ring is None:
        return body + b"\n" + _UNSIGNED
    signature = ring.sign(Purpose.FEED, _name_fleet(body, prefix))
    return body + b"\n" + f"{signature.key_id} {signature.mac.hex()}".encode()


def _name_fleet(body: bytes, prefix: str) -> bytes:
    return b"\n".join((_LABEL, prefix.encode(), body))


def _decode_signature(line: bytes) -> Signature | None:
    if line == _UNSIGNED:
        return None
    match = _SIGNED.fullmatch(line)
    if match is None:
        raise _garbled("signature")
    return Signature(match[1].decode(), bytes.fromhex(match[2].decode()))


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


def _decode_on_demand(line: bytes) -> Mapping[Offering, Decimal]:
    rows = _load_json(line, "on-demand prices")
    if not isinstance(rows, list) or len(rows) > PART_QUOTES:
        raise _garbled("on-demand prices")
    return dict(map(_decode_row, rows))


def _decode_row(row: Any) -> tuple[Offering, Decimal]:
    try:
        *names, capacity, price = row
        provider, region, instance_type = filter(codec.is_plain_name, names)
        offering = Offering(provider, region, instance_type, CapacityType(capacity))
    except (TypeError, ValueError) as error:
        raise _garbled("on-demand prices") from error
    return offering, codec.parse_price(price, "on_demand")


def _decode_quotes(lines: list[bytes]) -> tuple[tuple[Quote, ...], tuple[Reason, ...]]:
    if len(lines) > PART_QUOTES:
        raise _garbled("number of quotes")
    quotes: list[Quote] = []
    garbled: list[Reason] = []
    for line in lines:
        try:
            quotes.append(codec.decode_quote(line))
        except QuoteDecodeError as error:
            garbled.append(error.reason)
    return tuple(quotes), tuple(garbled)


def _load_json(line: bytes, part: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _garbled(part) from error


def _garbled(part: str) -> QuoteDecodeError:
    return QuoteDecodeError(OracleCode.MESSAGE_GARBLED.because(part=part))
