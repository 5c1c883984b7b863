"""Quotes and bindings as bytes in the store, and back. Pure.

A quote is canonical JSON: sorted keys, no blanks, price as decimal text. Decoding is strict, because the
store may be shared and anything in it may move a fleet: bytes that are not exactly what encoding the decoded
quote would give are refused, which rules out repeated keys, other spellings of a number and unknown fields in
one comparison.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, TypeGuard

from oracle.binding import Binding
from oracle.bounds import MAX_LIFE_S, MAX_PRICE_DECIMALS
from oracle.errors import QuoteDecodeError
from oracle.market import CapacityType, Offering
from oracle.price_history import PricePoint
from oracle.quotes import Playback, PriceMode, Quote, make_origin
from oracle.reasons import OracleCode

#: Written into each value; a reader refuses what it does not know.
FORMAT_VERSION = 2
#: Longest name of a context, region or source. Kubernetes contexts such as full ARNs stay far below.
MAX_NAME_LENGTH = 256
#: A quote takes about 300 bytes; more is no quote.
MAX_QUOTE_BYTES = 4096
#: The same for a point of a history: two numbers, a mode and a name of four bytes a character.
MAX_POINT_BYTES = 1200

#: Beyond both nobody plays anything, and a date cannot be written.
MAX_SPEED, LATEST_RECORDED_AT = 1e9, 1e10

_PRICE = re.compile(rf"[0-9]{{1,7}}(\.[0-9]{{1,{MAX_PRICE_DECIMALS}}})?", re.ASCII)
#: Control characters, those that hide or reorder text, and halves of characters, which are no UTF-8.
_NOT_PLAIN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def encode_quote(quote: Quote) -> bytes:
    """Return the canonical JSON of a quote, one line of ASCII."""
    fields = {
        "capacity_type": quote.offering.capacity_type.value,
        "confirmed_at": float(quote.confirmed_at),
        "context": quote.context,
        "deadline": float(quote.deadline),
        "in_force_since": float(quote.in_force_since),
        "instance_type": quote.offering.instance_type,
        "mode": quote.mode.value,
        "playback": None if quote.playback is None else _to_numbers(quote.playback),
        "provider": quote.offering.provider,
        "region": quote.offering.region,
        "source": quote.source,
        "usd_per_hour": format_price(quote.usd_per_hour),
        "version": FORMAT_VERSION,
    }
    return encode_json(fields)


def decode_quote(data: bytes) -> Quote:
    """Return the quote in `data`. Raises: QuoteDecodeError for anything but our own canonical form."""
    fields = _decode_fields(data)
    quote = Quote(
        context=_get_name(fields, "context"),
        offering=_decode_offering(fields),
        usd_per_hour=_get_price(fields, "usd_per_hour"),
        in_force_since=get_time(fields, "in_force_since"),
        confirmed_at=get_time(fields, "confirmed_at"),
        deadline=get_time(fields, "deadline"),
        source=_get_name(fields, "source"),
        mode=_get_mode(fields),
        playback=_get_playback(fields),
    )
    if not 0 < quote.deadline - quote.confirmed_at <= MAX_LIFE_S:
        raise QuoteDecodeError(OracleCode.QUOTE_LIFE_WRONG.because())
    if (quote.mode is PriceMode.RECORDED) != (quote.playback is not None):
        raise QuoteDecodeError(OracleCode.QUOTE_CLOCK_WRONG.because())
    if fields.get("version") != FORMAT_VERSION or encode_quote(quote) != data:
        raise QuoteDecodeError(OracleCode.QUOTE_NOT_CANONICAL.because(version=FORMAT_VERSION))
    return quote


def is_storable(binding: Binding) -> bool:
    """Whether a reader would believe a quote of these names. They come from labels, which may hold anything."""
    return all(map(is_plain_name, (binding.context, *to_row(binding.offering))))


def encode_bindings(bindings: Iterable[Binding], expires_at: float) -> bytes:
    """Return what an instance wants priced, with the wall time until which it says so."""
    rows = [[binding.context, *to_row(binding.offering)] for binding in sorted(bindings)]
    return encode_json({"bindings": rows, "expires_at": float(expires_at)})


def decode_bindings(data: bytes, now: float) -> frozenset[Binding]:
    """Return the storable bindings in `data`, none if they expired before wall time `now`.

    Raises: QuoteDecodeError.
    """
    try:
        fields = json.loads(data)
        if not now < get_time(fields, "expires_at"):
            return frozenset()
        bindings = (
            Binding(context, Offering(provider, region, instance_type, CapacityType(capacity)))
            for context, provider, region, instance_type, capacity in fields["bindings"]
        )
        return frozenset(filter(is_storable, bindings))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise QuoteDecodeError(OracleCode.BINDINGS_GARBLED.because()) from error


def encode_point(point: PricePoint) -> bytes:
    """Return one history point as `time price mode source`."""
    assert point.origin is not None, "what is stored was said by somebody"
    said = f"{point.origin.mode.value} {point.origin.source}"
    return f"{float(point.observed_at)!r} {format_price(point.usd_per_hour)} {said}".encode()


def decode_point(data: bytes) -> PricePoint:
    """Return the history point in `data`. Raises: QuoteDecodeError."""
    cells = data[:MAX_POINT_BYTES].decode("utf-8", "replace").split(" ", 3)
    try:
        time_text, price_text, mode, source = cells
        observed_at, origin = float(time_text), make_origin(source, PriceMode(mode))
    except ValueError as error:
        raise QuoteDecodeError(OracleCode.POINT_GARBLED.because()) from error
    if not math.isfinite(observed_at) or not _PRICE.fullmatch(price_text):
        raise QuoteDecodeError(OracleCode.POINT_GARBLED.because())
    if not source or len(source) > MAX_NAME_LENGTH or _NOT_PLAIN.search(source):
        raise QuoteDecodeError(OracleCode.POINT_WITHOUT_SOURCE.because())
    return PricePoint(observed_at, Decimal(price_text), origin)


def format_price(usd_per_hour: Decimal) -> str:
    """Return a price in plain decimal digits. Raises: ValueError for what cannot be a price."""
    text = format(usd_per_hour, "f")
    if not _PRICE.fullmatch(text):
        raise ValueError(f"{usd_per_hour} is no price that can be stored")
    return text


def format_offering_key(offering: Offering) -> str:
    """Return the offering as part of a key: `provider|region|type|capacity`."""
    return "|".join(to_row(offering))


def to_row(offering: Offering) -> list[str]:
    """Return an offering as a row of JSON."""
    return [offering.provider, offering.region, offering.instance_type, offering.capacity_type.value]


def encode_json(fields: Any) -> bytes:
    """Return the one form of JSON in which a value stands in the store."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _decode_fields(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_QUOTE_BYTES:
        raise QuoteDecodeError(OracleCode.QUOTE_TOO_LONG.because(limit=MAX_QUOTE_BYTES))
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise QuoteDecodeError(OracleCode.QUOTE_NOT_JSON.because()) from error
    if not isinstance(fields, dict):
        raise QuoteDecodeError(OracleCode.QUOTE_NOT_JSON.because())
    return fields


