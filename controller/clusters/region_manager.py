"""One manager of all clusters: a client and a watch per kubeconfig context, one picture of the fleet.

Decides nothing and writes nothing by itself. Every context stands alone: one that is broken, denied or gone is shown as
such and costs the others nothing. All methods belong to the event loop that entered the manager.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Protocol

from controller.clusters.aliases import KnownContext, find_aliases
from controller.clusters.cluster_record import ClusterRecord
from controller.clusters.exec_programs import ExecPrograms
from controller.clusters.fleet import Cluster, FleetPicture, Health
from controller.clusters.kube import KubeClient
from controller.clusters.kube_api import KubeApi
from controller.clusters.kube_connection import LOOK_INTERVAL_S, KubeConnection
from controller.clusters.kubeconfig import Kubeconfig, KubeconfigContext
from controller.clusters.kubeconfig_source import KubeconfigSource
from controller.clusters.settings import ContextOverride, FleetSettings, KubeSettings
from controller.clusters.watching import ClusterWatch
from controller.errors import KubeconfigError, UnknownContext
from controller.reasons import Code
from oracle.foundation.reason import Reason

_log = logging.getLogger(__name__)


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

    Writes are refused for every context until `set_armed` allows them, at the client itself. `connect` makes the
    connection of each client.
    Raises on construction: KubeconfigError where the settings name a context that the kubeconfig does not have.
    """

    def __init__(
        self,
        kubeconfig: Kubeconfig,
        settings: FleetSettings | None = None,
        *,
        wall_clock: Callable[[], float] = time.time,
        chance: random.Random | None = None,
        connect: Connect = KubeConnection,
    ) -> None:
        self._settings = settings or FleetSettings()
        self._wall_clock = wall_clock
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
        self._clients = {
            name: KubeClient(context, kube, connection=connections[name])
            for name, context in self._contexts.items()
        }
        self._records = {name: ClusterRecord(name, self._override(name)) for name in self._contexts}
        #: context -> the last picture of it; missing where something has changed since.
        self._built: dict[str, Cluster] = {}
        self._changed = asyncio.Event()
        self._notification: asyncio.TimerHandle | None = None
        self._watches: dict[str, asyncio.Task[None]] = {}
        self._following: asyncio.Task[None] | None = None
        #: context -> what is known of its identity, in the order of the kubeconfig.
        self._known = {name: KnownContext(name, None, None, False) for name in self._contexts}
        #: alias -> the context that stands for its cluster.
        self._aliases: dict[str, str] = {}
        #: Set, and replaced by a new one, when another context stands for a cluster.
        self._regrouped = asyncio.Event()

    async def __aenter__(self) -> RegionManager:
        for name in self._contexts:
            self._start_watch(name)
        self._following = asyncio.create_task(self._follow_kubeconfig(), name="follow the kubeconfig")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks = [*self._watches.values(), *([self._following] if self._following is not None else [])]
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
        clusters = {
            name: self._build(name, record)
            for name, record in self._records.items()
            if name not in self._aliases
        }
        return FleetPicture(clusters, self._wall_clock())

    async def wait_for_change(self) -> None:
        """Return once something has changed since the last return; changes close together count as one. One waiter."""
        await self._changed.wait()
        self._changed.clear()

    def api(self, context: str) -> KubeApi:
        """The client of a context; it connects when first used. Raises: UnknownContext."""
        return self._find_client(context)

    def set_armed(self, context: str, armed: bool) -> None:
        """Allow or refuse writes to a context from now on; what `unarmable_reason` names stays unarmed.

        Raises: UnknownContext.
        """
        self._find_client(context).armed = armed
        self._changed.set()

    def is_armed(self, context: str) -> bool:
        """Whether writes to a context are allowed; an unknown context is not armed."""
        client = self._clients.get(context)
        return client is not None and client.armed

    def unarmable_reason(self, context: str) -> Reason | None:
        """What has to be confirmed before a context can be armed; None: nothing. Raises: UnknownContext."""
        return self._find_client(context).unarmable_reason

    def warnings(self, context: str) -> tuple[Reason, ...]:
        """What a person should know about how a context is reached. Raises: UnknownContext."""
        return self._find_client(context).warnings

    async def read_server_time(self, context: str) -> float:
        """A context's API server's clock, Unix seconds cut to whole ones. Raises: UnknownContext, ClusterError."""
        return await self._find_client(context).read_server_time()

    def _find_client(self, context: str) -> KubeClient:
        client = self._clients.get(context)
        if client is None:
            raise UnknownContext(context)
        return client

    def _build(self, name: str, record: ClusterRecord) -> Cluster:
        built = self._built.get(name)
        if built is None:
            built = record.build()
        elif built.observed_at != record.observed_at:
            built = replace(built, observed_at=record.observed_at)
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
        known = KnownContext(name, record.uid, self._override(name).namespace, record.health is Health.DENIED)
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
            namespace=self._override(name).namespace,
            admit=lambda: self._admit(name),
            wall_clock=self._wall_clock,
            sleep=self._pause,
            chance=self._chance,
        )

    async def _follow_kubeconfig(self) -> None:
        """Wake whoever waits out a failure as soon as a person has logged in again."""
        if not self._source.has_files:
            return
        known = await asyncio.to_thread(self._source.refresh)
        while True:
            await asyncio.sleep(LOOK_INTERVAL_S)
            revision = await asyncio.to_thread(self._source.refresh)
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
