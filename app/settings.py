"""What a person set in the window, and how it is written down. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any


class Motion(StrEnum):
    """How much may move. What the desktop prefers is not asked: the pinned Qt (6.11) cannot say."""

    FULL = "full"
    REDUCED = "reduced"


class PresenterChoice(StrEnum):
    """Who brings the globe to the screen: `auto` looks at the graphics driver."""

    AUTO = "auto"
    HARDWARE = "hardware"
    SOFTWARE = "software"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the window remembers.

    opening_turn: whether the globe turns slowly for the first seconds; reduced motion overrides it.
    region_names: whether every region on the near side carries its name, or only the selected one.
    presenter: read at the start; a change takes effect with the next one.
    geometry, stage_split, side_split, body_split: opaque states of Qt, base64; empty before the first close.
    """

    motion: Motion = Motion.FULL
    opening_turn: bool = True
    region_names: bool = True
    presenter: PresenterChoice = PresenterChoice.AUTO
    side_panel: bool = True
    geometry: str = ""
    body_split: str = ""
    stage_split: str = ""
    side_split: str = ""


class SettingsError(Exception):
    """A settings file says something that cannot be; the message says what and what is allowed."""


def format_settings(settings: Settings) -> str:
    """Return `settings` as JSON text."""
    return json.dumps(asdict(settings), indent=2) + "\n"


def parse_settings(text: str) -> Settings:
    """Return the settings in `text`; missing ones keep their default, unknown ones (of a newer version) are left out.

    Raises: SettingsError for broken JSON and for a value that is not allowed.
    """
    try:
        values = json.loads(text)
    except ValueError as error:
        raise SettingsError(f"not JSON: {error}") from error
    if not isinstance(values, dict):
        raise SettingsError("not a JSON object")
    known = {field.name: getattr(Settings(), field.name) for field in fields(Settings)}
    return Settings(**{name: _check(name, values[name], known[name]) for name in known if name in values})


def _check(name: str, value: Any, default: object) -> Any:
    if isinstance(default, StrEnum):
        allowed = [str(member) for member in type(default)]
        if value not in allowed:
            raise SettingsError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
        return type(default)(value)
    if type(value) is not type(default):
        raise SettingsError(
            f"{name} must be {'true or false' if isinstance(default, bool) else 'text'}, not {value!r}"
        )
    return value
