"""What must hold whatever happens, judged by the clusters themselves as each write lands: the judge knows no program.

Ground truth is what was sent, what landed, and what the clusters hold then; nothing is asked of the code under test but
to read a journal with its signature, and a fence. I1 to I12 are the protocol's promises as
docs/decisions/simulation-of-the-engine.md lists them.
"""

from __future__ import annotations

import asyncio
import functools
import math
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from controller.clusters import paths
from controller.clusters.paths import IDENTITY_NAMESPACE
from controller.migration.access.lease import find_holder, find_journal, find_place, find_signed_journal
from controller.migration.protocol.errors import JournalError
from controller.migration.protocol.fences import FENCE_ANNOTATION, MIGRATION_LABEL, Fence
from controller.migration.protocol.journal import decode_journal
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.states import Phase
from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.json_objects import get_path, name_of, namespace_of, uid_of
from controller.simulation.api.object_store import StoreEvent
from controller.simulation.api.requests import parse_target
from controller.simulation.api.timestamps import parse_time
from tests.controller.migration.keys import KEYS
from tests.simulation.cluster import Cluster, Landed, Request
from tests.simulation.market import PriceStore
from tests.simulation.network import Network


def read_journal(cluster: Cluster, lease_path: str) -> MigrationRecord | None:
    """The journal in a cluster's Lease; None where there is none that this program understands."""
    lease = cluster.get(lease_path)
    journal = find_journal(lease) if lease is not None else None
    return _read(journal) if journal is not None else None


def _read_signed(cluster: Cluster, lease: dict[str, Any]) -> MigrationRecord | None:
    """The journal in a Lease of a cluster, where our ring has signed it."""
    journal = find_signed_journal(lease)
    record = _read(journal.text) if journal is not None else None
    if journal is None or record is None:
        return None
    cluster_uid = cluster.uid(paths.namespace(IDENTITY_NAMESPACE))
    place = find_place(cluster_uid, record.workload.namespace, record.workload.name)
    return record if KEYS.find_doubt(place, journal, record) is None else None


@functools.lru_cache(maxsize=64)
def _read(journal: str) -> MigrationRecord | None:
    """The same text stands in two Leases, and is asked for at every write."""
    try:
        return decode_journal(journal)
    except JournalError:
        return None


