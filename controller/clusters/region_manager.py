"""One manager of all clusters: a client and a watch per kubeconfig context, one picture of the fleet.

Decides nothing and writes nothing by itself. Every context stands alone: one that is broken, denied or gone is shown as
such and costs the others nothing. All methods belong to the event loop that entered the manager.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Protocol

from controller.clusters.aliases import KnownContext, find_aliases
from controller.clusters.arming import UNLIMITED, Arming, ArmingTerms
from controller.clusters.armings import Armings, EndedArming
from controller.clusters.change_hints import ChangeHints
from controller.clusters.checked_api import CheckedApi
from controller.clusters.cluster_record import ClusterRecord
from controller.clusters.exec_programs import ExecPrograms
from controller.clusters.fleet import Cluster, FleetPicture, Health, WorkloadKey
from controller.clusters.fleet_purchases import FleetPurchases
from controller.clusters.kube import KubeClient
from controller.clusters.kube_api import KubeApi
from controller.clusters.kube_connection import LOOK_INTERVAL_S, KubeConnection
from controller.clusters.kubeconfig import Kubeconfig, KubeconfigContext
from controller.clusters.kubeconfig_source import KubeconfigSource
from controller.clusters.node_pools import NodePool
from controller.clusters.pool_reading import read_node_pools
from controller.clusters.settings import ContextOverride, FleetSettings, KubeSettings
from controller.clusters.usage_polling import UsagePolling
from controller.clusters.user_agent import MIGRATION
from controller.clusters.watching import ClusterWatch
from controller.errors import ClusterError, KubeconfigError, UnknownContext
from controller.reasons import Code
from oracle.foundation.clocks import SYSTEM_CLOCKS, Clocks
from oracle.foundation.instant import Instant
from oracle.foundation.own_thread import in_thread
from oracle.foundation.reason import Reason

_log = logging.getLogger(__name__)

#: Between two looks at the pools by which a cluster buys machines, seconds. Arbitrary: people change them seldom, and
#: what they have bought shows as nodes at once.
POOLS_EVERY_S = 120.0


class Connect(Protocol):
    """How a context is reached: credentials and connections."""

    def __call__(
        self,
        context: KubeconfigContext,
        settings: KubeSettings,
        programs: ExecPrograms,
        *,
        reread: Callable[[], KubeconfigContext],
    ) -> KubeConnection:
        """Return the connection; `reread` says the context as its file says it now."""


class RegionManager:
    """Watches the contexts of a kubeconfig while its `async with` block lasts.

    Writes are refused for every context until `set_armed` allows them, and are judged at the client itself as they
    leave. `connect` makes the connection of each client.
    Raises on construction: KubeconfigError where the settings name a context that the kubeconfig does not have.
    """

    def __init__(
        self,
        kubeconfig: Kubeconfig,
        settings: FleetSettings | None = None,
        *,
        clocks: Clocks = SYSTEM_CLOCKS,
        chance: random.Random | None = None,
        connect: Connect = KubeConnection,
    ) -> None:
        self._settings = settings or FleetSettings()
        self._clocks = clocks
        self._chance = chance or random.Random()
        #: What of the kubeconfig was passed over.
        self.notes = kubeconfig.notes
        for note in self.notes:
            _log.warning("%s", note)
        self._contexts = _choose_contexts(kubeconfig, self._settings)
        kube = self._settings.kube
        #: What the allowed credential plugins stand for, found once.
        self.programs = ExecPrograms(kube)
        self._source = KubeconfigSource(kubeconfig)
        #: Set, and replaced by a new one, when the kubeconfig has been read again: nobody then waits out a pause.
        self._reread = asyncio.Event()
        connections = {
            name: connect(context, kube, self.programs, reread=partial(self._source.find, name))
            for name, context in self._contexts.items()
        }
        self._armings = Armings(clocks)
        #: Wakes the moves that wait for a Deployment.
        self.hints = ChangeHints()
        #: Whether a person has stopped everything, and armed nothing since.
        self.is_stopped = False
        self._clients = {
            name: KubeClient(
                context, kube, licence=partial(self._judge_write, name), connection=connections[name]
            )
            for name, context in self._contexts.items()
        }
        self._records = {
            name: ClusterRecord(name, self._override(name), self._settings) for name in self._contexts
        }
        self._purchases = FleetPurchases(self._settings.overrides)
        #: context -> the last picture of it; missing where something has changed since.
        self._built: dict[str, Cluster] = {}
        self._changed = asyncio.Event()
        self._notification: asyncio.TimerHandle | None = None
        self._watches: dict[str, asyncio.Task[None]] = {}
        self._pool_readers: list[asyncio.Task[None]] = []
        #: Contexts that were asked by which pools they buy machines: before that not all of them is known.
        self._asked_for_pools: set[str] = set()
        self._polling = {name: self._make_polling(name) for name in self._contexts}
        self._polls: list[asyncio.Task[None]] = []
        self._following: asyncio.Task[None] | None = None
        #: context -> what is known of its identity, in the order of the kubeconfig.
        self._known = {name: KnownContext(name, None, None, False) for name in self._contexts}
        #: alias -> the context that stands for its cluster.
        self._aliases: dict[str, str] = {}
        #: Set, and replaced by a new one, when another context stands for a cluster.
        self._regrouped = asyncio.Event()

    async def __aenter__(self) -> RegionManager:
        for name, polling in self._polling.items():
            self._start_watch(name)
            reader = asyncio.create_task(self._follow_pools(name), name=f"node pools of {name}")
            self._pool_readers.append(reader)
            self._polls.append(asyncio.create_task(polling.keep_asking(), name=f"poll usage {name}"))
        self._following = asyncio.create_task(self._follow_kubeconfig(), name="follow the kubeconfig")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks = [
            *self._watches.values(),
            *self._pool_readers,
            *self._polls,
            *([self._following] if self._following is not None else []),
        ]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._notification is not None:
            self._notification.cancel()
        await asyncio.gather(*(client.close() for client in self._clients.values()))

    @property
    def contexts(self) -> tuple[str, ...]:
        """The contexts that may be contacted, in the order of the kubeconfig."""
        return tuple(self._contexts)

    def picture(self) -> FleetPicture:
        """All clusters as they are known now."""
        now = self._clocks.now()
        clusters = {
            name: self._build(name, record, now)
            for name, record in self._records.items()
            if name not in self._aliases
        }
        pools = {name: self._records[name].list_pools(cluster.nodes) for name, cluster in clusters.items()}
        return FleetPicture(self._purchases.complete(clusters, pools), now.wall)

    def seconds_to_next_outdated(self) -> float | None:
        """Return when something of the picture will be too old if nothing is read meanwhile; None: nothing will."""
        now = self._clocks.now()
        left = (record.freshness.seconds_to_next(now) for record in self._records.values())
        return min((seconds for seconds in left if seconds is not None), default=None)

    async def wait_for_change(self) -> None:
        """Return once something has changed since the last return; changes close together count as one. One waiter."""
        await self._changed.wait()
        self._changed.clear()

    def api(self, context: str) -> KubeApi:
        """The API server of a context, for decisions and writes; it is contacted when first used.

        Raises: UnknownContext.
        """
        return CheckedApi(self._find_client(context))

    def set_armed(self, context: str, armed: bool, terms: ArmingTerms = UNLIMITED) -> None:
        """Allow writes to a context on these terms from now on, or refuse them; what `unarmable_reason` names stays
        unarmed.

        Raises: UnknownContext.
        """
        client = self._find_client(context)
        if armed:
            self.is_stopped = False
            self._armings.arm(context, terms, client.cluster_uid)
        else:
            self._armings.disarm(context, client.cluster_uid)
        self._changed.set()

    def disarm_all(self) -> tuple[str, ...]:
        """Refuse every write to every context from now on, also of moves under way; returns those that were armed, also
        where the cluster has not said yet who it is.
        """
        armed = tuple(
            context
            for context, client in self._clients.items()
            if self.is_armed(context) or self._armings.is_awaited(context, client.cluster_uid)
        )
        for context, client in self._clients.items():
            self._armings.disarm(context, client.cluster_uid)
        self.is_stopped = True
        self._changed.set()
        return armed

    def is_armed(self, context: str, namespace: str | None = None) -> bool:
        """Whether something may begin in a context, in this namespace if one is named; in an unknown context nothing
        may.
        """
        arming = self._find_arming(context)
        return arming is not None and (namespace is None or arming.covers(namespace))

    def is_meant(self, context: str, namespace: str) -> bool:
        """Whether somebody has armed a context for a namespace, also where its cluster has not said yet who it is.

        Nothing is written there before it has.
        """
        client = self._clients.get(context)
        if client is None or client.unarmable_reason is not None:
            return False
        return self._armings.is_meant(context, client.cluster_uid, namespace)

    def list_armed(self, workload: WorkloadKey | None = None, target: str = "") -> Mapping[str, Arming]:
        """Context -> the arming under which something may begin there; or under which a move that has begun may go on,
        that of this workload to this target.
        """
        found = {
            context: self._find_arming(context)
            if workload is None
            else self._armings.find_for_move(context, client.cluster_uid, workload, target)
            for context, client in self._clients.items()
            if client.unarmable_reason is None
        }
        return {context: arming for context, arming in found.items() if arming is not None}

    def list_unarmed(self) -> Mapping[str, Code]:
        """Context in which nothing may begin -> why."""
        return {
            context: self._armings.name_unarmed(context, client.cluster_uid)
            for context, client in self._clients.items()
            if self._find_arming(context) is None
        }

    def begin_move(self, migration_id: str, workload: WorkloadKey, target: str) -> None:
        """Let a move that begins now end under what is armed now, also when that has run out."""
        uids = [self._find_client(context).cluster_uid for context in (workload.context, target)]
        self._armings.begin_move(migration_id, workload, target, uids)

    def take_ended_armings(self) -> list[EndedArming]:
        """What was armed and has ended by itself since this was asked last."""
        return self._armings.take_ended()

    def unarmable_reason(self, context: str) -> Reason | None:
        """What has to be confirmed before a context can be armed; None: nothing. Raises: UnknownContext."""
        return self._find_client(context).unarmable_reason

    def warnings(self, context: str) -> tuple[Reason, ...]:
        """What a person should know about how a context is reached. Raises: UnknownContext."""
        return self._find_client(context).warnings

    async def read_server_time(self, context: str) -> float:
        """A context's API server's clock, Unix seconds cut to whole ones. Raises: UnknownContext, ClusterError."""
        return await self._find_client(context).read_server_time()

    def _find_arming(self, context: str) -> Arming | None:
        client = self._clients.get(context)
        if client is None or client.unarmable_reason is not None:
            return None
        return self._armings.find(context, client.cluster_uid)

    def _judge_write(self, context: str, namespace: str | None, cluster_uid: str | None) -> Reason | None:
        return self._armings.judge_write(context, cluster_uid, namespace, MIGRATION.get())

    def _find_client(self, context: str) -> KubeClient:
        client = self._clients.get(context)
        if client is None:
            raise UnknownContext(context)
        return client

    def _build(self, name: str, record: ClusterRecord, now: Instant) -> Cluster:
        built, outdated = self._built.get(name), record.freshness.find_outdated(now)
        if built is None or built.outdated != outdated:
            built = record.build(outdated)
            built = replace(built, is_complete=built.is_complete and name in self._asked_for_pools)
        elif built.read_at != (read_at := record.freshness.read_at()):
            built = replace(built, read_at=read_at)
        aliases = tuple(alias for alias, first in self._aliases.items() if first == name)
        if built.aliases != aliases:
            built = replace(built, aliases=aliases)
        self._built[name] = built
        return built

    @property
    def aliases(self) -> Mapping[str, str]:
        """Alias -> the context that stands for its cluster."""
        return self._aliases

    def _start_watch(self, name: str) -> None:
        watch = self._make_watch(name)
        self._watches[name] = asyncio.create_task(watch.keep_watching(), name=f"watch {name}")

    async def _admit(self, name: str) -> bool:
        """Return True once the context stands for its cluster; False when it should be asked again who it is."""
        self._identify(name)
        if name not in self._aliases:
            return True
        try:
            async with asyncio.timeout(self._settings.retry_maximum_s):
                await self._regrouped.wait()
        except TimeoutError:
            pass  # the file may lead elsewhere by now
        return False

    def _identify(self, name: str) -> None:
        """Take what is known of a context's identity; of a thousand events hardly one changes it."""
        record = self._records[name]
        known = KnownContext(
            name, record.uid, self._override(name).namespaces, record.health is Health.DENIED
        )
        if known != self._known[name]:
            self._known[name] = known
            self._regroup()

    def _regroup(self) -> None:
        """Find out which contexts lead to one cluster, and stop watching those that have become aliases."""
        before, self._aliases = self._aliases, find_aliases(self._known.values())
        if self._aliases == before:
            return
        for name in self._aliases.keys() - before.keys():
            _log.info("%s is the same cluster as %s and not watched again", name, self._aliases[name])
            self._records[name].forget()
            if self._watches[name] is not asyncio.current_task():
                self._watches[name].cancel()
                self._start_watch(name)
        waking, self._regrouped = self._regrouped, asyncio.Event()
        waking.set()
        self._note_change(*before, *self._aliases, *self._aliases.values())

    def _make_watch(self, name: str) -> ClusterWatch:
        return ClusterWatch(
            self._clients[name],
            self._records[name],
            self._settings,
            lambda: self._take_change(name),
            admit=lambda: self._admit(name),
            hint=partial(self.hints.note, name),
            clocks=self._clocks,
            sleep=self._pause,
            chance=self._chance,
        )

    async def _follow_pools(self, name: str) -> None:
        """Read now and then by which pools a cluster buys machines. Where it has none, or may not say, none are known;
        nor are those of one that cannot be read any more.
        """
        record = self._records[name]
        while True:
            pools = await self._read_pools(name) if name not in self._aliases else None
            is_first = name not in self._asked_for_pools
            self._asked_for_pools.add(name)
            if record.take_pools(pools) or is_first:
                self._note_change(name)
            is_answered = record.health is Health.REACHABLE
            await asyncio.sleep(POOLS_EVERY_S if is_answered else self._settings.retry_maximum_s)

    async def _read_pools(self, name: str) -> tuple[NodePool, ...] | None:
        try:
            return await read_node_pools(self._clients[name])
        except ClusterError:
            return None

    def _make_polling(self, name: str) -> UsagePolling:
        return UsagePolling(
            self._clients[name],
            self._records[name],
            self._override(name),
            self._settings.usage_interval_s,
            lambda: self._note_change(name),
            clocks=self._clocks,
        )

    async def _follow_kubeconfig(self) -> None:
        """Wake whoever waits out a failure as soon as a person has logged in again."""
        if not self._source.has_files:
            return
        known = await in_thread(self._source.refresh)
        while True:
            await asyncio.sleep(LOOK_INTERVAL_S)
            revision = await in_thread(self._source.refresh)
            if revision != known:
                known = revision
                waking, self._reread = self._reread, asyncio.Event()
                waking.set()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._reread.wait()
        except TimeoutError:
            pass  # the pause is over

    def _override(self, name: str) -> ContextOverride:
        return self._settings.overrides.get(name, ContextOverride())

    def _take_change(self, name: str) -> None:
        self._note_change(name)
        self._polling[name].wake()
        self._identify(name)

    def _note_change(self, *names: str) -> None:
        """Gather changes for a moment: a rollout of fifty pods is one change of the picture."""
        for name in names:
            self._built.pop(name, None)
        if self._notification is None:
            loop = asyncio.get_running_loop()
            self._notification = loop.call_later(self._settings.coalesce_s, self._announce)

    def _announce(self) -> None:
        self._notification = None
        self._changed.set()


def _choose_contexts(kubeconfig: Kubeconfig, settings: FleetSettings) -> dict[str, KubeconfigContext]:
    wanted = settings.contexts if settings.contexts is not None else kubeconfig.contexts.keys()
    if missing := sorted(wanted - kubeconfig.contexts.keys()):
        known = tuple(kubeconfig.contexts)
        raise KubeconfigError(
            Code.KUBECONFIG_WITHOUT_CONTEXTS.because(
                path=kubeconfig.label, missing=tuple(missing), known=known
            )
        )
    return {name: context for name, context in kubeconfig.contexts.items() if name in wanted}
