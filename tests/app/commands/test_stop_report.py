"""What `stop` says of a move that it has stopped."""

from __future__ import annotations

import pytest

from app.commands.stop_report import Led, led_to_text
from controller.migration.protocol.record import Side
from controller.migration.protocol.states import Phase
from controller.migration.run.standing_moves import StandingMove
from tests.controller.migration.records import record


@pytest.mark.parametrize(
    ("phase", "told"),
    [
        ("SURGE", "stopped by process 7 in SURGE; "),
        ("HOLD", "stopped by process 7 in HOLD (journaled as SURGE); "),
    ],
)
def test_a_phase_that_no_journal_will_hear_of_is_told_beside_that_of_the_journal(
    phase: str, told: str
) -> None:
    """Whoever is stopped writes nothing any more, its journal the least."""
    move = StandingMove(record(Phase.SURGE), Side.SOURCE, "holder")
    assert told in led_to_text([Led(move, "process 7", phase)])
