"""A run walks the steps by data: in order, back in reverse, and each from what it has noted before."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from controller.migration.access.journal_writer import JournalWriter
from controller.migration.protocol.errors import JournalError, MoveFailed
from controller.migration.protocol.journal import decode_journal, encode_journal
from controller.migration.protocol.journal_v1 import COPIES
from controller.migration.protocol.record import Note, StepRecord, StepStatus
from controller.migration.steps.catalogue import STEPS
from controller.migration.steps.itinerary import Itinerary, require_known
from controller.migration.steps.step import Step, StepJournal, Survey, Workbench
from controller.reasons import Code
from tests.controller.migration.records import record


class FreezeStep:
    """A step as one file would add it: it notes what it found in the source, and puts that back."""

    is_journaled_empty = True

    def __init__(self, name: str, calls: list[str], *, fails: bool = False) -> None:
        self.name = name
        self._calls = calls
        self._fails = fails

    async def preflight(self, survey: Survey) -> StepRecord:
        return StepRecord(self.name, source=(Note("replicas", "0" * 9),))

    async def prepare(self, bench: Workbench, known: StepRecord) -> StepRecord:
        self._calls.append(f"prepare {self.name}")
        if self._fails:
            raise MoveFailed(Code.NOTHING_SERVES.because(context="osaka"))
        noted = StepRecord(self.name, known.status, source=(Note("replicas", "3"),))
        await bench.journal.save_step(noted)
        return noted

    async def undo(self, bench: Workbench, known: StepRecord) -> StepRecord:
        self._calls.append(f"undo {self.name} {[note.value for note in known.source]}")
        return StepRecord(self.name)

    async def cleanup(self, bench: Workbench, known: StepRecord) -> StepRecord:
        self._calls.append(f"clean up {self.name}")
        return known


class Walk:
    """A walk over two steps, the second of which may fail."""

    def __init__(self, *, second_fails: bool = False) -> None:
        self.calls: list[str] = []
        self.journal = JournalWriter(record(), lambda: None)
        nothing = cast(Workbench, None)
        bench = self.bench = Workbench(
            nothing,  # type: ignore[arg-type]
            nothing,  # type: ignore[arg-type]
            cast(StepJournal, self.journal),
            nothing,  # type: ignore[arg-type]
            nothing,  # type: ignore[arg-type]
        )
        steps = (
            FreezeStep("first", self.calls),
            FreezeStep("second", self.calls, fails=second_fails),
        )
        self.itinerary = Itinerary(steps, bench, self.journal.remember_step)

    def statuses(self) -> dict[str, StepStatus]:
        return {step.name: step.status for step in self.journal.record.steps}


def test_steps_are_prepared_in_order_and_cleaned_up_in_order() -> None:
    walk = Walk()
    asyncio.run(walk.itinerary.prepare())
    assert walk.calls == ["prepare first", "prepare second"]
    assert set(walk.statuses().values()) == {StepStatus.PREPARED}
    asyncio.run(walk.itinerary.clean_up())
    assert walk.calls[2:] == ["clean up first", "clean up second"]
    assert set(walk.statuses().values()) == {StepStatus.CLEANED_UP}


def test_steps_are_undone_in_reverse_each_from_its_own_notes() -> None:
    walk = Walk()
    asyncio.run(walk.itinerary.prepare())
    asyncio.run(walk.itinerary.undo())
    assert walk.calls[2:] == ["undo second ['3']", "undo first ['3']"]
    assert walk.journal.record.steps == (
        StepRecord("first", StepStatus.UNDONE),
        StepRecord("second", StepStatus.UNDONE),
    )


def test_a_step_that_fails_leaves_the_others_to_be_undone() -> None:
    walk = Walk(second_fails=True)
    with pytest.raises(MoveFailed):
        asyncio.run(walk.itinerary.prepare())
    assert walk.statuses() == {"first": StepStatus.PREPARED}
    asyncio.run(walk.itinerary.undo())
    assert walk.calls[2:] == ["undo second []", "undo first ['3']"]


def test_a_new_step_needs_no_new_journal() -> None:
    walk = Walk()
    asyncio.run(walk.itinerary.prepare())
    assert decode_journal(encode_journal(walk.journal.record)) == walk.journal.record


def test_a_record_with_a_step_that_is_not_in_the_catalogue_is_refused() -> None:
    known = record().with_step(StepRecord("copies"))
    assert require_known(known, STEPS) == known
    with pytest.raises(JournalError) as refused:
        require_known(known.with_step(StepRecord("traffic")), STEPS)
    assert refused.value.reason.code is Code.JOURNAL_STEP_UNKNOWN


def test_names_of_steps_are_kept_for_ever() -> None:
    """They stand in journals: a step may be added, none renamed."""
    assert [step.name for step in STEPS][:2] == ["copies", "autoscalers"]
    assert STEPS[0].name == COPIES


class QuietStep:
    """A step that came later than others, and finds nothing to do."""

    name, is_journaled_empty = "quiet", False

    async def prepare(self, bench: Workbench, known: StepRecord) -> StepRecord:
        return known

    undo = cleanup = preflight = prepare


def test_a_later_step_that_notes_nothing_is_named_in_no_journal() -> None:
    """A program that does not know it can go on with the move."""
    walk = Walk()
    quiet = Itinerary([cast(Step, QuietStep())], walk.bench, walk.journal.remember_step)
    for work in (quiet.prepare, quiet.clean_up, quiet.undo):
        asyncio.run(work())
        assert walk.journal.record.steps == ()
    walk.journal.remember_step(StepRecord("quiet"))
    asyncio.run(quiet.undo())
    assert walk.journal.record.steps == (StepRecord("quiet", StepStatus.UNDONE),)
