"""Obeys what is asked of a leader through its source's Lease, and answers; what is not ours is ignored and noted.

Found by the renewal that the request made fail, so that nothing is asked of a cluster for its sake. A stop is in force
before it is answered: from its reading on no run of this process changes anything, its answer is the last write, and
then every context is read-only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from controller.errors import NotArmed
from controller.history.events import CancelRequested, RequestIgnored, state_reason
from controller.history.history import History
from controller.migration.access.interrupts import Interrupts
from controller.migration.access.lease import find_place
from controller.migration.access.lease_pair import Heeded
from controller.migration.protocol.lease_requests import (
    LeaseAnswer,
    LeaseRequest,
    RequestKind,
    RequestPlace,
    encode_answer,
    judge_request,
)
from controller.migration.protocol.record import MigrationRecord
from controller.migration.protocol.request_reasons import RequestCode
from controller.migration.protocol.states import EventKind, accepts
from controller.reasons import Code
from oracle.errors import KeyRingError
from oracle.foundation.key_ring import KeyRing, RingHolder
from oracle.foundation.reason import Reason

#: Nonces that are remembered: more than are asked in the time for which one could be asked again.
MAX_NONCES = 1000


def find_request_place(record: MigrationRecord, holder: str) -> RequestPlace:
    """Return where requests to a migration's leader belong."""
    lease = find_place(record.source.cluster_uid, record.workload.namespace, record.workload.name)
    return RequestPlace(lease, record.migration_id, holder)


class LeaseRequests:
    """Of one process. `forbid` makes every context read-only."""

    def __init__(
        self,
        ring: RingHolder | None,
        wall: Callable[[], float],
        history: History,
        forbid: Callable[[], None],
    ) -> None:
        self._ring = ring
        self._wall = wall
        self._history = history
        self._forbid = forbid
        self._nonces: deque[str] = deque(maxlen=MAX_NONCES)
        self._is_stopping = False
        #: (migration, code) of what was ignored, each noted once: somebody may ask without end.
        self._noted: set[tuple[str, str]] = set()

    @property
    def ring(self) -> KeyRing | None:
        """What requests are signed with; None: nothing can be asked, and nothing is heard."""
        try:
            return None if self._ring is None else self._ring.find()
        except KeyRingError:
            return None

    def check(self) -> None:
        """Raises: NotArmed while a stop is being answered."""
        if self._is_stopping:
            raise NotArmed(RequestCode.STOP_IS_ANSWERED.because(), request="")

    def heed(self, text: str, holder: str, record: MigrationRecord, interrupts: Interrupts) -> Heeded | None:
        """Do what a Lease asks of the run that holds it, and return the answer; None where it is not heard."""
        ring, place = self.ring, find_request_place(record, holder)
        request = judge_request(ring, place, text, self._wall())
        if isinstance(request, LeaseRequest) and request.nonce in self._nonces:
            request = RequestCode.REQUEST_REPEATED.because()
        if isinstance(request, Reason):
            self._ignore(record, request)
            return None
        assert ring is not None, "without one nothing is heard"
        self._nonces.append(request.nonce)
        stops = request.kind is RequestKind.STOP
        why = None if stops else self._cancel(record, interrupts)
        self._is_stopping = self._is_stopping or stops
        code = "" if why is None else why.code.value
        answer = encode_answer(ring, place, LeaseAnswer(request.nonce, record.state.phase.value, code))
        return Heeded(answer, self._stop if stops else lambda: None)

    def _stop(self) -> None:
        self._forbid()
        self._is_stopping = False

    def _cancel(self, record: MigrationRecord, interrupts: Interrupts) -> Reason | None:
        """Have the run go back; or return why it cannot."""
        if not accepts(record.state, EventKind.CANCELLED):
            return RequestCode.PHASE_NOT_CANCELLED.because(phase=record.state.phase.value)
        if record.state.reason is not None and record.state.reason.code is Code.NOT_ARMED:
            return record.state.reason
        self._history.record(CancelRequested(record.migration_id, record.workload, record.target.context))
        interrupts.request_cancel()
        return None

    def _ignore(self, record: MigrationRecord, why: Reason) -> None:
        noted = (record.migration_id, why.code.value)
        if noted not in self._noted:
            self._noted.add(noted)
            name = (record.migration_id, record.workload, record.target.context)
            self._history.record(RequestIgnored(*name, state_reason(why)))
