"""Names, prices, bindings and points of history as they stand in the store, and back. Pure.

Decoding is strict, because the store may be shared and anything in it may move a fleet.
"""

from __future__ import annotations

import json
import math
import re
import struct
import zlib
from array import array
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any, TypeGuard

import msgspec

from oracle.binding import Binding
from oracle.bounds import MAX_PRICE_DECIMALS
from oracle.errors import QuoteDecodeError
from oracle.market import CapacityType, Offering, OperatingSystem, to_row
from oracle.price_history import PricePoint, PriceSeries
from oracle.quotes import Origin, Playback, PriceMode, make_origin
from oracle.reasons import OracleCode

#: Longest name of a context, region or source. Kubernetes contexts such as full ARNs stay far below.
MAX_NAME_LENGTH = 256
#: What one program may want priced: 100,000 bindings are 10 MB.
MAX_BINDINGS_BYTES = 12 * 2**20
#: Where a line of bindings begins to be long: a server that others use copies and keeps each of them. Those of 100,000
#: take a tenth then.
PACKED_FROM_BYTES = 64 * 2**10
#: Beyond both nobody plays anything, and a date cannot be written.
MAX_SPEED, LATEST_RECORDED_AT = 1e9, 1e10

#: A price in digits, as a pattern.
PRICE = rf"[0-9]{{1,7}}(?:\.[0-9]{{1,{MAX_PRICE_DECIMALS}}})?"
_PRICE = re.compile(PRICE, re.ASCII)
#: Unix seconds and USD per hour.
_POINT = struct.Struct("<dd")
POINT_BYTES = _POINT.size
#: Control characters, those that hide or reorder text, and halves of characters, which are no UTF-8.
_NOT_PLAIN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BINDINGS = msgspec.json.Decoder(list[tuple[str, str, str, str, CapacityType, OperatingSystem, str]])
#: What an offering is called, in the order in which it stands in a line.
LIST_NAMES = attrgetter("provider", "region", "instance_type", "capacity_type", "system", "zone")


def is_possible(playback: Playback) -> bool:
    """Whether a recording can be played like that (a speed of 0 stands still), and its moment be written as a date."""
    return 0 <= playback.speed <= MAX_SPEED and 0 <= playback.recorded_at <= LATEST_RECORDED_AT


def is_storable(binding: Binding) -> bool:
    """Whether a reader would believe a quote of these names. They come from labels, which may hold anything."""
    return is_plain_name(binding.context) and is_plain_offering(binding.offering)


def is_plain_offering(offering: Offering) -> bool:
    """Whether all names of an offering can be shown."""
    names = (offering.provider, offering.region, offering.instance_type)
    return are_plain_names((*names, offering.zone) if offering.zone else names)


@lru_cache(maxsize=4)
def encode_bindings(bindings: frozenset[Binding]) -> bytes:
    """Return bindings as one line, packed where it is long: it is written with each refresh."""
    line = msgspec.json.encode([(binding.context, *LIST_NAMES(binding.offering)) for binding in bindings])
    return line if len(line) < PACKED_FROM_BYTES else zlib.compress(line, 1)


@lru_cache(maxsize=4)
def decode_bindings(line: bytes) -> frozenset[Binding]:
    """Return the storable bindings of a line. Raises: QuoteDecodeError."""
    try:
        rows = _BINDINGS.decode(_unpack_bindings(line))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise QuoteDecodeError(OracleCode.BINDINGS_GARBLED.because()) from error
    bindings = (
        Binding(context, Offering(provider, region, machine, capacity, zone, system))
        for context, provider, region, machine, capacity, system, zone in rows
    )
    return frozenset(filter(is_storable, bindings))


def _unpack_bindings(line: bytes) -> bytes:
    """Return the line as it was before it was packed, if it was. Raises: QuoteDecodeError."""
    if line[:1] == b"[":
        return line
    packed = zlib.decompressobj()
    try:
        unpacked = packed.decompress(line, MAX_BINDINGS_BYTES)
    except zlib.error as error:
        raise QuoteDecodeError(OracleCode.BINDINGS_GARBLED.because()) from error
    if not packed.eof:
        raise QuoteDecodeError(OracleCode.BINDINGS_GARBLED.because())
    return unpacked


