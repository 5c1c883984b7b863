"""What a person may decide about a migration that nothing moves on, and what each decision would change. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from controller.clusters.fleet import WorkloadKey
from oracle.foundation.reason import Reason


class Act(StrEnum):
    """How a person ends a migration that waits for them."""

    #: The target is the workload, as it is; the move ends there.
    ADOPT = "adopt"
    #: The source gets everything back.
    RESTORE = "restore"
    #: Both stay as they are; fence and journal are removed.
    ABANDON = "abandon"


@dataclass(frozen=True, slots=True)
class Settlement:
    """One act, what it would change, line by line, or why it cannot be done now.

    `digest` names all of that: what was shown is what is confirmed.
    """

    migration_id: str
    workload: WorkloadKey
    target: str
    act: Act
    changes: tuple[Reason, ...]
    refusal: Reason | None
    digest: str
