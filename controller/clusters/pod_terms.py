"""Read from a pod, or from the template of one, what the scheduler looks at. Pure.

What is not understood is named in `PodTerms.unknown`, and read as that which lets the pod run on most nodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeAlias

from controller.clusters.json_reading import as_count, as_list, as_mapping, as_text
from controller.clusters.resource_parsing import count_amounts
from controller.scheduling.filters import TOLERATION_OPERATORS
from controller.scheduling.pods import (
    AffinityTerm,
    HostPort,
    NodeTerm,
    PodShape,
    PodTerms,
    SpreadConstraint,
    Toleration,
)
from controller.scheduling.selectors import NODE_OPERATORS, POD_OPERATORS, Labels, Requirement, Selector

#: Phases in which a pod no longer takes room.
FINISHED_PHASES = frozenset({"Succeeded", "Failed"})

#: Fields that decide where a pod may run by what does not stand in the pod.
_ELSEWHERE = (
    "nodeName",
    "resourceClaims",
    "runtimeClassName",
    "schedulingGates",
    "schedulingGroup",
    "workloadRef",
)
_DEFAULT_SCHEDULER = "default-scheduler"
#: Volumes that may be bound to some nodes.
_BOUND_VOLUMES = ("ephemeral", "persistentVolumeClaim")
#: What the controller of a ReplicaSet adds to its pods: the one label by which a rollout's pods know one another.
_REVISION_LABEL = "pod-template-hash"
#: Of whatever list in a pod. Arbitrary, far above what people write: it bounds what is asked of each node.
_MAX_ITEMS = 256

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"

Json: TypeAlias = Mapping[str, Any]


class _Notes:
    """The fields that were not understood."""

    def __init__(self) -> None:
        self.unknown: set[str] = set()

    def take(self, owner: Json, field: str) -> Sequence[Any]:
        """Return a list; of one that is too long, nothing."""
        items = as_list(owner.get(field))
        if len(items) <= _MAX_ITEMS:
            return items
        self.unknown.add(field)
        return ()

    def unless(self, understood: bool, field: str) -> None:
        """Note a field that is not understood."""
        if not understood:
            self.unknown.add(field)


def parse_pod_terms(namespace: str, pod: Json) -> PodTerms:
    """Read what decides where a pod may run. `pod`: a pod, or the template of one."""
    notes, spec = _Notes(), as_mapping(pod.get("spec"))
    shape = _parse_shape(namespace, pod, notes)
    affinity = as_mapping(spec.get("affinity"))
    required = as_mapping(affinity.get("nodeAffinity")).get(_REQUIRED)
    terms = PodTerms(
        shape=shape,
        node_selector=_parse_map(as_mapping(spec.get("nodeSelector"))),
        node_terms=None if required is None else tuple(_parse_node_terms(as_mapping(required), notes)),
        tolerations=tuple(_parse_tolerations(spec, notes)),
        affinity=_parse_affinity(as_mapping(affinity.get("podAffinity")), shape, notes),
        spread=tuple(_parse_spread(spec, shape, notes)),
        system=as_text(as_mapping(spec.get("os")).get("name")) or "",
    )
    vague = any(term.is_vague for term in (*terms.affinity, *shape.anti_affinity))
    notes.unless(not vague, "namespaceSelector")
    notes.unknown.update(_find_elsewhere(spec))
    return _share_terms(replace(terms, unknown=tuple(sorted(notes.unknown))))


def parse_pod_shape(namespace: str, pod: Json) -> PodShape:
    """Read what others feel of a pod that runs."""
    return _share_shape(_parse_shape(namespace, pod, _Notes()))


@lru_cache(maxsize=16384)
def _share_shape(shape: PodShape) -> PodShape:
    return shape


@lru_cache(maxsize=16384)
def _share_terms(terms: PodTerms) -> PodTerms:
    return terms


def _parse_shape(namespace: str, pod: Json, notes: _Notes) -> PodShape:
    metadata, spec = as_mapping(pod.get("metadata")), as_mapping(pod.get("spec"))
    shape = PodShape(
        namespace=namespace,
        labels=parse_labels(metadata),
        requests=count_amounts(spec),
        host_ports=tuple(sorted(_parse_ports(spec, notes), key=str)),
        is_leaving=bool(metadata.get("deletionTimestamp")),
    )
    anti_affinity = as_mapping(as_mapping(spec.get("affinity")).get("podAntiAffinity"))
    return replace(shape, anti_affinity=_parse_affinity(anti_affinity, shape, notes))


def parse_labels(metadata: Json) -> Labels:
    """Read the labels of an object."""
    return Labels({str(key): str(value) for key, value in as_mapping(metadata.get("labels")).items()})


def _parse_ports(spec: Json, notes: _Notes) -> Iterator[HostPort]:
    """The ports of the node that running containers take; sidecars run, other init containers do not."""
    init_containers = (as_mapping(one) for one in notes.take(spec, "initContainers"))
    sidecars = [one for one in init_containers if one.get("restartPolicy") == "Always"]
    for container in (*sidecars, *(as_mapping(one) for one in notes.take(spec, "containers"))):
        for port in map(as_mapping, notes.take(container, "ports")):
            number = as_count(port.get("hostPort" if not spec.get("hostNetwork") else "containerPort"))
            if number:
                address = as_text(port.get("hostIP")) or ""
                yield HostPort(
                    number, as_text(port.get("protocol")) or "TCP", "" if address == "0.0.0.0" else address
                )


def _parse_map(selected: Json) -> Selector:
    """Labels that are asked for one by one."""
    return tuple(Requirement(str(key), "In", (str(value),)) for key, value in sorted(selected.items()))


def _parse_requirements(owner: Json, field: str, operators: frozenset[str], notes: _Notes) -> Selector:
    found = []
    for one in map(as_mapping, notes.take(owner, field)):
        values = tuple(str(value) for value in notes.take(one, "values"))
        operator = as_text(one.get("operator")) or ""
        notes.unless(operator in operators, field)
        found.append(
            Requirement(as_text(one.get("key")) or "", operator if operator in operators else "", values)
        )
    return tuple(found)


def _parse_node_terms(required: Json, notes: _Notes) -> Iterator[NodeTerm]:
    for term in map(as_mapping, notes.take(required, "nodeSelectorTerms")):
        names = _parse_requirements(term, "matchFields", POD_OPERATORS, notes)
        notes.unless(all(one.key == "metadata.name" for one in names), "matchFields")
        yield NodeTerm(_parse_requirements(term, "matchExpressions", NODE_OPERATORS, notes), names)


def _parse_tolerations(spec: Json, notes: _Notes) -> Iterator[Toleration]:
    for one in map(as_mapping, notes.take(spec, "tolerations")):
        key, operator, value, effect = (
            as_text(one.get(field)) or "" for field in ("key", "operator", "value", "effect")
        )
        notes.unless(operator in TOLERATION_OPERATORS, "tolerations")
        yield Toleration(key, operator or "Equal", value, effect)


def _parse_selector(owner: Json, notes: _Notes) -> Selector | None:
    """A selector of pods; None where there is none, which selects nobody."""
    selector = owner.get("labelSelector")
    if not isinstance(selector, dict):
        return None
    return (
        *_parse_map(as_mapping(selector.get("matchLabels"))),
        *_parse_requirements(selector, "matchExpressions", POD_OPERATORS, notes),
    )


def _parse_affinity(affinity: Json, shape: PodShape, notes: _Notes) -> tuple[AffinityTerm, ...]:
    return tuple(_parse_term(as_mapping(one), shape, notes) for one in notes.take(affinity, _REQUIRED))


def _parse_term(term: Json, shape: PodShape, notes: _Notes) -> AffinityTerm:
    selector = _parse_selector(term, notes)
    if selector is not None:
        selector += tuple(_parse_keys(term, "matchLabelKeys", "In", shape, notes))
        selector += tuple(_parse_keys(term, "mismatchLabelKeys", "NotIn", shape, notes))
    named = frozenset(str(name) for name in notes.take(term, "namespaces"))
    of_namespaces = term.get("namespaceSelector")
    if not isinstance(of_namespaces, dict):
        return AffinityTerm(_find_topology(term), selector, named or frozenset({shape.namespace}))
    return AffinityTerm(_find_topology(term), selector, None, is_vague=any(of_namespaces.values()))


def _parse_spread(spec: Json, shape: PodShape, notes: _Notes) -> Iterator[SpreadConstraint]:
    field = "topologySpreadConstraints"
    for one in map(as_mapping, notes.take(spec, field)):
        if one.get("whenUnsatisfiable") == "ScheduleAnyway":
            continue
        policies = [one.get(name, default) for name, default in _NODE_POLICIES]
        notes.unless(set(policies) <= {"Honor", "Ignore"}, field)
        notes.unless(one.get("whenUnsatisfiable") == "DoNotSchedule", field)
        skew, min_domains = as_count(one.get("maxSkew")), as_count(one.get("minDomains"))
        notes.unless(bool(skew), field)
        selector = _parse_selector(one, notes)
        if selector is not None:
            selector = (*_parse_keys(one, "matchLabelKeys", "In", shape, notes), *selector)
        topology, (of_affinity, of_taints) = _find_topology(one), (policy == "Honor" for policy in policies)
        yield SpreadConstraint(topology, skew or 1, selector, min_domains or 1, of_affinity, of_taints)


#: (field, what it is where it is not set)
_NODE_POLICIES = (("nodeAffinityPolicy", "Honor"), ("nodeTaintsPolicy", "Ignore"))


def _parse_keys(
    owner: Json, field: str, operator: str, shape: PodShape, notes: _Notes
) -> Iterator[Requirement]:
    """Requirements that take their value from the pod's own label of this name; without the label there is none."""
    for key in map(str, notes.take(owner, field)):
        value = shape.labels.get(key)
        if value is not None:
            yield Requirement(key, operator, (value,))
        elif key == _REVISION_LABEL:
            # Of a template: its ReplicaSet will be a new one, so that no pod of another one has the value.
            yield Requirement(key, "DoesNotExist" if operator == "In" else "Exists")


def _find_topology(owner: Json) -> str:
    return as_text(owner.get("topologyKey")) or ""


def _find_elsewhere(spec: Json) -> Iterator[str]:
    """Fields by which something decides that is not the scheduler, or does not stand in the pod."""
    yield from (field for field in _ELSEWHERE if spec.get(field))
    if spec.get("schedulerName") not in (None, "", _DEFAULT_SCHEDULER):
        yield "schedulerName"
    volumes = (as_mapping(volume) for volume in as_list(spec.get("volumes")))
    if any(kind in volume for volume in volumes for kind in _BOUND_VOLUMES):
        yield "volumes"
