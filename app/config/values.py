"""One value: from a file's TOML or from text to what its dataclass holds, and back to what a person reads. Pure."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from app.config.catalogue import Setting, list_entries
from app.config.errors import SettingError, UnknownSetting

#: The word for no value, where a setting may have none.
NONE = "none"
#: Longest text, and most texts of a list, that are taken. Arbitrary; a path has at most 4096 bytes.
MAX_CHARACTERS = 4096
MAX_ITEMS = 1000

#: Shows what was given instead of a value: one line of it, and not all levels of what is nested.
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80

_TRUTH = {"true": True, "false": False}
_WORDS = {bool: "true or false", int: "a whole number", float: "a number", Decimal: "a number", str: "text"}


class _Unfit(Exception):
    """The value is not what its setting allows."""


def parse_text(setting: Setting, text: str, place: str) -> Any:
    """Return what the text of a variable or a flag says.

    Lists are separated by commas, or as in TOML where a name holds one; tables are TOML.

    Raises: SettingError, UnknownSetting.
    """
    return decode_value(setting, _read_text(setting, text), place, text)


def decode_value(setting: Setting, value: Any, place: str, given: Any = None) -> Any:
    """Return what a value of a TOML file means for this setting.

    Args:
        place: where it stands, for the error.
        given: the value as it was written, where that is something else.
    Raises: SettingError, UnknownSetting.
    """
    try:
        if value == NONE and _takes_none(setting):
            return None if setting.is_optional else setting.kind()
        if setting.kind is dict:
            return _decode_table(setting, value, place)
        return _decode(setting, value)
    except _Unfit:
        shown = (
            "a value that is not shown"
            if setting.is_secret
            else _SHORT.repr(value if given is None else given)
        )
        raise SettingError(place, setting.name, shown, describe_allowed(setting)) from None


def describe_allowed(setting: Setting) -> str:
    """Return what a setting may be, in words that fit after "must be"."""
    none = f" or {NONE!r} ({setting.declaration.none})" if setting.declaration.none is not None else ""
    return _describe_kind(setting) + none


def format_value(setting: Setting, value: Any) -> str:
    """Return a value of this setting for people, without a secret and without its unit."""
    if value is None:
        return NONE
    if setting.declaration.mask is not None:
        return setting.declaration.mask(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float, Decimal)):
        return format_number(value)
    if isinstance(value, (frozenset, tuple)):
        return ", ".join(value if isinstance(value, tuple) else sorted(value)) or NONE
    return _format_table(setting, value) if isinstance(value, Mapping) else str(value)


def _format_table(setting: Setting, value: Mapping[str, Any]) -> str:
    """Return the names of a table; where they are of lists, with them."""
    if setting.declaration.entry is not None:
        return ", ".join(value) or NONE
    return "; ".join(f"{name}: {', '.join(sorted(items))}" for name, items in value.items()) or NONE


def format_number(number: float | Decimal) -> str:
    """Return a number with all its digits and without an exponent."""
    exact = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    return f"{exact:f}".rstrip("0").rstrip(".") if exact != exact.to_integral_value() else f"{exact:.0f}"


def format_toml(setting: Setting) -> str:
    """Return a value as a file may have it: the declared example, or else the default."""
    if setting.declaration.example is not None:
        return setting.declaration.example
    if issubclass(setting.kind, StrEnum):
        return f'"{next(iter(setting.kind))}"'
    shown = format_value(setting, setting.default)
    return f'"{shown}"' if setting.kind is str else shown


def _describe_kind(setting: Setting) -> str:
    declared = setting.declaration
    if declared.allowed is not None:
        return declared.allowed
    if issubclass(setting.kind, StrEnum):
        return f"one of {', '.join(setting.kind)}"
    if setting.kind in (frozenset, tuple):
        return f"a list of texts such as {declared.example}"
    if setting.kind is dict and declared.entry is None:
        return f"lists of texts by name such as {declared.example}"
    if setting.kind is dict:
        return f"tables [{setting.name}.NAME] with {', '.join(one.name for one in list_entries(setting))}"
    if declared.minimum is None or declared.maximum is None:
        return _WORDS[setting.kind]
    unit = f" ({setting.unit})" if setting.unit else ""
    least, most = format_number(declared.minimum), format_number(declared.maximum)
    return f"{_WORDS[setting.kind]} from {least} to {most}{unit}"


def _takes_none(setting: Setting) -> bool:
    return setting.is_optional or setting.kind in (frozenset, tuple)


def _read_text(setting: Setting, text: str) -> Any:
    """Return the text as TOML would have it; text that cannot be read so stays text, which is refused later."""
    text = text.strip()
    if text == NONE:
        return text
    if setting.kind is bool:
        return _TRUTH.get(text.lower(), text)
    if setting.kind in (int, float, Decimal):
        try:
            return Decimal(text)
        except InvalidOperation:
            return text
    if setting.kind in (frozenset, tuple):
        return _read_toml(text) if text.startswith("[") else [item.strip() for item in text.split(",")]
    return _read_toml(text) if setting.kind is dict else text


def _read_toml(text: str) -> Any:
    import tomllib  # 12 ms that a start without a file does not need

    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


def _decode(setting: Setting, value: Any) -> Any:
    if setting.kind in (int, float, Decimal):
        return _decode_number(setting, value)
    if setting.kind is bool:
        return _require(value, lambda: isinstance(value, bool))
    if setting.kind in (frozenset, tuple):
        return setting.kind(_decode_list(value))
    text = _decode_plain_text(value, may_be_empty=setting.default == "")
    if issubclass(setting.kind, StrEnum):
        choices = {str(choice): choice for choice in setting.kind}
        _require(text, lambda: text in choices)
        return choices[text]
    _require(text, lambda: _matches(setting, text))
    return text


def _decode_number(setting: Setting, value: Any) -> int | float | Decimal:
    _require(value, lambda: isinstance(value, (int, float, Decimal)) and not isinstance(value, bool))
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    least, most = (_exact_bound(b) for b in (setting.declaration.minimum, setting.declaration.maximum))
    # The range first: it also keeps out NaN, infinity and integers of a million digits.
    _require(value, lambda: exact.is_finite() and least <= exact <= most)
    if setting.kind is int:
        _require(value, lambda: exact == exact.to_integral_value())
    number: int | float | Decimal = setting.kind(exact)
    return number


def _exact_bound(bound: float | None) -> Decimal:
    if bound is None:
        raise TypeError("a number is declared with its minimum and its maximum")
    return Decimal(repr(bound))


def _decode_list(value: Any) -> list[str]:
    _require(value, lambda: isinstance(value, list) and len(value) <= MAX_ITEMS)
    return [_decode_plain_text(item) for item in value]


def _decode_plain_text(value: Any, *, may_be_empty: bool = False) -> str:
    """Return a text of one line; empty ones and those with control characters say nothing that anybody means."""
    _require(value, lambda: isinstance(value, str) and len(value) <= MAX_CHARACTERS)
    _require(value, lambda: bool(value) or may_be_empty)
    text: str = value
    _require(text, lambda: all(ord(character) >= 32 and ord(character) != 127 for character in text))
    return text


def _matches(setting: Setting, text: str) -> bool:
    return setting.declaration.pattern is None or bool(re.fullmatch(setting.declaration.pattern, text))


def _decode_table(setting: Setting, value: Any, place: str) -> dict[str, Any]:
    _require(value, lambda: isinstance(value, dict))
    if setting.declaration.entry is None:
        return {name: frozenset(_decode_list(entry)) for name, entry in value.items()}
    _require(value, lambda: all(isinstance(entry, dict) for entry in value.values()))
    return {name: _decode_entry(setting, name, entry, place) for name, entry in value.items()}


def _decode_entry(setting: Setting, name: str, entry: Mapping[str, Any], place: str) -> Any:
    known = {one.name: one for one in list_entries(setting)}
    for key in entry:
        if key not in known:
            from app.config.nearest import find_nearest  # only errors need it

            raise UnknownSetting(place, f"{setting.name}.{name}.{key}", find_nearest(key, known))
    assert setting.declaration.entry is not None
    return setting.declaration.entry(
        **{
            key: decode_value(known[key], given, f"{place}, {setting.name}.{name}")
            for key, given in entry.items()
        }
    )


def _require(value: Any, holds: Callable[[], bool]) -> Any:
    if not holds():
        raise _Unfit
    return value
