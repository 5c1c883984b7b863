"""No move begins whose journal could become too large on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.migration.protocol.fences import MAX_EPOCH
from controller.migration.protocol.journal import PHASE_NAMES, decode_journal, encode_journal, to_wire
from controller.migration.protocol.journal_bounds import (
    ANY_UID,
    MAX_REASON_BYTES,
    build_largest,
    shorten_reason,
)
from controller.migration.protocol.newer_work import NewerWork
from controller.migration.protocol.record import (
    Intent,
    Meter,
    MigrationRecord,
    Note,
    Side,
    StepRecord,
    StepStatus,
    Watched,
)
from controller.migration.protocol.states import HoldReason, Phase
from controller.reasons import Code
from tests.controller.migration.records import record

PATHS = [f"/api/v1/namespaces/shop/configmaps/settings-{part:02}" for part in range(12)]


def copies(uid: str) -> tuple[StepRecord, ...]:
    """What the copies leave in the journal."""
    return (StepRecord("copies", target=tuple(Note(path, uid) for path in PATHS)),)


def with_reason(reason: str) -> MigrationRecord:
    """A migration that was held for this reason."""
    known = record(Phase.HOLD)
    state = replace(
        known.state,
        reason=Code.UNCLASSIFIED.because(text=reason),
        hold=HoldReason.TARGET_UNREACHABLE,
        resume_phase=Phase.SCALE_DOWN_SOURCE,
    )
    return replace(known, state=state)


@given(
    reason=st.text(max_size=2000),
    elapsed_s=st.floats(0, 1e7),
    epoch=st.integers(0, 2**31 - 1),
    wave=st.integers(0, 3),
)
def test_no_journal_grows_beyond_what_was_foreseen(
    reason: str, elapsed_s: float, epoch: int, wave: int
) -> None:
    known = with_reason(reason)
    grown = replace(
        known,
        state=replace(known.state, wave=wave),
        epoch=epoch,
        operation=wave * 1000,
        intent=Intent(Side.SOURCE, 6, epoch),
        steps=copies("0a1b2c3d-0000-4000-8000-123456789abc"),
        meter=Meter(elapsed_s, elapsed_s / 7, known.meter.overlap_usd),
        ended_at=known.started_at + elapsed_s,
    )
    journal = encode_journal(shorten_reason(grown))
    assert len(journal) <= len(encode_journal(build_largest(known, copies(ANY_UID))))


def test_a_long_reason_in_a_reason_is_cut_and_still_one() -> None:
    inner = Code.ACCESS_DENIED.because(context="osaka", answer="🚢" * 5000)
    known = with_reason("")
    why = Code.HOLD_TOO_LONG.because(waited_s=60.0, why=inner)
    cut = shorten_reason(replace(known, state=replace(known.state, reason=why))).state.reason

    assert cut is not None
    assert str(cut).startswith("after 60 s of waiting: osaka answered: 🚢🚢🚢")
    assert len(json.dumps(to_wire(cut), separators=(",", ":"))) <= MAX_REASON_BYTES


@pytest.mark.parametrize("reason", ["x" * 5000, "ж" * 5000, "🚢" * 5000])
def test_long_reasons_are_cut_and_still_read(reason: str) -> None:
    journal = encode_journal(shorten_reason(with_reason(reason)))
    cut = decode_journal(journal).state.reason
    assert cut is not None
    assert str(cut["text"]).startswith(reason[:60])
    assert len(json.dumps(to_wire(cut), separators=(",", ":"))) <= MAX_REASON_BYTES


def list_extremes(foreseen: MigrationRecord) -> Iterator[MigrationRecord]:
    """What a journal can become, one field at a time."""
    state = foreseen.state
    for phase in PHASE_NAMES:
        yield replace(foreseen, state=replace(state, phase=phase))
        yield replace(foreseen, state=replace(state, resume_phase=phase))
    yield from (replace(foreseen, state=replace(state, hold=hold)) for hold in HoldReason)
    yield from (replace(foreseen, state=replace(state, wave=wave)) for wave in range(4))
    yield replace(foreseen, state=replace(state, newer=NewerWork(6000, "cafe")))
    yield from (replace(foreseen, intent=Intent(side, 6, MAX_EPOCH)) for side in Side)
    yield replace(foreseen, epoch=MAX_EPOCH)
    yield replace(foreseen, operation=MAX_EPOCH)
    yield replace(foreseen, ended_at=foreseen.started_at + 1 / 3)
    yield replace(foreseen, target=replace(record().target, deployment_uid=ANY_UID, replicas=6))
    yield replace(foreseen, meter=Meter(1e6 / 3, 1e6 / 3, Decimal(1000) / 3))
    yield replace(foreseen, watched=Watched(4, 1e6 / 3, 1e6 / 3))
    for status in StepStatus:
        yield replace(foreseen, steps=tuple(one.with_status(status) for one in foreseen.steps))


def test_nothing_that_a_journal_can_hold_is_longer_than_what_is_foreseen() -> None:
    foreseen = build_largest(with_reason("why"), copies(ANY_UID))
    longest = len(encode_journal(foreseen))
    for extreme in list_extremes(foreseen):
        assert len(encode_journal(extreme)) <= longest, extreme


def test_what_is_foreseen_has_a_reason_as_long_as_any_may_be() -> None:
    foreseen = build_largest(with_reason("why"), copies(ANY_UID))
    longest = json.dumps(to_wire(foreseen.state.reason), separators=(",", ":"))
    assert len(longest) == MAX_REASON_BYTES


def test_no_more_of_a_text_is_cut_than_has_to_be() -> None:
    """A letter that JSON writes with six characters would not have fitted any more."""
    cut = shorten_reason(with_reason("ж" * 5000)).state.reason
    assert len(json.dumps(to_wire(cut), separators=(",", ":"))) > MAX_REASON_BYTES - len(r"\u0436")


def test_a_parameter_that_cannot_be_shorter_is_given_up_at_last() -> None:
    """A number among long texts is kept while they can be cut."""
    inner = Code.ACCESS_DENIED.because(context="", answer="x" * 2000)
    known = with_reason("")
    why = Code.HOLD_TOO_LONG.because(waited_s=60.0, why=inner)
    cut = shorten_reason(replace(known, state=replace(known.state, reason=why))).state.reason
    assert cut is not None
    assert cut["waited_s"] == 60.0
