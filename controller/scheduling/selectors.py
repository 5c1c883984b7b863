"""Labels, and what selects by them: the selectors of nodes and of pods, as Kubernetes evaluates them. Pure.

An operator that is not known selects everything: whoever reads a selector notes beside it that it was not understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, ItemsView, Mapping
from dataclasses import dataclass
from typing import TypeAlias

#: What Go's strconv.ParseInt takes, in base 10.
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_MOST = 2**63 - 1


class Labels:
    """The labels of one object, as a value that is hashed once and shared by whatever has the same."""

    __slots__ = ("_hash", "_values")

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)
        self._hash = hash(frozenset(self._values.items()))

    def get(self, key: str) -> str | None:
        """Return the value of a label; None where there is none."""
        return self._values.get(key)

    def items(self) -> ItemsView[str, str]:
        """Return all of them."""
        return self._values.items()

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Labels) and self._values == other._values)

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"Labels({self._values!r})"


NO_LABELS = Labels({})

#: What a requirement is asked of: how the value of a label is found.
Lookup: TypeAlias = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of a selector: a label, an operator and its values."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def accepts(self, value: str | None) -> bool:
        """Whether a label with this value (None: it is not there) meets it."""
        judge = _OPERATORS.get(self.operator)
        return judge is None or judge(value, self.values)


#: Operators of the selectors of pods; those of nodes also compare numbers.
POD_OPERATORS = frozenset({"In", "NotIn", "Exists", "DoesNotExist"})
NODE_OPERATORS = POD_OPERATORS | {"Gt", "Lt"}

_OPERATORS: Mapping[str, Callable[[str | None, tuple[str, ...]], bool]] = {
    "In": lambda value, values: value in values,
    "NotIn": lambda value, values: value not in values,
    "Exists": lambda value, values: value is not None,
    "DoesNotExist": lambda value, values: value is None,
    "Gt": lambda value, values: _compare(value, values) > 0,
    "Lt": lambda value, values: _compare(value, values) < 0,
}


def _compare(value: str | None, values: tuple[str, ...]) -> int:
    """Return how a label compares to the number it is to be above or below; 0 where one of both is no number."""
    here, there = _parse(value), _parse(values[0]) if len(values) == 1 else None
    return 0 if here is None or there is None else (here > there) - (here < there)


def _parse(text: str | None) -> int | None:
    number = int(text) if text is not None and _WHOLE_NUMBER.fullmatch(text) else None
    return number if number is not None and -_MOST - 1 <= number <= _MOST else None


#: Requirements that all have to be met.
Selector: TypeAlias = tuple[Requirement, ...]


def selects(selector: Selector | None, find: Lookup) -> bool:
    """Whether labels are selected: by an empty selector always, by none (None) never."""
    return selector is not None and all(one.accepts(find(one.key)) for one in selector)


#: Selects every pod, as the empty selector does: a topology spread counts nobody by that one.
EVERYBODY: Selector = (Requirement("", "DoesNotExist"),)
