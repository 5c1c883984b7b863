"""The bounds, by example and over arbitrary readiness: a small model of a migration that never breaks them."""

from __future__ import annotations

from decimal import Decimal
from itertools import accumulate
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from controller.decision.waves import plan_wave_sizes
from controller.migration.protocol.bounds import is_within_ceiling, may_lower, may_lower_source, may_roll_back


class Counts(NamedTuple):
    available: int | None
    replicas: int


def lower(lowered: int | None, to: int, other: int | None, *, other_replicas: int = 3) -> bool:
    """may_lower with a workload of six."""
    return may_lower(Counts(lowered, 6), to, Counts(other, other_replicas), floor=6, desired=6)


def roll_back(target: int | None, source: int | None, *, to: int = 2, source_replicas: int = 4) -> bool:
    """may_roll_back with a workload of six, four of which were asked of the target."""
    return may_roll_back(Counts(target, 4), to, Counts(source, source_replicas), floor=6, desired=6)


def test_the_source_is_lowered_only_by_what_serves_in_the_target() -> None:
    assert lower(6, 3, 3)
    assert not lower(6, 3, 2)


def test_unknown_counts_never_allow_a_write() -> None:
    assert not lower(None, 3, 3)
    assert not lower(6, 3, None)
    assert not roll_back(None, 6, to=0, source_replicas=6)
    assert not roll_back(4, None)


def test_nothing_is_lowered_on_the_word_of_an_empty_target() -> None:
    assert not lower(6, 0, 0, other_replicas=0)


def test_ready_replicas_beyond_the_spec_do_not_count() -> None:
    """The target serves with three but is asked for one only: two of them may go at any moment."""
    assert not lower(6, 3, 3, other_replicas=1)


def lower_source(source: int | None, to: int, target: int | None, *, target_replicas: int = 5) -> bool:
    """may_lower_source with a workload of six, three of which are asked of the source."""
    return may_lower_source(Counts(source, 3), to, Counts(target, target_replicas), floor=6, desired=6)


def test_a_source_that_has_lost_its_pods_is_lowered_by_what_serves_nobody() -> None:
    assert lower_source(0, 1, 5)
    assert lower_source(1, 1, 5)
    assert not lower_source(2, 1, 5, target_replicas=4)
    assert not lower_source(2, 1, 4)
    assert not lower_source(0, 1, 4)
    assert not lower_source(0, 1, 5, target_replicas=4)
    assert not lower_source(None, 1, 5)
    assert not lower_source(0, 1, None)


def test_a_rollback_gives_up_all_that_serves_nobody_and_not_one_more() -> None:
    """With the source asked for three, the strict floor would let nothing go."""
    assert roll_back(2, 4, to=2, source_replicas=3)
    assert not roll_back(3, 4, to=2, source_replicas=3)
    assert not roll_back(2, 3, to=2, source_replicas=3)


def test_no_more_than_one_wave_runs_double() -> None:
    assert is_within_ceiling(6, 2, desired=6, surge=2)
    assert not is_within_ceiling(6, 3, desired=6, surge=2)


def test_a_rollback_may_give_up_pods_that_do_not_serve() -> None:
    """Four were asked of the target and one serves; the source has four of six. Room is needed to raise the
    source.
    """

    assert roll_back(1, 4)
    assert not roll_back(1, 3)
    assert not roll_back(3, 3)


def test_source_pods_that_nobody_asks_for_any_more_make_up_for_none_of_the_target() -> None:
    """Four serve in the source, which is asked for three: the fourth may go at any moment."""
    assert not roll_back(3, 4, source_replicas=3)


def test_more_than_the_workload_and_one_wave_is_beyond_the_ceiling() -> None:
    assert is_within_ceiling(6, 2, desired=6, surge=2)
    assert not is_within_ceiling(6, 3, desired=6, surge=2)
    assert not is_within_ceiling(9, 0, desired=6, surge=2)


@given(st.integers(1, 40), st.data())
def test_floor_and_ceiling_hold_for_every_readiness(replicas: int, data: st.DataObject) -> None:
    """Pods become ready when they like; a write happens only when it is allowed; no write breaks a bound."""
    sizes = plan_wave_sizes(replicas, Decimal("0.25"), 3)
    waves, surge = tuple(accumulate(sizes)), max(sizes)
    source, target, source_ready, target_ready = replicas, 0, replicas, 0
    for wave in waves:
        assert is_within_ceiling(source, wave, desired=replicas, surge=surge)
        target = wave
        for _ in range(3):
            target_ready = data.draw(st.integers(target_ready, target))
            wanted = replicas - wave
            serving = Counts(source_ready, source), wanted, Counts(target_ready, target)
            if may_lower(*serving, floor=replicas, desired=replicas):
                source, source_ready = wanted, min(source_ready, wanted)
                break
        assert source_ready + target_ready >= replicas
        assert source + target <= replicas + surge
        if source > replicas - wave:
            return  # this wave never became ready: a migration would go back from here
