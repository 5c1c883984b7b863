"""A running cluster of either kind, and the loop that its clients use."""

from __future__ import annotations

import asyncio
import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import ClassVar

from controller.simulation.cluster_api import ClusterApi
from tests.conformance.cluster_under_test import ClusterUnderTest, open_api
from tests.controlplane.cluster import Cluster

WRITING_VERBS = ("create", "update", "patch", "delete", "deletecollection")


class Backend(ABC):
    """Lends its cluster to one test after the other, each time with a fresh namespace."""

    watch_s: ClassVar[int]
    """`timeoutSeconds` of a watch that leaves seconds of the clock for some requests before its last bookmark."""

    def __init__(self, kubeconfig: Path, context: str, runner: asyncio.Runner) -> None:
        self.kubeconfig, self.context, self.runner = kubeconfig, context, runner
        self._api = runner.run(open_api(kubeconfig, context))
        self._numbers = itertools.count()

    @contextmanager
    def lend(self) -> Iterator[ClusterUnderTest]:
        """The cluster with a fresh namespace in which pods can be created."""
        name = f"conformance-{next(self._numbers)}"
        cluster = ClusterUnderTest(self.runner, self._api, name)
        cluster.create("/api/v1/namespaces", {"metadata": {"name": name}})
        try:
            cluster.eventually(cluster.path("serviceaccounts", "default"), lambda _: True)
            yield cluster
        finally:
            # Nobody waits for its end, but what it holds may not keep the cluster busy while others are tested.
            cluster.delete(f"/api/v1/namespaces/{name}")

    @contextmanager
    def as_user(
        self, lent: ClusterUnderTest, kubeconfig: Path, token: str | None = None
    ) -> Iterator[ClusterUnderTest]:
        """The same cluster and namespace with other credentials."""
        api = self.runner.run(open_api(kubeconfig, self.context, token))
        try:
            yield ClusterUnderTest(self.runner, api, lent.namespace)
        finally:
            self.runner.run(api.close())  # type: ignore[no-untyped-call]

    @abstractmethod
    def as_observer(self, lent: ClusterUnderTest) -> AbstractContextManager[ClusterUnderTest]:
        """The same cluster and namespace for somebody who may read and not write."""

    @abstractmethod
    def restart(self) -> None:
        """Restart the API server, with all that it forgets by that. Only for a cluster that nobody else uses."""

    @abstractmethod
    def compact(self) -> None:
        """Drop all old versions of all objects for good. Only for a cluster that nobody else uses."""

    def close(self) -> None:
        self.runner.run(self._api.close())  # type: ignore[no-untyped-call]


class SimulatedBackend(Backend):
    """A cluster of the simulated fleet; what its one user may do is changed for the observer's time."""

    watch_s = 40  # two seconds of the clock, at whose end the last bookmark comes

    def __init__(self, kubeconfig: Path, context: str, runner: asyncio.Runner, api: ClusterApi) -> None:
        super().__init__(kubeconfig, context, runner)
        self._served = api

    @contextmanager
    def as_observer(self, lent: ClusterUnderTest) -> Iterator[ClusterUnderTest]:
        plurals = ("deployments", "configmaps")
        self._served.denied = frozenset(itertools.product(WRITING_VERBS, plurals))
        try:
            yield lent
        finally:
            self._served.denied = frozenset()

    def restart(self) -> None:
        self._served.forget_changes()

    def compact(self) -> None:
        self._served.compact()


class RealBackend(Backend):
    """A real control plane with RBAC and a user who may read."""

    watch_s = 10  # the last bookmark comes two seconds before the end, give or take one

    def __init__(self, real: Cluster, runner: asyncio.Runner) -> None:
        super().__init__(real.kubeconfig, real.context, runner)
        self._real = real

    def as_observer(self, lent: ClusterUnderTest) -> AbstractContextManager[ClusterUnderTest]:
        return self.as_user(lent, self._real.users["observer"].kubeconfig)

    def restart(self) -> None:
        server = self._real.components["kube-apiserver"]
        server.kill()
        server.start()
        self._real.await_ready()

    def compact(self) -> None:
        """The store forgets at once, the API server's own cache only by a restart."""
        self._real.compact_store()
        self.restart()
