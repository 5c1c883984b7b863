"""What pods of workloads that do not say what they ask for were measured to use. Pure: times are arguments."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping

from controller.clusters.fleet import Resources
from controller.clusters.pod_sizes import Usage, find_peak

#: For how long a measurement counts, seconds: the peak of an hour is fairer than that of a moment. Arbitrary.
PEAK_S = 3600.0


class UsageMemory:
    """The measurements of the last hour. Belongs to one record."""

    def __init__(self) -> None:
        #: Whether somebody is about to ask for the first time: until then it is not known what is not known.
        self.is_awaited = False
        #: (namespace, Deployment) -> the most that one of its pods used, at which moment, oldest first.
        self._measured: dict[tuple[str, str], deque[tuple[float, Resources]]] = {}

    def find(self, workload: tuple[str, str]) -> Usage | None:
        """The most that a pod of a workload used lately; None: it was not measured."""
        measured = self._measured.get(workload)
        peak = find_peak(resources for _, resources in measured) if measured else None
        return Usage(peak, measured[-1][0]) if measured and peak is not None else None

    def take(
        self,
        used: Iterable[tuple[tuple[str, str], Resources]],
        wanted: Collection[tuple[str, str]],
        at: float,
    ) -> None:
        """Take what pods use at wall time `at`, each with its workload; only of those that are wanted."""
        each: dict[tuple[str, str], list[Resources]] = {}
        for workload, resources in used:
            if workload in wanted:
                each.setdefault(workload, []).append(resources)
        for workload, measured in each.items():
            if (peak := find_peak(measured)) is not None:
                self._measured.setdefault(workload, deque()).append((at, peak))

    def drop(self, before: float) -> bool:
        """Forget what was measured before a moment; returns whether anything was."""
        known = sum(map(len, self._measured.values()))
        self._measured = dict(_keep(self._measured, before))
        return sum(map(len, self._measured.values())) < known

    def forget(self) -> None:
        """Forget everything."""
        self._measured.clear()


def _keep(
    measured: Mapping[tuple[str, str], deque[tuple[float, Resources]]], before: float
) -> Iterable[tuple[tuple[str, str], deque[tuple[float, Resources]]]]:
    for workload, moments in measured.items():
        if kept := deque(entry for entry in moments if entry[0] >= before):
            yield workload, kept
