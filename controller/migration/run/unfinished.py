"""Finds migrations that a process left behind, by the journals in the clusters' Leases. Reads only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from controller.clusters.kube_api import KubeApi
from controller.errors import AccessDenied
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.lease import LEASE_PREFIX, find_holder, find_journal, name_lease
from controller.migration.protocol.errors import JournalError
from controller.migration.protocol.record import MigrationRecord
from controller.migration.run.journals import read_journal
from controller.migration.steps.listing import list_if_served
from controller.reasons import Code
from oracle.reason import Reason


@dataclass(frozen=True, slots=True)
class UnfinishedMove:
    """A migration that is not over, as its source's Lease has it.

    `holder` is who holds the Lease, empty for nobody; a crash leaves it standing. `version` is the Lease's
    resourceVersion: where it grows between two looks, the holder is alive.
    """

    record: MigrationRecord
    holder: str
    version: str


@dataclass(frozen=True, slots=True)
class UnreadableJournal:
    """A journal that this program does not understand, a newer one perhaps; it is left alone and shown."""

    lease: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Findings:
    """What the Leases of one cluster hold. `denied`: the namespaces whose Leases may not be read."""

    moves: tuple[UnfinishedMove, ...]
    unreadable: tuple[UnreadableJournal, ...]
    denied: tuple[str, ...]


async def find_unfinished(api: KubeApi, namespaces: Collection[str]) -> Findings:
    """Return the migrations whose source is this cluster and which are not over.

    The target's Lease carries a mirror of the same journal; it is skipped, because only the source's is the
    authority.
    Raises: ClusterError where the cluster cannot be read.
    """
    moves: list[UnfinishedMove] = []
    unreadable: list[UnreadableJournal] = []
    denied: list[str] = []
    for namespace in sorted(namespaces):
        try:
            leases = await list_if_served(api, "leases", namespace)
        except AccessDenied:
            denied.append(namespace)
            continue
        for lease in leases:
            try:
                move = _read_lease(namespace, lease)
            except JournalError as error:
                unreadable.append(UnreadableJournal(f"{namespace}/{lease['metadata']['name']}", error.reason))
                continue
            if move is not None:
                moves.append(move)
    cluster_uid = await ClusterSide(api, "default", "none").read_cluster_uid() if moves else ""
    here = tuple(move for move in moves if move.record.source.cluster_uid == cluster_uid)
    return Findings(here, tuple(unreadable), tuple(denied))


def _read_lease(namespace: str, lease: dict[str, Any]) -> UnfinishedMove | None:
    """Return the migration in a Lease; None where it is over, or none of ours. Raises: JournalError."""
    name = str(lease["metadata"]["name"])
    record = read_journal(find_journal(lease)) if name.startswith(LEASE_PREFIX) else None
    if record is None:
        return None
    workload = record.workload
    if (namespace, name) != (workload.namespace, name_lease(workload.namespace, workload.name)):
        raise JournalError(Code.JOURNAL_UNREADABLE.because(problem="is of another workload than its Lease"))
    if record.state.phase.is_final:
        return None
    return UnfinishedMove(record, find_holder(lease), str(lease["metadata"]["resourceVersion"]))
