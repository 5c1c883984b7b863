"""What lies between a process and a cluster: latency, loss, late and double delivery, partitions.

A request that leaves a process lands when the network says so, whatever becomes of the process meanwhile.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.clusters.kube_api import NO_PARAMS, PatchType
from controller.errors import ClusterError, ClusterUnreachable
from tests.simulation.fake_cluster import FakeCluster, Request

#: The client's total timeout, seconds.
TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Delivery:
    """What happens to one request: seconds until it lands (None: never) and lands again, and whether the
    answer arrives.
    """

    lands_after_s: float | None
    lands_again_after_s: float | None = None
    is_answered: bool = True


@dataclass
class Faults:
    """Random troubles, each a probability per request, until `until_s`; after that the network is good."""

    lost: float = 0.0
    unanswered: float = 0.0
    late: float = 0.0
    doubled: float = 0.0
    #: (context, from, to) in seconds: nothing gets through.
    partitions: list[tuple[str, float, float]] = field(default_factory=list)
    until_s: float = 600.0


Directed = Callable[[FakeCluster, Request], Delivery | None]


class Network:
    """One for all processes and clusters. `directed` may choose the fate of single requests; None leaves it
    to chance.
    """

    def __init__(
        self, rng: random.Random, faults: Faults | None = None, directed: Directed | None = None
    ) -> None:
        self._rng = rng
        self.faults = faults or Faults()
        self.directed = directed

    async def send(self, cluster: FakeCluster, request: Request) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[dict[str, Any]] = loop.create_future()
        delivery = self._choose(cluster, request)

        def land() -> None:
            if self._is_cut(cluster):
                return
            try:
                result: dict[str, Any] | ClusterError = cluster.handle(request)
            except ClusterError as error:
                result = error
            if delivery.is_answered:
                loop.call_later(self._latency(), lambda: self._answer(cluster, answer, result))

        for delay_s in (delivery.lands_after_s, delivery.lands_again_after_s):
            if delay_s is not None:
                loop.call_later(delay_s, land)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await answer
        except TimeoutError:
            raise ClusterUnreachable(
                cluster.context, "no answer", request=f"{request.method} {request.path}"
            ) from None

    def _answer(
        self,
        cluster: FakeCluster,
        answer: asyncio.Future[dict[str, Any]],
        result: dict[str, Any] | ClusterError,
    ) -> None:
        if answer.done() or self._is_cut(cluster):
            return
        if isinstance(result, ClusterError):
            answer.set_exception(result)
        else:
            answer.set_result(result)

    def _choose(self, cluster: FakeCluster, request: Request) -> Delivery:
        directed = self.directed(cluster, request) if self.directed is not None else None
        if directed is not None:
            return directed
        if self._now() >= self.faults.until_s:
            return Delivery(self._latency())
        chance = self._rng.random()
        for probability, delivery in (
            (self.faults.lost, Delivery(None)),
            (self.faults.unanswered, Delivery(self._latency(), is_answered=False)),
            (self.faults.late, Delivery(self._rng.uniform(5, 160))),
            (self.faults.doubled, Delivery(self._latency(), self._rng.uniform(0.5, 60))),
        ):
            if chance < probability:
                return delivery
            chance -= probability
        return Delivery(self._latency())

    def _is_cut(self, cluster: FakeCluster) -> bool:
        now = self._now()
        return any(
            context == cluster.context and start <= now < end
            for context, start, end in self.faults.partitions
        )

    def _latency(self) -> float:
        return self._rng.uniform(0.01, 0.15)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


class FakeApi:
    """One context as one process sees it: `KubeApi` over the network."""

    def __init__(self, cluster: FakeCluster, network: Network) -> None:
        self._cluster = cluster
        self._network = network

    @property
    def context(self) -> str:
        return self._cluster.context

    async def get(self, path: str, *, params: Mapping[str, str] = NO_PARAMS) -> dict[str, Any]:
        return await self._network.send(self._cluster, Request("GET", path, params=dict(params)))

    async def create(self, path: str, body: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        return await self._network.send(self._cluster, Request("POST", path, dict(body), dry_run=dry_run))

    async def replace(self, path: str, body: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        return await self._network.send(self._cluster, Request("PUT", path, dict(body), dry_run=dry_run))

    async def patch(
        self,
        path: str,
        body: Any,
        patch_type: PatchType,
        *,
        dry_run: bool = False,
        field_manager: str | None = None,
        force: bool | None = None,
    ) -> dict[str, Any]:
        return await self._network.send(self._cluster, Request("PATCH", path, body, patch_type, dry_run))

    async def delete(
        self, path: str, *, uid: str | None = None, resource_version: str | None = None, dry_run: bool = False
    ) -> dict[str, Any]:
        request = Request("DELETE", path, dry_run=dry_run, uid=uid, resource_version=resource_version)
        return await self._network.send(self._cluster, request)

    def watch(
        self, path: str, *, resource_version: str, params: Mapping[str, str] = NO_PARAMS
    ) -> AsyncGenerator[dict[str, Any], None]:
        raise NotImplementedError("a migration never watches: its reads are fresh GETs")

    async def close(self) -> None:
        return None
