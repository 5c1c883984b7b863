"""Every workload as a row of numbers. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

import numpy as np

from controller.clusters.fleet import Resources, Workload
from controller.decision.class_table import ClassTable
from controller.decision.columns import grow, to_upright
from controller.decision.pricing import assume_floats, weigh_rates
from controller.decision.route_rates import RouteRates
from controller.decision.settings import DecisionSettings
from controller.decision.sites import Site
from controller.decision.waves import count_pod_waves, plan_wave_sizes

#: Rows whose routes are priced at once: tiers take some arrays of that size.
_ROWS_AT_ONCE = 1024


class WorkloadRows:
    """A row for each workload; one whose workload is gone is free for another."""

    def __init__(self, targets: int) -> None:
        self.workloads: list[Workload | None] = []
        self.free: list[int] = []
        self._names: dict[tuple[str, str], int] = {}
        self.source = np.zeros(0, np.int64)
        self.kind = np.zeros(0, np.int64)
        #: Where in the flat tables of the classes its own class at home stands.
        self.home = np.zeros(0, np.int64)
        self.name = np.zeros(0, np.int64)
        self.replicas = np.zeros(0)
        self.pod_waves = np.zeros(0)
        self.gb = np.zeros(0)
        self.needed_cpu_cores = np.zeros(0)
        self.needed_memory_gib = np.zeros(0)
        #: What a dollar per hour and replica adds to the net gain, at the source and in the target.
        self.source_weight = np.zeros(0)
        self.target_weight = np.zeros(0)
        #: rows × rates: what sending the state costs by each, USD.
        self.routes_usd = np.zeros((0, 1))
        self._priced_rates = 0
        #: names × targets: where a Deployment of this name runs.
        self.running = np.zeros((0, targets), np.bool_)
        #: names × targets: the number of the code that tells of a move with a side there; 0: there is none.
        self.moving = np.zeros((0, targets), np.uint8)
        self.has_moving = False
        #: names × targets: where an autoscaler scales a Deployment of this name, and whether any does anywhere.
        self.autoscaled = np.zeros((0, targets), np.bool_)
        self.has_autoscaled = False

    def __len__(self) -> int:
        return len(self.workloads)

    def take(self) -> int:
        """A free row, or a new one; `make_room` follows."""
        if self.free:
            return self.free.pop()
        self.workloads.append(None)
        return len(self.workloads) - 1

    def make_room(self) -> None:
        """Grow the columns to the number of rows."""
        for name in ("source", "kind", "home", "name", "replicas", "pod_waves", "gb", "needed_cpu_cores",
                     "needed_memory_gib", "source_weight", "target_weight", "routes_usd"):  # fmt: skip
            setattr(self, name, grow(getattr(self, name), len(self.workloads)))

    def write(
        self, rows: Sequence[int], column: int, workloads: Sequence[Workload], classes: ClassTable,
        settings: DecisionSettings,
    ) -> None:  # fmt: skip
        """Fill rows with workloads that run in the cluster of `column`."""
        for row, workload in zip(rows, workloads, strict=True):
            self.workloads[row] = workload
        index = np.array(rows)
        replicas = [max(0, workload.desired_replicas) for workload in workloads]
        requests = [workload.requests or Resources(0.0, 0.0) for workload in workloads]
        self.source[index] = column
        self.kind[index] = [classes.add(one) for one in requests]
        self.home[index] = self.kind[index] * classes.steps.shape[1] + column
        self.name[index] = [self.number_name((w.key.namespace, w.key.name)) for w in workloads]
        self.replicas[index] = replicas
        self.pod_waves[index] = [_count_pod_waves(count, settings.wave_share) for count in replicas]
        self.source_weight[index], self.target_weight[index] = weigh_rates(
            self.replicas[index], self.pod_waves[index], assume_floats(settings)
        )
        assumed = settings.assumed_state_gb
        default_gb = float(assumed) if assumed is not None else 0.0
        self.gb[index] = [default_gb if w.state_gb is None else w.state_gb for w in workloads]
        # As in Resources.__mul__, so that room is compared bit for bit as the exact rule does.
        self.needed_cpu_cores[index] = [one.cpu_cores * n for one, n in zip(requests, replicas, strict=True)]
        self.needed_memory_gib[index] = [
            one.memory_gib * n for one, n in zip(requests, replicas, strict=True)
        ]

    def price_routes(self, rows: Sequence[int], rates: RouteRates, used_gb: float) -> None:
        """Work out what sending the state of these rows costs by each rate; of all, where a rate is new."""
        if self._priced_rates < len(rates):
            self._priced_rates = len(rates)
            self.routes_usd = np.zeros((len(self.gb), len(rates)))
            rows = range(len(self))
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            part = np.array(rows[first : first + _ROWS_AT_ONCE])
            self.routes_usd[part] = rates.price(to_upright(self.gb[part]), used_gb)

    def drop(self, row: int) -> None:
        """Free a row whose workload is gone."""
        self.workloads[row] = None
        self.source[row] = -1
        self.free.append(row)

    def number_name(self, name: tuple[str, str]) -> int:
        """The number of a (namespace, name)."""
        if name not in self._names:
            self._names[name] = len(self._names)
            self.running = grow(self.running, len(self._names))
            self.autoscaled = grow(self.autoscaled, len(self._names))
            self.moving = grow(self.moving, len(self._names))
        return self._names[name]

    def note_running(self, column: int, site: Site) -> bool:
        """Take in which names run in a target; returns whether that has changed."""
        numbers = [self.number_name(name) for name, replicas in site.replicas.items() if replicas > 0]
        before = self.running[:, column].copy()
        self.running[:, column] = False
        self.running[numbers, column] = True
        return not np.array_equal(before, self.running[:, column])

    def note_moving(self, moving: Mapping[tuple[tuple[str, str], int], int]) -> None:
        """Take in the sides of all moves under way: ((namespace, name), column) -> the number of its code."""
        numbers = [self.number_name(name) for name, _ in moving]
        self.moving[:] = 0
        self.has_moving = bool(moving)
        self.moving[numbers, [column for _, column in moving]] = list(moving.values())

    def note_autoscaled(self, column: int, autoscalers: Collection[tuple[str, str]]) -> None:
        """Take in which names autoscalers scale in a target."""
        numbers = [self.number_name(name) for name in autoscalers]
        self.autoscaled[:, column] = False
        self.autoscaled[numbers, column] = True
        self.has_autoscaled = bool(self.autoscaled.any())


@lru_cache(maxsize=4096)
def _count_pod_waves(replicas: int, wave_share: Decimal) -> int:
    return count_pod_waves(plan_wave_sizes(replicas, wave_share))
