"""May these credentials do what SentinelAura needs? Asked of the API server itself, which changes nothing.

`doctor` shows the answers for each context. A migration does not ask: its dry runs meet the server's own refusals.
Method: one SelfSubjectAccessReview for each verb; every authenticated user may create them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from controller.clusters import paths
from controller.clusters.checks import CheckResult, Outcome
from controller.clusters.json_reading import as_mapping, as_text
from controller.clusters.kube_api import KubeApi
from controller.errors import ClusterError
from controller.reasons import Code

#: Reviews that are asked at once of one server.
_CONCURRENT_REVIEWS = 8


@dataclass(frozen=True, slots=True)
class Permission:
    """A verb on a resource; `name` narrows it to one object. `group` is given for what only discovery knows of."""

    verb: str
    resource: str
    name: str | None = None
    group: str | None = None

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}" + (f" {self.name}" if self.name else "")


def _permissions(grants: Mapping[str, str]) -> tuple[Permission, ...]:
    return tuple(Permission(verb, resource) for resource, verbs in grants.items() for verb in verbs.split())


#: Who the cluster is; no move is planned without knowing.
_IDENTITY = Permission("get", "namespaces", "kube-system")

#: What observing needs: the picture of the fleet.
OBSERVE = (*_permissions({"nodes": "list", "deployments": "list", "pods": "list"}), _IDENTITY)

#: What keeps the picture up to date at once; without it, it is listed now and then.
FOLLOW = _permissions(
    {"nodes": "watch", "deployments": "watch", "pods": "watch", "horizontalpodautoscalers": "watch"}
)

#: What a migration needs where the workload is: scaling, what travels with it, and the journals to resume from.
MOVE_FROM = (
    _IDENTITY,
    *_permissions(
        {
            "deployments": "get patch",
            "pods": "list",
            "leases": "get list create update",
            "horizontalpodautoscalers": "list",
            "configmaps": "get",
            "serviceaccounts": "get",
            "services": "list",
            "ingresses": "list",
            "poddisruptionbudgets": "list",
        }
    ),
)

#: What it needs where the workload arrives: besides scaling, to create what travels, and to take that back.
MOVE_TO = (
    _IDENTITY,
    *_permissions(
        {
            "namespaces": "get",
            "deployments": "get patch create delete",
            "pods": "list",
            "leases": "get create update",
            "horizontalpodautoscalers": "list",
            "configmaps": "get create delete",
            "serviceaccounts": "get create delete",
            "services": "get create delete",
            "poddisruptionbudgets": "get create delete",
            "resourcequotas": "list",
        }
    ),
)

#: What it needs there only for pods that name such objects, to see that they exist; grants by name are enough.
FIND_NEEDED = _permissions({"secrets": "get", "priorityclasses": "get", "runtimeclasses": "get"})

#: Everything that may be needed of a cluster.
ALL = tuple(dict.fromkeys((*OBSERVE, *FOLLOW, *MOVE_FROM, *MOVE_TO, *FIND_NEEDED)))


async def check_permissions(
    api: KubeApi, permissions: Iterable[Permission], namespace: str | None = None
) -> tuple[CheckResult, ...]:
    """Ask for each permission, in `namespace` or with None in all; results in the order of the questions."""
    gate = asyncio.Semaphore(_CONCURRENT_REVIEWS)

    async def check(permission: Permission) -> CheckResult:
        async with gate:
            return await _check_permission(api, permission, namespace)

    return tuple(await asyncio.gather(*(check(permission) for permission in permissions)))


async def _check_permission(api: KubeApi, permission: Permission, namespace: str | None) -> CheckResult:
    name = str(permission)
    try:
        answer = await api.create(paths.ACCESS_REVIEWS, _build_review(permission, namespace))
    except ClusterError as error:
        return CheckResult(name, Outcome.UNKNOWN, error.reason)
    status = as_mapping(answer.get("status"))
    if status.get("allowed") is True:
        return CheckResult(name, Outcome.PASSED)
    is_narrowed = namespace is not None and permission.resource not in paths.CLUSTER_SCOPED
    reason = Code.PERMISSION_MISSING.because(
        permission=name,
        place=f"the namespace {namespace}" if is_narrowed else "the whole",
        context=api.context,
        detail=as_text(status.get("reason")) or "no reason given",
    )
    return CheckResult(name, Outcome.FAILED, reason)


def _build_review(permission: Permission, namespace: str | None) -> dict[str, Any]:
    name = permission.name
    if permission.resource == "namespaces":
        # A namespace is judged as if it lay in itself, so that a role within it can grant reading it.
        name = namespace = name or namespace
    elif permission.resource in paths.CLUSTER_SCOPED:
        namespace = None
    group = permission.group
    attributes = {
        "verb": permission.verb,
        "group": paths.api_group(permission.resource) if group is None else group,
        "resource": permission.resource,
        "name": name,
        "namespace": namespace,
    }
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {
            "resourceAttributes": {key: value for key, value in attributes.items() if value is not None}
        },
    }
