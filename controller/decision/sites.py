"""Clusters as places to run in: their groups of equal nodes, and what a replica costs there. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from controller.clusters.devices import NO_DEVICES, find_least, find_most
from controller.clusters.fleet import Cluster, Hosts, Node, Resources, Workload
from controller.clusters.namesakes import find_unfit
from controller.clusters.node_facts import find_system
from controller.decision.pricing import compute_node_share, count_rate_steps, to_rate
from controller.decision.risk import find_basis
from controller.decision.zone_prices import average, cheapest
from controller.reasons import Code
from controller.scheduling.check import Placement, count_places, find_refusals, place_replicas
from controller.scheduling.cluster_nodes import Nodes
from controller.scheduling.pods import PLAIN, PodTerms
from oracle.foundation.reason import Reason
from oracle.market import Offering, OperatingSystem
from oracle.quotes import Quote, QuoteBoard


@dataclass(frozen=True, slots=True)
class NodeGroup:
    """Ready nodes of one kind; `allocatable` is the smallest of them, `largest` the largest, field by field.

    offering: without a zone; zones: the offerings that the nodes are, in order, and how many of them each is.
    """

    offering: Offering
    count: int
    zones: tuple[tuple[Offering, int], ...]
    allocatable: Resources
    largest: Resources
    #: Where the nodes stand among those of the cluster.
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where pods with equal terms would run in a site.

    group: the nodes that most of them would run on, None: they fit on none whose type is known. share: of one of these,
    None: their size is not known. room: what is free on all nodes that take such pods, None: not known. platforms: the
    architectures of these nodes, and of Windows; empty: not known.
    """

    group: NodeGroup | None
    share: Decimal | None
    room: Resources | None
    platforms: frozenset[str]


NOWHERE = Place(None, None, None, frozenset())


