"""Defaults, file, environment and flags, in that rising order, with the origin of each value. Pure.

The texts of the file and the environment are arguments; reading them belongs to `loading.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from app.config.catalogue import ENVIRONMENT_PREFIX, Setting, get_value, list_settings, settings_by_name
from app.config.configuration import Configuration
from app.config.configuration_reasons import ConfigurationCode
from app.config.demo import DEMO
from app.config.errors import BrokenPromise, ConfigurationError, SettingError, UnknownSetting
from app.config.values import decode_value, format_value, parse_text
from oracle.foundation.reason import Reason
from oracle.foundation.setting import Promise
from oracle.redis_address import holds_password, is_readable_on_the_network, mask_address

#: Names the configuration file, where `--config` does not.
CONFIG_VARIABLE = f"{ENVIRONMENT_PREFIX}CONFIG"
#: The option that gives any setting, as NAME=VALUE.
SET_FLAG = "--set"
#: What a value that nobody gave comes from.
DEFAULT_ORIGIN = "default"
DEMO_ORIGIN = "demo"

#: Variables that Kubernetes puts into a pod for each Service, whatever it is called.
_SERVICE_LINK = r"(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)"
#: How like a known name a variable of nobody must be to be taken for a misspelt one.
_LIKENESS = 0.7

T = TypeVar("T")


class Given(NamedTuple):
    """One value and the place that it came from."""

    setting: Setting
    value: Any
    origin: str


def resolve_configuration(
    file_text: str | None,
    file_name: str,
    environment: Mapping[str, str],
    flags: Mapping[str, Sequence[str]],
    assignments: Sequence[str] = (),
) -> Configuration:
    """Join file, environment and flags; later ones win.

    Args:
        file_text: the TOML text, None where there is no file; `file_name` names it in errors.
        environment: the process environment; only names with our prefix are looked at.
        flags: name of a setting -> what its flag was given, each time; a list takes all of it, others the last.
        assignments: what `--set` was given, each as NAME=VALUE.
    Raises: ConfigurationError.
    """
    given = {
        one.setting.name: one
        for layer in (
            _read_file(file_text, file_name),
            _read_environment(environment),
            _read_flags(flags),
            _read_assignments(assignments),
        )
        for one in layer
    }
    base = DEMO if _is_demo(given) else Configuration()
    values = {one.setting.path: one.value for one in given.values()}
    origins = _list_origins(base) | {name: one.origin for name, one in given.items()}
    configuration = replace(_fill_in(base, values), origins=MappingProxyType(origins))
    _check_promises(configuration, configuration, ())
    return replace(configuration, warnings=tuple(_list_warnings(configuration)))


def find_setting(name: str, place: str) -> Setting:
    """Return the setting with this name. Raises: UnknownSetting, with the nearest name."""
    known = settings_by_name(Configuration)
    if name not in known:
        from app.config.nearest import find_nearest  # only errors need it

        raise UnknownSetting(place, name, find_nearest(name, [*known, *list_sections()]))
    return known[name]


def list_sections() -> tuple[str, ...]:
    """Return the sections of a file in their order, without its top."""
    return tuple(dict.fromkeys(one.section for one in list_settings(Configuration) if one.section))


def _is_demo(given: Mapping[str, Given]) -> bool:
    return "kubeconfig" not in given or given["kubeconfig"].value is None


def _list_origins(base: Configuration) -> dict[str, str]:
    """Return the origin of each value that nobody gives."""
    return {
        one.name: DEFAULT_ORIGIN if get_value(base, one.path) == one.default else DEMO_ORIGIN
        for one in list_settings(Configuration)
    }


def _read_file(text: str | None, file_name: str) -> Iterator[Given]:
    if text is None:
        return
    from app.config.toml_file import parse_toml  # only where there is a file: the window's first frame waits

    for name, value in _list_values(parse_toml(text, file_name), "", text, file_name):
        place = _find_place(text, file_name, name)
        setting = find_setting(name, place)
        yield Given(setting, decode_value(setting, value, place), place)


def _list_values(
    table: Mapping[str, Any], section: str, text: str, file_name: str
) -> Iterator[tuple[str, Any]]:
    """Yield the full name and the value of each key, with sections opened."""
    for key, value in table.items():
        name = f"{section}.{key}" if section else key
        if name in list_sections():
            if not isinstance(value, dict):
                raise SettingError(
                    _find_place(text, file_name, name), name, repr(value)[:80], f"a table [{name}]"
                )
            yield from _list_values(value, name, text, file_name)
        else:
            yield name, value


def _find_place(text: str, file_name: str, name: str) -> str:
    from app.config.toml_file import find_line

    line = find_line(text, name)
    return file_name if line is None else f"{file_name}, line {line}"


def _read_environment(environment: Mapping[str, str]) -> Iterator[Given]:
    known = {one.variable: one for one in list_settings(Configuration)}
    for variable, text in environment.items():
        if variable in known:
            yield Given(known[variable], parse_text(known[variable], text, variable), variable)
        elif variable.startswith(ENVIRONMENT_PREFIX) and variable != CONFIG_VARIABLE:
            _refuse_misspelt(variable.removeprefix(ENVIRONMENT_PREFIX), known)


def _refuse_misspelt(name: str, known: Mapping[str, Setting]) -> None:
    """Let variables of others pass. Raises: UnknownSetting for one that can only be meant for us."""
    if re.fullmatch(_SERVICE_LINK, name):
        return
    from app.config.nearest import find_nearest

    nearest = find_nearest(name, [one.removeprefix(ENVIRONMENT_PREFIX) for one in known], _LIKENESS)
    is_ours = any(name.startswith(f"{section.upper()}_") for section in list_sections())
    if nearest is not None or is_ours:
        meant = ENVIRONMENT_PREFIX + nearest if nearest is not None else None
        raise UnknownSetting("the environment", ENVIRONMENT_PREFIX + name, meant)


def _read_flags(flags: Mapping[str, Sequence[str]]) -> Iterator[Given]:
    for name, texts in flags.items():
        setting = find_setting(name, name)
        flag = setting.flag or name
        text = ",".join(texts) if setting.kind in (frozenset, tuple) else texts[-1]
        if setting.is_secret:
            _refuse_public_secret(text, flag)
        yield Given(setting, parse_text(setting, text, flag), flag)


def _read_assignments(assignments: Sequence[str]) -> Iterator[Given]:
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise ConfigurationError(ConfigurationCode.ASSIGNMENT_WRONG.because(flag=SET_FLAG))
        setting = find_setting(name.strip(), SET_FLAG)
        if setting.is_secret:
            named = {"flag": SET_FLAG, "name": setting.name, "variable": setting.variable}
            raise ConfigurationError(ConfigurationCode.SECRET_ASSIGNED.because(**named))
        yield Given(setting, parse_text(setting, text, SET_FLAG), SET_FLAG)


def _refuse_public_secret(text: str, flag: str) -> None:
    if holds_password(text):
        variable = f"{ENVIRONMENT_PREFIX}REDIS_PASSWORD"
        raise ConfigurationError(
            ConfigurationCode.PASSWORD_SHOWN.because(flag=flag, address=mask_address(text), variable=variable)
        )


def _fill_in(base: T, values: Mapping[tuple[str, ...], Any], path: tuple[str, ...] = ()) -> T:
    """Return `base` with the values at their paths."""
    changes: dict[str, Any] = {}
    for field in fields(base):  # type: ignore[arg-type]
        here = (*path, field.name)
        if here in values:
            changes[field.name] = values[here]
        elif is_dataclass(part := getattr(base, field.name)) and any(p[: len(here)] == here for p in values):
            changes[field.name] = _fill_in(part, values, here)
    return replace(base, **changes)  # type: ignore[type-var]


def _check_promises(configuration: Configuration, part: Any, path: tuple[str, ...]) -> None:
    """Raises: BrokenPromise for values that are allowed one by one but not together."""
    for field in fields(part):
        if is_dataclass(inner := getattr(part, field.name)):
            _check_promises(configuration, inner, (*path, field.name))
    for promise in getattr(part, "promises", ()):
        if not promise.holds(part):
            raise BrokenPromise(promise.sentence, _show_values(configuration, promise, path))


def _show_values(configuration: Configuration, promise: Promise, path: tuple[str, ...]) -> tuple[str, ...]:
    by_path = {one.path: one for one in list_settings(Configuration)}
    about = [by_path[(*path, *name.split("."))] for name in promise.names]
    return tuple(
        f"{one.name} = {format_value(one, get_value(configuration, one.path))} ({configuration.origins[one.name]})"
        for one in about
    )


def _list_warnings(configuration: Configuration) -> Iterator[Reason]:
    address = configuration.oracle.redis_url
    if address is not None and is_readable_on_the_network(address):
        yield ConfigurationCode.STORE_READABLE.because(address=mask_address(address))
