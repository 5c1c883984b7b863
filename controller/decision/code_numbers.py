"""Codes as small numbers, so that one byte says of each pair why it is refused; 0: it is not. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from controller.reasons import Code
from oracle.foundation.reason import ReasonCode

_CODES = tuple(Code)
_NUMBERS: Mapping[ReasonCode, int] = {code: number for number, code in enumerate(_CODES, start=1)}
assert len(_CODES) < 256, "a code has to fit in a byte"


def number_of(code: ReasonCode) -> int:
    """The number of a code, 1 to 255."""
    return _NUMBERS[code]


def code_of(number: int) -> Code | None:
    """The code of a number; None for 0."""
    return _CODES[number - 1] if number else None
