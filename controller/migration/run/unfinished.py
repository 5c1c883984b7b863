"""Finds migrations by the journals in the clusters' Leases: those left behind, and those that are over. Reads only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from controller.clusters import paths
from controller.clusters.kube_api import KubeApi
from controller.clusters.listing import list_all
from controller.errors import AccessDenied
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.journal_keys import JournalKeys
from controller.migration.access.lease import (
    LEASE_PREFIX,
    find_holder,
    find_place,
    find_signed_journal,
    name_lease,
)
from controller.migration.protocol.errors import JournalError
from controller.migration.protocol.journal_reasons import JournalCode
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.signing import Journal
from controller.migration.run.journals import read_journal
from controller.reasons import Code
from oracle.foundation.reason import Reason


@dataclass(frozen=True, slots=True)
class UnfinishedMove:
    """A migration as a Lease has it.

    `holder` is who holds the Lease, empty for nobody; a crash leaves it standing. `version` is the Lease's
    resourceVersion: where it grows between two looks, the holder is alive. `doubt`: why nobody goes on with it by
    itself: none of our keys has signed it.
    """

    record: MigrationRecord
    holder: str
    version: str
    journal: Journal
    doubt: Reason | None = None

    def look(self, cluster_uid: str, keys: JournalKeys) -> UnfinishedMove:
        """Judge the journal's signature in the cluster whose Lease it is."""
        place = find_place(cluster_uid, self.record.workload.namespace, self.record.workload.name)
        return replace(self, doubt=keys.find_doubt(place, self.journal, self.record))


@dataclass(frozen=True, slots=True)
class EndedMove:
    """A migration that is over, whose journal its Lease keeps until the next one. `side`: whose Lease it is.

    Only what our keys have signed: an end that others may have written says nothing.
    """

    record: MigrationRecord
    side: Side


@dataclass(frozen=True, slots=True)
class UnreadableJournal:
    """A journal that this program does not understand, a newer one perhaps; it is left alone and shown."""

    lease: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Findings:
    """What the Leases of one cluster hold. `denied`: the namespaces whose Leases may not be read.

    elsewhere: what their mirrors say of migrations that are not over, and whose source is another cluster.
    """

    moves: tuple[UnfinishedMove, ...]
    unreadable: tuple[UnreadableJournal, ...]
    denied: tuple[str, ...]
    ended: tuple[EndedMove, ...] = ()
    elsewhere: tuple[MigrationRecord, ...] = ()


async def find_unfinished(api: KubeApi, namespaces: Collection[str], keys: JournalKeys) -> Findings:
    """Return the migrations whose source is this cluster and which are not over, and those of either side that are.

    The target's Lease carries a mirror of the same journal; while a migration is not over it is skipped, because only
    the source's is the authority.
    Raises: ClusterError where the cluster cannot be read.
    """
    moves: list[UnfinishedMove] = []
    unreadable: list[UnreadableJournal] = []
    denied: list[str] = []
    for namespace in sorted(namespaces):
        try:
            leases = (await list_all(api, paths.collection("leases", namespace))).items
        except AccessDenied:
            denied.append(namespace)
            continue
        for lease in leases:
            try:
                move = read_lease(namespace, lease)
            except JournalError as error:
                unreadable.append(UnreadableJournal(f"{namespace}/{lease['metadata']['name']}", error.reason))
                continue
            if move is not None:
                moves.append(move)
    over = [move for move in moves if move.record.state.phase.is_final]
    unfinished = [move for move in moves if not move.record.state.phase.is_final]
    cluster_uid = await ClusterSide(api, "default", "none").read_cluster_uid() if unfinished else ""
    here = tuple(
        move.look(cluster_uid, keys) for move in unfinished if move.record.source.cluster_uid == cluster_uid
    )
    ended = await _find_ended(api, over, cluster_uid, keys) if over else ()
    elsewhere = tuple(move.record for move in unfinished if move.record.source.cluster_uid != cluster_uid)
    return Findings(here, tuple(unreadable), tuple(denied), ended, elsewhere)


async def _find_ended(
    api: KubeApi, over: list[UnfinishedMove], cluster_uid: str, keys: JournalKeys
) -> tuple[EndedMove, ...]:
    """Say on which side each of ours was; nothing where the cluster may not be asked who it is."""
    try:
        cluster_uid = cluster_uid or await ClusterSide(api, "default", "none").read_cluster_uid()
    except AccessDenied:
        return ()
    ours = [move.record for move in over if move.look(cluster_uid, keys).doubt is None]
    sides = ((record, side) for record in ours for side in Side)
    return tuple(
        EndedMove(record, side) for record, side in sides if record.side(side).cluster_uid == cluster_uid
    )


def read_lease(namespace: str, lease: dict[str, Any]) -> UnfinishedMove | None:
    """Return the migration that a Lease speaks of; None where it is none of ours. Raises: JournalError."""
    name = str(lease["metadata"]["name"])
    journal = find_signed_journal(lease) if name.startswith(LEASE_PREFIX) else None
    record = read_journal(journal)
    if journal is None or record is None:
        return None
    workload = record.workload
    if (namespace, name) != (workload.namespace, name_lease(workload.namespace, workload.name)):
        raise JournalError(Code.JOURNAL_UNREADABLE.because(problem=JournalCode.ANOTHER_WORKLOADS.because()))
    return UnfinishedMove(record, find_holder(lease), str(lease["metadata"]["resourceVersion"]), journal)
