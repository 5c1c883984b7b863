"""Reads a journal as this program, with these steps, may act upon it."""

from __future__ import annotations

from controller.migration.access.journal_keys import JournalKeys
from controller.migration.protocol.errors import JournalError
from controller.migration.protocol.journal import decode_journal
from controller.migration.protocol.record import MigrationRecord
from controller.migration.protocol.signing import Journal, JournalPlace
from controller.migration.steps.catalogue import STEPS
from controller.migration.steps.itinerary import require_known


def read_journal(journal: Journal | None) -> MigrationRecord | None:
    """Return the record of a journal, whoever has written it; None where there is none.

    Raises: JournalError where it is not understood, or has a step that this program could not undo.
    """
    return require_known(decode_journal(journal.text), STEPS) if journal is not None else None


def read_own_journal(
    journal: Journal | None, place: JournalPlace, keys: JournalKeys
) -> MigrationRecord | None:
    """Return the record of a journal of our own ring; None where there is none, or an end that another one claims.

    Raises: JournalError as `read_journal` does, and for one that is not over and that our ring has not signed.
    """
    record = read_journal(journal)
    if journal is None or record is None:
        return None
    doubt = keys.find_doubt(place, journal, record)
    if doubt is None:
        return record
    if record.state.phase.is_final:
        return None
    raise JournalError(doubt)
