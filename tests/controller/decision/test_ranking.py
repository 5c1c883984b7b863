"""The order of offers: best first, equal ones by name, and the same however many of them have changed."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from controller.decision.columns import Floats, Ints
from controller.decision.ranking import Ranking

NONE, THERE = -1, 0


def order(ranking: Ranking, changed: list[int], usd: list[float | None]) -> list[int]:
    """The rows after some of them have changed; a gain of None: no target."""
    best: Ints = np.array([NONE if one is None else THERE for one in usd], np.int64)
    gains: Floats = np.array([-1e300 if one is None else one for one in usd])
    ranking.update(np.array(changed, np.int64), best, gains)
    return ranking.rows.tolist()


def name(*rows: int) -> Ranking:
    """An empty order of workloads, of which these are the rows by name."""
    ranking = Ranking()
    ranking.name(np.array(rows, np.int64), 5)
    return ranking


def test_higher_gains_come_first_and_who_has_no_target_does_not_come() -> None:
    assert order(name(0, 1, 2, 3, 4), [0, 1, 2, 3, 4], [1.0, 3.0, None, 2.0, -1.0]) == [1, 3, 0, 4]


def test_equal_gains_are_ordered_by_name_and_not_by_row() -> None:
    assert order(name(3, 1, 4, 0, 2), [0, 1, 2, 3, 4], [7.0] * 5) == [3, 1, 4, 0, 2]


def test_gains_that_nobody_sees_to_differ_are_equal() -> None:
    """Less than half a millionth of a dollar makes no button jump."""
    usd: list[float | None] = [1.0, 1.0 + 4e-7, 1.0 + 6e-7, None, None]
    assert order(name(0, 1, 2, 3, 4), [0, 1, 2], usd) == [2, 0, 1]


def test_only_rows_that_have_changed_are_moved() -> None:
    ranking = name(0, 1, 2, 3, 4)
    assert order(ranking, [0, 1, 2, 3, 4], [5.0, 4.0, 3.0, 2.0, 1.0]) == [0, 1, 2, 3, 4]
    usd: list[float | None] = [0.5, 4.0, None, 2.0, 4.0]
    assert order(ranking, [], usd) == [0, 1, 2, 3, 4]
    assert order(ranking, [2], usd) == [0, 1, 3, 4], "the others keep the places that they were given"
    assert order(ranking, [0, 4], usd) == [1, 4, 3, 0]
    assert order(ranking, [2], [0.5, 4.0, 9.0, 2.0, 4.0]) == [2, 1, 4, 3, 0]


def test_an_order_is_forgotten_with_the_names() -> None:
    ranking = name(0, 1, 2, 3, 4)
    order(ranking, [0, 1], [2.0, 1.0, None, None, None])
    ranking.name(np.array([1, 0]), 2)
    assert ranking.rows.tolist() == []
    assert order(ranking, [0, 1], [3.0, 3.0]) == [1, 0]


gains = st.lists(st.none() | st.sampled_from([0.0, 1.0, 1.0 + 1e-9, 2.5]), min_size=5, max_size=5)


@given(
    names=st.permutations(range(5)),
    rounds=st.lists(st.tuples(st.sets(st.integers(0, 4)), gains), min_size=1, max_size=4),
)
def test_an_order_that_was_kept_is_that_of_all_at_once(
    names: list[int], rounds: list[tuple[set[int], list[float | None]]]
) -> None:
    kept = name(*names)
    usd: list[float | None] = [None] * 5
    for changed, fresh in rounds:
        usd = [fresh[row] if row in changed else was for row, was in enumerate(usd)]
        assert order(kept, sorted(changed), usd) == order(name(*names), [0, 1, 2, 3, 4], usd)
