"""Workloads, targets and node prices as columns of numbers, and blocks of pairs cut out of them. Pure.

Thousands of workloads ask for few different pods, and their nodes are few different groups, so what a replica costs and
whether it fits is worked out once for each class (equal requests) and target, and looked up for each pair.

Axes: rows are workloads, columns are targets in the order of their contexts' names, classes are equal requests, names
are equal (namespace, name). A rate that is not known is 0 beside a code in `lack`; free room that is not known is NaN.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from controller.clusters.fleet import Resources, Workload
from controller.decision.candidates import find_route
from controller.decision.code_numbers import number_of
from controller.decision.egress import EgressRate, sum_tiers
from controller.decision.facts import Facts
from controller.decision.pricing import (
    RATE_STEP,
    Assumptions,
    Bill,
    assume_floats,
    bound_error,
    count_share_steps,
    price_move,
)
from controller.decision.settings import DecisionSettings
from controller.decision.sites import NodeGroup, Site, find_price_lack, is_same_cluster, price_share
from controller.decision.waves import count_pod_waves, plan_wave_sizes
from controller.reasons import Code
from oracle.quotes import Quote

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bytes: TypeAlias = NDArray[np.uint8]
Mask: TypeAlias = NDArray[np.bool_]
#: Which rows or columns of a table: all of a range, or these.
Selection: TypeAlias = slice | NDArray[np.intp]

ALL = slice(None)

_Item = TypeVar("_Item", bound=np.generic)

#: Stands for "without end" in a tier, GB: no volume is as large, and infinity would make NaN of its differences.
_ENDLESS_GB = 1e15
_STEP_USD = float(RATE_STEP)
#: Architectures that are told apart; a fleet has two.
_MAX_ARCHITECTURES = 63


class ClassTable:
    """What one replica of each class costs in each target, and whether it could run there at all."""

    def __init__(self, targets: int) -> None:
        self.requests: list[Resources] = []
        self._index: dict[Resources, int] = {}
        self._architectures: dict[str, int] = {}
        self.steps = np.zeros((0, targets), np.int64)
        self.lack = np.zeros((0, targets), np.uint8)
        self.architectures = np.zeros((0, targets), np.int64)
        self.too_dear = np.zeros((0, targets), np.bool_)
        self.add(Resources(0.0, 0.0))  # stands in for requests that are not known

    def add(self, requests: Resources) -> int:
        """The class of these requests; a new one is still to be priced."""
        number = self._index.setdefault(requests, len(self.requests))
        if number == len(self.requests):
            self.requests.append(requests)
            for name in ("steps", "lack", "architectures", "too_dear"):
                setattr(self, name, grow(getattr(self, name), len(self.requests)))
        return number

    def price(self, column: int, site: Site, facts: Facts, first: int = 0) -> None:
        """Work out a target's prices anew, for all classes from `first`."""
        places = [site.find_place(one) for one in self.requests[first:]]
        if not places:
            return
        nodes = {id(group): self._describe_nodes(site, group, facts) for group in site.groups}
        found = [(nodes.get(id(group), _NO_NODES), share) for group, share in places]
        steps = [price_share(node.quote, share) for node, share in found]
        cells = (slice(first, first + len(places)), column)
        self.steps[cells] = [count or 0 for count in steps]
        self.lack[cells] = [
            _PRICED if count is not None else node.lack for count, (node, _) in zip(steps, found, strict=True)
        ]
        self.architectures[cells] = [node.architectures for node, _ in found]
        self.too_dear[cells] = [node.too_dear for node, _ in found]

    def _describe_nodes(self, site: Site, group: NodeGroup, facts: Facts) -> _Nodes:
        quote = facts.board.find_usable(site.context, group.offering, facts.now)
        limit = facts.settings.maximum_node_usd_per_hour
        return _Nodes(
            quote=quote,
            lack=number_of(find_price_lack(quote)),
            architectures=self._encode(group.architectures),
            too_dear=quote is not None and limit is not None and quote.usd_per_hour > limit,
        )

    def _encode(self, architectures: frozenset[str]) -> int:
        """One bit for each architecture, all of them where none is known: what has a bit in common could run.

        The rarest share a bit, which refuses nothing that could run.
        """
        if not architectures:
            return (1 << _MAX_ARCHITECTURES) - 1
        known = self._architectures
        bits = {min(known.setdefault(name, len(known)), _MAX_ARCHITECTURES - 1) for name in architectures}
        return sum(1 << bit for bit in bits)


