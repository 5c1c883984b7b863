"""What the program was told: file, environment and flags, in that rising order, with origins. Pure.

The texts of the file and the environment are arguments; reading them belongs to `configuration_file.py`.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from controller.clusters.settings import ContextOverride
from oracle.market import CapacityType
from oracle.quotes import MAX_LIFE_S

ENVIRONMENT_PREFIX = "SENTINELAURA_"
#: Market seconds per second: a year in three seconds. Faster, a replay is over before it is seen.
MAX_SPEED = 1e7
#: Scheme, credentials, host or bracketed IPv6 address, port, and the rest. A broken bracket is what parsers choke on.
_REDIS_URL = re.compile(r"rediss?://([^\s\[\]]*@)?(\[[0-9a-fA-F:.]+\]|[^\s\[\]/?]*)(:\d+)?([/?][^\s\[\]]*)?")


class ConfigurationError(Exception):
    """A setting has a value that it cannot have; the message says which, where and what is allowed."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """Every setting that the command line, the environment or the file can give.

    redis: URL of a shared Redis; None starts the embedded server.
    kubeconfig: file with real clusters; None starts the simulated fleet.
    prices: a file of prices, a recording unless `live`; None starts the simulated market.
    live: whether somebody keeps that file up to date, so that real clusters may be moved on it.
    price_life_s: seconds that a live price is believed after it was confirmed; None takes the source's default.
    speed: market seconds per second; None takes the default of the source.
    seed: of the simulated market and fleet; the same seed gives the same world.
    use_contexts: the only contexts that may be contacted (file or --context); None: all of the kubeconfig.
    allowed_exec_plugins: credential plugins that a kubeconfig may run (file only; none unless named here).
    exec_plugin_env: plugin -> the kubeconfig's variables that it may get (file only).
    insecure_tls_contexts: contexts whose `insecure-skip-tls-verify` is confirmed, for looking at them (file only).
    insecure_tls_moves: those of them that may also be changed (file only).
    contexts: context name -> what a person says that it is.
    origins: setting -> where its value came from, for `sentinelaura config show`.
    """

    redis: str | None = None
    kubeconfig: str | None = None
    prices: str | None = None
    live: bool = False
    price_life_s: float | None = None
    speed: float | None = None
    seed: int = 7
    use_contexts: frozenset[str] | None = None
    allowed_exec_plugins: frozenset[str] = frozenset()
    exec_plugin_env: Mapping[str, frozenset[str]] = field(default_factory=dict)
    insecure_tls_contexts: frozenset[str] = frozenset()
    insecure_tls_moves: frozenset[str] = frozenset()
    contexts: Mapping[str, ContextOverride] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_demo(self) -> bool:
        """Whether the clusters are simulated."""
        return self.kubeconfig is None


#: What a person may say of a context in the configuration file.
_OVERRIDES = tuple(field.name for field in fields(ContextOverride))

#: Settings that are lists. Only the file can give those of consent: on the command line they would be too easy to get
#: wrong.
_LISTS = frozenset({"use_contexts", "allowed_exec_plugins", "insecure_tls_contexts", "insecure_tls_moves"})
#: Settings that only the file can give, a list for each name.
_LISTS_BY_NAME = frozenset({"exec_plugin_env"})

_TYPES: Mapping[str, type] = {
    "redis": str,
    "kubeconfig": str,
    "prices": str,
    "live": bool,
    "price_life_s": float,
    "speed": float,
    "seed": int,
}


def resolve_configuration(
    file_text: str | None, file_name: str, environment: Mapping[str, str], flags: Mapping[str, Any]
) -> Configuration:
    """Join file, environment and flags; later ones win.

    Args:
        file_text: the TOML text, None where there is no file; `file_name` names it in errors.
        environment: the process environment; only names with the prefix are looked at.
        flags: only those that were given.
    Raises: ConfigurationError.
    """
    values: dict[str, Any] = {}
    origins = dict.fromkeys((*_TYPES, *_LISTS, *_LISTS_BY_NAME), "default")
    table = _parse_file(file_text, file_name)
    contexts = _parse_contexts(table.pop("contexts", {}), file_name)
    for name in _LISTS & table.keys():
        values[name] = _check_list(name, table.pop(name), file_name)
        origins[name] = file_name
    for name in _LISTS_BY_NAME & table.keys():
        values[name] = _check_lists_by_name(name, table.pop(name), file_name)
        origins[name] = file_name
    for name, value in table.items():
        values[name] = _check_value(_check_name(name, file_name), value, file_name)
        origins[name] = file_name
    for name in _TYPES:
        variable = ENVIRONMENT_PREFIX + name.upper()
        if variable in environment:
            values[name] = _check_value(name, environment[variable], variable)
            origins[name] = variable
    for name in _TYPES:
        if flags.get(name) is not None:
            flag = f"--{name.replace('_', '-')}"
            values[name] = _check_value(name, flags[name], flag)
            origins[name] = flag
    _check_live(values, origins)
    if flags.get("use_contexts") is not None:
        values["use_contexts"] = frozenset(flags["use_contexts"])
        origins["use_contexts"] = "--context"
    return Configuration(**values, contexts=contexts, origins=origins)


def _parse_file(text: str | None, file_name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text) if text is not None else {}
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file_name} is not valid TOML: {error}") from error
    except RecursionError:
        raise ConfigurationError(f"{file_name} is nested too deeply") from None
    except (ValueError, OverflowError):
        raise ConfigurationError(f"{file_name} holds a number or a date that is out of all bounds") from None


def _check_name(name: str, place: str) -> str:
    if name in _TYPES:
        return name
    known = [*_TYPES, *sorted(_LISTS | _LISTS_BY_NAME), "contexts"]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; known settings: {', '.join(known)}"
    raise ConfigurationError(f"{place}: there is no setting {name!r}{hint}")


def _check_value(name: str, value: Any, place: str) -> Any:
    wanted = _TYPES[name]
    if wanted is bool:
        return _check_switch(name, value, place)
    try:
        if isinstance(value, bool) or (wanted is str and not isinstance(value, str)):
            raise ValueError
        checked = wanted(value)
        if wanted is int and isinstance(value, float) and value != checked:
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        kind = {str: "text", float: "a number", int: "a whole number"}[wanted]
        raise ConfigurationError(f"{place}: {name} must be {kind}, not {value!r}") from None
    if name == "speed" and not 0 < checked <= MAX_SPEED:
        raise ConfigurationError(
            f"{place}: speed must be a positive number up to {MAX_SPEED:g}, not {value!r}"
        )
    if name == "price_life_s" and not 1 <= checked <= MAX_LIFE_S:
        raise ConfigurationError(
            f"{place}: price_life_s must be 1 to {MAX_LIFE_S:.0f} (a day) seconds, not {value!r}"
        )
    if name == "redis" and not _REDIS_URL.fullmatch(checked):
        raise ConfigurationError(f"{place}: redis must be a redis:// or rediss:// URL, not {value!r}")
    return checked


def _check_live(values: Mapping[str, Any], origins: Mapping[str, str]) -> None:
    """Raise ConfigurationError for what says nothing together: a live file is not played, and needs a file."""
    if values.get("live"):
        if values.get("prices") is None:
            raise ConfigurationError(f"{origins['live']}: live needs a file of prices; give --prices FILE")
        if values.get("speed") is not None:
            raise ConfigurationError(
                f"{origins['speed']}: live prices are not played; leave out speed or live"
            )
    elif values.get("price_life_s") is not None:
        raise ConfigurationError(
            f"{origins['price_life_s']}: price_life_s is of live prices; give --live too"
        )


def _check_switch(name: str, value: Any, place: str) -> bool:
    """Return a switch; a file has true and false, the environment 1 and 0 as well."""
    words = {"true": True, "1": True, "false": False, "0": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    raise ConfigurationError(f"{place}: {name} must be true or false, not {value!r}")


def _check_list(name: str, value: Any, place: str) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise ConfigurationError(f'{place}: {name} must be a list of texts, such as ["..."], not {value!r}')
    return frozenset(value)


def _check_lists_by_name(name: str, value: Any, place: str) -> dict[str, frozenset[str]]:
    if not isinstance(value, dict):
        raise ConfigurationError(f'{place}: {name} must be lines like {name}.NAME = ["..."], not {value!r}')
    return {key: _check_list(f"{name}.{key}", entry, place) for key, entry in value.items()}


def _parse_contexts(table: Any, file_name: str) -> dict[str, ContextOverride]:
    if not isinstance(table, dict):
        raise ConfigurationError(
            f"{file_name}: contexts must be tables like [contexts.NAME]; "
            "use_contexts is the list of those that may be contacted"
        )
    return {name: _parse_override(name, entry, file_name) for name, entry in table.items()}


def _parse_override(name: str, entry: Any, file_name: str) -> ContextOverride:
    if not isinstance(entry, dict):
        raise ConfigurationError(f"{file_name}: contexts.{name} must be a table with {', '.join(_OVERRIDES)}")
    for key, value in entry.items():
        if key not in _OVERRIDES or not isinstance(value, str):
            raise ConfigurationError(
                f"{file_name}: contexts.{name}.{key} is not allowed; give {', '.join(_OVERRIDES)}, each as text"
            )
    capacity_type = entry.get("capacity_type")
    if capacity_type is not None and capacity_type not in set(CapacityType):
        raise ConfigurationError(
            f"{file_name}: contexts.{name}.capacity_type must be one of {', '.join(CapacityType)}"
        )
    return ContextOverride(
        **{**entry, "capacity_type": CapacityType(capacity_type) if capacity_type else None}
    )
