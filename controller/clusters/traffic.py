"""What leads traffic from outside of a cluster to a workload: exposed Services, and routes that name one. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.clusters import paths
from controller.clusters.callers import is_service_name
from controller.clusters.json_reading import as_list, as_mapping, as_text
from controller.clusters.pod_ties import find_dns_annotations

#: API group -> its kinds that send traffic to Services, by their plural. Beside Kubernetes' own the common ones: a
#: cluster has those that somebody has installed.
ROUTING = {
    "networking.k8s.io": r"ingresses",
    "gateway.networking.k8s.io": r"\w+routes|referencegrants",
    "route.openshift.io": r"routes",
    "networking.istio.io": r"virtualservices",
    "traefik.io": r"ingressroute(s|tcps|udps)",
    "traefik.containo.us": r"ingressroute(s|tcps|udps)",
    "projectcontour.io": r"httpproxies",
}
#: The fields by which a route may name a Service, alone or as a name of the cluster's DNS.
_NAMING_FIELDS = ("name", "serviceName", "host")


@dataclass(frozen=True, slots=True)
class RouteKind:
    """A kind of object that sends traffic to Services, as an API server serves it."""

    group: str
    version: str
    plural: str
    kind: str

    def path(self, namespace: str) -> str:
        """Where those of a namespace are listed."""
        return paths.served_collection(self.group, self.version, self.plural, namespace)


def is_routing(group: object) -> bool:
    """Whether an API group may have such kinds."""
    return isinstance(group, str) and group in ROUTING


def read_route_kinds(group: str, version: str, answer: Mapping[str, Any]) -> list[RouteKind]:
    """Return the kinds of a group's version that send traffic to Services."""
    kinds = []
    for resource in map(as_mapping, as_list(answer.get("resources"))):
        plural = as_text(resource.get("name")) or ""
        if resource.get("namespaced") is True and re.fullmatch(ROUTING[group], plural):
            kinds.append(RouteKind(group, version, plural, as_text(resource.get("kind")) or plural))
    return kinds


def selects(selector: Mapping[str, str] | None, template: Mapping[str, Any]) -> bool:
    """Whether a Service's selector matches the pods; an empty one matches none."""
    labels = (template.get("metadata") or {}).get("labels") or {}
    return bool(selector) and all(labels.get(key) == value for key, value in (selector or {}).items())


def find_exposure(service: Mapping[str, Any]) -> tuple[str, ...]:
    """Return by what a Service is reached from outside; empty: by nothing of its own."""
    spec = as_mapping(service.get("spec"))
    exposed = [f"type {kind}" for kind in ("LoadBalancer", "NodePort") if spec.get("type") == kind]
    exposed += [field for field in ("externalIPs", "loadBalancerIP") if spec.get(field)]
    return (*exposed, *find_dns_annotations(as_mapping(service.get("metadata"))))


def sends_to(kind: RouteKind, body: Mapping[str, Any], services: frozenset[str], namespace: str) -> bool:
    """Whether an object sends traffic to one of these Services, or lets routes of other namespaces do so."""
    spec = as_mapping(body.get("spec"))
    if kind.plural == "referencegrants":
        granted = map(as_mapping, as_list(spec.get("to")))
        return any(to.get("kind") == "Service" and to.get("name", "") in {"", *services} for to in granted)
    return _names_any(spec, services, namespace)


def _names_any(spec: Mapping[str, Any], services: frozenset[str], namespace: str) -> bool:
    """Whether a Service is named anywhere in it. By a stack of our own: how deep it goes is up to the cluster."""
    left: list[Any] = [spec]
    while left:
        value = left.pop()
        if isinstance(value, list):
            left += value
        elif isinstance(value, dict):
            is_here = value.get("namespace") in (None, namespace)
            if is_here and any(
                is_service_name(value.get(field), services, namespace) for field in _NAMING_FIELDS
            ):
                return True
            left += value.values()
    return False
