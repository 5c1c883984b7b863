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
from controller.clusters.kube_api import KubeApi
from controller.errors import ClusterUnreachable, ObjectNotFound, RateLimited, ServerFailed, VersionConflict
from controller.migration.access.timing import Timing
from controller.migration.protocol.errors import LeaseLost
from controller.migration.protocol.journal import JOURNAL_ANNOTATION
from controller.reasons import Code

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


def format_micro_time(now: float) -> str:
    """Write Unix seconds as a Kubernetes MicroTime: always with six digits, which some decoders insist on."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def find_journal(body: Mapping[str, Any]) -> str | None:
    """Return the journal that a Lease carries, if any."""
    text = _annotations_of(body).get(JOURNAL_ANNOTATION)
    return text if isinstance(text, str) else None


def _annotations_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return (body.get("metadata") or {}).get("annotations") or {}


def find_holder(body: Mapping[str, Any]) -> str:
    """Return who holds a Lease; the empty string for nobody."""
    return str((body.get("spec") or {}).get("holderIdentity") or "")


class ClusterLease:
    """The Lease of one workload in one cluster, as one holder sees it.

    `holder` is unique to one run, so that a Lease that names it is ours and no other. Renewals and journal
    writes come from two tasks of one loop and take turns.
    """

    def __init__(self, api: KubeApi, namespace: str, deployment: str, holder: str, timing: Timing) -> None:
        self._api = api
        self._namespace = namespace
        self._name = name_lease(namespace, deployment)
        self._path = paths.lease(namespace, self._name)
        self._holder = holder
        self._settings, self._clocks = timing.settings, timing.clocks
        self._body: dict[str, Any] = {}
        self._seen: tuple[str, float] = ("", 0.0)
        self._turn = asyncio.Lock()
        #: What the next write puts into the Lease.
        self.journal: str | None = None
        self.epoch = 0
        #: Whether somebody has asked for it since it is held.
        self.is_asked_for = False
        #: Moment by the counting clock at which the last successful write was sent; None until then.
        self.renewed_at: float | None = None
        #: Whether a write was sent of which no answer has come: it may have landed.
        self._is_unanswered = False

    @property
    def context(self) -> str:
        """The kubeconfig context."""
        return self._api.context

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
        if (body.get("metadata") or {}).get("name") != self._name:
            asked = {"context": self.context, "request": f"GET {self._path}"}
            raise ServerFailed(
                Code.ANSWER_NOT_UNDERSTOOD.because(**asked, problem=Code.ANSWER_NOT_ASKED_FOR.because())
            )
        self._watch(body)
        return body

    async def try_acquire(
        self, require_readable: Callable[[str | None], object] = lambda journal: None
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
        require_readable(find_journal(body or {}))
        self._adopt(body or {})
        if holder != self._holder:
            self.epoch += 1
        try:
            await self._put_once()
        except (VersionConflict, ClusterUnreachable, ServerFailed, RateLimited):
            return False
        return True

    async def ask_for(self) -> None:
        """Ask whoever holds the Lease to let go of it; one that is written at this very moment is not asked.

        Raises: ClusterError.
        """
        body = await self.read()
        if body is None or find_holder(body) in ("", self._holder):
            return
        metadata = body["metadata"]
        annotations = {**(metadata.get("annotations") or {}), HAND_OVER_ANNOTATION: self._holder}
        try:
            await self._api.replace(
                self._path, {**body, "metadata": {**metadata, "annotations": annotations}}
            )
        except VersionConflict:
            return

    def forget_journal(self) -> None:
        """Let the next write take the journal out of the Lease."""
        self.journal = None
        annotations = self._body["metadata"].get("annotations") or {}
        kept = {key: value for key, value in annotations.items() if key != JOURNAL_ANNOTATION}
        self._body = {**self._body, "metadata": {**self._body["metadata"], "annotations": kept}}

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
            self._body = await self._api.create(paths.collection("leases", self._namespace), body)
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
        self.is_asked_for = self.is_asked_for or HAND_OVER_ANNOTATION in _annotations_of(self._body)
        return False

    def _adopt(self, body: dict[str, Any]) -> None:
        """Take over what the cluster has, its journal and epoch included."""
        self._body = body
        self.journal = find_journal(body)
        self.epoch = int((body.get("spec") or {}).get("leaseTransitions") or 0)

    def _watch(self, body: Mapping[str, Any]) -> None:
        version = str((body.get("metadata") or {}).get("resourceVersion"))
        if self._seen[0] != version:
            self._seen = (version, self._clocks.counting())

    def _is_expired(self, body: Mapping[str, Any]) -> bool:
        """Whether this very record has stood still for the whole duration, as far as we have watched it."""
        duration_s = float((body.get("spec") or {}).get("leaseDurationSeconds") or 0)
        return self._clocks.counting() - self._seen[1] > max(duration_s, self._settings.lease_duration_s)

    def _build(self, *, released: bool) -> dict[str, Any]:
        known = self._body.get("metadata") or {
            "name": self._name,
            "namespace": self._namespace,
            "labels": MANAGED_BY,
        }
        annotations = dict(known.get("annotations") or {})
        annotations.pop(
            HAND_OVER_ANNOTATION, None
        )  # who asked for it has it, or is answered by this very write
        if self.journal is not None:
            annotations[JOURNAL_ANNOTATION] = self.journal
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