@dataclass(frozen=True, slots=True)
class _Nodes:
    """What the nodes of a group mean for every class that would run on them. `lack` holds where a rate is not known."""

    quote: Quote | None
    lack: int
    architectures: int
    too_dear: bool


_PRICED = 0
_NO_NODES = _Nodes(None, number_of(Code.NO_NODE_FITS), 0, too_dear=False)


class TargetTable:
    """What is known of each target whatever would move there, and of each route between two of them."""

    def __init__(self, count: int) -> None:
        #: Filled by `describe`, column by column.
        self.sites: list[Site] = []
        self.free_cpu_cores = np.full(count, np.nan)
        self.free_memory_gib = np.full(count, np.nan)
        self.code = np.zeros(count, np.uint8)
        self.same_cluster = np.zeros((count, count), np.bool_)
        #: source, target -> the number of the route's rate, there and (where it is known) back; -1: not known.
        self.route = np.full((count, count), -1, np.int64)
        self.route_back = np.full((count, count), -1, np.int64)
        self.rates: list[EgressRate] = []
        #: id of a rate in `rates` -> its number; an egress table gives the same object for the same rule.
        self._numbers: dict[int, int] = {}
        self._tiers: list[tuple[Floats, Floats]] | None = None

    @property
    def dearest_gb_usd(self) -> float:
        """The dearest price of any route, USD per GB."""
        return max((float(tier.usd_per_gb) for rate in self.rates for tier in rate.tiers), default=0.0)

    def describe(self, column: int, site: Site, number: int) -> bool:
        """Take in a target; returns whether what the screens see of it has changed.

        `number`: of the code why nothing may move there, 0 where nothing is against it.
        """
        self.sites[column : column + 1] = [site]
        free = site.cluster.free
        cpu_cores, memory_gib = (free.cpu_cores, free.memory_gib) if free is not None else (np.nan, np.nan)
        before = (self.free_cpu_cores[column], self.free_memory_gib[column], self.code[column])
        self.free_cpu_cores[column], self.free_memory_gib[column] = cpu_cores, memory_gib
        self.code[column] = number
        return before != (cpu_cores, memory_gib, number)

    def measure_routes(self, columns: Iterable[int], settings: DecisionSettings) -> None:
        """Take in where these targets are: their identities, and the routes from and to them."""
        done: set[int] = set()
        for column in columns:
            done.add(column)
            for other, there in enumerate(self.sites):
                if other not in done or other == column:
                    self._measure_route(column, other, self.sites[column], there, settings)
        self.route_back[:] = np.where(self.route.T < 0, self.route, self.route.T)

    def _measure_route(
        self, here: int, there: int, source: Site, target: Site, settings: DecisionSettings
    ) -> None:
        same = is_same_cluster(source, target)
        self.same_cluster[here, there] = self.same_cluster[there, here] = same
        self.route[here, there] = self._number(find_route(settings.egress, source, target))
        self.route[there, here] = self._number(find_route(settings.egress, target, source))

    def price_routes(self, gb: Floats, used_gb: float) -> Floats:
        """What sending `gb` (rows, 1) costs by each rate. Returns: (rows, rates), USD."""
        if not self.rates:
            return np.zeros((len(gb), 1))
        if self._tiers is None:
            depth = max(len(rate.tiers) for rate in self.rates)
            padded = [(*rate.tiers, *rate.tiers[-1:] * (depth - len(rate.tiers))) for rate in self.rates]
            self._tiers = [
                (
                    np.array([_ENDLESS_GB if t.up_to_gb is None else float(t.up_to_gb) for t in level]),
                    np.array([float(t.usd_per_gb) for t in level]),
                )
                for level in zip(*padded, strict=True)
            ]
        return sum_tiers(self._tiers, gb, np.float64(used_gb))  # type: ignore[arg-type]

    def _number(self, rate: EgressRate | None) -> int:
        if rate is None:
            return -1
        number = self._numbers.setdefault(id(rate), len(self.rates))
        if number == len(self.rates):
            self.rates.append(rate)
            self._tiers = None
        return number


