"""What each act needs of an API server: one table. `doctor` asks from it, and the manifests grant it. Pure.

Each role is a file of `packaging/rbac/`; that file and row say the same, which `tests/packaging/test_rbac.py` holds.
Nothing here lists Secrets, and none is read unless pods that move name it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from controller.clusters import paths


@dataclass(frozen=True, slots=True)
class Permission:
    """A verb on a resource; `name` narrows it to one object. `group` is given for what only discovery knows of."""

    verb: str
    resource: str
    name: str | None = None
    group: str | None = None

    def __str__(self) -> str:
        resource = f"{self.resource}.{self.group}" if self in SEE_USAGE else self.resource
        return f"{self.verb} {resource}" + (f" {self.name}" if self.name else "")


class Role(StrEnum):
    """What an account may be to a cluster, by the name of its manifest.

    identity: knows which cluster it is; once for a cluster. observer: sees the workloads of a namespace. source and
    target: what a migration needs beside that, where a workload leaves and where it arrives. cluster: what no namespace
    holds, kubelets: whether the nodes live, events: what is reported of pods that do not start, and usage: what pods
    use that do not say what they request; one can do without these four.
    """

    IDENTITY = "identity"
    OBSERVER = "observer"
    SOURCE = "source"
    TARGET = "target"
    CLUSTER = "cluster"
    KUBELETS = "kubelets"
    EVENTS = "events"
    USAGE = "usage"

    @property
    def manifest(self) -> str:
        """The file that grants it."""
        return f"packaging/rbac/{self.value}.yaml"


def _permissions(grants: Mapping[str, str]) -> tuple[Permission, ...]:
    return tuple(Permission(verb, resource) for resource, verbs in grants.items() for verb in verbs.split())


#: Where each kubelet keeps the Lease that it renews while it lives.
KUBELET_NAMESPACE = "kube-node-lease"

#: Without these a namespace is not seen at all.
SEE = _permissions({"deployments": "list", "pods": "list"})

#: What keeps the picture up to date at once; without it, it is listed now and then.
FOLLOW = _permissions({"deployments": "watch", "pods": "watch", "horizontalpodautoscalers": "watch"})

#: Without this a workload that something scales by itself is not known from others, so that none is moved.
SEE_AUTOSCALERS = _permissions({"horizontalpodautoscalers": "list"})

#: What metrics-server says of pods; asked only for workloads that do not say what they request. And what changes their
#: requests, where a cluster has that kind; asked for the dry run of a move.
SEE_USAGE = (
    Permission("list", "pods", group=paths.METRICS_GROUP),
    Permission("list", paths.VERTICAL_AUTOSCALERS, group=paths.VERTICAL_GROUP),
)

#: role -> what it may do, each in its own namespace but for the whole cluster's.
ROLES: Mapping[Role, tuple[Permission, ...]] = {
    # Who the cluster is: no move is planned without knowing.
    Role.IDENTITY: (Permission("get", "namespaces", "kube-system"),),
    Role.OBSERVER: (*SEE, *SEE_AUTOSCALERS, *FOLLOW),
    # Scaling, what travels or stays behind, and the journal, with those to resume from. What else leads traffic to a
    # workload is known to discovery only (`left_behind.py`).
    Role.SOURCE: _permissions(
        {
            "deployments": "get patch",
            "leases": "get list create update",
            "configmaps": "get",
            "serviceaccounts": "get",
            "services": "list",
            "ingresses": "list",
            "poddisruptionbudgets": "list",
            "networkpolicies": "list",
            "horizontalpodautoscalers": "get patch",
        }
    ),
    # Besides scaling and the journal, to create what travels, and to take that back.
    Role.TARGET: _permissions(
        {
            "namespaces": "get",
            "deployments": "get patch create delete",
            "leases": "get list create update",
            "configmaps": "get create delete",
            "serviceaccounts": "get create delete",
            "services": "get create delete",
            "poddisruptionbudgets": "get create delete",
            "networkpolicies": "get create delete",
            "horizontalpodautoscalers": "get patch create delete",
            "resourcequotas": "list",
        }
    ),
    # The nodes can be said in the configuration instead. The others are asked for by pods that name one.
    Role.CLUSTER: _permissions(
        {"nodes": "get list watch", "priorityclasses": "get", "runtimeclasses": "get", "nodepools": "list"},
    ),
    # Whether the node of a pod that moves lives: sooner than by its condition, and by less than a list of nodes.
    Role.KUBELETS: _permissions({"leases": "get"}),
    # Why pods do not start, beside what they say themselves: an autoscaler's words, a volume that is missing.
    Role.EVENTS: _permissions({"events": "list"}),
    Role.USAGE: SEE_USAGE,
}

#: What no role grants: whoever moves pods that name a Secret grants this for that name, where they arrive.
GRANTED_BY_NAME = Permission("get", "secrets")


def find_manifests(permissions: Iterable[Permission], roles: Iterable[Role]) -> tuple[str, ...]:
    """Return the files that grant any of these, of the roles that are meant."""
    wanted = set(permissions)
    return tuple(role.manifest for role in roles if any(_grants(role, permission) for permission in wanted))


def _grants(role: Role, permission: Permission) -> bool:
    is_route = permission.group is not None and permission not in SEE_USAGE
    return role is Role.SOURCE if is_route else permission in ROLES[role]
