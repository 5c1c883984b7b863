"""How a setting is declared: once, on its dataclass field, with meaning, unit, range and default. Pure.

    soak_s: float = setting(1800.0, "How long the source stays at 0 replicas ...", minimum=5, maximum=604_800)

File, environment, flags, `config show`, `config explain`, the page of all settings and every error are made from this
by `app/config/`; nothing else says what a setting may be. A dataclass that holds other settings declares them with
`section`, one that holds an entry for each name with `table`. What only the composition may fill in is a plain field.

The first frame of the window waits for all settings: the records here are named tuples, which are made in a tenth of
the time of a dataclass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar, cast

T = TypeVar("T")

#: The key of a field's metadata under which its declaration lies.
DECLARATION = "setting"

#: Ending of a field's name -> its unit, the longest first.
_UNITS = (
    ("_usd_per_hour", "USD per hour"),
    ("_usd_per_day", "USD per day"),
    ("_usd", "USD"),
    ("_share", "share of 1"),
    ("_bytes", "bytes"),
    ("_gb", "GB"),
    ("_h", "hours"),
    ("_s", "seconds"),
)


class Declaration(NamedTuple):
    """What is said of one setting; the type and the default are those of the field.

    meaning: what it does and why the default is what it is; sentences.
    unit: None takes that of the name's ending; empty for a number without one.
    minimum, maximum: the range, both included; every number has both.
    none: what the absence of a value (None) does; None where there always is one.
    pattern, allowed: what a text must match as a whole, and the same in words.
    example: a value as it would stand in the file, where the default shows none.
    key: its full name, where that is not section and field.
    flag: its flag on the command line with a placeholder for the value (none for a switch; a list takes it several
        times); None where `--set` is enough.
    mask: makes a value that may hold a secret fit to be shown; None for all others.
    entry: the dataclass of a table's entries; None where they are lists of texts.
    """

    meaning: str
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    none: str | None = None
    pattern: str | None = None
    allowed: str | None = None
    example: str | None = None
    key: str | None = None
    flag: str | None = None
    mask: Callable[[str], str] | None = None
    entry: type | None = None


class Section(NamedTuple):
    """Says that a field holds settings of its own, which are found in the section `name`."""

    name: str


class Promise(NamedTuple):
    """What several settings must keep together; a dataclass lists its own in `promises`.

    names: the fields that it is about, with dots into sections.
    holds: whether it is kept by an instance of the dataclass.
    sentence: what must hold, and what would happen otherwise.
    """

    names: tuple[str, ...]
    holds: Callable[[Any], bool]
    sentence: str


def setting(
    default: T,
    meaning: str,
    *,
    unit: str | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    none: str | None = None,
    pattern: str | None = None,
    allowed: str | None = None,
    example: str | None = None,
    key: str | None = None,
    flag: str | None = None,
    mask: Callable[[str], str] | None = None,
) -> T:
    """Declare one setting as a field of a frozen dataclass; see `Declaration`. A secret stays out of its `repr`."""
    declaration = Declaration(
        meaning, unit, minimum, maximum, none, pattern, allowed, example, key, flag, mask
    )
    return field(default=default, repr=mask is None, metadata={DECLARATION: declaration})


def table(entry: type[T], meaning: str, *, key: str, example: str) -> Mapping[str, T]:
    """Declare a mapping of names that a person chooses to settings of the dataclass `entry`; empty by default."""
    return cast(Mapping[str, T], _declare_table(Declaration(meaning, key=key, example=example, entry=entry)))


def table_of_lists(meaning: str, *, key: str, example: str) -> Mapping[str, frozenset[str]]:
    """Declare a mapping of names that a person chooses to lists of texts; empty by default."""
    return cast(Mapping[str, frozenset[str]], _declare_table(Declaration(meaning, key=key, example=example)))


def section(default: T, name: str) -> T:
    """Declare that the settings of `default` are part of these, in the section `name`."""
    return field(default=default, metadata={DECLARATION: Section(name)})


def _declare_table(declaration: Declaration) -> Any:
    return field(default_factory=lambda: MappingProxyType({}), metadata={DECLARATION: declaration})


def find_unit(field_name: str, declaration: Declaration) -> str:
    """Return the unit of a setting, empty where it has none."""
    if declaration.unit is not None:
        return declaration.unit
    return next((unit for ending, unit in _UNITS if field_name.endswith(ending)), "")
