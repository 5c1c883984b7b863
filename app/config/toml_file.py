"""A configuration file's text: which values it gives, and in which line each of them stands. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from app.config.configuration_reasons import ConfigurationCode
from app.config.errors import FileRefused

_POSITION = r" \((?:at (line \d+), (column \d+)|at end of document)\)$"
#: Parts of a key that are looked at for its line. Arbitrary; the deepest that we know is `contexts.NAME.provider`.
_MAX_DEPTH = 8
#: A key of more parts than any has: the time that the parser takes grows with their square, to minutes for 100 KB.
_ENDLESS_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){32}""")


def parse_toml(text: str, file_name: str) -> dict[str, Any]:
    """Return the tables of a TOML text, with exact numbers. Raises: FileRefused, with line and column."""
    import tomllib  # 12 ms that a start without a file does not need

    if (endless := _ENDLESS_KEY.search(text)) is not None:
        line = text.count("\n", 0, endless.start()) + 1
        raise FileRefused(ConfigurationCode.TOO_DEEP.because(place=f"{file_name}, line {line}"))
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise _refuse(str(error), file_name) from error
    except RecursionError:
        raise FileRefused(ConfigurationCode.TOO_DEEP.because(place=file_name)) from None
    except ValueError as error:  # Python refuses to read a number of thousands of digits
        raise _refuse(str(error), file_name) from error


def find_line(text: str, name: str) -> int | None:
    """Return the number of the line in which a setting is given; None where it is written in an unusual way."""
    for number, path in _list_keys(text):
        if path == name:
            return number
    return None


def _refuse(message: str, file_name: str) -> FileRefused:
    """Make an error of the parser's message; the position at its end becomes the place."""
    match = re.search(_POSITION, message)
    found = filter(None, match.groups()) if match else ()
    error = message[: match.start()] if match else message
    return FileRefused(ConfigurationCode.NO_TOML.because(place=", ".join((file_name, *found)), error=error))


def _list_keys(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the full name of each table and key; what looks like one inside a value counts as well."""
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            table = _read_key(stripped)
            yield number, table
        elif "=" in stripped and not stripped.startswith("#"):
            key = _read_key(f"{stripped.partition('=')[0]}= 0")
            yield number, f"{table}.{key}" if table else key


def _read_key(line: str) -> str:
    """Return the name that a header or `key = 0` gives, as the parser itself reads it; empty where it gives none."""
    import tomllib

    try:
        value: object = tomllib.loads(line)
    except (ValueError, RecursionError):
        return ""
    parts: list[str] = []
    while isinstance(value, Mapping) and len(value) == 1 and len(parts) < _MAX_DEPTH:
        ((part, value),) = value.items()
        parts.append(part)
    return ".".join(parts)
