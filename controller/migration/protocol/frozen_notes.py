"""Which notes of a journal say what freezing has taken from an autoscaler. Pure.

What they hold, only the step that freezes understands; that they are there, a person is told before an act.
"""

from __future__ import annotations

from collections.abc import Iterator

from controller.migration.protocol.record import MigrationRecord, Note, Side

#: The name of the step under which they are journaled.
STEP = "frozen-autoscalers"


def is_frozen(note: Note) -> bool:
    """Whether a note is what freezing took, a JSON object, and not the UID of a copy."""
    return note.value.startswith("{")


def list_frozen(record: MigrationRecord, side: Side) -> Iterator[Note]:
    """The autoscalers of one side that the move has frozen."""
    return filter(is_frozen, record.step(STEP).notes(side))
