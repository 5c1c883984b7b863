"""What somebody does who may write Leases and has no right on any Deployment."""

from __future__ import annotations

import random
from dataclasses import replace

from controller.clusters import paths
from controller.clusters.paths import IDENTITY_NAMESPACE
from controller.clusters.workload_parsing import hash_template
from controller.migration.access.journal_keys import JournalKeys
from controller.migration.access.lease import find_place, find_signed_journal, name_lease
from controller.migration.protocol.journal import JOURNAL_ANNOTATION, encode_journal
from controller.migration.protocol.record import MigrationRecord, SideRecord
from controller.migration.protocol.signing import SIGNATURE_ANNOTATION, Journal
from controller.migration.protocol.states import MigrationState, Phase
from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.json_objects import with_path
from controller.simulation.api.object_store import StoreEvent
from tests.controller.contract.dry_runs import make_dry_run
from tests.controller.migration.keys import KEYS, OTHER_KEYS
from tests.simulation.cluster import Cluster
from tests.simulation.world import LEASE_PATH, LEASES, PATH, TARGET, WORKLOAD, World


def sign_journal(cluster: Cluster, record: MigrationRecord, keys: JournalKeys = KEYS) -> Journal:
    """The journal as it is signed for the workload's Lease in this cluster."""
    cluster_uid = cluster.uid(paths.namespace(IDENTITY_NAMESPACE))
    return keys.sign(find_place(cluster_uid, "shop", "checkout"), encode_journal(record))


def put_journal(cluster: Cluster, journal: Journal) -> None:
    """Write a journal and what stands beside it into the workload's Lease; whoever holds that is not asked."""
    metadata = {"name": name_lease("shop", "checkout"), "namespace": "shop"}
    lease = cluster.get(LEASE_PATH)
    if lease is None:
        lease = cluster.apply(LEASES, {"kind": "Lease", "metadata": metadata, "spec": {}})
    for name, text in ((JOURNAL_ANNOTATION, journal.text), (SIGNATURE_ANNOTATION, journal.signature)):
        if text is not None:
            lease = with_path(lease, ("metadata", "annotations", name), text)
        elif name in (lease["metadata"].get("annotations") or {}):
            kept = {key: value for key, value in lease["metadata"]["annotations"].items() if key != name}
            lease = with_path(lease, ("metadata", "annotations"), kept)
    cluster.put(LEASE_PATH, lease)


class Forger:
    """Somebody who keeps every journal that they see in the two Leases, and once writes what they like into them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: dict[str, list[Journal]] = {context: [] for context in world.clusters}
        for cluster in world.clusters.values():
            cluster.model.state.store.subscribe(lambda event, cluster=cluster: self._see(cluster, event))  # type: ignore[misc]

    def _see(self, cluster: Cluster, event: StoreEvent) -> None:
        if event.kind is kinds.LEASES and event.type != "DELETED":
            journal = find_signed_journal(event.current)
            if journal is not None:
                self._kept[cluster.context].append(journal)

    def strike(self, chance: random.Random) -> None:
        """Write over the journals of one side or both, and mostly make the leader believe that it leads no more."""
        sides = chance.choice([("paris",), ("osaka",), ("paris", "osaka")])
        how = chance.choice(["unsigned", "foreign", "signed for other words", "earlier", "the first"])
        takes_over = chance.random() < 0.7
        for cluster in (self._world.clusters[context] for context in sides):
            put_journal(cluster, self._make(cluster, how, chance))
            if takes_over:
                holder = ("spec", "holderIdentity")
                cluster.put(LEASE_PATH, with_path(cluster.require(LEASE_PATH), holder, "somebody"))

    def _make(self, cluster: Cluster, how: str, chance: random.Random) -> Journal:
        kept = self._kept[cluster.context]
        forged = replace(claim(self._world, Phase.ROLLBACK), **self._find_name())
        if how == "foreign":
            return sign_journal(cluster, forged, OTHER_KEYS)
        if how == "unsigned" or not kept:
            return Journal(encode_journal(forged))
        if how == "signed for other words":
            return replace(kept[-1], text=encode_journal(forged))
        return kept[0] if how == "the first" else chance.choice(kept)

    def _find_name(self) -> dict[str, str]:
        """The name of the move that is under way, which stands in both Leases for everybody to read."""
        record = self._world.judge.find_migration()
        return {} if record is None else {"migration_id": record.migration_id}


def take_journal(cluster: Cluster) -> Journal | None:
    """Copy what the workload's Lease carries, for later."""
    lease = cluster.get(LEASE_PATH)
    return None if lease is None else find_signed_journal(lease)


def claim(world: World, phase: Phase) -> MigrationRecord:
    """A move that nobody asked for, of one replica and with next to no floor, of what runs in the two clusters now."""
    template = world.source.require(PATH)["spec"]["template"]
    dry_run = make_dry_run(WORKLOAD, TARGET, 1, now=world.wall())
    source, target = (
        SideRecord(
            cluster.context,
            cluster.uid(paths.namespace(IDENTITY_NAMESPACE)),
            None if cluster.get(PATH) is None else cluster.uid(PATH),
            cluster.replicas(PATH),
        )
        for cluster in world.clusters.values()
    )
    return MigrationRecord(
        migration_id="forged",
        workload=WORKLOAD,
        source=source,
        target=target,
        dry_run=replace(dry_run, wave_sizes=(1,)),
        template_hash=hash_template(template),
        floor=1,
        surge=1,
        state=MigrationState(waves=(1,), phase=phase),
        started_at=world.wall(),
        # Further ahead than any fence that there is.
        epoch=1_000,
        operation=1_000,
        target_existed=target.deployment_uid is not None,
    )
