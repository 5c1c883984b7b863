from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from controller.migration.journal import MAX_JOURNAL_BYTES, JournalError, decode_journal, encode_journal
from controller.migration.record import CreatedObject, Meter, Side
from controller.migration.states import HoldReason, Phase
from tests.controller.migration.records import record

FULL = replace(
    record(Phase.HOLD).with_intent(Side.TARGET, 3),
    state=replace(
        record().state, phase=Phase.HOLD, hold=HoldReason.AUTH, resume_phase=Phase.SURGE, reason="403"
    ),
    created=(CreatedObject("/api/v1/namespaces/shop/configmaps/settings", "uid-c"),),
    meter=Meter(12.5, 0.25, Decimal("0.0125")),
)


def test_a_journal_reads_back_what_was_written() -> None:
    assert decode_journal(encode_journal(FULL)) == FULL


def test_unknown_money_stays_unknown() -> None:
    unknown = replace(FULL, meter=Meter(1.0, 0.5, None), ended_at=None)
    assert decode_journal(encode_journal(unknown)).meter.overlap_usd is None


def test_a_journal_with_twenty_created_objects_fits() -> None:
    path = "/api/v1/namespaces/a-rather-long-namespace-name/configmaps/a-rather-long-name-of-an-object-{:03}"
    created = tuple(CreatedObject(path.format(index), f"{index:036}") for index in range(20))
    assert len(encode_journal(replace(FULL, created=created))) < MAX_JOURNAL_BYTES


def test_a_journal_that_would_be_too_big_is_not_written() -> None:
    created = tuple(CreatedObject("/x" * 100, f"{index:036}") for index in range(60))
    with pytest.raises(JournalError, match="the limit is 8192"):
        encode_journal(replace(FULL, created=created))


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    """The journal's text after a change of its JSON."""
    document = json.loads(encode_journal(FULL))
    change(document)
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON"),
        ("[]", "does not look like one"),
        ("[" * 5000, "not JSON"),
        ('{"version": 1}', "does not look like one"),
        ("x" * MAX_JOURNAL_BYTES, "longer"),
        (changed(lambda d: d.update(version=2)), "version 2"),
        (changed(lambda d: d["migration"].pop("epoch")), "missing ['epoch']"),
        (changed(lambda d: d["migration"].update(extra=1)), "unknown ['extra']"),
        (changed(lambda d: d["migration"].update(epoch="4")), "migration.epoch"),
        (changed(lambda d: d["migration"].update(epoch=True)), "migration.epoch"),
        (changed(lambda d: d["migration"].update(epoch=4.5)), "migration.epoch"),
        (changed(lambda d: d["migration"].update(created={})), "no list at migration.created"),
        (changed(lambda d: d["migration"].update(source=[])), "no object at migration.source"),
        (changed(lambda d: d["migration"]["state"].update(phase="FLYING")), "migration.state.phase"),
        (changed(lambda d: d["migration"]["state"].update(waves=[1, None])), "migration.state.waves[1]"),
        (changed(lambda d: d["migration"]["meter"].update(overlap_usd="NaN")), "no amount"),
        (changed(lambda d: d["migration"]["meter"].update(overlap_usd="cheap")), "no amount"),
        (changed(lambda d: d["migration"]["meter"].update(overlap_usd=0.5)), "overlap_usd"),
        (encode_journal(FULL).replace("12.5", "NaN"), "not JSON"),
        (encode_journal(FULL).replace("12.5", "1e999"), "elapsed_s"),
    ],
)
def test_a_journal_that_is_not_completely_understood_is_refused(text: str, reason: str) -> None:
    with pytest.raises(JournalError) as refused:
        decode_journal(text)
    assert reason in str(refused.value)
