"""One Lease in one cluster: who leads the migration of a workload, and its journal.

Our own code: the leader election of kubernetes.aio (37.0.1) cannot create a Lease, because it passes an argument
(`pretty=True`) that its own client refuses; and where the API server goes away it ends by that error and leaves the
leader's work running past the Lease's end. A Lease says who should write; that nobody else can is the fence's work.

A Lease is never deleted: released, it keeps its epoch and the last outcome, so that epochs never start again
at 1. Expiry is judged only by how long, on our own counting clock, the record has not changed: clocks of
other machines and jumps of our own do not matter.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from math import ceil
from typing import Any

from controller.clusters import paths
from controller.clusters.json_reading import as_count, as_mapping
from controller.clusters.kube_api import KubeApi
from controller.errors import ClusterUnreachable, ObjectNotFound, RateLimited, ServerFailed, VersionConflict
from controller.migration.access.journal_keys import JournalKeys
from controller.migration.access.timing import Timing
from controller.migration.protocol.errors import LeaseLost
from controller.migration.protocol.journal import JOURNAL_ANNOTATION
from controller.migration.protocol.lease_requests import ANSWER_ANNOTATION, REQUEST_ANNOTATION
from controller.migration.protocol.signing import SIGNATURE_ANNOTATION, Journal, JournalPlace
from controller.reasons import Code
from oracle.foundation.reason import Reason

LEASE_PREFIX = "sentinelaura-"
#: Asks whoever holds a Lease to let go of it. It only stops: who may write it could write the holder as well.
HAND_OVER_ANNOTATION = "sentinelaura.io/hand-over"
MANAGED_BY = {"app.kubernetes.io/managed-by": "sentinelaura"}

#: How often one write is sent before its error is passed on. Arbitrary; the next renewal tries again anyway.
MAX_ATTEMPTS = 3


def name_lease(namespace: str, deployment: str) -> str:
    """Return the Lease's name for a Deployment: the same in every cluster and for both directions."""
    digest = hashlib.sha256(f"{namespace}/Deployment/{deployment}".encode()).hexdigest()
    return f"{LEASE_PREFIX}{digest[:16]}"


def find_place(cluster_uid: str, namespace: str, deployment: str) -> JournalPlace:
    """Return where the journal of a Deployment stands in one cluster."""
    return JournalPlace(cluster_uid, namespace, name_lease(namespace, deployment))


