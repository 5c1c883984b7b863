"""The key ring of the installation that the tests run, and of another one."""

from __future__ import annotations

from controller.migration.access.journal_keys import JournalKeys
from oracle.foundation.key_ring import FixedRing, KeyRing, RingKey

RING = KeyRing((RingKey(bytes(range(32))),))
KEYS = JournalKeys(FixedRing(RING))
OTHER_KEYS = JournalKeys(FixedRing(KeyRing((RingKey(bytes(range(1, 33))),))))
