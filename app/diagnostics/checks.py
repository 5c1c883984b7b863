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
    """What was looked at, what was found and, unless it is fine, what would mend it; `reason` where it has a code."""

    name: str
    state: CheckState
    detail: str
    advice: str = ""
    reason: Reason | None = None


def ok(name: str, detail: str) -> Check:
    """All is well."""
    return Check(name, CheckState.OK, detail)


def warning(name: str, detail: str | Reason, advice: str) -> Check:
    """It works, within limits."""
    return _make(name, CheckState.WARNING, detail, advice)


def broken(name: str, detail: str | Reason, advice: str) -> Check:
    """It does not work."""
    return _make(name, CheckState.BROKEN, detail, advice)


def _make(name: str, state: CheckState, detail: str | Reason, advice: str) -> Check:
    return Check(name, state, str(detail), advice, detail if isinstance(detail, Reason) else None)
