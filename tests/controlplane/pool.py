"""Lends test clusters: starts those that are missing, several at once, and ends all of them together.

One pool has one guard, so whatever happens to the process that owns the pool, nothing of it stays behind.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from tests.controlplane.cluster import Cluster, start_cluster
from tests.controlplane.compilation import Report
from tests.controlplane.guard import ProcessGuard
from tests.controlplane.kubeconfig import merge_kubeconfigs, write_kubeconfig
from tests.controlplane.places import PLACES
from tests.controlplane.programs import Programs, provide_programs
from tests.controlplane.versions import DEFAULT_MINOR

MAX_CLUSTERS = len(PLACES)


class ControlPlanePool:
    """Clusters for one test session or one person. Use it as a context manager; one thread at a time.

    Args:
        report: receives lines of progress when programs must be built first.
        minors: Kubernetes releases, taken in turn: ("1.36", "1.37") makes every second cluster a 1.37.
    Attributes:
        folder: private folder of all its clusters, removed at the end.
    """

    def __init__(self, report: Report, minors: tuple[str, ...] = (DEFAULT_MINOR,)) -> None:
        self._report = report
        self._minors = minors
        self._numbers = itertools.count()
        # minor release → its executables
        self._programs: dict[str, Programs] = {}
        # index of the place → running cluster
        self._clusters: dict[int, Cluster] = {}
        self.folder = Path(tempfile.mkdtemp(prefix="sentinelaura-"))
        try:
            self._guard = ProcessGuard(self.folder)
        except BaseException:
            shutil.rmtree(self.folder)
            raise

    def __enter__(self) -> ControlPlanePool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def process_group(self) -> int:
        """The process group of every program of the pool."""
        return self._guard.group

    def lend(self, count: int) -> tuple[Cluster, ...]:
        """Return the pool's first `count` clusters, shared by all who ask: work in a namespace of your own.

        Args:
            count: 1 to 4; each has a cloud and region of its own.
        Raises: ProgramsMissing, BuildFailed, StartFailed.
        """
        if not 1 <= count <= MAX_CLUSTERS:
            raise ValueError(f"{count} clusters were asked for, but a pool has 1 to {MAX_CLUSTERS}.")
        missing = [index for index in range(count) if index not in self._clusters]
        for index in missing:
            self._provide(index)  # one build at a time, before any thread needs it
        with ThreadPoolExecutor(max_workers=MAX_CLUSTERS) as executor:
            list(executor.map(self._add, missing))
        return tuple(self._clusters[index] for index in range(count))

    @contextmanager
    def start_private(self, index: int = 0) -> Iterator[Cluster]:
        """Lend a fresh cluster, like the one of that index, to one test that will break it; it ends with the block."""
        cluster = self._start(index)
        try:
            yield cluster
        finally:
            cluster.close()

    def write_kubeconfig(self, clusters: tuple[Cluster, ...], user: str = "admin") -> Path:
        """Write one kubeconfig with a context for each cluster, all for the same user. Returns its path."""
        path = self.folder / f"{user}-{next(self._numbers)}.kubeconfig"
        return write_kubeconfig(
            path, merge_kubeconfigs(cluster.users[user].kubeconfig for cluster in clusters)
        )

    def close(self) -> None:
        """End every program and remove every file of the pool."""
        self._guard.stop()
        for cluster in self._clusters.values():
            cluster.close()
        self._clusters.clear()

    def _provide(self, index: int) -> Programs:
        minor = self._minors[index % len(self._minors)]
        if minor not in self._programs:
            self._programs[minor] = provide_programs(minor, self._report)
        return self._programs[minor]

    def _add(self, index: int) -> None:
        self._clusters[index] = self._start(index)

    def _start(self, index: int) -> Cluster:
        place = PLACES[index]
        folder = self.folder / f"{place.context}-{next(self._numbers)}"
        return start_cluster(place, folder, self._provide(index), self._guard.group)
