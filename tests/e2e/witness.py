"""An independent witness: it watches both clusters over their own API and knows nothing of the engine."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

from controller.clusters.kube import KubeClient
from controller.clusters.kubeconfig import read_kubeconfig
from controller.clusters.paths import collection
from controller.clusters.settings import KubeSettings


class ReplicaWitness:
    """Adds up the ready replicas of one Deployment over two clusters, at every change that they announce."""

    def __init__(self, kubeconfig: Path, contexts: tuple[str, str], namespace: str, name: str) -> None:
        self._kubeconfig = kubeconfig
        self._contexts = contexts
        self._namespace = namespace
        self._name = name
        self._ready = dict.fromkeys(contexts, 0)
        self._desired = dict.fromkeys(contexts, 0)
        self.sums: list[int] = []
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> ReplicaWitness:
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(10)

    def desired(self, context: str) -> int:
        """spec.replicas as last seen."""
        return self._desired[context]

    def ready(self, context: str) -> int:
        """status.readyReplicas as last seen."""
        return self._ready[context]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._task = self._loop.create_task(self._watch_all())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass  # the block was left
        finally:
            self._loop.close()

    async def _watch_all(self) -> None:
        contexts = read_kubeconfig([self._kubeconfig]).contexts
        clients = [KubeClient(contexts[name], KubeSettings()) for name in self._contexts]
        try:
            versions = [await self._list(client) for client in clients]
            self.sums.append(sum(self._ready.values()))
            self._started.set()
            await asyncio.gather(*(self._watch(c, v) for c, v in zip(clients, versions, strict=True)))
        finally:
            await asyncio.gather(*(client.close() for client in clients))

    async def _list(self, client: KubeClient) -> str:
        answer = await client.get(collection("deployments", self._namespace))
        for deployment in answer["items"]:
            self._note(client.context, deployment)
        return str(answer["metadata"]["resourceVersion"])

    async def _watch(self, client: KubeClient, version: str) -> None:
        while True:
            path = collection("deployments", self._namespace)
            async for event in client.watch(path, resource_version=version):
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] in ("ADDED", "MODIFIED") and self._note(client.context, event["object"]):
                    self.sums.append(sum(self._ready.values()))

    def _note(self, context: str, deployment: dict[str, Any]) -> bool:
        if deployment["metadata"]["name"] != self._name:
            return False
        self._desired[context] = deployment["spec"]["replicas"]
        self._ready[context] = deployment.get("status", {}).get("readyReplicas", 0)
        return True