@dataclass(frozen=True, slots=True)
class Site:
    """A cluster as a place to run in: its groups of ready nodes, the most common one first.

    It remembers what it was asked, because a planning round asks the same of it for every workload.
    """

    cluster: Cluster
    groups: tuple[NodeGroup, ...]
    #: (namespace, name) -> the Deployment.
    workloads: Mapping[tuple[str, str], Workload]
    #: What a scheduler looks at; None: not known of every node.
    nodes: Nodes | None
    #: Allocatable -> the nodes that have just that; and what programs they run -> the nodes that run them.
    sizes: Mapping[Resources, frozenset[int]]
    platforms: Mapping[str, frozenset[int]]
    #: offering without a zone -> its nodes: those of `groups`, or where none of them takes pods, all.
    kinds: Mapping[Offering, NodeGroup]
    #: requests and terms of one pod -> where it would run, and how many of it would be placed.
    _found: dict[tuple[Resources, PodTerms], Place] = field(default_factory=dict, compare=False)
    _placed: dict[tuple[PodTerms, int], Placement] = field(default_factory=dict, compare=False)
    #: requests of one pod and an offering without a zone -> the share that it takes of such a node.
    _shares: dict[tuple[Resources, Offering], Decimal | None] = field(default_factory=dict, compare=False)

    @property
    def context(self) -> str:
        """The context's name."""
        return self.cluster.context

    @property
    def zones(self) -> tuple[Offering, ...]:
        """What is bought there, of whatever kind and in whichever zone."""
        return tuple(zone for kind in self.kinds.values() for zone, _ in kind.zones)

    def find_group(self, requests: Resources, terms: PodTerms = PLAIN) -> NodeGroup | None:
        """The nodes that a pod would most likely run on: the most common offering that it fits on."""
        return self.find_place(requests, terms).group

    def find_place(self, requests: Resources, terms: PodTerms = PLAIN) -> Place:
        """Those nodes, the share that a pod takes of one, and what of all that it may run on is known."""
        found = self._found.get((requests, terms))
        if found is None:
            found = self._found[requests, terms] = self.look_for_place(requests, terms)
        return found

    def find_share(self, requests: Resources, offering: Offering) -> Decimal | None:
        """The share that a pod takes of a node on which it runs; None where its size is not known."""
        key = (requests, offering.of_region)
        if key not in self._shares:
            kind = self.kinds.get(key[1])
            self._shares[key] = compute_node_share(requests, kind.allocatable) if kind is not None else None
        return self._shares[key]

    def place(self, terms: PodTerms, wanted: int) -> Placement | None:
        """Place so many replicas as a scheduler would; None: nobody knows what the nodes are."""
        if self.nodes is None:
            return None
        found = self._placed.get((terms, wanted))
        if found is None:
            if len(self._placed) >= _MOST_PLACED:
                self._placed.clear()
            found = self._placed[terms, wanted] = place_replicas(terms, self.nodes, wanted)
        return found

    def count_places(self, terms: PodTerms, wanted: int) -> float:
        """How many of so many replicas would be placed, all of them where nobody knows; nothing of it is remembered."""
        return wanted if self.nodes is None else count_places(terms, self.nodes, wanted)

    def has_same_places(self, other: Site) -> bool:
        """Whether pods would run just where they would in another description of the same cluster."""
        return (
            self.groups is other.groups
            and self.nodes is other.nodes
            and self.cluster.free == other.cluster.free
        )

    def look_for_place(self, requests: Resources, terms: PodTerms) -> Place:
        """The same for who remembers it."""
        open_nodes = set(self._find_open(terms))
        sizes = [numbers for size, numbers in self.sizes.items() if requests.fits_in(size)]
        fitting = open_nodes & frozenset[int]().union(*sizes)
        group = self._choose_group(fitting)
        return Place(
            group,
            compute_node_share(requests, group.allocatable) if group is not None else None,
            self._sum_room(open_nodes),
            frozenset(name for name, numbers in self.platforms.items() if not fitting.isdisjoint(numbers)),
        )

    def _find_open(self, terms: PodTerms) -> Iterator[int]:
        """The nodes that take such pods, whatever runs there."""
        if self.nodes is None:
            return (number for number, node in enumerate(self.cluster.nodes) if node.is_open)
        return (number for number, cause in enumerate(find_refusals(terms, self.nodes)) if cause is None)

    def _choose_group(self, fitting: set[int]) -> NodeGroup | None:
        """The nodes that most of such pods would run on; machines that would be bought where none is there for them."""
        first_bought = len(self.cluster.nodes) - len(self.cluster.purchases)
        counts = {
            number: len(fitting.intersection(group.numbers)) for number, group in enumerate(self.groups)
        }
        there = {
            n: count for n, count in counts.items() if self.groups[n].numbers[0] < first_bought and count
        }
        bought = [n for n, count in counts.items() if count]
        chosen = max(there, key=lambda n: (there[n], -n)) if there else next(iter(bought), None)
        return None if chosen is None else self.groups[chosen]

    def _sum_room(self, open_nodes: Iterable[int]) -> Resources | None:
        """What is free on these nodes, as far as it is known, but for what pods wait for that have none."""
        free, nodes, waiting = self.cluster.free, self.nodes, self.cluster.waiting
        if free is None or nodes is None or nodes.pods is None:
            return free
        numbers = list(open_nodes)
        free_cpu, free_memory = nodes.find_free("cpu"), nodes.find_free("memory")
        cpu, memory = (sum(max(there[n], 0) for n in numbers) for there in (free_cpu, free_memory))
        return Resources(
            min(free.cpu_cores, max(0.0, cpu / 1000 - waiting.cpu_cores)),
            min(free.memory_gib, max(0.0, memory / 2**30 - waiting.memory_gib)),
            free.devices,
        )


#: What a site remembers of placements before it begins anew. Arbitrary: what one workload is shown of all targets.
_MOST_PLACED = 512


def _sort_sizes(nodes: Sequence[Node]) -> Mapping[Resources, frozenset[int]]:
    sizes: dict[Resources, set[int]] = {}
    for number, node in enumerate(nodes):
        sizes.setdefault(node.allocatable, set()).add(number)
    return {size: frozenset(numbers) for size, numbers in sizes.items()}


def _sort_platforms(nodes: Sequence[Node]) -> Mapping[str, frozenset[int]]:
    """By the programs that nodes run; those that do not say are left out."""
    platforms: dict[str, set[int]] = {}
    for number, node in enumerate(nodes):
        if node.architecture:
            system = find_system(node.facts)
            name = node.architecture if system is OperatingSystem.LINUX else f"{system}/{node.architecture}"
            platforms.setdefault(name, set()).add(number)
    return {name: frozenset(numbers) for name, numbers in platforms.items()}


