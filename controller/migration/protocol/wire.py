"""Values to JSON and back, by tables with the name of each field and each member there. Pure.

Strict: unknown or missing keys, wrong types and non-finite numbers are errors, which name the place. What the tables
do not name does not travel, so a class may get a field, or a field another name, without a change of what is written.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from itertools import chain
from typing import Any, Union, get_args, get_origin, get_type_hints

from controller.clusters.kubeconfig_reasons import KubeconfigCode
from controller.migration.protocol.journal_reasons import JournalCode
from controller.reasons import Code
from oracle.foundation.reason import MAX_INNER_REASONS, Parameter, Reason, ReasonCode
from oracle.foundation.trust_reasons import TrustCode
from oracle.foundation.untrusted_text import clean_text
from oracle.reasons import OracleCode

#: No number is negative or as large as this: Unix seconds reach it in the year 5138.
MAX_NUMBER = 1e11

#: No amount of money is ten times as large as ten to this power, and none smaller than ten to that one: not even
#: the smallest float of gigabytes at the smallest price. Written out, `1E-999999999` takes a gigabyte.
MAX_MAGNITUDE = 15
MIN_MAGNITUDE = -400

#: What marks an amount among the parameters of a reason.
_DECIMAL = "decimal"


class WireError(ValueError):
    """What does not fit, and where."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(str(reason))


def named(*names: str, **renamed: str) -> dict[str, str]:
    """Return a table of fields, key on the wire → field; a field without another name keeps its own."""
    return {**{name: name for name in names}, **renamed}


