"""Write names and texts as the configuration file (TOML) needs them, so that advice can be pasted. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(text: str) -> str:
    """A text in quotes; JSON's escapes are TOML's, but for the pairs beyond U+FFFF."""
    return "".join(('"', *map(_escape, text), '"'))


def toml_key(name: str) -> str:
    """A key, in quotes where TOML would take it apart or not take it at all (dots, colons, slashes)."""
    return name if _BARE_KEY.fullmatch(name) else toml_text(name)


def toml_list(texts: Iterable[str]) -> str:
    """A list of texts."""
    return f"[{', '.join(map(toml_text, texts))}]"


def _escape(character: str) -> str:
    return json.dumps(character)[1:-1] if character <= "\uffff" else f"\\U{ord(character):08x}"
