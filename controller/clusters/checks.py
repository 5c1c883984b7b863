"""The result of one check: passed, failed or not known, with its reason. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from oracle.foundation.reason import Reason


class Outcome(StrEnum):
    """What a check found. `unknown` is neither: it could not be asked."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What was checked (`name`, short), what came of it, and why; `reason` is None only where it passed."""

    name: str
    outcome: Outcome
    reason: Reason | None = None
