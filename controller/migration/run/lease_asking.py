"""Asks the leader of a migration through its source's Lease, and waits for its answer, for a bounded time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.clusters import paths
from controller.clusters.kube_api import KubeApi
from controller.errors import VersionConflict
from controller.migration.access.lease import find_holder, name_lease
from controller.migration.access.timing import Timing
from controller.migration.protocol.lease_requests import (
    ANSWER_ANNOTATION,
    REQUEST_ANNOTATION,
    LeaseAnswer,
    LeaseRequest,
    RequestPlace,
    encode_request,
    read_answer,
)
from controller.migration.protocol.record import MigrationRecord
from controller.migration.run.lease_requests import find_request_place
from oracle.foundation.key_ring import KeyRing

#: A leader renews its Lease every few seconds, and is asked again where it did so at the very moment of asking.
MAX_ATTEMPTS = 5
#: Between two looks for an answer, seconds.
LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked, empty where nobody leads; and what they answered, None: nothing in time."""

    holder: str
    answer: LeaseAnswer | None = None


async def ask_leader(
    api: KubeApi, record: MigrationRecord, request: LeaseRequest, ring: KeyRing, timing: Timing
) -> Asked:
    """Ask whoever holds the source's Lease now. Raises: ClusterError, NotArmed."""
    name = name_lease(record.workload.namespace, record.workload.name)
    path = paths.lease(record.workload.namespace, name)
    place = await _leave_request(api, path, record, request, ring)
    if place is None:
        return Asked("")
    give_up_at = timing.counting() + 2 * timing.settings.lease_retry_s + LOOK_S
    while timing.counting() < give_up_at:
        await timing.sleep(LOOK_S)
        text = _annotations_of(await api.get(path)).get(ANSWER_ANNOTATION, "")
        if (answer := read_answer(ring, place, text, request.nonce)) is not None:
            return Asked(place.holder, answer)
    return Asked(place.holder)


async def _leave_request(
    api: KubeApi, path: str, record: MigrationRecord, request: LeaseRequest, ring: KeyRing
) -> RequestPlace | None:
    """Write the request into the Lease, for its holder; None where nobody holds it."""
    for attempts_left in reversed(range(MAX_ATTEMPTS)):
        body = await api.get(path)
        if not (holder := find_holder(body)):
            return None
        place = find_request_place(record, holder)
        annotations = {**_annotations_of(body), REQUEST_ANNOTATION: encode_request(ring, place, request)}
        changed = {**body, "metadata": {**body["metadata"], "annotations": annotations}}
        try:
            await api.replace(path, changed)
            return place
        except VersionConflict:
            if attempts_left == 0:
                raise
    return None


def _annotations_of(body: Mapping[str, Any]) -> Mapping[str, str]:
    return (body.get("metadata") or {}).get("annotations") or {}
