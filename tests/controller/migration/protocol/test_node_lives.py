"""A node lives as long as its Lease is seen to be renewed: what its pods say outlasts it."""

from __future__ import annotations

from typing import Any

import pytest

from controller.migration.protocol.node_lives import (
    DEFAULT_DURATION_S,
    Renewal,
    look_first,
    parse_readiness,
    parse_renewal,
)

WALL = 1_790_000_000.0


def renewed(at: float) -> Renewal:
    return Renewal(WALL + at, 40.0)


def test_a_node_whose_lease_stands_still_is_dead_after_its_duration() -> None:
    sight = look_first(renewed(0), 100.0, WALL)
    assert sight.is_alive(140.0)
    assert not sight.look(renewed(0), 141.0).is_alive(141.0)
    assert sight.look(renewed(10), 141.0).is_alive(181.0)


@pytest.mark.parametrize("skew_s", [-40.0, 0.0, 40.0])
def test_a_renewal_that_is_no_older_than_it_lasts_proves_that_the_node_lives(skew_s: float) -> None:
    assert look_first(renewed(0), 100.0, WALL + skew_s).is_alive(140.0)


@pytest.mark.parametrize("skew_s", [-3600.0, -41.0, 41.0, 3600.0])
def test_an_old_renewal_proves_nothing_until_it_changes_whichever_clock_is_wrong(skew_s: float) -> None:
    sight = look_first(renewed(0), 100.0, WALL + skew_s)
    assert not sight.is_alive(100.0)
    assert not sight.look(renewed(0), 110.0).is_alive(110.0)
    assert sight.look(renewed(10), 110.0).is_alive(110.0)


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ({"renewTime": "2026-09-21T14:13:20.000000Z", "leaseDurationSeconds": 20}, Renewal(WALL, 20.0)),
        ({"renewTime": "2026-09-21T14:13:20Z"}, Renewal(WALL, DEFAULT_DURATION_S)),
        (
            {"renewTime": "2026-09-21T14:13:20Z", "leaseDurationSeconds": True},
            Renewal(WALL, DEFAULT_DURATION_S),
        ),
        ({"renewTime": "2026-09-21T14:13:20Z", "leaseDurationSeconds": 1}, Renewal(WALL, 1.0)),
        (
            {"renewTime": "2026-09-21T14:13:20Z", "leaseDurationSeconds": 0},
            Renewal(WALL, DEFAULT_DURATION_S),
        ),
        ({"renewTime": "yesterday"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_lease_that_does_not_say_when_it_was_renewed_says_nothing(
    spec: dict[str, Any] | None, found: Renewal | None
) -> None:
    assert parse_renewal({"spec": spec}) == found


@pytest.mark.parametrize(
    ("conditions", "is_ready"),
    [
        ([{"type": "Ready", "status": "True"}], True),
        ([{"type": "Ready", "status": "Unknown"}], False),
        ([{"type": "DiskPressure", "status": "True"}], None),
        (None, None),
    ],
)
def test_a_node_without_a_condition_is_neither_ready_nor_not(conditions: Any, is_ready: bool | None) -> None:
    assert parse_readiness({"status": {"conditions": conditions}}) is is_ready