def format_micro_time(now: float) -> str:
    """Write Unix seconds as a Kubernetes MicroTime: always with six digits, which some decoders insist on."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def find_journal(body: Mapping[str, Any]) -> str | None:
    """Return the text of the journal that a Lease carries, if any."""
    text = _annotations_of(body).get(JOURNAL_ANNOTATION)
    return text if isinstance(text, str) else None


def find_signed_journal(body: Mapping[str, Any]) -> Journal | None:
    """Return the journal that a Lease carries, with the signature that stands beside it, if any."""
    text, signature = find_journal(body), _annotations_of(body).get(SIGNATURE_ANNOTATION)
    return None if text is None else Journal(text, signature if isinstance(signature, str) else None)


def _annotations_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return (body.get("metadata") or {}).get("annotations") or {}


def find_holder(body: Mapping[str, Any]) -> str:
    """Return who holds a Lease; the empty string for nobody."""
    return str((body.get("spec") or {}).get("holderIdentity") or "")


#: Fields of a Lease's spec that are counted with.
_COUNTS = ("leaseTransitions", "leaseDurationSeconds")


class ClusterLease:
    """The Lease of one workload in one cluster, as one holder sees it.

    `holder` is unique to one run, so that a Lease that names it is ours and no other. Renewals and journal
    writes come from two tasks of one loop and take turns. `place`: the Lease, in the cluster that `api` leads to.
    """

    def __init__(
        self, api: KubeApi, place: JournalPlace, holder: str, timing: Timing, keys: JournalKeys
    ) -> None:
        self._api = api
        self._place = place
        self._keys = keys
        self._path = paths.lease(place.namespace, place.lease)
        self._holder = holder
        self._settings, self._clocks = timing.settings, timing.clocks
        self._body: dict[str, Any] = {}
        self._seen: tuple[str, float] = ("", 0.0)
        #: The holder who was seen to renew it between two looks.
        self._renewed_by = ""
        self._turn = asyncio.Lock()
        #: What the next write puts into the Lease.
        self.journal: Journal | None = None
        self.epoch = 0
        #: Whether somebody has asked for it since it is held.
        self.is_asked_for = False
        #: What somebody has asked of its holder, to be heeded; and what the next writes answer.
        self.request: str | None = None
        self.answer: str | None = None
        #: Moment by the counting clock at which the last successful write was sent; None until then.
        self.renewed_at: float | None = None
        #: Whether a write was sent of which no answer has come: it may have landed.
        self._is_unanswered = False

    @property
    def context(self) -> str:
        """The kubeconfig context."""
        return self._api.context

    @property
    def holder(self) -> str:
        """Under which name it is held."""
        return self._holder

    @property
    def is_valid(self) -> bool:
        """Whether it was renewed recently enough to write under it."""
        return (
            self.renewed_at is not None
            and self._clocks.counting() < self.renewed_at + self._settings.renew_deadline_s
        )

    async def read(self) -> dict[str, Any] | None:
        """Read the Lease; None where there is none. Whether it stands still is watched from the first read on."""
        try:
            body = await self._api.get(self._path)
        except ObjectNotFound:
            return None
        if (body.get("metadata") or {}).get("name") != self._place.lease:
            raise self._not_understood(Code.ANSWER_NOT_ASKED_FOR.because())
        counts = (as_mapping(body.get("spec")).get(name) for name in _COUNTS)
        if any(count is not None and as_count(count) is None for count in counts):
            raise self._not_understood(Code.ANSWER_MISSHAPEN.because(where="its spec"))
        self._watch(body)
        return body

    def is_led(self, body: Mapping[str, Any]) -> bool:
        """Whether another instance has it that lives: it was seen to renew it, and not too long ago."""
        holder = find_holder(body)
        return holder not in ("", self._holder) and holder == self._renewed_by and not self._is_expired(body)

    def _not_understood(self, problem: Reason) -> ServerFailed:
        asked = {"context": self.context, "request": f"GET {self._path}"}
        return ServerFailed(Code.ANSWER_NOT_UNDERSTOOD.because(**asked, problem=problem))

    async def try_acquire(
        self, require_readable: Callable[[Journal | None], object] = lambda journal: None
    ) -> bool:
        """Try once to become the holder; False where another instance holds it, or where the outcome is not
        known yet.

        Raises: ClusterError where the Lease cannot be read; what `require_readable` raises about its journal, before
        it is touched.
        """
        body = await self.read()
        holder = find_holder(body or {})
        if body is not None and holder not in ("", self._holder) and not self._is_expired(body):
            return False
        require_readable(find_signed_journal(body or {}))
        self._adopt(body or {})
        if holder != self._holder:
            self.epoch += 1
        try:
            await self._put_once()
        except (VersionConflict, ClusterUnreachable, ServerFailed, RateLimited):
            return False
        return True

    async def ask_for(self) -> bool:
        """Ask whoever holds the Lease to let go of it; False where nobody does, or where they are writing it right now.

        Raises: ClusterError.
        """
        body = await self.read()
        if body is None or find_holder(body) in ("", self._holder):
            return False
        metadata = body["metadata"]
        annotations = {**(metadata.get("annotations") or {}), HAND_OVER_ANNOTATION: self._holder}
        try:
            await self._api.replace(
                self._path, {**body, "metadata": {**metadata, "annotations": annotations}}
            )
        except VersionConflict:
            return False
        return True

    def put_journal(self, text: str) -> None:
        """Let the next write carry this journal, signed. Raises: JournalError where it cannot be."""
        self.journal = self._keys.sign(self._place, text)

    def forget_journal(self) -> None:
        """Let the next write take the journal out of the Lease."""
        self.journal = None

    async def write(self, *, released: bool = False) -> None:
        """Renew the Lease with the current journal and epoch, or release it.

        Raises: LeaseLost where another instance holds it; ClusterError where it cannot be written now.
        """
        async with self._turn:
            for attempts_left in reversed(range(MAX_ATTEMPTS)):
                try:
                    await self._put_once(released=released)
                    return
                except (VersionConflict, ObjectNotFound, ClusterUnreachable, ServerFailed):
                    if await self._is_settled_by_others(released=released) or attempts_left == 0:
                        if released:
                            return
                        raise

    async def give_back(self) -> None:
        """Give it up where it is ours, also where the write that took it was never answered: where that one lands later
        than this one, it fails.

        Raises: ClusterError where it cannot be written: then it runs out.
        """
        if self.renewed_at is not None or self._is_unanswered:
            await self.write(released=True)

    async def _put_once(self, *, released: bool = False) -> None:
        """Send the Lease as it should be. Sent twice it is the same Lease; sent late it fails on the
        resourceVersion.
        """
        sent_at = self._clocks.counting()
        body = self._build(released=released)
        self._is_unanswered = True
        if self._body:
            self._body = await self._api.replace(self._path, body)
        else:
            self._body = await self._api.create(paths.collection("leases", self._place.namespace), body)
        self.renewed_at = None if released else sent_at
        self._is_unanswered = False

    async def _is_settled_by_others(self, *, released: bool) -> bool:
        """Read back after a write that was refused or never answered; True where a release has landed."""
        body = await self.read()
        if body is not None and find_holder(body) != self._holder:
            if released:
                return True
            raise LeaseLost(self.context, find_holder(body))
        self._body = body or {}
        self.request = _annotations_of(self._body).get(REQUEST_ANNOTATION) or self.request
        self.is_asked_for = self.is_asked_for or HAND_OVER_ANNOTATION in _annotations_of(self._body)
        return False

    def _adopt(self, body: dict[str, Any]) -> None:
        """Take over what the cluster has, its journal and epoch included."""
        self._body = body
        self.journal = find_signed_journal(body)
        self.epoch = int((body.get("spec") or {}).get("leaseTransitions") or 0)

    def _watch(self, body: Mapping[str, Any]) -> None:
        version = str((body.get("metadata") or {}).get("resourceVersion"))
        if self._seen[0] != version:
            self._renewed_by = find_holder(body) if self._seen[0] else ""
            self._seen = (version, self._clocks.counting())

    def _is_expired(self, body: Mapping[str, Any]) -> bool:
        """Whether this very record has stood still for the whole duration, as far as we have watched it."""
        duration_s = float((body.get("spec") or {}).get("leaseDurationSeconds") or 0)
        return self._clocks.counting() - self._seen[1] > max(duration_s, self._settings.lease_duration_s)

    def _build(self, *, released: bool) -> dict[str, Any]:
        known = self._body.get("metadata") or {
            "name": self._place.lease,
            "namespace": self._place.namespace,
            "labels": MANAGED_BY,
        }
        # Who asked for it has it, or is answered by this very write; what else was asked is read by whom it concerns.
        replaced = (HAND_OVER_ANNOTATION, JOURNAL_ANNOTATION, SIGNATURE_ANNOTATION, REQUEST_ANNOTATION)
        before = known.get("annotations") or {}
        annotations = {key: value for key, value in before.items() if key not in replaced}
        annotations |= _annotate(self.journal)
        if self.answer is not None:
            annotations[ANSWER_ANNOTATION] = self.answer
        spec = dict(self._body.get("spec") or {})
        now = format_micro_time(self._clocks.wall())
        if spec.get("holderIdentity") != self._holder:
            spec["acquireTime"] = now
        spec.update(
            holderIdentity=self._holder,
            leaseDurationSeconds=ceil(self._settings.lease_duration_s),
            leaseTransitions=self.epoch,
            renewTime=now,
        )
        if released:
            del spec["holderIdentity"]
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {**known, "annotations": annotations},
            "spec": spec,
        }


def _annotate(journal: Journal | None) -> dict[str, str]:
    if journal is None:
        return {}
    signature = {} if journal.signature is None else {SIGNATURE_ANNOTATION: journal.signature}
    return {JOURNAL_ANNOTATION: journal.text, **signature}
