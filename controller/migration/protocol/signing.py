"""Who wrote a journal, and for which Lease: the signature that stands beside it. Pure.

Signed are the very bytes of the journal and the place where it stands, so that one that is carried to another
workload, another namespace or another cluster is nobody's there. A signature does not say when: an earlier journal of
the same Lease verifies as well. The fences of the Deployments, which nobody writes who may only write Leases, bound
that (`verification.require_newest`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from controller.migration.protocol.record import MigrationRecord
from controller.reasons import Code
from oracle.foundation.key_ring import KeyRing, Purpose, Signature
from oracle.foundation.reason import Reason

SIGNATURE_ANNOTATION = "sentinelaura.io/journal-signature"

#: Part of all that is signed, and never changes.
_LABEL = "sentinelaura journal 1"


@dataclass(frozen=True, slots=True)
class JournalPlace:
    """The Lease that a journal stands in; `cluster_uid` is that of the cluster's namespace kube-system."""

    cluster_uid: str
    namespace: str
    lease: str


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal as a Lease carries it. `signature`: what stands beside it; None where nothing does."""

    text: str
    signature: str | None = None


def sign_journal(ring: KeyRing, place: JournalPlace, text: str) -> Journal:
    """Return the journal for one place, signed with the newest key."""
    return Journal(text, str(ring.sign(Purpose.JOURNAL, _name_place(place, text))))


def find_doubt(
    ring: KeyRing | None, place: JournalPlace, journal: Journal, record: MigrationRecord
) -> Reason | None:
    """Return why a journal is not one of this ring, with what it claims; None where it is. `record`: what it says."""
    try:
        signature = None if journal.signature is None else Signature.parse(journal.signature)
    except ValueError:
        return _say(Code.JOURNAL_FORGED, record)
    if signature is None:
        return _say(Code.JOURNAL_UNSIGNED, record)
    if ring is None or not ring.knows(signature.key_id):
        return _say(Code.JOURNAL_FOREIGN, record, key_id=signature.key_id)
    if not ring.verifies(Purpose.JOURNAL, _name_place(place, journal.text), signature):
        return _say(Code.JOURNAL_FORGED, record)
    return None


def _name_place(place: JournalPlace, text: str) -> bytes:
    return json.dumps([_LABEL, place.cluster_uid, place.namespace, place.lease, text]).encode()


def _say(code: Code, record: MigrationRecord, **known: str) -> Reason:
    return code.because(
        workload=f"{record.workload.namespace}/{record.workload.name}",
        source=record.source.context,
        target=record.target.context,
        phase=record.state.phase.value,
        migration_id=record.migration_id,
        **known,
    )
