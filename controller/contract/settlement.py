"""What a person may decide about a migration from outside, and what each decision would change. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from controller.clusters.fleet import WorkloadKey
from oracle.foundation.reason import Reason


class Act(StrEnum):
    """What a person may ask of a migration that their process does not lead."""

    #: Go back in order, as at a click on Cancel. Any migration that is not over can be asked to.
    CANCEL = "cancel"

    #: The target is the workload, as it is; the move ends there.
    ADOPT = "adopt"
    #: The source gets everything back.
    RESTORE = "restore"
    #: Both stay as they are; fence and journal are removed.
    ABANDON = "abandon"


#: What ends a migration that waits for a person: each is confirmed by typing what it concerns.
ENDINGS = (Act.ADOPT, Act.RESTORE, Act.ABANDON)


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
    reason: Reason | None
    digest: str


@dataclass(frozen=True, slots=True)
class JudgedActs:
    """What each act on a migration would change, as both of its clusters were read for this answer.

    `number` grows with every answer. `sides`: workload and target, None where the migration is not known. `reason`: why
    nothing can be said.
    """

    number: int
    migration_id: str
    sides: tuple[WorkloadKey, str] | None
    settlements: tuple[Settlement, ...] = ()
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class ActOutcome:
    """What came of an act that was confirmed. `number`: see `JudgedActs`. `reason`: why it was not done, or not to its
    end; None: it was done.
    """

    number: int
    migration_id: str
    act: Act
    reason: Reason | None