def _decode_offering(fields: dict[str, Any]) -> Offering:
    try:
        capacity_type = CapacityType(_get_name(fields, "capacity_type"))
    except ValueError as error:
        raise QuoteDecodeError(OracleCode.QUOTE_FIELD_WRONG.because(field="capacity_type")) from error
    return Offering(
        _get_name(fields, "provider"),
        _get_name(fields, "region"),
        _get_name(fields, "instance_type"),
        capacity_type,
    )


def _to_numbers(playback: Playback) -> dict[str, float]:
    return {"recorded_at": float(playback.recorded_at), "speed": float(playback.speed)}


def _get_mode(fields: dict[str, Any]) -> PriceMode:
    try:
        return PriceMode(_get_name(fields, "mode"))
    except ValueError as error:
        raise QuoteDecodeError(OracleCode.QUOTE_FIELD_WRONG.because(field="mode")) from error


def _get_playback(fields: dict[str, Any]) -> Playback | None:
    value = fields.get("playback")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise QuoteDecodeError(OracleCode.QUOTE_FIELD_WRONG.because(field="playback"))
    playback = Playback(get_time(value, "recorded_at"), get_time(value, "speed"))
    if not 0 < playback.speed <= MAX_SPEED or not 0 <= playback.recorded_at <= LATEST_RECORDED_AT:
        raise QuoteDecodeError(OracleCode.QUOTE_FIELD_WRONG.because(field="playback"))
    return playback


def _get_name(fields: dict[str, Any], key: str) -> str:
    value = fields.get(key)
    if not is_plain_name(value):
        raise QuoteDecodeError(OracleCode.QUOTE_FIELD_WRONG.because(field=key))
    return value


def is_plain_name(value: Any) -> TypeGuard[str]:
    """Whether a value is a text that can be shown as a name."""
    return isinstance(value, str) and 0 < len(value) <= MAX_NAME_LENGTH and not _NOT_PLAIN.search(value)


def _get_price(fields: dict[str, Any], key: str) -> Decimal:
    return parse_price(fields.get(key), key)


def parse_price(value: Any, field: str) -> Decimal:
    """Return a price that was written by `format_price`. Raises: QuoteDecodeError, which names the field."""
    if not isinstance(value, str) or not _PRICE.fullmatch(value) or Decimal(value) <= 0:
        raise QuoteDecodeError(OracleCode.QUOTE_FIELD_WRONG.because(field=field))
    return Decimal(value)


def get_time(fields: dict[str, Any], key: str) -> float:
    """Return a field that holds Unix seconds. Raises: QuoteDecodeError."""
    value = fields.get(key)
    if not isinstance(value, float) or not math.isfinite(value):
        raise QuoteDecodeError(OracleCode.QUOTE_FIELD_WRONG.because(field=key))
    return value
