"""A running cluster of either kind, and the loop that its clients use."""

from __future__ import annotations

import asyncio
import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from controller.simulation.api.cluster_api import ClusterApi
from tests.conformance.cluster_under_test import ClusterUnderTest, open_api

WRITING_VERBS = ("create", "update", "patch", "delete", "deletecollection")


class Backend(ABC):
    """Lends its cluster to one test after the other, each time with a fresh namespace."""

    def __init__(self, kubeconfig: Path, context: str, runner: asyncio.Runner) -> None:
        self.kubeconfig, self.context, self.runner = kubeconfig, context, runner
        self._api = runner.run(open_api(kubeconfig, context))
        self._numbers = itertools.count()

    def lend(self) -> ClusterUnderTest:
        """The cluster with a fresh namespace in which pods can be created."""
        name = f"conformance-{next(self._numbers)}"
        cluster = ClusterUnderTest(self.runner, self._api, name)
        cluster.create("/api/v1/namespaces", {"metadata": {"name": name}})
        cluster.eventually(cluster.path("serviceaccounts", "default"), lambda _: True)
        return cluster

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

    def close(self) -> None:
        self.runner.run(self._api.close())  # type: ignore[no-untyped-call]


class SimulatedBackend(Backend):
    """A cluster of the simulated fleet; what its one user may do is changed for the observer's time."""

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

    def forget_history(self) -> None:
        """Drop what a watch could be resumed from, as a server's restart does."""
        self._served.forget_history()


class RealBackend(Backend):
    """A real control plane with RBAC and a user who may read."""

    def __init__(self, kubeconfig: Path, context: str, runner: asyncio.Runner, observer: Path) -> None:
        super().__init__(kubeconfig, context, runner)
        self._observer = observer

    def as_observer(self, lent: ClusterUnderTest) -> AbstractContextManager[ClusterUnderTest]:
        return self.as_user(lent, self._observer)
