"""The bare script that a move is measured against: it scales two Deployments wave by wave, and looks at nothing else.

Without a journal, a Lease, a fence, a price, a bake or a floor: the least that moves a workload. For the benchmarks
only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import aiohttp

MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}


class BareMove:
    """A Deployment in two API servers, by their URLs."""

    def __init__(
        self, session: aiohttp.ClientSession, source: str, target: str, namespace: str, name: str
    ) -> None:
        self._session = session
        self._source, self._target = source, target
        self._collection, self._name = f"/apis/apps/v1/namespaces/{namespace}/deployments", name

    async def prepare(self) -> None:
        """Create the Deployment at the target with no replicas: what comes before the first wave is not measured."""
        async with self._session.get(self._url(self._source)) as answer:
            found = await answer.json()
        copy = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": self._name, "labels": found["metadata"].get("labels", {})},
            "spec": {**found["spec"], "replicas": 0},
        }
        async with self._session.post(self._target + self._collection, json=copy) as answer:
            answer.raise_for_status()

    async def run(self, wave_sizes: Sequence[int]) -> None:
        """Raise the target, wait for its replicas by a watch, lower the source, and so on; return after the last."""
        replicas = sum(wave_sizes)
        for moved in accumulate(wave_sizes):
            await self._scale(self._target, moved)
            await self._wait_for(self._target, moved)
            await self._scale(self._source, replicas - moved)

    def _url(self, server: str) -> str:
        return f"{server}{self._collection}/{self._name}"

    async def _scale(self, server: str, replicas: int) -> None:
        body = json.dumps({"spec": {"replicas": replicas}})
        async with self._session.patch(self._url(server), data=body, headers=MERGE_PATCH) as answer:
            answer.raise_for_status()

    async def _wait_for(self, server: str, replicas: int) -> None:
        query = {"watch": "true", "fieldSelector": f"metadata.name={self._name}"}
        async with self._session.get(server + self._collection, params=query) as answer:
            answer.raise_for_status()
            async for line in answer.content:
                if _serves(json.loads(line)["object"], replicas):
                    return
        raise SystemExit("controller: the watch of the bare script ended before its replicas served")


def _serves(deployment: dict[str, Any], replicas: int) -> bool:
    status = deployment.get("status") or {}
    is_observed = status.get("observedGeneration") == deployment["metadata"]["generation"]
    return bool(is_observed and status.get("availableReplicas", 0) >= replicas)
