"""Work in virtual time: earliest first, each key once."""

from __future__ import annotations

from controller.simulation.work_queue import WorkKey, WorkQueue

A, B = WorkKey("loop", "ns", "a"), WorkKey("loop", "ns", "b")


def test_nothing_is_due_before_its_time() -> None:
    queue = WorkQueue()
    queue.add(A, 5.0)
    assert queue.pop_due(4.9) is None
    assert queue.pop_due(5.0) == (5.0, A)
    assert queue.next_due_at() is None


def test_earlier_wish_wins_and_later_one_is_ignored() -> None:
    queue = WorkQueue()
    queue.add(A, 5.0)
    queue.add(A, 3.0)
    queue.add(A, 9.0)
    assert queue.next_due_at() == 3.0
    assert queue.pop_due(10.0) == (3.0, A)
    assert queue.pop_due(10.0) is None


def test_key_can_come_back_after_it_left() -> None:
    queue = WorkQueue()
    queue.add(A, 1.0)
    queue.pop_due(1.0)
    queue.add(A, 7.0)
    assert queue.pop_due(7.0) == (7.0, A)


def test_equal_times_leave_in_the_order_of_arrival() -> None:
    queue = WorkQueue()
    queue.add(B, 1.0)
    queue.add(A, 1.0)
    assert [queue.pop_due(1.0), queue.pop_due(1.0)] == [(1.0, B), (1.0, A)]
