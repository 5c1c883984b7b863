"""Resource quantities such as `250m` and `4Gi`. Pure."""

import re
from decimal import Decimal

_QUANTITY = re.compile(r"^(?P<number>[+-]?(\d+(\.\d*)?|\.\d+))(?P<suffix>[A-Za-z]*)$")
_SUFFIXES: dict[str, Decimal] = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1),
    "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9), "T": Decimal(10**12), "P": Decimal(10**15),
    "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40), "Pi": Decimal(2**50),
}  # fmt: skip
"""Suffix → factor."""


def parse_quantity(text: str | int | float) -> Decimal:
    """The amount in base units: cores, bytes or a count. Raises ValueError for text that is no quantity."""
    match = _QUANTITY.match(str(text))
    if match is None or match["suffix"] not in _SUFFIXES:
        raise ValueError(f"{text!r} is not a quantity")
    return Decimal(match["number"]) * _SUFFIXES[match["suffix"]]


def format_quantity(amount: Decimal) -> str:
    """Shortest exact text: whole numbers plain or in Ki/Mi/Gi where that is exact, fractions in milli units."""
    if amount != amount.to_integral_value():
        return f"{int((amount * 1000).to_integral_value())}m"
    whole = int(amount)
    for suffix in ("Gi", "Mi", "Ki"):
        factor = int(_SUFFIXES[suffix])
        if whole and whole % factor == 0:
            return f"{whole // factor}{suffix}"
    return str(whole)
