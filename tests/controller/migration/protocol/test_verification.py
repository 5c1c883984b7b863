"""What one cluster's Lease says counts as far as the other's bears it out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.migration.protocol.record import CreatedObject, MigrationRecord, MovePlan, Side
from controller.migration.protocol.states import Phase
from controller.migration.protocol.verification import JournalDoubted, find_unfinished_journal, reconcile
from tests.controller.migration.records import record

JOURNAL = record(Phase.VERIFY)


def turned_around() -> MigrationRecord:
    """The same workload on its way from osaka to paris."""
    return replace(JOURNAL, migration_id="m2", source=JOURNAL.target, target=JOURNAL.source)


def in_phase(phase: Phase, migration_id: str = "m1") -> MigrationRecord:
    return replace(JOURNAL, migration_id=migration_id, state=replace(JOURNAL.state, phase=phase))


def test_a_mirror_that_lags_bears_the_journal_out() -> None:
    lagging = replace(in_phase(Phase.SURGE), operation=3, intent=None, epoch=1)
    assert reconcile(JOURNAL, lagging) == JOURNAL


def test_what_the_target_holds_is_taken_from_the_target() -> None:
    planted = (CreatedObject("/api/v1/namespaces/shop/configmaps/precious", "u"),)
    journal = replace(JOURNAL, created=planted, target=replace(JOURNAL.target, deployment_uid="precious"))
    assert reconcile(journal, JOURNAL) == JOURNAL


@pytest.mark.parametrize(
    ("mirror", "doubt"),
    [
        (None, "osaka does not know of this migration"),
        (in_phase(Phase.VERIFY, "another"), "osaka does not know of this migration"),
        (in_phase(Phase.DONE), "osaka says that this migration is over"),
        (replace(JOURNAL, floor=1), "osaka tells another story"),
        (replace(JOURNAL, surge=6), "osaka tells another story"),
        (replace(JOURNAL, template_hash="beef"), "osaka tells another story"),
        (replace(JOURNAL, started_at=0.0), "osaka tells another story"),
        (replace(JOURNAL, plan=MovePlan(create_namespace=True)), "osaka tells another story"),
        (replace(JOURNAL, target_existed=True), "osaka tells another story"),
        (replace(JOURNAL, source=replace(JOURNAL.source, deployment_uid="x")), "osaka tells another story"),
        (replace(JOURNAL, source=JOURNAL.target, target=JOURNAL.source), "osaka tells another story"),
        (replace(JOURNAL, state=replace(JOURNAL.state, waves=(6,))), "osaka tells another story"),
    ],
)
def test_a_journal_that_the_target_does_not_bear_out_is_doubted(
    mirror: MigrationRecord | None, doubt: str
) -> None:
    with pytest.raises(JournalDoubted, match=doubt):
        reconcile(JOURNAL, mirror)


@pytest.mark.parametrize(
    ("source", "target", "stands_in_the_way"),
    [
        (None, None, False),
        (in_phase(Phase.DONE), in_phase(Phase.DONE), False),
        (in_phase(Phase.DONE), in_phase(Phase.SOAK), False),
        (in_phase(Phase.DONE, "later"), in_phase(Phase.SOAK), False),
        (in_phase(Phase.SOAK), in_phase(Phase.SOAK), True),
        (in_phase(Phase.SOAK), in_phase(Phase.DONE), True),
        (None, in_phase(Phase.SOAK), True),
        (in_phase(Phase.DONE), turned_around(), True),
    ],
    ids=[
        "first move",
        "both over",
        "mirror lags",
        "mirror lags by a whole move",
        "unfinished",
        "only the mirror is over",
        "authority knows nothing",
        "unfinished way back",
    ],
)
def test_only_the_source_of_a_migration_says_that_it_is_over(
    source: MigrationRecord | None, target: MigrationRecord | None, stands_in_the_way: bool
) -> None:
    journals = {Side.SOURCE: source, Side.TARGET: target}
    assert (find_unfinished_journal(journals, record()) is not None) is stands_in_the_way
