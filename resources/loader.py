"""The one way to read a file that ships with the program, also from a frozen bundle or a zip.

It knows no format but JSON and text; meaning belongs to the caller.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


class ResourceError(Exception):
    """A file that should have shipped with the program is missing or unreadable."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        super().__init__(f"resource {name!r} cannot be read ({reason}); reinstall SentinelAura")


def load_bytes(name: str) -> bytes:
    """Return the content of `name`, a path below `resources/` with forward slashes.

    Raises: ResourceError where the file is missing.
    """
    try:
        return files("resources").joinpath(*name.split("/")).read_bytes()
    except OSError as error:
        raise ResourceError(name, error.strerror or str(error)) from error


def load_text(name: str) -> str:
    """Return the content of `name` decoded as UTF-8. Raises: ResourceError."""
    return load_bytes(name).decode("utf-8")


def load_json(name: str) -> Any:
    """Return the parsed content of `name`. Raises: ResourceError."""
    try:
        return json.loads(load_text(name))
    except ValueError as error:
        raise ResourceError(name, str(error)) from error
