"""On which terms a person may arm in the window, and what they typed as such. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

#: How long -> seconds; what stands first unless a person says otherwise is `USUAL_DURATION`.
DURATIONS: Mapping[str, float] = {
    "30 minutes": 1800.0,
    "1 hour": 3600.0,
    "8 hours": 8 * 3600.0,
    "24 hours": 24 * 3600.0,
    "7 days": 7 * 24 * 3600.0,
}
#: A working day: whoever goes home leaves nothing armed.
USUAL_DURATION = "8 hours"

#: How many moves may begin within 24 hours, and how many replicas may be on their way; None: what the settings allow.
MOVE_LIMITS: Mapping[str, int | None] = {
    "any number of moves": None,
    "1 move a day": 1,
    "5 moves a day": 5,
    "20 moves a day": 20,
}
REPLICA_LIMITS: Mapping[str, int | None] = {
    "any number of replicas": None,
    "5 replicas at once": 5,
    "20 replicas at once": 20,
    "100 replicas at once": 100,
}

#: A namespace's name, as Kubernetes has it.
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def parse_namespaces(text: str) -> frozenset[str] | None:
    """Return the namespaces that are listed with commas or spaces between them; None: all, where nothing is.

    Raises: ValueError for what cannot be the name of one.
    """
    names = frozenset(text.replace(",", " ").split())
    for name in names:
        if not _NAMESPACE.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of a namespace")
    return names or None


def is_typed(typed: str, name: str) -> bool:
    """Whether somebody typed a name, or copied it from where it was broken into lines."""
    return typed.replace("\N{ZERO WIDTH SPACE}", "").strip() == name.strip()
