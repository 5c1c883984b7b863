"""Columns of numbers: what they hold, which part of them is meant, and how they grow. Pure.

Axes everywhere: rows are workloads, columns are targets in the order of their contexts' names, classes are equal
requests, names are equal (namespace, name).
"""

from __future__ import annotations

from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bytes: TypeAlias = NDArray[np.uint8]
Mask: TypeAlias = NDArray[np.bool_]
#: Which rows of a table: all of a range, or these.
Selection: TypeAlias = slice | Ints

ALL = slice(None)

_Item = TypeVar("_Item", bound=np.generic)


def to_upright(values: NDArray[_Item]) -> NDArray[_Item]:
    """A value for each row as one column, so that it meets every target."""
    return values[:, np.newaxis]


def merge(length: int, *rows: Ints) -> Ints:
    """Rows of a table of this length that are in any of these, in order.

    NumPy's own set functions would import its masked arrays: 1.6 MiB that nothing else needs.
    """
    is_in = np.zeros(length, np.bool_)
    for some in rows:
        is_in[some] = True
    return np.flatnonzero(is_in)


def grow(table: NDArray[_Item], length: int) -> NDArray[_Item]:
    """The table with at least `length` rows; it grows by a fifth: one by one stays cheap, and little is kept empty."""
    if length <= len(table):
        return table
    fresh = np.zeros((max(length, len(table) + len(table) // 5 + 16), *table.shape[1:]), table.dtype)
    fresh[: len(table)] = table
    return fresh
