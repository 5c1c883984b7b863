"""The journal is written before anything follows from it, and the target knows at once of what is left in it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from controller.migration.access.journal_writer import JournalWriter
from controller.migration.protocol.errors import JournalError
from controller.migration.protocol.newer_work import NewerWork
from controller.migration.protocol.record import Note, Side, StepRecord
from controller.reasons import Code
from tests.controller.migration.access.fakes import RecordingLeases
from tests.controller.migration.records import record

COPIES = StepRecord("copies", target=(Note("/apis/apps/v1/namespaces/shop/deployments/checkout", "uid-b"),))


def lead() -> tuple[JournalWriter, RecordingLeases]:
    """A journal under Leases that are held."""
    leases: Any = RecordingLeases([])
    journal = JournalWriter(record(), lambda: None)
    journal.lead(leases, record().with_step(COPIES))
    return journal, leases


def test_the_mirror_is_awaited_for_what_a_step_leaves_in_the_target_and_may_lag_otherwise() -> None:
    journal, leases = lead()

    asyncio.run(journal.announce(Side.TARGET, 3))
    asyncio.run(journal.save_step(StepRecord("hooks", source=(Note("job", "uid"),))))
    assert leases.mirrored == [False, False]

    asyncio.run(journal.save_step(COPIES.with_note(Side.TARGET, Note("/more", "uid-c"))))
    assert leases.mirrored == [False, False, True]


def test_the_mirror_is_awaited_for_what_others_have_made_of_the_target() -> None:
    journal, leases = lead()
    newer = replace(journal.record.state, newer=NewerWork(9, "beef"))
    asyncio.run(journal.save(replace(journal.record, state=newer)))
    assert leases.mirrored == [True]


def test_what_could_not_be_written_is_not_known_either() -> None:
    journal, _ = lead()
    before = journal.record
    huge = StepRecord("hooks", source=tuple(Note("x" * 100, str(number)) for number in range(100)))

    with pytest.raises(JournalError) as refused:
        asyncio.run(journal.save_step(huge))

    assert refused.value.reason.code is Code.JOURNAL_TOO_LARGE
    assert journal.record == before


def test_the_same_write_announced_again_keeps_its_operation() -> None:
    journal, _ = lead()
    asyncio.run(journal.announce(Side.TARGET, 3))
    first = journal.record.intent
    asyncio.run(journal.announce(Side.TARGET, 3))
    assert journal.record.intent == first
    journal.confirm_replicas(Side.TARGET, 3)
    assert (journal.record.intent, journal.record.target.replicas) == (None, 3)
