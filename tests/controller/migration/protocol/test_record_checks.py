"""A record that no run of this program could have left is told from one that it could."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.clusters.fleet import WorkloadKey
from controller.migration.protocol.journal_reasons import JournalCode
from controller.migration.protocol.newer_work import NewerWork
from controller.migration.protocol.record import MigrationRecord
from controller.migration.protocol.record_checks import find_contradiction
from controller.migration.protocol.states import Phase
from tests.controller.migration.records import record, shift

KNOWN = record()


@pytest.mark.parametrize("known", [KNOWN, replace(KNOWN, floor=1, surge=1), shift(), shift(Phase.SOAK)])
def test_what_a_run_leaves_contradicts_nothing(known: MigrationRecord) -> None:
    assert find_contradiction(known) is None


@pytest.mark.parametrize(
    ("known", "code"),
    [
        (replace(KNOWN, floor=0), JournalCode.NO_FLOOR),
        (replace(KNOWN, surge=0), JournalCode.NO_FLOOR),
        (replace(KNOWN, state=replace(KNOWN.state, newer=NewerWork(0, "beef"))), JournalCode.NO_FLOOR),
        (replace(KNOWN, source=replace(KNOWN.source, cluster_uid="")), JournalCode.NO_TWO_CLUSTERS),
        (replace(KNOWN, target=replace(KNOWN.target, cluster_uid="")), JournalCode.NO_TWO_CLUSTERS),
        (replace(KNOWN, source=replace(KNOWN.source, context="tokyo")), JournalCode.TWO_WORKLOADS),
        (replace(KNOWN, workload=WorkloadKey("paris", "shop", "other")), JournalCode.TWO_WORKLOADS),
        (replace(KNOWN, state=replace(KNOWN.state, waves=(1, 1, 6))), JournalCode.WAVE_IMPOSSIBLE),
        (replace(KNOWN, state=replace(KNOWN.state, waves=(0, 6))), JournalCode.WAVE_IMPOSSIBLE),
    ],
)
def test_what_no_run_leaves_is_told(known: MigrationRecord, code: JournalCode) -> None:
    assert find_contradiction(known) == code.because()
