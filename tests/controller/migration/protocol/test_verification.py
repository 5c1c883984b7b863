"""What one cluster's Lease says counts as far as the other's confirms it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.migration.protocol.errors import JournalDoubted
from controller.migration.protocol.record import MigrationRecord, Note, Side, StepRecord
from controller.migration.protocol.states import Phase
from controller.migration.protocol.verification import (
    confirm,
    find_unfinished_journal,
    merge_sides,
    require_newest,
)
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.controller.migration.facts import serving
from tests.controller.migration.records import record

JOURNAL = record(Phase.VERIFY)


def turned_around() -> MigrationRecord:
    """The same workload on its way from osaka to paris."""
    return replace(JOURNAL, migration_id="m2", source=JOURNAL.target, target=JOURNAL.source)


def in_phase(phase: Phase, migration_id: str = "m1") -> MigrationRecord:
    return replace(JOURNAL, migration_id=migration_id, state=replace(JOURNAL.state, phase=phase))


def test_a_mirror_that_lags_confirms_the_journal() -> None:
    lagging = replace(in_phase(Phase.SURGE), operation=3, intent=None, epoch=1)
    assert confirm(JOURNAL, lagging) == JOURNAL


def test_what_the_target_holds_is_taken_from_the_target() -> None:
    known, planted = Note("/api/v1/namespaces/shop/configmaps/known", "u"), Note("/precious", "u")
    mirror = replace(JOURNAL, steps=(StepRecord("copies", target=(known,)),))
    forged = replace(mirror, steps=(StepRecord("copies", target=(known, planted)), StepRecord("hooks")))
    forged = replace(forged, target=replace(JOURNAL.target, deployment_uid="precious"))
    confirmed = confirm(forged, mirror)
    assert confirmed.target == JOURNAL.target
    assert confirmed.target_notes == (known,)


def test_what_was_changed_in_the_source_is_taken_from_the_source() -> None:
    ours, planted = Note("minReplicas", "3"), Note("minReplicas", "0")
    journal = replace(JOURNAL, steps=(StepRecord("autoscalers", source=(ours,)),))
    forged = replace(
        JOURNAL, steps=(StepRecord("autoscalers", source=(planted,)), StepRecord("x", source=(planted,)))
    )
    assert [step.source for step in confirm(journal, forged).steps] == [(ours,), ()]


@pytest.mark.parametrize(
    ("mirror", "doubt"),
    [
        (None, Code.JOURNAL_NOT_BELIEVED_THERE),
        (in_phase(Phase.VERIFY, "another"), Code.JOURNAL_NOT_BELIEVED_THERE),
        (in_phase(Phase.DONE), Code.JOURNAL_OVER_THERE),
        (replace(JOURNAL, floor=1), Code.JOURNAL_CONTRADICTED),
        (replace(JOURNAL, surge=6), Code.JOURNAL_CONTRADICTED),
        (replace(JOURNAL, template_hash="beef"), Code.JOURNAL_CONTRADICTED),
        (replace(JOURNAL, started_at=0.0), Code.JOURNAL_CONTRADICTED),
        (replace(JOURNAL, target_existed=True), Code.JOURNAL_CONTRADICTED),
        (replace(JOURNAL, source=replace(JOURNAL.source, deployment_uid="x")), Code.JOURNAL_CONTRADICTED),
        (replace(JOURNAL, source=JOURNAL.target, target=JOURNAL.source), Code.JOURNAL_CONTRADICTED),
        (replace(JOURNAL, state=replace(JOURNAL.state, waves=(6,))), Code.JOURNAL_CONTRADICTED),
    ],
)
def test_a_journal_that_the_target_does_not_confirm_is_doubted(
    mirror: MigrationRecord | None, doubt: Code
) -> None:
    with pytest.raises(JournalDoubted) as doubted:
        confirm(JOURNAL, mirror)
    assert doubted.value.reason.code is doubt


def test_a_move_within_one_cluster_has_no_second_witness() -> None:
    alone = replace(JOURNAL, target=replace(JOURNAL.target, cluster_uid=JOURNAL.source.cluster_uid))
    with pytest.raises(JournalDoubted) as doubted:
        confirm(alone, alone)
    assert doubted.value.reason.code is Code.JOURNAL_OF_ONE_CLUSTER


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


@pytest.mark.parametrize(
    ("mirror", "doubt"),
    [
        (None, Code.JOURNAL_NOT_BELIEVED_THERE.because(context="osaka")),
        (in_phase(Phase.DONE), Code.JOURNAL_OVER_THERE.because(context="osaka", phase="DONE")),
        (replace(JOURNAL, floor=1), Code.JOURNAL_CONTRADICTED.because(context="osaka")),
        (
            replace(JOURNAL, dry_run=replace(JOURNAL.dry_run, replicas=7)),
            Code.JOURNAL_CONTRADICTED.because(context="osaka"),
        ),
    ],
)
def test_a_doubt_says_which_cluster_contradicts(mirror: MigrationRecord | None, doubt: Reason) -> None:
    with pytest.raises(JournalDoubted) as doubted:
        confirm(JOURNAL, mirror)
    assert doubted.value.reason == doubt


@pytest.mark.parametrize(("side", "context"), [(Side.SOURCE, "paris"), (Side.TARGET, "osaka")])
def test_a_fence_that_is_ahead_of_the_journal_is_named_with_its_cluster(side: Side, context: str) -> None:
    found = {Side.SOURCE: serving(6), Side.TARGET: serving(1, uid="uid-b")}
    require_newest(JOURNAL, found)
    found[side] = replace(found[side], fence="m1:4:18")
    with pytest.raises(JournalDoubted) as doubted:
        require_newest(JOURNAL, found)
    assert doubted.value.reason == Code.JOURNAL_OUTDATED.because(context=context, fence="m1:4:18")


def test_a_source_without_its_fence_is_named_with_the_phase_that_needs_one() -> None:
    with pytest.raises(JournalDoubted) as doubted:
        require_newest(JOURNAL, {Side.SOURCE: serving(6, fence=None)})
    assert doubted.value.reason == Code.JOURNAL_UNFENCED.because(context="paris", phase="VERIFY")


def test_a_deployment_that_was_there_before_is_known_without_the_targets_word() -> None:
    there = replace(JOURNAL, target_existed=True)
    assert merge_sides(there, None).target.deployment_uid == "uid-b"
    assert merge_sides(JOURNAL, None).target.deployment_uid is None


def test_an_unfinished_journal_is_told_with_the_side_on_which_it_was_found() -> None:
    journals = {Side.SOURCE: None, Side.TARGET: in_phase(Phase.SOAK)}
    assert find_unfinished_journal(journals, record()) == journals[Side.TARGET]
    journals = {Side.SOURCE: in_phase(Phase.SOAK), Side.TARGET: None}
    assert find_unfinished_journal(journals, record()) == journals[Side.SOURCE]
