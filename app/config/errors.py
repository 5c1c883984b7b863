"""Everything that can be wrong with a configuration, as it is said to a person. Pure.

ConfigurationError
    SettingError        a value that its setting cannot have: name, value, place and what is allowed
    UnknownSetting      a name that no setting has: place and the nearest name
    BrokenPromise       values that are allowed one by one, but not together
    FileRefused         a file that is not read at all: which, where in it and why
"""

from __future__ import annotations


class ConfigurationError(Exception):
    """The program is not started; the message says what is wrong, where, and what is allowed."""


class SettingError(ConfigurationError):
    """`value` is shown as it may be shown; `place` is a file with its line, a variable or a flag."""

    def __init__(self, place: str, name: str, value: str, allowed: str) -> None:
        self.place = place
        self.name = name
        self.value = value
        self.allowed = allowed
        super().__init__(f"{place}: {name} must be {allowed}, not {value}")


class UnknownSetting(ConfigurationError):
    """Nothing is called `name`; `nearest` is what may have been meant, None where nothing is near."""

    def __init__(self, place: str, name: str, nearest: str | None) -> None:
        self.place = place
        self.name = name
        self.nearest = nearest
        hint = f"did you mean {nearest!r}?" if nearest else "`sentinelaura config show` lists all of them"
        super().__init__(f"{place}: there is no setting {name!r}; {hint}")


class BrokenPromise(ConfigurationError):
    """`values` are the settings in question, each with its value and its origin."""

    def __init__(self, sentence: str, values: tuple[str, ...]) -> None:
        self.sentence = sentence
        self.values = values
        super().__init__(f"{sentence}: {', '.join(values)}")


class FileRefused(ConfigurationError):
    """`place` is the file, with line and column where they are known."""

    def __init__(self, place: str, reason: str = "") -> None:
        self.place = place
        self.reason = reason
        super().__init__(f"{place} {reason}".rstrip())
