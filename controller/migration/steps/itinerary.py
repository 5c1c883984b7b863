"""Walks a catalogue: prepares each step in order, undoes them in reverse, lets each clean up. Knows none of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from controller.migration.protocol.errors import JournalError
from controller.migration.protocol.record import MigrationRecord, StepRecord, StepStatus
from controller.migration.steps.step import Step, Workbench
from controller.reasons import Code


class Itinerary:
    """The steps of one migration. What comes of each is remembered, and journaled with what follows."""

    def __init__(
        self, steps: Sequence[Step], bench: Workbench, remember: Callable[[StepRecord], None]
    ) -> None:
        self._steps = steps
        self._bench = bench
        self._remember = remember

    async def prepare(self) -> None:
        """Prepare each step in order. Raises: what a step raises."""
        for step in self._steps:
            known = await step.prepare(self._bench, self._known(step))
            self._finish(step, known, StepStatus.PREPARED)

    async def undo(self) -> None:
        """Undo each step, the last one first. Raises: what a step raises."""
        for step in reversed(self._steps):
            known = await step.undo(self._bench, self._known(step))
            self._finish(step, known, StepStatus.UNDONE)

    async def clean_up(self) -> None:
        """Let each step clean up, in order. Raises: what a step raises."""
        for step in self._steps:
            known = await step.cleanup(self._bench, self._known(step))
            self._finish(step, known, StepStatus.CLEANED_UP)

    def _known(self, step: Step) -> StepRecord:
        return self._bench.journal.record.step(step.name)

    def _finish(self, step: Step, known: StepRecord, status: StepStatus) -> None:
        was_named = any(one.name == step.name for one in self._bench.journal.record.steps)
        if step.is_journaled_empty or was_named or known.source or known.target:
            self._remember(known.with_status(status))


def require_known(record: MigrationRecord, steps: Sequence[Step]) -> MigrationRecord:
    """Return a record whose every step is in the catalogue: no other could be undone. Raises: JournalError."""
    names = {step.name for step in steps}
    for step in record.steps:
        if step.name not in names:
            raise JournalError(Code.JOURNAL_STEP_UNKNOWN.because(step=step.name))
    return record
