"""The outcome of one check. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from oracle.foundation.reason import Reason


class CheckState(StrEnum):
    """Broken: something will not work. Warning: it works, with a limit that the detail names."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, what was found and, unless it is fine, why it is not and what would mend it."""

    name: str
    state: CheckState
    detail: str
    advice: str = ""
    reason: Reason | None = None


def ok(name: str, detail: str) -> Check:
    """All is well."""
    return Check(name, CheckState.OK, detail)


def warning(name: str, reason: Reason, advice: str) -> Check:
    """It works, within limits."""
    return Check(name, CheckState.WARNING, str(reason), advice, reason)


def broken(name: str, reason: Reason, advice: str) -> Check:
    """It does not work."""
    return Check(name, CheckState.BROKEN, str(reason), advice, reason)