def find_unfit_there(namesake: Workload) -> Reason | None:
    """Why no replicas can be shifted to the Deployment that a target has; None: they can."""
    unfit = find_unfit(namesake)
    if unfit is not None or namesake.requests is not None:
        return unfit
    return Code.NAMESAKE_UNFIT.because(target=namesake.key.context, why=Code.NO_REQUESTS.because())


def find_misfit(site: Site, requests: Resources | None) -> Code:
    """Why a pod fits on no node of a site: for its devices, or for its size."""
    if requests is None or not requests.devices:
        return Code.NO_NODE_FITS
    without = replace(requests, devices=NO_DEVICES)
    return Code.NO_DEVICE if any(without.fits_in(g.largest) for g in site.groups) else Code.NO_NODE_FITS


def describe_site(cluster: Cluster, known: Site | None = None) -> Site:
    """Group the open nodes of a cluster by what they are bought as, wherever in the region.

    `known` is how the same context was described before: what was worked out of equal nodes is kept.
    """
    workloads = {(w.key.namespace, w.key.name): w for w in cluster.workloads}
    cluster = _with_purchases(cluster)
    if known is not None and _have_same_room(known.cluster, cluster):
        return replace(known, cluster=cluster, workloads=workloads)
    open_nodes: dict[tuple[bool, Offering], list[int]] = {}
    for number, node in enumerate(cluster.nodes):
        if node.is_open and node.offering is not None:
            open_nodes.setdefault((node.purchase is not None, node.offering.of_region), []).append(number)
    ranked = sorted(open_nodes.items(), key=lambda entry: _rank(cluster.nodes, *entry))
    groups = tuple(_group(cluster.nodes, numbers, kind) for (_, kind), numbers in ranked)
    if known is not None and known.groups == groups:
        groups = known.groups
    kinds = _find_kinds(cluster.nodes, groups)
    return Site(
        cluster,
        groups,
        workloads,
        _find_nodes(cluster),
        _sort_sizes(cluster.nodes),
        _sort_platforms(cluster.nodes),
        kinds,
        _shares=known._shares if known is not None and known.kinds == kinds else {},
    )


def _find_kinds(nodes: Sequence[Node], groups: Iterable[NodeGroup]) -> dict[Offering, NodeGroup]:
    """Offering without a zone -> its nodes that are there: those that take pods, or where none does, all."""
    there = {group.offering: group for group in groups if nodes[group.numbers[0]].purchase is None}
    closed: dict[Offering, list[int]] = {}
    for number, node in enumerate(nodes):
        if node.offering is not None and node.purchase is None and node.offering.of_region not in there:
            closed.setdefault(node.offering.of_region, []).append(number)
    return {**{kind: _group(nodes, numbers, kind) for kind, numbers in closed.items()}, **there}


def _rank(nodes: Sequence[Node], kind: tuple[bool, Offering], numbers: Sequence[int]) -> tuple[Any, ...]:
    """What is there before what would be bought; the most of it first, and of the other the smallest machine."""
    is_bought, offering = kind
    size = nodes[numbers[0]].allocatable.cpu_cores if is_bought else -len(numbers)
    return is_bought, size, offering


def _with_purchases(cluster: Cluster) -> Cluster:
    """The cluster with the machines that it would buy beside its nodes, the last of them, and with their room."""
    if not cluster.purchases or cluster.purchase_room is None:
        return cluster
    free = None if cluster.free is None else cluster.free + cluster.purchase_room
    return replace(cluster, nodes=cluster.nodes + cluster.purchases, free=free)


def find_purchase(
    site: Site, requests: Resources | None, terms: PodTerms, replicas: int, usable_share: float
) -> Node | None:
    """The machine that the site would buy for pods that find no room on what is there; None: they find it, or it buys
    none. Of several, what they are priced as.
    """
    cluster, count = site.cluster, len(site.cluster.purchases)
    group = site.find_group(requests, terms) if requests is not None else None
    if requests is None or group is None or not count or cluster.purchase_room is None:
        return None
    first_bought = len(cluster.nodes) - count
    if group.numbers[0] >= first_bought:
        return cluster.nodes[group.numbers[0]]
    if cluster.free is None:
        return None
    here = (cluster.free - cluster.purchase_room) * usable_share
    if (requests * replicas).fits_in(here) and _are_placed(site, terms, replicas, first_bought):
        return None
    alike = [
        node
        for node in cluster.purchases
        if node.offering is not None and node.offering.of_region == group.offering
    ]
    fitting = [node for node in cluster.purchases if requests.fits_in(node.allocatable)]
    return next(iter(alike or fitting), None)


