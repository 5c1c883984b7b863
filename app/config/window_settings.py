"""What a person set in the window, and how it is written down. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

from app.config.catalogue import list_settings
from app.config.configuration_reasons import ConfigurationCode
from app.config.errors import FileRefused
from app.config.values import decode_value
from oracle.foundation.setting import setting


class Motion(StrEnum):
    """How much may move. What the desktop prefers is not asked: the pinned Qt (6.11) cannot say."""

    FULL = "full"
    REDUCED = "reduced"


class PresenterChoice(StrEnum):
    """Who brings the globe to the screen: `auto` looks at the graphics driver."""

    AUTO = "auto"
    HARDWARE = "hardware"
    SOFTWARE = "software"


class Confirmation(StrEnum):
    """How a move is confirmed that a person has clicked on."""

    RING = "ring"
    SECOND_PRESS = "second_press"


_OPAQUE = "A state of Qt, base64; empty before the first close."


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the window remembers; it is set in the window itself, and by using it."""

    motion: Motion = setting(Motion.FULL, "How much may move.")
    opening_turn: bool = setting(
        True, "Whether the globe turns slowly for the first seconds; reduced motion overrides it."
    )
    region_names: bool = setting(
        True, "Whether every region on the near side carries its name, or only the selected one."
    )
    presenter: PresenterChoice = setting(
        PresenterChoice.AUTO,
        "Who brings the globe to the screen; read at the start, so that a change takes effect with the next one.",
    )
    confirmation: Confirmation = setting(
        Confirmation.RING,
        "What a click on a move leads to: `ring` starts it after five seconds in which it can be taken back, "
        "`second_press` asks for a press on its card.",
    )
    side_panel: bool = setting(True, "Whether the panel beside the globe is shown.")
    geometry: str = setting("", _OPAQUE)
    body_split: str = setting("", _OPAQUE)
    stage_split: str = setting("", _OPAQUE)
    side_split: str = setting("", _OPAQUE)


def format_settings(settings: Settings) -> str:
    """Return `settings` as JSON text."""
    return json.dumps(asdict(settings), indent=2) + "\n"


def parse_settings(text: str, file_name: str) -> Settings:
    """Return the settings in `text`; missing ones keep their default, unknown ones (of a newer version) are left out.

    Raises: ConfigurationError for broken JSON and for a value that is not allowed.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileRefused(ConfigurationCode.NO_JSON.because(place=file_name, error=str(error))) from error
    if not isinstance(values, dict):
        raise FileRefused(ConfigurationCode.NO_JSON_OBJECT.because(place=file_name))
    return Settings(
        **{
            one.name: decode_value(one, values[one.name], file_name)
            for one in list_settings(Settings)
            if one.name in values
        }
    )
