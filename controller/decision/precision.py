"""Numbers of three kinds that one formula takes: exact, quick, and many at once. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

#: Decimal, float, or an array of floats.
Number = TypeVar("Number", Decimal, float, "Floats")


def positive(value: Number) -> Number:
    """The value, or 0 where it is negative; exact at every precision, because doubling and halving are."""
    return (value + abs(value)) / 2
