"""What is raised where a configuration cannot be taken. Pure.

ConfigurationError
    SettingError        a value that its setting cannot have: name, value, place and what is allowed
    UnknownSetting      a name that no setting has: place and the nearest name
    BrokenPromise       values that are allowed one by one, but not together
    FileRefused         a file that is not read at all
"""

from __future__ import annotations

from app.config.configuration_reasons import ConfigurationCode
from oracle.foundation.reason import Reason


class ConfigurationError(Exception):
    """The program is not started; the reason says what is wrong, where, and what is allowed."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(str(reason))


class SettingError(ConfigurationError):
    """`value` is shown as it may be shown; `place` is a file with its line, a variable or a flag."""

    def __init__(self, place: str, name: str, value: str, allowed: str) -> None:
        told = {"place": place, "name": name, "value": value, "allowed": allowed}
        super().__init__(ConfigurationCode.SETTING_WRONG.because(**told))
        self.place = place
        self.name = name
        self.value = value
        self.allowed = allowed


class UnknownSetting(ConfigurationError):
    """Nothing is called `name`; `nearest` is what may have been meant, None where nothing is near."""

    def __init__(self, place: str, name: str, nearest: str | None) -> None:
        super().__init__(
            ConfigurationCode.SETTING_MISSPELT.because(place=place, name=name, nearest=nearest)
            if nearest
            else ConfigurationCode.SETTING_UNKNOWN.because(place=place, name=name)
        )
        self.place = place
        self.name = name
        self.nearest = nearest


class BrokenPromise(ConfigurationError):
    """`values` are the settings in question, each with its value and its origin."""

    def __init__(self, sentence: str, values: tuple[str, ...]) -> None:
        super().__init__(ConfigurationCode.SETTINGS_CLASH.because(promise=sentence, values=", ".join(values)))
        self.values = values


class FileRefused(ConfigurationError):
    """A file cannot be read, or holds something else than it should."""
