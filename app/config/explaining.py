"""What is said of the settings: the table of `config show`, the lines of `config explain`, one JSON document. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from app.config.catalogue import Setting, get_value, list_entries, list_settings, settings_by_name
from app.config.configuration import Configuration
from app.config.errors import UnknownSetting
from app.config.layers import SET_FLAG, find_setting, list_sections
from app.config.values import describe_allowed, format_toml, format_value
from oracle.foundation.untrusted_text import clean_text

#: Characters in a line of an explanation.
WIDTH = 100
#: Where an unknown name was asked for.
_PLACE = "config explain"


def show_settings(configuration: Configuration) -> Iterator[str]:
    """Yield a line for each setting: name, value with its unit, and where that came from."""
    for setting in list_settings(Configuration):
        origin = configuration.origins[setting.name]
        yield _make_row(setting.name, _show_value(setting, configuration), origin)
        for name, entry in _entries_of(setting, configuration).items():
            for part in list_entries(setting):
                value = get_value(entry, part.path)
                if value is not None:
                    yield _make_row(f"{setting.name}.{name}.{part.name}", format_value(part, value), origin)


def settings_to_json(configuration: Configuration) -> dict[str, Any]:
    """Return every setting with value, unit, default and origin; secrets are masked, exact numbers are text."""
    return {
        "settings": [
            {
                "name": one.name,
                "value": _to_json(one, get_value(configuration, one.path)),
                "unit": one.unit or None,
                "default": _to_json(one, one.default),
                "origin": configuration.origins[one.name],
                "allowed": describe_allowed(one),
                "meaning": one.declaration.meaning,
            }
            for one in list_settings(Configuration)
        ]
    }


def explain(name: str, configuration: Configuration) -> Iterator[str]:
    """Yield the explanation of a setting, or of each in a section. Raises: UnknownSetting, with the nearest name."""
    if name in list_sections():
        chosen = [one for one in list_settings(Configuration) if one.section == name]
    else:
        chosen = [_find(name)]
    for number, setting in enumerate(chosen):
        if number:
            yield ""
        yield from _explain(setting, configuration)


def describe_default(setting: Setting) -> str:
    """Return the default with its unit, and what it does where it is none."""
    if setting.default is None and setting.declaration.none is not None:
        return f"none: {setting.declaration.none}"
    shown = format_value(setting, setting.default)
    return f"{shown} {setting.unit}" if setting.unit else shown


def _find(name: str) -> Setting:
    """Return a setting, also one of a table's entries such as `contexts.NAME.region`."""
    first, _, rest = name.partition(".")
    table = settings_by_name(Configuration).get(first)
    if table is None or not rest or not list_entries(table):
        return find_setting(name, _PLACE)
    last = rest.rpartition(".")[2]
    for part in list_entries(table):
        if part.name == last:
            return part
    raise UnknownSetting(_PLACE, name, f"{first}.NAME.{list_entries(table)[0].name}")


def _explain(setting: Setting, configuration: Configuration) -> Iterator[str]:
    is_known = setting in list_settings(Configuration)
    yield setting.name
    yield from textwrap.wrap(
        setting.declaration.meaning,
        WIDTH,
        break_on_hyphens=False,
        initial_indent="  ",
        subsequent_indent="  ",
    )
    yield _make_line("allowed", describe_allowed(setting))
    yield _make_line("default", describe_default(setting))
    if not is_known:
        yield _make_line("file", f"[contexts.NAME] {setting.name} = {format_toml(setting)}")
        return
    origin = configuration.origins[setting.name]
    yield _make_line("now", clean_text(f"{_show_value(setting, configuration)}  ({origin})", WIDTH * 3))
    section = f"[{setting.section}] " if setting.section else ""
    yield _make_line("file", f"{section}{setting.key} = {format_toml(setting)}")
    yield _make_line("environment", setting.variable)
    if setting.declaration.flag is not None:
        yield _make_line("flag", setting.declaration.flag)
    elif not setting.is_secret:
        yield _make_line("flag", f"{SET_FLAG} {setting.name}=...")


def _make_line(title: str, text: str) -> str:
    return f"  {title:<12} {text}"


def _make_row(name: str, value: str, origin: str) -> str:
    return f"{clean_text(name):<36} {clean_text(value):<32} {clean_text(origin)}"


def _show_value(setting: Setting, configuration: Configuration) -> str:
    value = get_value(configuration, setting.path)
    shown = format_value(setting, value)
    return f"{shown} {setting.unit}" if setting.unit and value is not None else shown


def _entries_of(setting: Setting, configuration: Configuration) -> Mapping[str, Any]:
    return get_value(configuration, setting.path) if setting.declaration.entry is not None else {}


def _to_json(setting: Setting, value: Any) -> Any:
    if value is None or (isinstance(value, (bool, int, float)) and not setting.is_secret):
        return value
    if isinstance(value, (frozenset, tuple)):
        return sorted(value) if isinstance(value, frozenset) else list(value)
    if isinstance(value, Mapping):
        return {name: _entry_to_json(setting, entry) for name, entry in value.items()}
    return format_value(setting, value)


def _entry_to_json(setting: Setting, entry: Any) -> Any:
    if setting.declaration.entry is None:
        return sorted(entry)
    return {part.name: _to_json(part, get_value(entry, part.path)) for part in list_entries(setting)}
