"""Every setting below a dataclass, as its fields declare it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from types import NoneType, UnionType
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from oracle.foundation.setting import DECLARATION, Declaration, Section, find_unit

#: What the name of every environment variable of ours begins with.
ENVIRONMENT_PREFIX = "SENTINELAURA_"


class Setting(NamedTuple):
    """One setting.

    name: as people write it, such as `decision.horizon_h`.
    path: the fields that lead to it from the dataclass at the root.
    owner: the dataclass that declares it.
    """

    name: str
    path: tuple[str, ...]
    owner: type
    default: Any
    declaration: Declaration

    @property
    def kind(self) -> type:
        """bool, int, float, Decimal, str, a StrEnum, or for several values frozenset, tuple (of texts) or dict."""
        return _find_kinds(self.owner)[self.path[-1]][0]

    @property
    def is_optional(self) -> bool:
        """Whether it may be None."""
        return _find_kinds(self.owner)[self.path[-1]][1]

    @property
    def section(self) -> str:
        """The section of the file that it stands in; empty for those at its top."""
        return self.name.rpartition(".")[0]

    @property
    def key(self) -> str:
        """Its name within its section."""
        return self.name.rpartition(".")[2]

    @property
    def unit(self) -> str:
        """The unit of a number, empty where it has none."""
        return find_unit(self.path[-1], self.declaration)

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return ENVIRONMENT_PREFIX + self.name.upper().replace(".", "_")

    @property
    def flag(self) -> str | None:
        """The option of the command line that sets it, None where there is none."""
        return self.declaration.flag.partition(" ")[0] if self.declaration.flag is not None else None

    @property
    def placeholder(self) -> str:
        """What stands for the value of its flag in a help; empty for a switch and without a flag."""
        return (self.declaration.flag or "").partition(" ")[2]

    @property
    def destination(self) -> str:
        """What the flag's value is called in a parsed command line."""
        return self.name.replace(".", "_")

    @property
    def is_secret(self) -> bool:
        """Whether its value may hold a secret, so that it is shown only masked."""
        return self.declaration.mask is not None


@cache
def list_settings(root: type) -> tuple[Setting, ...]:
    """Return every setting below a dataclass in the order of its fields; those at the top of a file come first."""
    return tuple(sorted(_walk(root, "", ()), key=lambda one: one.section != ""))


@cache
def settings_by_name(root: type) -> Mapping[str, Setting]:
    """Return name -> setting."""
    return {one.name: one for one in list_settings(root)}


def list_entries(of: Setting) -> tuple[Setting, ...]:
    """Return the settings of each entry of a table; none for other settings."""
    return list_settings(of.declaration.entry) if of.declaration.entry is not None else ()


def get_value(instance: Any, path: tuple[str, ...]) -> Any:
    """Return the value that lies at a path of fields."""
    for name in path:
        instance = getattr(instance, name)
    return instance


def _walk(owner: type, section: str, path: tuple[str, ...]) -> Iterator[Setting]:
    for field in fields(owner):
        declared = field.metadata.get(DECLARATION)
        if isinstance(declared, Section):
            yield from _walk(type(field.default), declared.name, (*path, field.name))
        elif isinstance(declared, Declaration):
            name = declared.key or (f"{section}.{field.name}" if section else field.name)
            yield Setting(name, (*path, field.name), owner, _default_of(field), declared)


def _default_of(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


@cache
def _find_kinds(owner: type) -> Mapping[str, tuple[type, bool]]:
    """Return field -> kind and whether it may be None. Evaluating hints takes long, and a start without values none."""
    return {name: _resolve_kind(hint) for name, hint in get_type_hints(owner).items()}


def _resolve_kind(hint: Any) -> tuple[type, bool]:
    """Return what a type hint says that a value is, and whether it may be None."""
    if get_origin(hint) is UnionType:
        kind = next(one for one in get_args(hint) if one is not NoneType)
        return _resolve_kind(kind)[0], True
    origin = get_origin(hint) or hint
    return (dict if origin is Mapping else origin), False