def encode_wishes(bindings: frozenset[Binding], expires_at: float) -> bytes:
    """Return what an instance wants priced, with the wall time until which it says so."""
    return b"%a\n%b" % (float(expires_at), encode_bindings(bindings))


def decode_wishes(data: bytes, now: float) -> frozenset[Binding]:
    """Return the storable bindings in `data`, none if they expired before wall time `now`.

    Raises: QuoteDecodeError.
    """
    moment, _, line = data.partition(b"\n")
    try:
        is_over = not now < float(moment)
    except ValueError as error:
        raise QuoteDecodeError(OracleCode.BINDINGS_GARBLED.because()) from error
    return frozenset() if is_over else decode_bindings(line)


def encode_points(points: Iterable[PricePoint]) -> bytes:
    """Return the points of a history, who said them left out: 16 bytes each."""
    numbers = tuple(chain.from_iterable(map(attrgetter("observed_at", "usd_per_hour"), points)))
    return struct.pack(f"<{len(numbers)}d", *numbers)


def decode_points(data: bytes, origin: Origin) -> PriceSeries:
    """Return the points of a history, in any order; numbers that mean nothing are left out."""
    whole = data[: len(data) // POINT_BYTES * POINT_BYTES]
    pairs = [pair for pair in _POINT.iter_unpack(whole) if all(map(math.isfinite, pair)) and pair[1] > 0]
    return PriceSeries(origin, array("d", [at for at, _ in pairs]), array("d", [price for _, price in pairs]))


def encode_origin(point: PricePoint) -> bytes:
    """Return who says a point of a history: `mode source`."""
    origin = point.origin
    assert origin is not None, "what is stored was said by somebody"
    return f"{origin.mode.value} {origin.source}".encode()


def decode_origin(data: bytes) -> Origin:
    """Return who says the points of a history. Raises: QuoteDecodeError."""
    mode, _, source = data[: 8 * MAX_NAME_LENGTH].decode("utf-8", "replace").partition(" ")
    try:
        origin = make_origin(source, PriceMode(mode))
    except ValueError as error:
        raise QuoteDecodeError(OracleCode.ORIGIN_GARBLED.because()) from error
    if not is_plain_name(source):
        raise QuoteDecodeError(OracleCode.ORIGIN_GARBLED.because())
    return origin


def format_price(usd_per_hour: Decimal) -> str:
    """Return a price in plain decimal digits. Raises: ValueError for what cannot be a price."""
    text = format(usd_per_hour, "f")
    if not _PRICE.fullmatch(text):
        raise ValueError(f"{usd_per_hour} is no price that can be stored")
    return text


def format_offering_key(offering: Offering) -> str:
    """Return the offering as part of a key: `provider|region|type|capacity|system|zone`."""
    return "|".join(to_row(offering))


def encode_json(fields: Any) -> bytes:
    """Return the one form of JSON in which a value stands in the store."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _wrong(field: str) -> QuoteDecodeError:
    return QuoteDecodeError(OracleCode.QUOTE_FIELD_WRONG.because(field=field))


def is_plain_name(value: Any) -> TypeGuard[str]:
    """Whether a value is a text that can be shown as a name."""
    return isinstance(value, str) and 0 < len(value) <= MAX_NAME_LENGTH and not _NOT_PLAIN.search(value)


def are_plain_names(values: Sequence[str]) -> bool:
    """Whether all texts can be shown as names: one look at all of them, as there are many."""
    lengths = tuple(map(len, values))
    is_bounded = not lengths or (min(lengths) > 0 and max(lengths) <= MAX_NAME_LENGTH)
    return is_bounded and not _NOT_PLAIN.search("".join(values))


def parse_price(value: Any, field: str) -> Decimal:
    """Return a price that was written by `format_price`. Raises: QuoteDecodeError, which names the field."""
    if not isinstance(value, str) or not _PRICE.fullmatch(value) or Decimal(value) <= 0:
        raise _wrong(field)
    return Decimal(value)


def get_time(fields: dict[str, Any], key: str) -> float:
    """Return a field that holds Unix seconds. Raises: QuoteDecodeError."""
    value = fields.get(key)
    if not isinstance(value, float) or not math.isfinite(value):
        raise _wrong(key)
    return value
