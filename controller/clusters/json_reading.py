"""Read fields of untrusted JSON: what is not of the expected kind counts as absent. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

#: Kubernetes counts in 64 bits at most; JSON can spell numbers that no arithmetic takes.
_MAX_COUNT = 2**63 - 1

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def is_deeper_than(value: object, levels: int) -> bool:
    """Whether objects and arrays lie in one another deeper than so many levels.

    Level by level, because Python's own limit of recursion is what it is to protect.
    """
    level: list[Any] = [value] if isinstance(value, (dict, list)) else []
    for _ in range(levels):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
    return bool(level)


def as_mapping(value: object) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else _NOTHING


def as_list(value: object) -> Sequence[Any]:
    """The value if it is an array, else an empty one."""
    return value if isinstance(value, list) else ()


def as_text(value: object) -> str | None:
    """The value if it is a string with something in it, else None."""
    return value if isinstance(value, str) and value else None


def as_count(value: object) -> int | None:
    """The value if it is a whole number that Kubernetes could count, else None; True and False are no numbers."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _MAX_COUNT else None
