"""Signs journals with the key ring of this installation, and says which ones were signed with it."""

from __future__ import annotations

from controller.migration.protocol import signing
from controller.migration.protocol.errors import JournalError
from controller.migration.protocol.record import MigrationRecord
from controller.migration.protocol.signing import Journal, JournalPlace, sign_journal
from controller.reasons import Code
from oracle.errors import KeyRingError
from oracle.foundation.key_ring import KeyRing, RingHolder
from oracle.foundation.reason import Reason


class JournalKeys:
    """The one way to the ring for all migrations of a process. To look for a ring makes none; to sign does."""

    def __init__(self, ring: RingHolder) -> None:
        self._ring = ring

    def prepare(self) -> None:
        """See to it that journals can be signed. Raises: JournalError."""
        self._require()

    def sign(self, place: JournalPlace, text: str) -> Journal:
        """Return a journal signed for its place. Raises: JournalError."""
        return sign_journal(self._require(), place, text)

    def find_doubt(self, place: JournalPlace, journal: Journal, record: MigrationRecord) -> Reason | None:
        """Return why a journal is not to be acted upon by itself; None where this ring has signed it."""
        try:
            ring = self._ring.find()
        except KeyRingError as error:
            return Code.JOURNAL_KEYS_UNUSABLE.because(why=error.reason)
        return signing.find_doubt(ring, place, journal, record)

    def _require(self) -> KeyRing:
        try:
            return self._ring.require()
        except KeyRingError as error:
            raise JournalError(Code.JOURNAL_KEYS_UNUSABLE.because(why=error.reason)) from error
