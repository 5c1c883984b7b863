from __future__ import annotations

from dataclasses import replace

import pytest

from app.model.replica_dots import WAITING_PROGRESS, ReplicaDots
from controller.contract.snapshots import MigrationStage, MigrationView
from tests.app.scripted_engine import ScriptedEngine


@pytest.fixture
def begun(running_migration: MigrationView) -> MigrationView:
    return replace(running_migration, replicas=4, landed=0, target_desired=0, target_ready=0)


@pytest.fixture
def running_migration(engine: ScriptedEngine) -> MigrationView:
    return engine.start_best()


def test_a_dot_leaves_for_each_replica_that_the_target_is_told_to_run(begun: MigrationView) -> None:
    dots = ReplicaDots()
    dots.update([begun], 0.0)
    assert dots.progress(begun.migration_id, 0.0) == []
    dots.update([replace(begun, target_desired=2)], 1.0)
    assert len(dots.progress(begun.migration_id, 2.0)) == 2


def test_a_dot_waits_short_of_its_goal_until_its_pod_is_ready(begun: MigrationView) -> None:
    dots = ReplicaDots()
    dots.update([replace(begun, target_desired=1)], 0.0)
    (waiting,) = dots.progress(begun.migration_id, 600.0)
    assert waiting == pytest.approx(WAITING_PROGRESS)
    assert not dots.is_moving(600.0)
    dots.update([replace(begun, target_desired=1, landed=1)], 600.0)
    assert dots.is_moving(600.0)
    assert dots.progress(begun.migration_id, 600.6) == [1.0]


def test_landed_dots_disappear_and_everything_comes_to_rest(begun: MigrationView) -> None:
    dots = ReplicaDots()
    dots.update([replace(begun, target_desired=2)], 0.0)
    dots.update([replace(begun, target_desired=2, landed=2, stage=MigrationStage.DONE)], 3.0)
    assert len(dots.progress(begun.migration_id, 3.1)) == 2
    assert dots.progress(begun.migration_id, 5.0) == []
    assert not dots.is_moving(5.0)


def test_replicas_that_landed_before_the_window_opened_have_no_dot(begun: MigrationView) -> None:
    dots = ReplicaDots()
    dots.update([replace(begun, target_desired=3, landed=3)], 0.0)
    assert dots.progress(begun.migration_id, 0.0) == []


def test_a_pod_that_was_ready_between_two_snapshots_still_lands(begun: MigrationView) -> None:
    dots = ReplicaDots()
    dots.update([begun], 0.0)
    dots.update([replace(begun, target_desired=1, landed=1)], 1.0)
    assert len(dots.progress(begun.migration_id, 1.0)) == 1


def test_a_roll_back_brings_all_dots_home(begun: MigrationView) -> None:
    dots = ReplicaDots()
    dots.update([replace(begun, target_desired=2)], 0.0)
    back = replace(begun, target_desired=0, stage=MigrationStage.ROLLING_BACK)
    dots.update([back], 2.0)
    early, late = dots.progress(begun.migration_id, 2.1), dots.progress(begun.migration_id, 2.8)
    assert all(after < before for before, after in zip(early, late, strict=True))
    assert dots.progress(begun.migration_id, 9.0) == []


def test_a_migration_that_is_gone_takes_its_dots_along(begun: MigrationView) -> None:
    dots = ReplicaDots()
    dots.update([replace(begun, target_desired=2)], 0.0)
    dots.update([], 1.0)
    assert dots.progress(begun.migration_id, 1.0) == []
    assert not dots.is_moving(1.0)
