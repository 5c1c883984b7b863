"""What a step is: one thing that a move prepares in the clusters, and can take back.

A step is data to a run: the catalogue lists them, a run prepares them in order before the first wave, undoes them in
reverse in a rollback, and lets each clean up at the end of the soak. What a step has to remember stands in its own
`StepRecord`; it reads the rest of the migration's record and changes nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.probe import Probe
from controller.migration.access.timing import Timing
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.record import MigrationRecord, StepRecord


@dataclass(frozen=True, slots=True)
class Survey:
    """What a preflight has found before it asks the steps.

    `body` is the source's Deployment as its API server has it; `target_facts` are those of the Deployment that the
    target has already, None where it has none.
    """

    source: ClusterSide
    target: ClusterSide
    draft: MigrationRecord
    body: Mapping[str, Any]
    source_facts: DeploymentFacts
    target_facts: DeploymentFacts | None


class StepJournal(Protocol):
    """The journal as a step may use it."""

    @property
    def record(self) -> MigrationRecord:
        """The migration as it is now."""
        ...

    def check(self) -> None:
        """Raises: LeaseLost, LeaseUncertain or ClusterError where nothing may be written now."""
        ...

    async def count_operation(self) -> MigrationRecord:
        """Journal the next operation's number, for a fence, and return the record with it."""
        ...

    def remember_step(self, step: StepRecord) -> None:
        """Know what has been done so far; it goes with the next journal write."""
        ...

    async def save_step(self, step: StepRecord) -> None:
        """Journal what must not be forgotten before the step goes on. Raises: LeaseLost, ClusterError."""
        ...


@dataclass(frozen=True, slots=True)
class Workbench:
    """What a step works with. Every write goes through `probe`, and `journal.check` is its permission."""

    source: ClusterSide
    target: ClusterSide
    journal: StepJournal
    probe: Probe
    timing: Timing


class Step(Protocol):
    """One step. Every method may be called again after a crash or a HOLD, and finds what it has done before.

    The methods that change a cluster take what is known of the step and return what came of it; that is journaled with
    what follows. What a crash in between must not forget, they journal themselves, before they go on.

    Raises (all of them): HoldNeeded, MoveFailed, LeaseLost, LeaseUncertain, Interrupted; ClusterError when patience is
    over.
    """

    @property
    def name(self) -> str:
        """Its name in the journal: lower-case words with hyphens, never to be changed."""
        ...

    @property
    def is_journaled_empty(self) -> bool:
        """Whether a journal names it also where it has noted nothing. An older program goes on with no move whose
        journal names a step that it does not know: one that came later is named only where it has done something.
        """
        ...

    async def preflight(self, survey: Survey) -> StepRecord:
        """Look whether the step can be done, changing nothing, and return the most that it will ever note, so that the
        journal has room for it. Raises: MigrationRefused; ClusterError where a dry run is refused.
        """
        ...

    async def prepare(self, bench: Workbench, known: StepRecord) -> StepRecord:
        """Do it, before the first wave."""
        ...

    async def undo(self, bench: Workbench, known: StepRecord) -> StepRecord:
        """Take back all of it, after the source has its replicas again; also where it was never prepared."""
        ...

    async def cleanup(self, bench: Workbench, known: StepRecord) -> StepRecord:
        """Take away what only the move needed, after the soak. What cannot be taken away now is a reason to hold, never
        to fail: the workload serves where it should.
        """
        ...
