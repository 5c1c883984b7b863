"""Asks a cluster what its pods use (`metrics.k8s.io`), gently: only while a workload does not say what it asks for.

Optional: who may not ask, or has no metrics-server, knows no usage, and nothing else is missing. No failure is more
than that, so none is told: how the cluster itself is, its watch says.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from controller.clusters import paths
from controller.clusters.cluster_record import ClusterRecord
from controller.clusters.fleet import Health, Resources
from controller.clusters.json_reading import as_mapping, as_text
from controller.clusters.kube_api import KubeApi
from controller.clusters.listing import read_items, require_end
from controller.clusters.resource_parsing import parse_usage
from controller.clusters.settings import ContextOverride
from controller.clusters.usage import PEAK_S
from controller.errors import AccessDenied, ClusterError, ObjectNotFound
from oracle.foundation.clocks import Clocks

_log = logging.getLogger(__name__)

#: Namespaces that are asked for one by one; of more, the whole cluster is asked at once. Arbitrary.
MOST_NAMESPACES = 8
#: How many pauses longer somebody waits who may not ask, or has nobody to: a right may be granted, a server installed.
_PATIENCE = 12


class UsagePolling:
    """One for each cluster; one task. `on_change`: something of the picture may be another now."""

    def __init__(
        self,
        api: KubeApi,
        record: ClusterRecord,
        override: ContextOverride,
        interval_s: float,
        on_change: Callable[[], None],
        *,
        clocks: Clocks,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._api = api
        self._record = record
        self._namespaces = override.namespaces
        self._interval_s = interval_s
        self._on_change = on_change
        self._clocks = clocks
        self._sleep = sleep
        self._woken = asyncio.Event()
        record.usage.is_awaited = True

    def wake(self) -> None:
        """Look again whether a workload does not say what it asks for."""
        self._woken.set()

    async def keep_asking(self) -> None:
        """Ask now and then until cancelled, as long as there is something to ask."""
        while True:
            while not self._is_wanted():
                self._woken.clear()
                await self._woken.wait()
            pauses = await self._ask()
            await self._sleep(pauses * self._interval_s)

    def _is_wanted(self) -> bool:
        record = self._record
        return record.health is Health.REACHABLE and record.is_listed and bool(record.find_unsized())

    async def _ask(self) -> int:
        """Ask once; returns after how many pauses to ask again."""
        record, wanted = self._record, self._record.find_unsized()
        places = self._choose_places({namespace for namespace, _ in wanted})
        answers = [await self._ask_in(place, wanted) for place in places]
        record.usage.is_awaited = False
        record.usage.drop(self._clocks.now().wall - PEAK_S)
        self._on_change()
        return 1 if any(answers) else _PATIENCE

    async def _ask_in(self, namespace: str | None, wanted: frozenset[tuple[str, str]]) -> bool:
        """Ask for one namespace or all; returns False where asking again soon is of no use."""
        try:
            used = tuple(self._read(await self._list(namespace)))
        except (AccessDenied, ObjectNotFound) as error:
            _log.info("what pods use is not known: %s", error)
            return False
        except ClusterError as error:
            _log.info("what pods use was not told: %s", error)
            return True
        self._record.usage.take(used, wanted, self._clocks.now().wall)
        return True

    def _choose_places(self, wanted: set[str]) -> tuple[str | None, ...]:
        """The namespaces to ask for, None: all at once."""
        if self._namespaces is None and len(wanted) > MOST_NAMESPACES:
            return (None,)
        return tuple(sorted(filter(paths.is_name, wanted)))

    async def _list(self, namespace: str | None) -> list[Any]:
        path = paths.pod_metrics(namespace)
        items = read_items(self._record.context, path, await self._api.get(path))
        require_end(self._record.context, path, len(items))
        return items

    def _read(self, items: list[Any]) -> Iterator[tuple[tuple[str, str], Resources]]:
        """What pods of workloads use; of a pod that is not seen, or says no amounts, nothing."""
        for body in map(as_mapping, items):
            metadata = as_mapping(body.get("metadata"))
            namespace, pod = as_text(metadata.get("namespace")) or "", as_text(metadata.get("name")) or ""
            owner, used = self._record.find_owner(namespace, pod), parse_usage(body)
            if owner is not None and used is not None:
                yield owner, used