class RowTable:
    """Every workload as a row of numbers; a row whose workload is gone is free for another."""

    def __init__(self, targets: int) -> None:
        self.workloads: list[Workload | None] = []
        self.free: list[int] = []
        self._names: dict[tuple[str, str], int] = {}
        self.source = np.zeros(0, np.int64)
        self.kind = np.zeros(0, np.int64)
        self.name = np.zeros(0, np.int64)
        self.replicas = np.zeros(0)
        self.pod_waves = np.zeros(0)
        self.gb = np.zeros(0)
        self.needed_cpu_cores = np.zeros(0)
        self.needed_memory_gib = np.zeros(0)
        #: rows × rates: what sending the state costs by each, USD.
        self.routes_usd = np.zeros((0, 1))
        #: names × targets: where a Deployment of this name runs.
        self.running = np.zeros((0, targets), np.bool_)

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
        for name in ("source", "kind", "name", "replicas", "pod_waves", "gb", "needed_cpu_cores",
                     "needed_memory_gib", "routes_usd"):  # fmt: skip
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
        self.name[index] = [self.number_name((w.key.namespace, w.key.name)) for w in workloads]
        self.replicas[index] = replicas
        self.pod_waves[index] = [_count_pod_waves(count, settings.wave_share) for count in replicas]
        assumed = settings.assumed_state_gb
        default_gb = float(assumed) if assumed is not None else 0.0
        self.gb[index] = [default_gb if w.state_gb is None else w.state_gb for w in workloads]
        # As in Resources.__mul__, so that room is compared bit for bit as the exact rule does.
        self.needed_cpu_cores[index] = [one.cpu_cores * n for one, n in zip(requests, replicas, strict=True)]
        self.needed_memory_gib[index] = [
            one.memory_gib * n for one, n in zip(requests, replicas, strict=True)
        ]

    def price_routes(self, rows: Selection, targets: TargetTable, used_gb: float) -> None:
        """Work out what sending the state of these rows costs by each rate."""
        if self.routes_usd.shape[1] < len(targets.rates):
            self.routes_usd = np.zeros((len(self.routes_usd), len(targets.rates)))
            rows = slice(0, len(self))
        self.routes_usd[rows] = targets.price_routes(_upright(self.gb[rows]), used_gb)

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
        return self._names[name]

    def note_running(self, column: int, site: Site) -> bool:
        """Take in which names run in a target; returns whether that has changed."""
        numbers = [self.number_name(name) for name, replicas in site.replicas.items() if replicas > 0]
        before = self.running[:, column].copy()
        self.running[:, column] = False
        self.running[numbers, column] = True
        return not np.array_equal(before, self.running[:, column])


