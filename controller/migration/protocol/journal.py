"""The journal as the annotation of a Lease holds it: JSON, versioned, under 8 KiB, decoded strictly. Pure.

Strict means: unknown or missing keys, wrong types and non-finite numbers are errors. A journal that this
program does not understand completely is left alone, because acting on half of it could do harm.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import types
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

from controller.errors import ControllerError
from controller.migration.protocol.record import MigrationRecord
from controller.migration.protocol.record_checks import find_flaw
from oracle.untrusted_text import clean_text

JOURNAL_ANNOTATION = "sentinelaura.io/journal"
JOURNAL_VERSION = 1

#: All annotations of an object share 256 KiB; ours stays small enough to be read by a person.
MAX_JOURNAL_BYTES = 8 * 1024

#: No number of a journal is negative or as large as this: Unix seconds reach it in the year 5138.
MAX_NUMBER = 1e11

#: No amount of money is ten times as large as ten to this power.
MAX_MAGNITUDE = 15


class JournalError(ControllerError):
    """A journal that cannot be written (too big) or that is none of ours; `reason` says where it went wrong."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the migration's journal {reason}")


def encode_journal(record: MigrationRecord) -> str:
    """Write a record. Raises: JournalError where it is too big."""
    text = json.dumps(
        {"version": JOURNAL_VERSION, "migration": _encode(record)}, separators=(",", ":"), allow_nan=False
    )
    if len(text.encode()) >= MAX_JOURNAL_BYTES:
        raise JournalError(f"would have {len(text.encode())} bytes, the limit is {MAX_JOURNAL_BYTES}")
    return text


def decode_journal(text: str) -> MigrationRecord:
    """Read what `encode_journal` wrote. Raises: JournalError for anything else, naming the place."""
    if len(text) >= MAX_JOURNAL_BYTES:
        raise JournalError("is longer than this program writes")
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise JournalError(f"is not JSON: {error}") from error
    if not isinstance(document, dict) or set(document) != {"version", "migration"}:
        raise JournalError("does not look like one")
    if document["version"] != JOURNAL_VERSION:
        raise JournalError(f"has the version {document['version']!r}; this program knows {JOURNAL_VERSION}")
    record: MigrationRecord = _decode(MigrationRecord, document["migration"], "migration")
    flaw = find_flaw(record)
    if flaw is not None:
        raise JournalError(f"has {flaw}, which this program never writes")
    return record


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _encode(value: object) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    return str(value) if isinstance(value, (Decimal, StrEnum)) else value


def _decode(expected: Any, value: Any, where: str) -> Any:
    origin = get_origin(expected)
    if origin in (Union, types.UnionType):
        return _decode_optional(expected, value, where)
    if origin is tuple:
        return _decode_tuple(get_args(expected)[0], value, where)
    if dataclasses.is_dataclass(expected):
        return _decode_dataclass(expected, value, where)
    return _decode_scalar(expected, value, where)


def _decode_optional(expected: Any, value: Any, where: str) -> Any:
    """Every union in a record is "something or None"."""
    if value is None:
        return None
    [something] = [option for option in get_args(expected) if option is not type(None)]
    return _decode(something, value, where)


def _decode_tuple(item_type: Any, value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise JournalError(f"has no list at {where}")
    return tuple(_decode(item_type, item, f"{where}[{index}]") for index, item in enumerate(value))


def _decode_dataclass(expected: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise JournalError(f"has no object at {where}")
    hints = _find_hints(expected)
    unknown = sorted(set(value) - set(hints))
    missing = sorted(set(hints) - set(value))
    if unknown or missing:
        raise JournalError(f"differs at {where}: unknown {unknown}, missing {missing}")
    return expected(**{name: _decode(hint, value[name], f"{where}.{name}") for name, hint in hints.items()})


@functools.cache
def _find_hints(expected: Any) -> dict[str, Any]:
    """The types of a dataclass's fields: finding them takes longer than all the rest."""
    return get_type_hints(expected)


def _decode_scalar(expected: Any, value: Any, where: str) -> Any:
    if expected is bool and type(value) is bool:
        return value
    if expected is str and isinstance(value, str) and _is_encodable(value):
        return value
    if expected in (int, float) and type(value) in (int, expected) and 0 <= value < MAX_NUMBER:
        return expected(value)
    if expected is Decimal and isinstance(value, str):
        return _decode_decimal(value, where)
    if isinstance(expected, type) and issubclass(expected, StrEnum) and value in [*map(str, expected)]:
        return expected(value)
    shown = clean_text(value, 40)
    raise JournalError(f"has {shown!r} at {where}, which is no {getattr(expected, '__name__', expected)}")


def _is_encodable(text: str) -> bool:
    """JSON can spell halves of characters, which nothing can write again."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _decode_decimal(text: str, where: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number.adjusted() > MAX_MAGNITUDE:
        raise JournalError(f"has {clean_text(text, 40)!r} at {where}, which is no amount")
    return number
