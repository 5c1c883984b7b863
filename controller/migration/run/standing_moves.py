"""What the journals of all contexts say now, whoever leads the migrations. Reads only, and shows the same to everybody.

A migration is known by its source's journal, or where that cluster does not show one, by the mirror in its target.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from controller.clusters import paths
from controller.clusters.kube_api import KubeApi
from controller.clusters.listing import list_all
from controller.errors import ClusterError
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.journal_keys import JournalKeys
from controller.migration.protocol.errors import JournalError
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.run.unfinished import UnfinishedMove, UnreadableJournal, read_lease
from oracle.foundation.reason import Reason


@dataclass(frozen=True, slots=True)
class StandingMove:
    """One migration as a Lease has it. `holder`: who holds that Lease, empty for nobody. `side`: whose Lease it is.
    `doubt`: why nobody goes on with it by itself: none of our keys has signed it.
    """

    record: MigrationRecord
    side: Side
    holder: str
    doubt: Reason | None = None


@dataclass(frozen=True, slots=True)
class StandingMoves:
    """All that was found. `unread`: context -> why its Leases are not known, each as far as they could be read."""

    moves: tuple[StandingMove, ...]
    unreadable: tuple[UnreadableJournal, ...]
    unread: Mapping[str, Reason]

    def find(self, migration_id: str) -> StandingMove | None:
        """Return a migration by its id, or by the beginning of it where that names one only."""
        found = [move for move in self.moves if move.record.migration_id.startswith(migration_id)]
        exact = [move for move in found if move.record.migration_id == migration_id]
        return exact[0] if exact else found[0] if len(found) == 1 else None


async def read_standing_moves(
    apis: Iterable[KubeApi], namespaces: Collection[str], keys: JournalKeys
) -> StandingMoves:
    """Read the Leases of these namespaces in every context. Never raises for a cluster: what was not read is named."""
    moves: dict[str, StandingMove] = {}
    unreadable: list[UnreadableJournal] = []
    unread: dict[str, Reason] = {}
    for api in apis:
        for namespace in sorted(namespaces):
            try:
                leases = (await list_all(api, paths.collection("leases", namespace))).items
                cluster_uid = await ClusterSide(api, "default", "none").read_cluster_uid() if leases else ""
            except ClusterError as error:
                unread.setdefault(api.context, error.reason)
                continue
            for lease in leases:
                try:
                    move = read_lease(namespace, lease)
                except JournalError as error:
                    name = f"{api.context}: {namespace}/{lease['metadata']['name']}"
                    unreadable.append(UnreadableJournal(name, error.reason))
                    continue
                if move is not None:
                    _take_in(moves, move.look(cluster_uid, keys), cluster_uid)
    newest_last = sorted(moves.values(), key=lambda move: move.record.started_at)
    return StandingMoves(tuple(newest_last), tuple(unreadable), unread)


def _take_in(moves: dict[str, StandingMove], move: UnfinishedMove, cluster_uid: str) -> None:
    """Keep a journal where its own cluster is one of its sides; the source's counts before the target's."""
    record = move.record
    side = next((side for side in Side if record.side(side).cluster_uid == cluster_uid), None)
    known = moves.get(record.migration_id)
    if side is not None and (known is None or side is Side.SOURCE):
        moves[record.migration_id] = StandingMove(record, side, move.holder, move.doubt)
