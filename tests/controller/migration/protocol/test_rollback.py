"""The way back, step by step: from wherever it starts, with whatever readiness, it ends and breaks no bound."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.record import Side
from controller.migration.protocol.rollback import plan_rollback
from controller.migration.protocol.verdicts import Write
from tests.controller.migration.records import record

FACTS = DeploymentFacts(
    uid="uid-a",
    resource_version="1",
    replicas=0,
    fence="m1:4:17",
    template_hash="cafe",
    selector="app=checkout",
    current=0,
    updated=0,
    ready=0,
    available=0,
    progress_deadline_s=None,
    grace_period_s=30,
)


def side(replicas: int, available: int | None) -> DeploymentFacts:
    """A Deployment that is asked for some replicas, of which some serve."""
    return replace(FACTS, replicas=replicas, available=available)


def test_the_source_is_raised_before_the_target_is_lowered() -> None:
    assert plan_rollback(record(), side(3, 3), side(3, 3)) == Write(Side.SOURCE, 5)


def test_the_target_is_lowered_by_what_the_source_serves() -> None:
    assert plan_rollback(record(), side(5, 5), side(3, 3)) == Write(Side.TARGET, 1)


def test_nothing_is_lowered_while_the_source_is_unknown() -> None:
    assert plan_rollback(record(), side(5, None), side(3, 3)) is None


def test_a_target_that_serves_nothing_makes_room_for_the_source() -> None:
    assert plan_rollback(record(), side(4, 4), side(4, 0)) == Write(Side.TARGET, 2)


def test_without_a_target_the_source_gets_everything_at_once() -> None:
    assert plan_rollback(record(), side(1, 1), None) == Write(Side.SOURCE, 6)


def test_replicas_that_others_added_are_left_alone() -> None:
    assert plan_rollback(record(), side(9, 9), None) is None


@given(st.integers(0, 3), st.data())
def test_every_way_back_ends_and_keeps_the_bounds(wave: int, data: st.DataObject) -> None:
    """Source pods become ready when they like; target pods die when they like."""
    migration = record()
    target = migration.state.waves[wave]
    source = 6 - (migration.state.waves[wave - 1] if wave else 0)
    source_ready, target_ready = source, data.draw(st.integers(0, target))
    for _ in range(60):
        step = plan_rollback(migration, side(source, source_ready), side(target, target_ready))
        before = source_ready + target_ready
        if step is not None and step.side is Side.SOURCE:
            source = step.replicas
        elif step is not None:
            target, target_ready = step.replicas, min(step.replicas, target_ready)
            assert source_ready + target_ready >= min(6, before)
        assert source + target <= 6 + migration.surge
        assert source + target >= 6
        target_ready = data.draw(st.integers(0, target_ready))
        source_ready = min(source, source_ready + 1)
        if (source, target) == (6, 0):
            return
    raise AssertionError(f"stuck at {source} + {target}")