@dataclass(frozen=True, slots=True)
class WireFormat:
    """The tables of one document: class → (key on the wire → field), and enum → (member → text on the wire)."""

    fields: Mapping[type, Mapping[str, str]]
    members: Mapping[type[StrEnum], Mapping[Any, str]]

    def encode(self, value: object) -> Any:
        """Return JSON values. Raises: KeyError for a class or a member that the tables do not know."""
        if isinstance(value, Reason):
            return _encode_reason(value)
        if isinstance(value, StrEnum):
            return self.members[type(value)][value]
        if type(value) in self.fields:
            fields = self.fields[type(value)]
            return {key: self.encode(getattr(value, field)) for key, field in fields.items()}
        if isinstance(value, tuple):
            return [self.encode(item) for item in value]
        if value is None or isinstance(value, (str, bool, int, float)):
            return value
        if isinstance(value, Decimal):
            return str(value)
        raise KeyError(type(value))

    def decode(self, expected: Any, value: Any, where: str) -> Any:
        """Return a value of the expected type. Raises: WireError."""
        origin = get_origin(expected)
        if origin in (Union, types.UnionType):
            return self._decode_optional(expected, value, where)
        if origin is tuple:
            return self._decode_tuple(get_args(expected)[0], value, where)
        if expected is Reason:
            return _decode_reason(value, where, MAX_INNER_REASONS)
        if expected in self.fields:
            return self._decode_fields(expected, value, where)
        if expected in self.members:
            return self._decode_member(expected, value, where)
        return _decode_scalar(expected, value, where)

    def _decode_optional(self, expected: Any, value: Any, where: str) -> Any:
        """Every union is "something or None"."""
        if value is None:
            return None
        [something] = [option for option in get_args(expected) if option is not type(None)]
        return self.decode(something, value, where)

    def _decode_tuple(self, item_type: Any, value: Any, where: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise WireError(JournalCode.NOTHING_AT.because(wanted="list", where=where))
        return tuple(self.decode(item_type, item, f"{where}[{index}]") for index, item in enumerate(value))

    def _decode_fields(self, expected: Any, value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            raise WireError(JournalCode.NOTHING_AT.because(wanted="object", where=where))
        fields, hints = self.fields[expected], _find_hints(expected)
        unknown, missing = set(value) - set(fields), set(fields) - set(value)
        if unknown or missing:
            differs = JournalCode.FIELDS_DIFFER
            raise WireError(
                differs.because(where=where, unknown=tuple(sorted(unknown)), missing=tuple(sorted(missing)))
            )
        decoded = {
            field: self.decode(hints[field], value[key], f"{where}.{key}") for key, field in fields.items()
        }
        return expected(**decoded)

    def _decode_member(self, expected: type[StrEnum], value: Any, where: str) -> StrEnum:
        for member, text in self.members[expected].items():
            if text == value:
                return expected(member)
        raise _misfit(expected, value, where)


@functools.cache
def _find_hints(expected: Any) -> dict[str, Any]:
    """The types of a dataclass's fields: finding them takes longer than all the rest."""
    return get_type_hints(expected)


def _encode_reason(reason: Reason) -> dict[str, Any]:
    parameters = {name: _encode_parameter(value) for name, value in reason.parameters}
    return {"code": reason.code.value, "parameters": parameters}


def _encode_parameter(value: Parameter) -> Any:
    if isinstance(value, Reason):
        return _encode_reason(value)
    if isinstance(value, Decimal):
        return {_DECIMAL: str(value)}
    return list(value) if isinstance(value, tuple) else value


def _decode_reason(value: Any, where: str, inner_levels: int) -> Reason:
    """Version 1 knew reasons as text only. A code of another program, or one with other parameters there or with such
    as make no sentence, becomes text as well: nothing is decided by a reason that was read. `inner_levels`: how deep
    other reasons may lie in it.
    """
    if isinstance(value, str):
        return Code.UNCLASSIFIED.because(text=_decode_scalar(str, value, where))
    if not _looks_like_reason(value):
        raise WireError(JournalCode.NOTHING_AT.because(wanted="reason", where=where))
    name, known = _decode_scalar(str, value["code"], where), value["parameters"]
    if not isinstance(known, dict):
        raise WireError(JournalCode.NOTHING_AT.because(wanted="parameters", where=where))
    parameters = {key: _decode_parameter(known[key], f"{where}.{key}", inner_levels) for key in known}
    code = _find_codes().get(name)
    if code is not None and code.parameters == parameters.keys():
        reason = code.because(**parameters)
        if _can_be_said(reason):
            return reason
    shown = ", ".join(f"{key} {parameter}" for key, parameter in parameters.items())
    return Code.UNCLASSIFIED.because(
        text=f"{name.replace('_', ' ')}: {shown}" if shown else name.replace("_", " ")
    )


@functools.cache
def _find_codes() -> Mapping[str, ReasonCode]:
    """Every code by its name. No two share one."""
    return {code.value: code for code in chain(Code, KubeconfigCode, JournalCode, OracleCode, TrustCode)}


def _looks_like_reason(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"code", "parameters"}


def _can_be_said(reason: Reason) -> bool:
    """Whether the parameters are what their places in the sentence take: who may write a Lease can write any."""
    try:
        str(reason)
    except (ArithmeticError, TypeError, ValueError):
        return False
    return True


def _decode_parameter(value: Any, where: str, inner_levels: int) -> Parameter:
    if _looks_like_reason(value):
        if inner_levels == 0:
            raise WireError(JournalCode.REASON_TOO_DEEP.because(where=where))
        return _decode_reason(value, where, inner_levels - 1)
    if isinstance(value, dict) and set(value) == {_DECIMAL}:
        return _decode_decimal(value[_DECIMAL], where)
    if isinstance(value, list):
        return tuple(_decode_scalar(str, item, where) for item in value)
    if value is None or (type(value) in (int, float) and abs(value) < MAX_NUMBER):
        return value  # type: ignore[no-any-return]
    text: str = _decode_scalar(str, value, where)
    return text


def _decode_scalar(expected: Any, value: Any, where: str) -> Any:
    if expected is bool and type(value) is bool:
        return value
    if expected is str and isinstance(value, str) and _is_encodable(value):
        return value
    if expected in (int, float) and type(value) in (int, expected) and 0 <= value < MAX_NUMBER:
        return expected(value)
    if expected is Decimal and isinstance(value, str):
        return _decode_decimal(value, where)
    raise _misfit(expected, value, where)


def _misfit(expected: Any, value: Any, where: str) -> WireError:
    wanted = str(getattr(expected, "__name__", expected))
    return WireError(JournalCode.VALUE_WRONG.because(value=clean_text(value, 40), where=where, wanted=wanted))


def _is_encodable(text: str) -> bool:
    """JSON can spell halves of characters, which nothing can write again."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _decode_decimal(text: Any, where: str) -> Decimal:
    try:
        number = Decimal(text) if isinstance(text, str) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not MIN_MAGNITUDE <= number.adjusted() <= MAX_MAGNITUDE:
        shown = clean_text(text, 40)
        raise WireError(JournalCode.VALUE_WRONG.because(value=shown, where=where, wanted="amount"))
    return number
