"""Server-relative paths of the Kubernetes API. Pure.

Names may come from a cluster and are untrusted: a name that would climb out of its path is refused, not
quoted away.
"""

from __future__ import annotations

import re
from typing import NamedTuple

#: What a path segment may hold. Wider than DNS names (RBAC names have colons), but no slash, percent sign or
#: space.
_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]{0,252}")

#: What lies in a namespace; the namespace itself is served at the same beginning and lies in none.
_IN_NAMESPACE = re.compile(
    rf"/(?:api|apis/[^/]+)/[^/]+/namespaces/({_SEGMENT.pattern})(?:/{_SEGMENT.pattern})+"
)

#: The cluster's identity: every cluster has this namespace, and its UID never changes.
IDENTITY_NAMESPACE = "kube-system"

#: Where an access review is posted: the one write that changes nothing, so it needs no arming.
ACCESS_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

#: Who the server is; every authenticated user may ask.
VERSION = "/version"

#: Which API groups it serves; every authenticated user may ask.
GROUPS = "/apis"

#: The group of what nodes and pods use, which metrics-server serves, where there is one.
METRICS_GROUP = "metrics.k8s.io"

#: The group of VerticalPodAutoscalers, which are no part of Kubernetes, and what they are called in a path.
VERTICAL_GROUP, VERTICAL_AUTOSCALERS = "autoscaling.k8s.io", "verticalpodautoscalers"

#: Resource name -> the API prefix that serves it. Everything that SentinelAura touches, nothing else.
_PREFIXES = {
    "namespaces": "/api/v1",
    "nodes": "/api/v1",
    "pods": "/api/v1",
    "events": "/api/v1",
    "services": "/api/v1",
    "configmaps": "/api/v1",
    "secrets": "/api/v1",
    "serviceaccounts": "/api/v1",
    "resourcequotas": "/api/v1",
    "limitranges": "/api/v1",
    "persistentvolumeclaims": "/api/v1",
    "deployments": "/apis/apps/v1",
    "replicasets": "/apis/apps/v1",
    "leases": "/apis/coordination.k8s.io/v1",
    "horizontalpodautoscalers": "/apis/autoscaling/v2",
    "poddisruptionbudgets": "/apis/policy/v1",
    "networkpolicies": "/apis/networking.k8s.io/v1",
    "ingresses": "/apis/networking.k8s.io/v1",
    "priorityclasses": "/apis/scheduling.k8s.io/v1",
    "runtimeclasses": "/apis/node.k8s.io/v1",
    "storageclasses": "/apis/storage.k8s.io/v1",
    "nodepools": "/apis/karpenter.sh/v1",
}

CLUSTER_SCOPED = frozenset(
    {"namespaces", "nodepools", "nodes", "priorityclasses", "runtimeclasses", "storageclasses"}
)


_KNOWN = re.compile(
    r"(?P<prefix>/api/v1|/apis/[^/]+/[^/]+)(?:/namespaces/(?P<namespace>[^/]+))?/(?P<resource>[a-z]+)(?:/(?P<name>[^/]+))?"
)


class Known(NamedTuple):
    """A resource of the tables above; where none is named, all of its objects, in one namespace or in all."""

    resource: str
    namespace: str | None
    name: str | None


def is_name(segment: str) -> bool:
    """Whether an object can have this name."""
    return _SEGMENT.fullmatch(segment) is not None and segment not in (".", "..")


def _checked(segment: str) -> str:
    if not is_name(segment):
        raise ValueError(f"{segment!r} cannot be a name in a Kubernetes path")
    return segment


def parse(path: str) -> Known | None:
    """What a path leads to; None where the tables above have no such resource."""
    match = _KNOWN.fullmatch(path)
    if match is None or _PREFIXES.get(match["resource"]) != match["prefix"]:
        return None
    return Known(match["resource"], match["namespace"], match["name"])


def api_group(resource: str) -> str:
    """The API group of a resource; the core group is the empty string. Raises: KeyError."""
    parts = _PREFIXES[resource].split("/")
    return parts[2] if parts[1] == "apis" else ""


def collection(resource: str, namespace: str | None = None) -> str:
    """The path of all objects of a resource: in one namespace, or with None in the whole cluster."""
    prefix = _PREFIXES[resource]
    if namespace is None:
        return f"{prefix}/{resource}"
    if resource in CLUSTER_SCOPED:
        raise ValueError(f"{resource} live in no namespace")
    return f"{prefix}/namespaces/{_checked(namespace)}/{resource}"


def find_namespace(path: str) -> str | None:
    """The namespace in which a path lies; None: in none."""
    found = _IN_NAMESPACE.fullmatch(path)
    return found[1] if found is not None else None


def served_group(group: str, version: str) -> str:
    """The path at which a server tells what it serves of a group. Raises: ValueError."""
    return f"{GROUPS}/{_checked(group)}/{_checked(version)}"


def served_collection(group: str, version: str, plural: str, namespace: str) -> str:
    """The path of all objects of a kind that only discovery knows of, in one namespace. Raises: ValueError."""
    return f"{served_group(group, version)}/namespaces/{_checked(namespace)}/{_checked(plural)}"


def pod_metrics(namespace: str | None = None) -> str:
    """The path of what pods use, in one namespace, or with None in the whole cluster. Raises: ValueError."""
    version = "v1beta1"
    if namespace is None:
        return f"{served_group(METRICS_GROUP, version)}/pods"
    return served_collection(METRICS_GROUP, version, "pods", namespace)


def item(resource: str, name: str, namespace: str | None = None) -> str:
    """The path of one object. Raises: ValueError where it lacks its namespace, or a name is not a name."""
    if namespace is None and resource not in CLUSTER_SCOPED:
        raise ValueError(f"{resource} {name} needs its namespace")
    return f"{collection(resource, namespace)}/{_checked(name)}"


def is_secret(path: str) -> bool:
    """Whether a path leads to Secrets, or to one of them."""
    return re.fullmatch(r"/api/v1/(namespaces/[^/]+/)?secrets(/.*)?", path) is not None


def names_object(path: str) -> bool:
    """Whether a path is that of one object, and not of a collection, a group or the server."""
    root, *parts = path.removeprefix("/").split("/")
    parts = parts[1:] if root == "api" else parts[2:]
    if parts[:1] == ["namespaces"] and len(parts) > 2:
        parts = parts[2:]
    return root in ("api", "apis") and len(parts) >= 2


def deployment(namespace: str, name: str) -> str:
    """The path of a Deployment."""
    return item("deployments", name, namespace)


def lease(namespace: str, name: str) -> str:
    """The path of a Lease."""
    return item("leases", name, namespace)


def namespace(name: str) -> str:
    """The path of a namespace."""
    return item("namespaces", name)