class Judge:
    """Watches clusters and network from the first moment on; what it finds is in `violations`, in words."""

    def __init__(
        self,
        clusters: Mapping[str, Cluster],
        network: Network,
        prices: PriceStore,
        path: str,
        lease_path: str,
        replicas: int,
        there: int = 0,
        keeps: int = 0,
        *,
        wave_replicas: int,
        renew_deadline_s: float,
        checks_readiness: bool,
        unnoticed_s: float | None,
    ) -> None:
        self.violations: list[str] = []
        #: False while people do in the clusters what no promise speaks of.
        self.is_watching = True
        #: False where the price store is not what the programs ask.
        self.judges_prices = True
        self._clusters = clusters
        self._prices = prices
        self._path = path
        self._lease_path = lease_path
        #: Of both sides together; how many of them stay in the source, and how many ran in the target before.
        self._desired, self._keeps, self._there = replicas + there, keeps, there
        moving = replicas - keeps
        #: A quarter; where that is fewer than a wave has to have, as many as are too few for two waves.
        self._largest_step = max(1, -(-moving // 4), min(moving - 1, 2 * wave_replicas - 1))
        self._renew_deadline_s = renew_deadline_s
        self._checks_readiness = checks_readiness
        self._unnoticed_s = unnoticed_s
        self._served: deque[tuple[float, dict[str, int]]] = deque()
        #: What journals have said so far: the intents, and the UIDs of created objects.
        self._intents: set[tuple[str, Side, int, int]] = set()
        self._created: set[str] = set()
        #: Context -> the newest journal that our ring has signed there, whatever others have written over it.
        self._heard: dict[str, MigrationRecord] = {}
        #: (context, uid of the object) -> highest epoch that it has seen.
        self._epochs: dict[tuple[str, str], int] = {}
        #: (context, epoch) of the Leases that somebody asked to be rid of.
        self._given_back: set[tuple[str, int]] = set()
        network.on_sent = self._judge_sending
        for cluster in clusters.values():
            cluster.on_landed = self._judge_landing
            cluster.model.state.store.subscribe(lambda event, cluster=cluster: self._see(cluster, event))  # type: ignore[misc]
        self._note_served()

    def take_as_desired(self, replicas: int) -> None:
        """From now on people want so many: somebody has scaled the target that serves alone."""
        self._desired = replicas

    def judge_end(self, is_dead: Callable[[str], bool]) -> list[str]:
        """All violations, with those of the end: I9 (conservation) and I11 (convergence, Leases are given back).

        Args:
            is_dead: whether the holder of a Lease was killed: after the journal's last word nobody is left to give it
                back, and it runs out.
        """
        source, target = self._clusters.values()
        record = read_journal(source, self._lease_path)
        phase = record.state.phase.value if record is not None else None
        has_target = target.get(self._path) is not None
        result = source.replicas(self._path), target.replicas(self._path) if has_target else None
        before, after = self._list_ends()
        ends = (("DONE", after), ("ROLLED_BACK", before if self._there else (before[0], None)))
        if (phase, result) not in ends:
            return [*self.violations, f"I9/I11: it ended as {phase} with {result}"]
        return [*self.violations, *self._list_kept_leases(is_dead)]

    def _list_ends(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Replicas of source and target before and after the move."""
        before = self._desired - self._there, self._there
        return before, (self._keeps, self._desired - self._keeps)

    def judge_stop(self) -> list[str]:
        """All violations, with that of an end which others may have left to a person: as many serve as before."""
        asked = sum(one.replicas(self._path) for one in self._clusters.values())
        if min(asked, self._count_served()) < self._desired:
            served = self._count_served()
            return [*self.violations, f"I9: it stopped with {asked} asked for, of which {served} serve"]
        return self.violations

    def _list_kept_leases(self, is_dead: Callable[[str], bool]) -> list[str]:
        """I11: whoever lives has asked to give its Lease back; where the request was lost, the Lease runs out."""
        kept = []
        for context, cluster in self._clusters.items():
            lease = cluster.get(self._lease_path)
            holder = find_holder(lease) if lease is not None else ""
            if holder and not is_dead(holder) and (context, _epoch_of(lease)) not in self._given_back:
                kept.append(f"I11: {holder} has never given back its Lease in {context}")
        return kept

    # As a request leaves a process.

    def _judge_sending(self, cluster: Cluster, request: Request) -> None:
        if request.path == self._lease_path and request.method == "PUT" and not find_holder(request.body):
            self._given_back.add((cluster.context, _epoch_of(request.body)))
        if self.is_watching and request.path == self._path and request.is_write and request.method == "PATCH":
            self._judge_licence(cluster, request)
        if self.is_watching and self.judges_prices and self._is_surge(cluster, request):
            self._judge_prices(cluster, request)

    def _judge_prices(self, cluster: Cluster, request: Request) -> None:
        """I5: both sides have a price that may still be believed, unless replicas that serve are lost already."""
        if self._count_served() < self._desired:
            return
        for context in self._clusters:
            quotes = [quote for (bound, _), quote in self._prices.quotes.items() if bound == context]
            if not any(quote.deadline > self._prices.now() for quote in quotes):
                self._report(f"I5: a wave starts without a price of {context}", cluster, request)

    def _judge_licence(self, cluster: Cluster, request: Request) -> None:
        """I4: nobody writes under a Lease that this very cluster has not seen renewed for as long as it may be so."""
        lease = cluster.get(self._lease_path)
        renewed = get_path(lease, "spec", "renewTime")
        age_s = cluster.now() - parse_time(renewed) if renewed is not None else math.inf
        if age_s > self._renew_deadline_s:
            self._report(f"I4: a write under a Lease not renewed for {age_s:.0f} s", cluster, request)

    def _is_surge(self, cluster: Cluster, request: Request) -> bool:
        if request.path != self._path or not request.is_write or not request.raises:
            return False
        record = self.find_migration()
        return record is not None and cluster.context == record.target.context

    # As a write lands.

    def _judge_landing(self, cluster: Cluster, landed: Landed) -> None:
        if not self.is_watching:
            return
        request = landed.request
        self._judge_epoch(cluster, request)
        if request.method == "DELETE":
            self._judge_deletion(cluster, request)
        if parse_target(request.path).kind is kinds.SECRETS:
            self._report("I8: a Secret was written", cluster, request)
        if request.path == self._path and request.replicas is not None:
            self._judge_intent(cluster, request)
            self._judge_bounds(cluster, landed)
            self._note_served()

    def _judge_deletion(self, cluster: Cluster, request: Request) -> None:
        """I8: only what a journal names is deleted."""
        wanted = get_path(request.body, "preconditions", "uid")
        if wanted not in self._created:
            self._report("I8: something was deleted that no journal names", cluster, request)

    def _judge_intent(self, cluster: Cluster, request: Request) -> None:
        """I3, I7: a journal has announced just this write, of the only migration."""
        record = self.find_migration()
        fence = self._read_fence(cluster)
        if record is None or fence is None or fence.migration_id != record.migration_id:
            self._report("I3: a write of another migration than the journal's", cluster, request)
            return
        side = Side.SOURCE if cluster.context == record.source.context else Side.TARGET
        assert request.replicas is not None, "it was asked before"
        announced = (record.migration_id, side, request.replicas, int(fence.operation))
        if announced not in self._intents:
            self._report("I7: a write that no journal has announced", cluster, request)

    def _judge_bounds(self, cluster: Cluster, landed: Landed) -> None:
        """I1, I2."""
        asked = sum(one.replicas(self._path) for one in self._clusters.values())
        if asked < self._desired:
            self._report("I1: floor of the spec", cluster, landed.request)
        if landed.request.raises and asked > self._ceiling():
            self._report("I2: ceiling", cluster, landed.request)
        if self._unnoticed_s is not None:
            if not self._was_permitted(cluster, landed):
                self._report("I1: floor of the available", cluster, landed.request)
        elif self._checks_readiness and self._count_served() < self._desired:
            self._report("I1: floor of the available", cluster, landed.request)

    def _ceiling(self) -> int:
        """One wave more than the workload; all that moves twice while the journal says that the source is insured."""
        record = self.find_migration()
        is_insured = record is not None and record.state.phase is Phase.INSURED
        moving = self._desired - self._keeps - self._there
        return self._desired + (moving if is_insured else self._largest_step)

    def _was_permitted(self, cluster: Cluster, landed: Landed) -> bool:
        """Whether any read of the last `unnoticed_s` seconds could have allowed this write, which took replicas."""
        if landed.taken <= 0 or landed.request.replicas is None:
            return True
        self._forget_served()
        return any(
            min(seen[cluster.context], landed.request.replicas)
            + sum(count for context, count in seen.items() if context != cluster.context)
            >= self._desired
            for _, seen in self._served
        )

    # As an object changes, by whomever.

    def _see(self, cluster: Cluster, event: StoreEvent) -> None:
        if event.kind is kinds.LEASES and event.type != "DELETED":
            self._hear_journal(cluster, event.current)
        if event.kind is kinds.DEPLOYMENTS and event.type == "DELETED" and self.is_watching:
            record = self.find_migration()
            if record is not None and cluster.context == record.source.context and self._is_ours(event):
                self.violations.append(f"I8: the source was deleted at {self._now():.1f} s")
        if event.kind is kinds.PODS:
            self._note_served()

    def _hear_journal(self, cluster: Cluster, lease: dict[str, Any]) -> None:
        record, known = _read_signed(cluster, lease), self._heard.get(cluster.context)
        if record is None or (known is not None and _order(record) < _order(known)):
            return
        self._heard[cluster.context] = record
        self._created |= {note.value for note in record.target_notes}
        if record.intent is not None:
            intent = record.intent
            self._intents.add((record.migration_id, intent.side, intent.replicas, intent.operation))

    def _judge_epoch(self, cluster: Cluster, request: Request) -> None:
        """I4: no write takes the epoch of an object down, in its fence or its Lease; a fence goes at the end only."""
        value = cluster.get(request.path) if parse_target(request.path).name else None
        if value is None or request.path not in (self._path, self._lease_path):
            return
        if takes_fence_off(request):
            self._judge_end_of_fence(cluster, request)
            return
        fence = _parse_fence(value)
        epoch = fence.epoch if fence is not None else _epoch_of(value)
        key = (cluster.context, uid_of(value))
        if epoch < self._epochs.get(key, 0):
            self._report(f"I4: an epoch fell to {epoch}", cluster, request)
        self._epochs[key] = max(epoch, self._epochs.get(key, 0))

    def _judge_end_of_fence(self, cluster: Cluster, request: Request) -> None:
        """I4: by then both sides are as before or as planned, so that nothing is left to be written. A Deployment that
        others put in the target's place is none of the move's.
        """
        source, target = self._clusters.values()
        record, found = self._heard.get(source.context), target.get(self._path)
        is_foreign = found is not None and record is not None and not _is_of(found, record)
        in_target = 0 if is_foreign else target.replicas(self._path)
        if (source.replicas(self._path), in_target) not in self._list_ends():
            self._report("I4: a fence was taken off in the middle", cluster, request)

    def _is_ours(self, event: StoreEvent) -> bool:
        path = self._lease_path if event.kind is kinds.LEASES else self._path
        return path.endswith(f"/{name_of(event.current)}") and f"/{namespace_of(event.current)}/" in path

    def _note_served(self) -> None:
        if self._unnoticed_s is None:
            return
        now = self._now()
        self._served.append((now, {name: one.available(self._path) for name, one in self._clusters.items()}))
        self._forget_served()

    def _forget_served(self) -> None:
        """Forget what was true before the time that a read may be old."""
        assert self._unnoticed_s is not None, "else nothing is noted"
        oldest = self._now() - self._unnoticed_s
        # The newest that is older than the window stays: it held until the next.
        while len(self._served) > 1 and self._served[1][0] < oldest:
            self._served.popleft()

    def _count_served(self) -> int:
        return sum(one.available(self._path) for one in self._clusters.values())

    def find_migration(self) -> MigrationRecord | None:
        """The newest journal of the two sources that a workload may have: there, or here on its way back."""
        heard = self._heard
        known = [heard[context] for context in self._clusters if context in heard]
        return max(known, key=lambda record: record.started_at, default=None)

    def _read_fence(self, cluster: Cluster) -> Fence | None:
        deployment = cluster.get(self._path)
        return _parse_fence(deployment) if deployment is not None else None

    def _report(self, what: str, cluster: Cluster, request: Request) -> None:
        counts = " + ".join(str(one.replicas(self._path)) for one in self._clusters.values())
        self.violations.append(
            f"{what} at {self._now():.1f} s, {cluster.context}: {request.method} {request.path} -> {counts} "
            f"({self._count_served()} serve)"
        )

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _order(record: MigrationRecord) -> tuple[float, int, int]:
    """An earlier journal that somebody has put back is none."""
    return record.started_at, record.epoch, record.operation


def _is_of(deployment: dict[str, Any], record: MigrationRecord) -> bool:
    """Whether a Deployment is one of a migration: by its UID, or by the label of who has made it."""
    label = get_path(deployment, "metadata", "labels", MIGRATION_LABEL)
    uids = (record.source.deployment_uid, record.target.deployment_uid)
    return uid_of(deployment) in uids or label == record.migration_id


def takes_fence_off(request: Request) -> bool:
    """Whether a request is the JSON Patch that removes a fence which it tests, and does nothing else."""
    steps = [step["op"] for step in request.body] if isinstance(request.body, list) else []
    return steps == ["test", "test", "remove"]


def _epoch_of(lease: Any) -> int:
    return int(get_path(lease, "spec", "leaseTransitions", default=0))


def _parse_fence(deployment: dict[str, Any]) -> Fence | None:
    text = get_path(deployment, "metadata", "annotations", FENCE_ANNOTATION)
    try:
        return Fence.parse(text) if text is not None else None
    except ValueError:
        return None
