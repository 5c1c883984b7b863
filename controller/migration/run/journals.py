"""Reads a journal as this program, with these steps, may act upon it."""

from __future__ import annotations

from controller.migration.protocol.journal import decode_journal
from controller.migration.protocol.record import MigrationRecord
from controller.migration.steps.catalogue import STEPS
from controller.migration.steps.itinerary import require_known


def read_journal(text: str | None) -> MigrationRecord | None:
    """Return the record of a journal; None where there is none.

    Raises: JournalError where it is not understood, or has a step that this program could not undo.
    """
    return require_known(decode_journal(text), STEPS) if text is not None else None
