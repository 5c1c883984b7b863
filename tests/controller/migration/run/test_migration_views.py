from __future__ import annotations

from dataclasses import replace

import pytest

from controller.contract.snapshots import MigrationStage, MigrationView
from controller.migration.protocol.gate import Unpriced
from controller.migration.protocol.observation import DeploymentFacts, parse_deployment
from controller.migration.protocol.record import MigrationRecord
from controller.migration.protocol.states import Phase
from controller.migration.run.migration_views import build_view
from controller.reasons import Code
from tests.controller.migration.facts import serving, side
from tests.controller.migration.records import record
from tests.simulation.world import build_deployment


def view_of(
    known: MigrationRecord,
    source: DeploymentFacts | None = None,
    target: DeploymentFacts | None = None,
    source_is_fresh: bool = True,
    target_unread_since: float | None = None,
    is_leading: bool = True,
) -> MigrationView:
    """What is shown of a move without prices: by default one that this program leads and that was just read."""
    return build_view(
        known,
        source,
        target,
        Unpriced(),
        is_leading=is_leading,
        source_is_fresh=source_is_fresh,
        target_unread_since=target_unread_since,
    )


@pytest.mark.parametrize(
    ("phase", "stage", "can_cancel"),
    [
        (Phase.SURGE, MigrationStage.RUNNING, True),
        (Phase.SOAK, MigrationStage.RUNNING, True),
        (Phase.HOLD, MigrationStage.HOLDING, True),
        (Phase.ROLLBACK, MigrationStage.ROLLING_BACK, False),
        (Phase.NEEDS_OPERATOR, MigrationStage.NEEDS_OPERATOR, True),
        (Phase.DONE, MigrationStage.DONE, False),
        (Phase.ROLLED_BACK, MigrationStage.ROLLED_BACK, False),
        (Phase.REFUSED, MigrationStage.REFUSED, False),
    ],
)
def test_each_phase_has_its_stage(phase: Phase, stage: MigrationStage, can_cancel: bool) -> None:
    view = view_of(record(phase))
    assert (view.stage, view.can_cancel) == (stage, can_cancel)
    assert not view_of(record(phase), is_leading=False).can_cancel


def test_dots_land_as_pods_become_ready_and_what_was_not_seen_is_unknown() -> None:
    target = replace(side(3, 2), shown_ready=2)
    view = view_of(record(), target=target)
    assert (view.landed, view.target_ready, view.target_desired) == (2, 2, 3)
    assert (view.source_ready, view.source_desired) == (None, None)
    assert (view.wave, view.waves) == (1, 4)


def test_what_has_landed_does_not_vanish_while_a_status_is_older_than_its_spec() -> None:
    body = build_deployment(5)
    body["metadata"] |= {"uid": "uid-b", "resourceVersion": "9", "generation": 4}
    body["status"] = {"observedGeneration": 3, "replicas": 3, "readyReplicas": 3}
    target = parse_deployment(body)
    assert target.ready is None
    assert view_of(record(), target=target).landed == 3


@pytest.mark.parametrize(
    ("phase", "resume_phase", "wave", "replicas", "landed"),
    [
        (Phase.VERIFY, None, 0, 1, 0),
        (Phase.VERIFY, None, 2, 5, 3),
        (Phase.SCALE_DOWN_SOURCE, None, 2, 5, 5),
        (Phase.HOLD, Phase.SETTLE, 2, 5, 5),
        (Phase.ROLLBACK, None, 2, 2, 2),
        (Phase.DONE, None, 3, 6, 6),
    ],
)
def test_after_a_restart_the_waves_that_were_verified_have_landed(
    phase: Phase, resume_phase: Phase | None, wave: int, replicas: int, landed: int
) -> None:
    resumed = record(target=replicas)
    resumed = replace(
        resumed, state=replace(resumed.state, phase=phase, resume_phase=resume_phase, wave=wave)
    )
    assert view_of(resumed).landed == landed


@pytest.mark.parametrize("phase", list(Phase))
def test_each_phase_is_told_in_a_sentence_of_its_own(phase: Phase) -> None:
    view = view_of(record(phase))
    own = "phase_soak_watched" if phase is Phase.SOAK else f"phase_{phase.value.lower()}"
    assert view.detail.code.value == own
    advice = f"; {view.advice}" if phase is Phase.NEEDS_OPERATOR else ""
    assert (view.reason, view.sentence) == (None, f"{view.detail}{advice}")


def test_a_program_sees_why_a_migration_is_held_and_a_person_reads_both() -> None:
    reason = Code.LEASE_UNCERTAIN.because(context="osaka")
    state = replace(record(Phase.HOLD).state, reason=reason)
    view = view_of(replace(record(), state=state))
    assert view.reason == reason
    assert view.sentence == f"On hold, nothing is changed: {reason}"


def test_foreign_text_is_shown_harmlessly() -> None:
    state = replace(
        record(Phase.HOLD).state,
        reason=Code.UNCLASSIFIED.because(text="no\x1b[31m answer\u202e\n" + "x" * 5000),
    )
    text = view_of(replace(record(), state=state)).sentence
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert len(text) < 400


def test_a_soak_whose_target_was_not_read_lately_tells_since_when_and_no_count() -> None:
    view = view_of(record(Phase.SOAK), target=side(6, 6), target_unread_since=1_790_000_000.0)
    assert view.detail.code is Code.PHASE_SOAK_UNREAD
    assert "nothing was read there since 2026-09-21 14:13:20 UTC" in view.sentence


@pytest.mark.parametrize(
    ("resume_phase", "source_is_fresh", "words"),
    [
        (
            Phase.VERIFY,
            True,
            "5 of 6 replicas ready in paris, raised again without waiting for osaka; it goes on when",
        ),
        (Phase.ROLLBACK, True, "the rest goes back when osaka answers"),
        (Phase.VERIFY, False, "Raising paris to 6 replicas again without waiting for osaka"),
    ],
)
def test_an_insured_move_says_how_many_serve_in_the_source_by_a_fresh_look_and_what_ends_it(
    resume_phase: Phase, source_is_fresh: bool, words: str
) -> None:
    known = record(Phase.INSURED, source=6, target=6)
    known = replace(known, state=replace(known.state, resume_phase=resume_phase))
    view = view_of(known, serving(6, ready=5), source_is_fresh=source_is_fresh, target_unread_since=0.0)
    assert words in view.sentence
    assert view.stage is MigrationStage.HOLDING


def test_a_loss_that_is_known_asks_for_a_person() -> None:
    reason = Code.DEPLOYMENT_DELETED.because(context="osaka")
    known = record(Phase.INSURED, source=6, target=6)
    insured = replace(known, state=replace(known.state, resume_phase=Phase.VERIFY, reason=reason))
    view = view_of(insured)
    assert view.stage is MigrationStage.NEEDS_OPERATOR