@dataclass(frozen=True)
class Block:
    """Some pairs of a workload and a target, as the rules' screens see them. Shapes broadcast to (rows, columns)."""

    rows: RowTable
    targets: TargetTable
    classes: ClassTable
    facts: Facts
    row: Selection
    column: Selection
    #: (rows, columns): whose preflight refused, of all rows and columns.
    refused_before: Mask
    egress_left_usd: float

    @cached_property
    def _kind(self) -> Ints:
        return self.rows.kind[self.row]

    @cached_property
    def _source(self) -> Ints:
        return self.rows.source[self.row]

    @cached_property
    def assumed(self) -> Assumptions[Any]:
        """The formula's constants."""
        return assume_floats(self.facts.settings)

    @property
    def same_cluster(self) -> Mask:
        """Whether both contexts lead to one cluster."""
        return self.targets.same_cluster[:, self.column][self._source]

    @property
    def taken(self) -> Mask:
        """Whether a Deployment of this name runs there."""
        return self.rows.running[:, self.column][self.rows.name[self.row]]

    @cached_property
    def _there_lack(self) -> Bytes:
        return self.classes.lack[:, self.column][self._kind]

    def lacks(self, code: Code) -> Mask:
        """Whether this is why the rate of a replica there is not known."""
        is_lacking: Mask = self._there_lack == number_of(code)
        return is_lacking

    @property
    def here_lack(self) -> Bytes:
        """The number of the code why the rate of a replica at home is not known, shape (rows,); 0: it is."""
        return self.classes.lack[self._kind, self._source]

    @property
    def here_architectures(self) -> Ints:
        """One bit for each architecture at home; all of them: not known."""
        return _upright(self.classes.architectures[self._kind, self._source])

    @property
    def there_architectures(self) -> Ints:
        """One bit for each architecture there; all of them: not known."""
        return self.classes.architectures[:, self.column][self._kind]

    @property
    def needed_cpu_cores(self) -> Floats:
        """Cores that all replicas request."""
        return _upright(self.rows.needed_cpu_cores[self.row])

    @property
    def needed_memory_gib(self) -> Floats:
        """Memory that all replicas request, GiB."""
        return _upright(self.rows.needed_memory_gib[self.row])

    @property
    def free_cpu_cores(self) -> Floats:
        """Free cores there; NaN: not known."""
        return self.targets.free_cpu_cores[self.column]

    @property
    def free_memory_gib(self) -> Floats:
        """Free memory there, GiB; NaN: not known."""
        return self.targets.free_memory_gib[self.column]

    @property
    def usable_share(self) -> float:
        """The share of the free room that may be used."""
        return 1.0 - self.facts.settings.headroom_share

    @property
    def node_too_dear(self) -> Mask:
        """Whether a node there costs more than may be paid."""
        return self.classes.too_dear[:, self.column][self._kind]

    @cached_property
    def here_steps(self) -> Ints:
        """The rate of a replica at home, in steps."""
        return _upright(self.classes.steps[self._kind, self._source])

    @cached_property
    def there_steps(self) -> Ints:
        """The rate of a replica there, in steps."""
        return self.classes.steps[:, self.column][self._kind]

    @property
    def minimum_share_steps(self) -> int:
        """The least share of the rate that must be saved, in steps."""
        return count_share_steps(self.facts.settings.minimum_savings_share)

    @property
    def minimum_net_usd(self) -> float:
        """The least gain, USD."""
        return float(self.facts.settings.minimum_net_usd)

    @property
    def preflight_refused(self) -> Mask:
        """Whether the same move was refused by its preflight, lately."""
        return self.refused_before[self.row, self.column]

    @cached_property
    def _route(self) -> Ints:
        return self.targets.route[:, self.column][self._source]

    @property
    def route_unknown(self) -> Mask:
        """Whether the egress price there is not known."""
        return self._route < 0

    def _send(self, routes: Ints) -> Floats:
        """What sending the state by these routes costs, USD; anything where a route is not known (-1)."""
        table = self.rows.routes_usd
        first = np.arange(len(table))[self.row] * table.shape[1]
        return table.take(routes + _upright(first), mode="clip")

    @cached_property
    def egress_usd(self) -> Floats:
        """What sending the state there costs, USD; anything where the route is not known."""
        return self._send(self._route)

    @property
    def return_usd(self) -> Floats:
        """What sending it back would cost, USD; as much as there where the route back is not known."""
        return self._send(self.targets.route_back[:, self.column][self._source])

    @property
    def egress_margin_usd(self) -> Floats | float:
        """How much of the day's egress would be left, USD; endless where nothing is sent or nothing is limited."""
        if self.egress_left_usd == np.inf:
            return np.inf
        return np.where(self.egress_usd == 0, np.inf, self.egress_left_usd - self.egress_usd)

    @cached_property
    def bill(self) -> Bill[Floats]:
        """The formula, for all pairs."""
        there: Floats = np.multiply(self.there_steps, _STEP_USD)
        replicas, pod_waves = _upright(self.rows.replicas[self.row]), _upright(self.rows.pod_waves[self.row])
        return price_move(self._here_usd, there, replicas, pod_waves, self.egress_usd, self.assumed)

    @cached_property
    def _here_usd(self) -> Floats:
        rates: Floats = np.multiply(self.here_steps, _STEP_USD)
        return rates

    @cached_property
    def slack_usd(self) -> Floats:
        """How far the bill can be from the exact one, USD."""
        return bound_error(
            self._here_usd,
            _upright(self.rows.replicas[self.row]),
            _upright(self.rows.pod_waves[self.row]),
            _upright(self.rows.gb[self.row]),
            self.targets.dearest_gb_usd,
            float(self.facts.settings.used_egress_gb),
            self.assumed,
        )


@lru_cache(maxsize=4096)
def _count_pod_waves(replicas: int, wave_share: Decimal) -> int:
    return count_pod_waves(plan_wave_sizes(replicas, wave_share))


def _upright(values: NDArray[_Item]) -> NDArray[_Item]:
    return values[:, np.newaxis]


def grow(table: NDArray[_Item], length: int) -> NDArray[_Item]:
    """The table with at least `length` rows; it doubles, so that growing one by one stays cheap."""
    if length <= len(table):
        return table
    fresh = np.zeros((max(length, 2 * len(table)), *table.shape[1:]), table.dtype)
    fresh[: len(table)] = table
    return fresh
