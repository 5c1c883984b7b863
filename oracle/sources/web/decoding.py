"""What a service sent, as typed values. Pure. Unknown fields are passed over; what is not as documented is refused.

Of a list, each item is judged by itself (`decode_each`): one that is garbled is left out and counted, and the others
hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from oracle.errors import SourceUnavailable
from oracle.reasons import OracleCode

T = TypeVar("T")


def decode(body: bytes, shape: type[T], host: str) -> T:
    """Return the JSON in `body` as `shape`. Raises: SourceUnavailable."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise garbled(host, str(error)) from error


def garbled(host: str, fault: str) -> SourceUnavailable:
    """Return the error for an answer that is not what is documented."""
    return SourceUnavailable(OracleCode.WEB_GARBLED.because(host=host, fault=fault))


def decode_each(raws: Iterable[msgspec.Raw], shape: type[T]) -> tuple[tuple[T, ...], int]:
    """Return the items that are of `shape`, and how many are not."""
    decoder = msgspec.json.Decoder(shape)
    items: list[T] = []
    count = 0
    for raw in raws:
        try:
            items.append(decoder.decode(raw))
        except (msgspec.MsgspecError, RecursionError, ValueError):
            count += 1
    return tuple(items), count