def _are_placed(site: Site, terms: PodTerms, replicas: int, count: int) -> bool:
    """Whether all replicas would be placed on the nodes that are there, which are the first so many."""
    if site.nodes is None:
        return True
    pods = site.nodes.pods
    there = Nodes(site.nodes.terms[:count], None if pods is None else pods[:count])
    return place_replicas(terms, there, replicas).count >= replicas


def _have_same_room(one: Cluster, other: Cluster) -> bool:
    """Whether all is equal that says where pods could run."""
    return (one.nodes, one.crowds, one.free, one.waiting, one.purchases) == (
        other.nodes,
        other.crowds,
        other.free,
        other.waiting,
        other.purchases,
    )


def _find_nodes(cluster: Cluster) -> Nodes | None:
    """The nodes as a scheduler sees them; None: of one of them it is not known how."""
    terms = tuple(node.terms for node in cluster.nodes if node.terms is not None)
    if len(terms) < len(cluster.nodes):
        return None
    crowds = cluster.crowds
    return Nodes(
        terms, None if crowds is None else tuple(crowds.get(node.name, ()) for node in cluster.nodes)
    )


def _group(all_nodes: Sequence[Node], numbers: Sequence[int], offering: Offering) -> NodeGroup:
    nodes = [all_nodes[number] for number in numbers]
    cpus = [node.allocatable.cpu_cores for node in nodes]
    memories = [node.allocatable.memory_gib for node in nodes]
    devices = [node.allocatable.devices for node in nodes]
    return NodeGroup(
        offering=offering,
        count=len(nodes),
        zones=tuple(sorted(Counter(node.offering for node in nodes if node.offering is not None).items())),
        allocatable=Resources(min(cpus), min(memories), find_least(devices)),
        largest=Resources(max(cpus), max(memories), find_most(devices)),
        numbers=tuple(numbers),
    )


@dataclass(frozen=True, slots=True)
class NodePrice:
    """What one replica costs at a site: the nodes that it runs on or would, their quote, and its share of them in USD.

    Each is None where it, or the one before it, is not known. Of pods on several kinds of nodes, `group` and `quote`
    are of the kind that most of them run on, and the rate is the mean of all.
    """

    group: NodeGroup | None
    quote: Quote | None
    usd_per_hour: Decimal | None
    #: Why the rate is not known, although there are nodes; and of which, None where nobody says what they are.
    unknown: Code | None = None
    unpriced: Offering | None = None
    #: The zones of nodes whose prices it follows from.
    offerings: tuple[Offering, ...] = ()
    #: Those prices, as far as they are known.
    quotes: tuple[Quote, ...] = ()
    #: See `Place`.
    room: Resources | None = None
    platforms: frozenset[str] = frozenset()

    @property
    def deadline(self) -> float | None:
        """Until when it holds, Unix seconds; None: it rests on no price."""
        return min((quote.deadline for quote in self.quotes), default=None)


@dataclass(frozen=True, slots=True)
class GroupQuotes:
    """What a node of one kind costs on the average of its zones, and in the cheapest; None where it is not known."""

    here: Quote | None
    there: Quote | None


def quote_group(context: str, group: NodeGroup, board: QuoteBoard, now: float) -> GroupQuotes:
    """What the nodes of a group cost at wall time `now`, as far as an action may rest on it."""
    zones = [(board.find_usable(context, offering, now), count) for offering, count in group.zones]
    return GroupQuotes(average(zones), cheapest(zones))


def price_running(
    site: Site,
    requests: Resources | None,
    board: QuoteBoard,
    now: float,
    lost_h: Decimal | None = None,
    terms: PodTerms = PLAIN,
    hosts: Hosts | None = None,
) -> NodePrice:
    """What one replica that runs at a site costs per hour at wall time `now`: on the average of its pods' nodes.

    Where they are not seen, on the most common node type that it fits on.
    lost_h: the hours that an interruption costs, where the price is to bear it (`risk.py`); None: the plain price.
    """
    place = site.find_place(requests, terms) if requests is not None else NOWHERE
    if requests is not None and hosts:
        return _price_placed(site, place, requests, hosts, board, now, lost_h)
    quote = quote_group(site.context, place.group, board, now).here if place.group is not None else None
    return _price(place, quote, lost_h)


