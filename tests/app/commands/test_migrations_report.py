"""What `sentinelaura migrations` prints of moves that wait for their turn."""

from __future__ import annotations

from app.commands.migrations_report import queue_to_json, queue_to_lines
from app.control.messages import QueuedState

WAITING = QueuedState("paris/shop/web", "osaka", "1 migration in progress; at most 1 may run at once")


def test_each_move_that_waits_is_a_line_with_the_process_in_which_it_does() -> None:
    assert list(queue_to_lines([(17, WAITING)])) == [
        "in the queue of process 17: paris/shop/web -> osaka: 1 migration in progress; at most 1 may run at once"
    ]
    assert queue_to_json([(17, WAITING)]) == [
        {"pid": 17, "workload": "paris/shop/web", "target": "osaka", "waits_for": WAITING.sentence}
    ]


def test_what_another_process_says_is_cleaned_and_cut() -> None:
    [line] = queue_to_lines([(17, QueuedState("a\x1b[31mb", "osaka", "x" * 9000))])
    assert "\x1b" not in line
    assert len(line) <= 400
