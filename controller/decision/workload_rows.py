"""Every workload as a row of numbers. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

import numpy as np

from controller.clusters.acceptance import Acceptance
from controller.clusters.devices import NO_DEVICES, Devices, find_lack
from controller.clusters.fleet import Resources, Workload
from controller.decision.candidates import count_staying
from controller.decision.class_table import ClassTable
from controller.decision.columns import grow, to_upright
from controller.decision.meetings import Meetings
from controller.decision.pod_classes import UNKNOWN_CLASS, classify
from controller.decision.pricing import assume_floats, weigh_rates
from controller.decision.route_rates import RouteRates
from controller.decision.settings import DecisionSettings
from controller.decision.sites import Site, find_unfit_there
from controller.decision.waves import count_pod_waves, plan_wave_sizes

#: Rows whose routes are priced at once: tiers take some arrays of that size.
_ROWS_AT_ONCE = 1024

#: Bits of `WorkloadRows.standing`.
UNFIT, RUNNING = np.uint8(1), np.uint8(2)


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
        #: What a replica costs at home, in steps; and the number of the code why that is not known, 0: it is.
        self.here_steps = np.zeros(0)
        self.here_reason = np.zeros(0, np.uint8)
        self.name = np.zeros(0, np.int64)
        #: Whether somebody has accepted that its autoscalers are frozen for a move.
        self.freezes = np.zeros(0, np.bool_)
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
        #: What a Deployment is, hashed -> its number; which of them the row's own is; and number -> that of what may be
        #: compared of it: pods of equal ones may still ask for other nodes, where that was declared to differ.
        self._variants: dict[int, int] = {}
        self._compared: dict[int, int] = {}
        self.variant = np.zeros(0, np.int32)
        self.comparable = np.zeros(1, np.int32)
        #: Whether somebody has accepted that the one in a target is another.
        self.accepts_template = np.zeros(0, np.bool_)
        #: names × targets: which of them the Deployment of this name there has; 0: there is none.
        self.variants = np.zeros((0, targets), np.int32)
        #: names × targets: bits that say whether the Deployment of this name there runs, and whether no replicas can be
        #: shifted to it.
        self.standing = np.zeros((0, targets), np.uint8)
        #: Of each target, whether it has one of the latter; and the pod templates of those that run none, by name.
        self._is_any_unfit = [False] * targets
        self._idle: list[dict[int, str]] = [{} for _ in range(targets)]
        #: Whether something ties its pods to their cluster, so that they can't be copied.
        self.tied = np.zeros(0, np.bool_)
        #: names × targets: the number of the code that tells of a move with a side there; 0: there is none.
        self.moving = np.zeros((0, targets), np.uint8)
        self.has_moving = False
        #: names × targets: where an autoscaler scales a Deployment of this name, and whether any does anywhere.
        self.autoscaled = np.zeros((0, targets), np.bool_)
        self.has_autoscaled = False
        #: names × targets: where nobody looks into the namespace of a name, and whether there is such a target.
        self.unwatched = np.zeros((0, targets), np.bool_)
        self.has_unwatched = False
        #: What all replicas of a workload need of devices -> its number, which stands in `need`; 0: none.
        self._needs: dict[Devices, int] = {NO_DEVICES: 0}
        self.need = np.zeros(0, np.int64)
        #: needs × targets: where not all of them are free.
        self.lacking = np.zeros((1, targets), np.bool_)
        self._free: list[Resources | None] = [None] * targets
        #: Whom the pods of a workload meet where, and their numbers there.
        self.meetings = Meetings(targets)
        self.terms = np.zeros(0, np.int64)
        #: The only namespaces that each target is looked into; None: all.
        self._watched: list[frozenset[str] | None] = [None] * targets

    def __len__(self) -> int:
        return len(self.workloads)

    @property
    def has_unfit(self) -> bool:
        """Whether any target has a Deployment to which no replicas can be shifted."""
        return any(self._is_any_unfit)

    def take(self) -> int:
        """A free row, or a new one; `make_room` follows."""
        if self.free:
            return self.free.pop()
        self.workloads.append(None)
        return len(self.workloads) - 1

    def make_room(self) -> None:
        """Grow the columns to the number of rows."""
        for name in ("source", "kind", "home", "here_steps", "here_reason", "name", "freezes", "replicas",
                     "pod_waves", "gb", "needed_cpu_cores", "needed_memory_gib", "need", "terms", "variant",
                     "accepts_template", "tied", "source_weight", "target_weight", "routes_usd"):  # fmt: skip
            setattr(self, name, grow(getattr(self, name), len(self.workloads)))

    def write(
        self, rows: Sequence[int], column: int, workloads: Sequence[Workload], classes: ClassTable,
        settings: DecisionSettings,
    ) -> None:  # fmt: skip
        """Fill rows with workloads that run in the cluster of `column`."""
        for row, workload in zip(rows, workloads, strict=True):
            self.workloads[row] = workload
        index = np.array(rows)
        replicas = [max(0, w.desired_replicas - count_staying(w, settings)) for w in workloads]
        requests = [workload.requests or Resources(0.0, 0.0) for workload in workloads]
        self.source[index] = column
        pods = [
            classify(w.requests, w.terms, n) if w.requests is not None else UNKNOWN_CLASS
            for w, n in zip(workloads, replicas, strict=True)
        ]
        self.kind[index] = [classes.add(pod) for pod in pods]
        self.terms[index] = [
            self.meetings.number(w.terms, n) for w, n in zip(workloads, replicas, strict=True)
        ]
        self.home[index] = self.kind[index] * classes.steps.shape[1] + column
        self.name[index] = [self.number_name((w.key.namespace, w.key.name)) for w in workloads]
        self.freezes[index] = [Acceptance.AUTOSCALER in w.accepted for w in workloads]
        self.replicas[index] = replicas
        self.pod_waves[index] = [
            _count_pod_waves(count, settings.wave_share, settings.wave_replicas) for count in replicas
        ]
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

        self.variant[index] = [self._number_variant(workload) for workload in workloads]
        self.accepts_template[index] = [Acceptance.TEMPLATE in workload.accepted for workload in workloads]
        self.need[index] = [
            self._number_need((one * n).devices) for one, n in zip(requests, replicas, strict=True)
        ]

    def price_routes(self, rows: Sequence[int], rates: RouteRates, *, anew: bool) -> None:
        """Work out what sending the state of these rows costs by each rate; of all `anew`, and where a rate is new."""
        if anew or self._priced_rates < len(rates):
            self._priced_rates = len(rates)
            self.routes_usd = np.zeros((len(self.gb), len(rates)))
            rows = range(len(self))
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            part = np.array(rows[first : first + _ROWS_AT_ONCE])
            self.routes_usd[part] = rates.price(to_upright(self.gb[part]))

    def drop(self, row: int) -> None:
        """Free a row whose workload is gone."""
        self.workloads[row] = None
        self.source[row] = -1
        self.free.append(row)

    def number_name(self, name: tuple[str, str]) -> int:
        """The number of a (namespace, name)."""
        if name not in self._names:
            self._names[name] = len(self._names)
            self.variants = grow(self.variants, len(self._names))
            self.standing = grow(self.standing, len(self._names))
            self.autoscaled = grow(self.autoscaled, len(self._names))
            self.moving = grow(self.moving, len(self._names))
            self.unwatched = grow(self.unwatched, len(self._names))
            if self.has_unwatched:
                self.unwatched[self._names[name]] = [_is_unwatched(name, one) for one in self._watched]
        return self._names[name]

    def _number_need(self, devices: Devices) -> int:
        if devices not in self._needs:
            self._needs[devices] = number = len(self._needs)
            self.lacking = grow(self.lacking, len(self._needs))
            self.lacking[number] = [_is_lacking(devices, free) for free in self._free]
        return self._needs[devices]

    def note_free(self, column: int, free: Resources | None) -> bool:
        """Take in what is free in a target; returns whether that changes where devices are lacking."""
        self._free[column] = free
        before = self.lacking[:, column].copy()
        self.lacking[list(self._needs.values()), column] = [_is_lacking(need, free) for need in self._needs]
        return not np.array_equal(before, self.lacking[:, column])

    def note_namesakes(self, column: int, site: Site) -> bool:
        """Take in which names a target has, and as what; returns whether that has changed."""
        numbers, there = [self.number_name(name) for name in site.workloads], site.workloads.values()
        variants, standing, idle = (
            self.variants[:, column].copy(),
            self.standing[:, column].copy(),
            self._idle[column],
        )
        self.variants[:, column], self.standing[:, column] = 0, 0
        self.variants[numbers, column] = [self._number_variant(one) for one in there]
        unfit = [find_unfit_there(one) is not None for one in there]
        self.standing[numbers, column] = [
            is_unfit * UNFIT | (one.desired_replicas > 0) * RUNNING
            for is_unfit, one in zip(unfit, there, strict=True)
        ]
        self._is_any_unfit[column] = any(unfit)
        self._idle[column] = {
            n: one.template_hash for n, one in zip(numbers, there, strict=True) if not one.desired_replicas
        }
        return (
            idle != self._idle[column]
            or not np.array_equal(variants, self.variants[:, column])
            or not np.array_equal(standing, self.standing[:, column])
        )

    def _number_variant(self, workload: Workload) -> int:
        """The number of what a Deployment is, its pods included; beside it, of what may be compared of it."""
        compared = hash((workload.selector, workload.outline))
        whole = hash((compared, workload.requests, workload.terms))
        known = self._variants.get(whole)
        if known is None:
            known = self._variants[whole] = len(self._variants) + 1
            self.comparable = grow(self.comparable, known + 1)
            self.comparable[known] = self._compared.setdefault(compared, len(self._compared) + 1)
        return known

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

    def note_namespaces(self, column: int, watched: frozenset[str] | None) -> None:
        """Take in which namespaces a target is looked into."""
        self._watched[column] = watched
        self.unwatched[list(self._names.values()), column] = [
            _is_unwatched(name, watched) for name in self._names
        ]
        self.has_unwatched = any(one is not None for one in self._watched)


def _is_lacking(needed: Devices, free: Resources | None) -> bool:
    return free is not None and bool(find_lack(needed, free.devices))


def _is_unwatched(name: tuple[str, str], watched: frozenset[str] | None) -> bool:
    return watched is not None and name[0] not in watched


@lru_cache(maxsize=4096)
def _count_pod_waves(replicas: int, wave_share: Decimal, wave_replicas: int) -> int:
    return count_pod_waves(plan_wave_sizes(replicas, wave_share, wave_replicas))