def price_coming(
    site: Site,
    requests: Resources | None,
    board: QuoteBoard,
    now: float,
    lost_h: Decimal | None = None,
    terms: PodTerms = PLAIN,
) -> NodePrice:
    """The same of one that would come to a site: in the cheapest zone."""
    place = site.find_place(requests, terms) if requests is not None else NOWHERE
    quote = quote_group(site.context, place.group, board, now).there if place.group is not None else None
    return _price(place, quote, lost_h)


def _price(place: Place, quote: Quote | None, lost_h: Decimal | None) -> NodePrice:
    group, steps = place.group, price_share(quote, place.share, lost_h)
    return NodePrice(
        group=group,
        quote=quote,
        usd_per_hour=to_rate(steps) if steps is not None else None,
        unknown=find_price_reason(quote, lost_h) if steps is None and group is not None else None,
        unpriced=group.offering if group is not None else None,
        offerings=tuple(offering for offering, _ in group.zones) if group is not None else (),
        quotes=(quote,) if quote is not None else (),
        room=place.room,
        platforms=place.platforms,
    )


def _price_placed(
    site: Site,
    place: Place,
    requests: Resources,
    hosts: Hosts,
    board: QuoteBoard,
    now: float,
    lost_h: Decimal | None,
) -> NodePrice:
    """What one replica costs on the average of these nodes; nothing is known of it where one of them has no price."""
    known = [(offering, count) for offering, count in hosts if offering is not None]
    quotes = {offering: board.find_usable(site.context, offering, now) for offering, _ in known}
    parts: list[tuple[int, int]] = []
    unknown: Code | None = None if len(known) == len(hosts) else Code.PODS_UNPRICED
    unpriced = None
    for offering, count in known:
        quote = quotes[offering]
        steps = price_share(quote, site.find_share(requests, offering), lost_h)
        if steps is not None:
            parts.append((steps, count))
        elif unknown is None:
            unknown, unpriced = find_price_reason(quote, lost_h), offering
    found = tuple(quote for quote in quotes.values() if quote is not None)
    if unknown is None and len({quote.mode for quote in found}) > 1:
        unknown, unpriced = Code.PRICE_UNKNOWN, known[0][0]
    return NodePrice(
        group=site.kinds.get(known[0][0].of_region) if known else None,
        quote=_quote_most(known, quotes),
        usd_per_hour=to_rate(average_steps(parts)) if unknown is None else None,
        unknown=unknown,
        unpriced=unpriced,
        offerings=tuple(quotes),
        quotes=found,
        room=place.room,
        platforms=place.platforms,
    )


def _quote_most(
    known: Sequence[tuple[Offering, int]], quotes: Mapping[Offering, Quote | None]
) -> Quote | None:
    """What a node costs of the kind that most pods run on, on the average of its zones."""
    if not known:
        return None
    kind = known[0][0].of_region
    return average([(quotes[offering], count) for offering, count in known if offering.of_region == kind])


def average_steps(parts: Sequence[tuple[int, int]]) -> int:
    """The mean of rates in steps, each as often as pods have it, to the nearest step."""
    count = sum(count for _, count in parts)
    return (2 * sum(steps * count for steps, count in parts) + count) // (2 * count)


def price_share(quote: Quote | None, share: Decimal | None, lost_h: Decimal | None) -> int | None:
    """What a share of a node costs per hour, in rate steps; None where its price, risk or size is not known."""
    usd = find_basis(quote, lost_h) if quote is not None else None
    return count_rate_steps(usd, share) if usd is not None and share is not None else None


def is_same_cluster(source: Site, target: Site) -> bool:
    """Whether two contexts lead to one cluster; a cluster without identity is only itself."""
    uid = source.cluster.uid
    return source.context == target.context or (uid is not None and uid == target.cluster.uid)


def find_price_reason(quote: Quote | None, lost_h: Decimal | None) -> Code:
    """Why the rate of a replica is not known, where the nodes are that it would run on."""
    if quote is None:
        return Code.PRICE_UNKNOWN
    return Code.RISK_UNKNOWN if find_basis(quote, lost_h) is None else Code.NODE_SIZE_UNKNOWN
