"""Codes as small numbers, so that one byte says of each pair why it is refused; 0: it is not.

A code gets its number when a plan first says it: a plan has far fewer to say than there are. Numbers mean something in
this process alone.
"""

from __future__ import annotations

from typing import cast

from controller.reasons import Code
from oracle.foundation.reason import ReasonCode

MAX_NUMBER = 255

_codes: list[Code] = []
_numbers: dict[ReasonCode, int] = {}


def number_of(code: ReasonCode) -> int:
    """The number of a code, 1 to 255. Raises: OverflowError where plans have said more codes than a byte can tell."""
    number = _numbers.get(code)
    if number is None:
        number = len(_codes) + 1
        if number > MAX_NUMBER:
            raise OverflowError(f"a plan has said {MAX_NUMBER} codes; {code} has no number")
        _codes.append(cast(Code, code))
        _numbers[code] = number
    return number


def code_of(number: int) -> Code | None:
    """The code of a number; None for 0."""
    return _codes[number - 1] if number else None
