"""Finds migrations that a process left behind, by the journals in the clusters' Leases. Reads only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from controller.clusters.kube_api import KubeApi
from controller.migration.cluster_side import ClusterSide
from controller.migration.copies import list_if_served
from controller.migration.journal import JournalError, decode_journal
from controller.migration.lease import LEASE_PREFIX, find_journal
from controller.migration.record import MigrationRecord


@dataclass(frozen=True, slots=True)
class UnreadableJournal:
    """A journal that this program does not understand; it is left alone, and a person has to look."""

    context: str
    lease: str
    reason: str


async def find_unfinished(
    api: KubeApi, namespaces: Collection[str]
) -> tuple[tuple[MigrationRecord, ...], tuple[UnreadableJournal, ...]]:
    """Return the migrations whose source is this cluster and which are not over, and the journals that were
    not understood.

    The target's Lease carries a mirror of the same journal; it is skipped, because only the source's is the
    authority.
    Raises: ClusterError where the cluster cannot be read.
    """
    records: list[MigrationRecord] = []
    unreadable: list[UnreadableJournal] = []
    for namespace in sorted(namespaces):
        for lease in await list_if_served(api, "leases", namespace):
            name = str(lease["metadata"]["name"])
            journal = find_journal(lease) if name.startswith(LEASE_PREFIX) else None
            if journal is None:
                continue
            try:
                record = decode_journal(journal)
            except JournalError as error:
                unreadable.append(UnreadableJournal(api.context, f"{namespace}/{name}", error.reason))
                continue
            if not record.state.phase.is_final:
                records.append(record)
    cluster_uid = await ClusterSide(api, "default", "none").read_cluster_uid() if records else ""
    return tuple(record for record in records if record.source.cluster_uid == cluster_uid), tuple(unreadable)
