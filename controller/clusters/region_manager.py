"""One manager of all clusters: a client and a watch per kubeconfig context, one picture of the fleet.

Decides nothing and writes nothing by itself. Every context stands alone: one that is broken, denied or gone is shown as
such and costs the others nothing. All methods belong to the event loop that entered the manager.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType

from controller.clusters.cluster_record import ClusterRecord
from controller.clusters.fleet import Cluster, FleetPicture
from controller.clusters.kube import KubeClient
from controller.clusters.kube_api import KubeApi
from controller.clusters.kube_connection import KubeConnection
from controller.clusters.kubeconfig import Kubeconfig, KubeconfigContext
from controller.clusters.settings import ContextOverride, FleetSettings, KubeSettings
from controller.clusters.watching import ClusterWatch
from controller.errors import KubeconfigError, UnknownContext

#: How a context is reached: credentials and connections.
Connect = Callable[[KubeconfigContext, KubeSettings], KubeConnection]


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
        self._contexts = _choose_contexts(kubeconfig, self._settings)
        kube = self._settings.kube
        self._clients = {
            name: KubeClient(context, kube, connection=connect(context, kube))
            for name, context in self._contexts.items()
        }
        self._records = {name: ClusterRecord(name, self._override(name)) for name in self._contexts}
        #: context -> the last picture of it; missing where something has changed since.
        self._built: dict[str, Cluster] = {}
        self._changed = asyncio.Event()
        self._notification: asyncio.TimerHandle | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> RegionManager:
        self._tasks = [
            asyncio.create_task(self._make_watch(name).keep_watching(), name=f"watch {name}")
            for name in self._contexts
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._notification is not None:
            self._notification.cancel()
        await asyncio.gather(*(client.close() for client in self._clients.values()))

    @property
    def contexts(self) -> tuple[str, ...]:
        """The contexts, in the order of the kubeconfig or of the settings."""
        return tuple(self._contexts)

    def picture(self) -> FleetPicture:
        """All clusters as they are known now."""
        clusters = {name: self._build(name, record) for name, record in self._records.items()}
        return FleetPicture(clusters, self._wall_clock())

    async def wait_for_change(self) -> None:
        """Return once something has changed since the last return; changes close together count as one. One waiter."""
        await self._changed.wait()
        self._changed.clear()

    def api(self, context: str) -> KubeApi:
        """The client of a context; it connects when first used. Raises: UnknownContext."""
        return self._find_client(context)

    def set_armed(self, context: str, armed: bool) -> None:
        """Allow or refuse writes to a context from now on. Raises: UnknownContext."""
        self._find_client(context).armed = armed
        self._changed.set()

    def is_armed(self, context: str) -> bool:
        """Whether writes to a context are allowed; an unknown context is not armed."""
        client = self._clients.get(context)
        return client is not None and client.armed

    def warnings(self, context: str) -> tuple[str, ...]:
        """What a person should know about how a context is reached. Raises: UnknownContext."""
        return self._find_client(context).warnings

    async def read_server_time(self, context: str) -> float:
        """A context's API server's clock, Unix seconds cut to whole ones. Raises: UnknownContext, ClusterError."""
        return await self._find_client(context).read_server_time()

    def _find_client(self, context: str) -> KubeClient:
        client = self._clients.get(context)
        if client is None:
            raise UnknownContext(context, self._clients)
        return client

    def _build(self, name: str, record: ClusterRecord) -> Cluster:
        built = self._built.get(name)
        if built is None:
            built = record.build()
        elif built.observed_at != record.observed_at:
            built = replace(built, observed_at=record.observed_at)
        self._built[name] = built
        return built

    def _make_watch(self, name: str) -> ClusterWatch:
        return ClusterWatch(
            self._clients[name],
            self._records[name],
            self._settings,
            lambda: self._note_change(name),
            namespace=self._override(name).namespace,
            wall_clock=self._wall_clock,
            chance=self._chance,
        )

    def _override(self, name: str) -> ContextOverride:
        return self._settings.overrides.get(name, ContextOverride())

    def _note_change(self, name: str) -> None:
        """Gather changes for a moment: a rollout of fifty pods is one change of the picture."""
        self._built.pop(name, None)
        if self._notification is None:
            loop = asyncio.get_running_loop()
            self._notification = loop.call_later(self._settings.coalesce_s, self._announce)

    def _announce(self) -> None:
        self._notification = None
        self._changed.set()


def _choose_contexts(kubeconfig: Kubeconfig, settings: FleetSettings) -> dict[str, KubeconfigContext]:
    wanted = settings.contexts if settings.contexts is not None else tuple(kubeconfig.contexts)
    missing = [name for name in wanted if name not in kubeconfig.contexts]
    if missing:
        known = ", ".join(kubeconfig.contexts)
        raise KubeconfigError(kubeconfig.label, f"it has no context {', '.join(missing)}; it has: {known}")
    return {name: kubeconfig.contexts[name] for name in wanted}
