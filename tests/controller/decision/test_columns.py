"""Columns grow without losing what they hold, and rows are merged in their order."""

from __future__ import annotations

import numpy as np
import pytest

from controller.decision.columns import grow, merge, to_upright


def test_rows_of_several_selections_are_each_named_once_and_in_order() -> None:
    assert merge(6, np.array([4, 1]), np.array([1, 0])).tolist() == [0, 1, 4]
    assert merge(6).tolist() == []
    assert merge(6, np.zeros(0, np.int64), np.array([5])).tolist() == [5]


def test_a_value_for_each_row_becomes_one_column() -> None:
    assert to_upright(np.array([1, 2, 3])).tolist() == [[1], [2], [3]]


@pytest.mark.parametrize("length", [0, 2, 3])
def test_a_table_that_is_long_enough_is_the_same_one(length: int) -> None:
    table = np.ones((3, 2))
    assert grow(table, length) is table


@pytest.mark.parametrize(
    ("there", "asked", "length"),
    [(3, 4, 19), (100, 101, 136), (100, 136, 136), (100, 137, 137), (0, 500, 500)],
    ids=["a little", "a fifth and a little", "just that", "more than that", "from nothing"],
)
def test_a_table_grows_by_a_fifth_or_as_far_as_is_asked_for(there: int, asked: int, length: int) -> None:
    table = np.full((there, 2), 7, np.uint8)
    grown = grow(table, asked)
    assert grown.shape == (length, 2)
    assert grown.dtype == np.uint8
    assert (grown[:there] == 7).all()
    assert (grown[there:] == 0).all(), "what is new is empty"
