"""May these credentials do what SentinelAura needs? Asked of the API server itself, which changes nothing.

`doctor` shows the answers for each context; a migration asks for both sides before it begins.
Method: one SelfSubjectAccessReview for each verb; every authenticated user may create them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from controller.clusters import paths
from controller.clusters.checks import CheckResult, Outcome
from controller.clusters.json_reading import as_mapping
from controller.clusters.kube_api import KubeApi
from controller.clusters.untrusted_text import clean_text
from controller.errors import ClusterError

#: Reviews that are asked at once of one server.
_CONCURRENT_REVIEWS = 8


@dataclass(frozen=True, slots=True)
class Permission:
    """A verb on a resource; `name` narrows it to one object."""

    verb: str
    resource: str
    name: str | None = None

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}" + (f" {self.name}" if self.name else "")


def _permissions(grants: Mapping[str, str]) -> tuple[Permission, ...]:
    return tuple(Permission(verb, resource) for resource, verbs in grants.items() for verb in verbs.split())


#: What observing needs: the picture of the fleet.
OBSERVE = (
    *_permissions({"nodes": "list watch", "deployments": "list watch", "pods": "list watch"}),
    Permission("get", "namespaces", "kube-system"),
)

#: What a migration needs on both sides, beyond observing.
_MOVE_BOTH = MappingProxyType(
    {
        "deployments": "get patch",
        "pods": "list",
        "leases": "get create update",
        "horizontalpodautoscalers": "list",
        "poddisruptionbudgets": "list",
    }
)
MOVE_FROM = _permissions({**_MOVE_BOTH, "configmaps": "get", "services": "list", "serviceaccounts": "get"})
MOVE_TO = _permissions(
    {
        **_MOVE_BOTH,
        "deployments": "get patch create delete",
        "configmaps": "get create delete",
        "services": "get list create delete",
        "serviceaccounts": "get create delete",
        "resourcequotas": "list",
    }
)


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
        return CheckResult(name, Outcome.UNKNOWN, f"{api.context} gave no answer: {error.reason}")
    status = as_mapping(answer.get("status"))
    if status.get("allowed") is True:
        return CheckResult(name, Outcome.PASSED)
    where = f" in the namespace {namespace}" if namespace is not None else ""
    said = clean_text(status.get("reason") or "")
    reason = f"these credentials may not {name}{where} in {api.context}" + (f" ({said})" if said else "")
    return CheckResult(name, Outcome.FAILED, f"{reason}; ask the cluster's administrator for it")


def _build_review(permission: Permission, namespace: str | None) -> dict[str, Any]:
    attributes = {
        "verb": permission.verb,
        "group": paths.api_group(permission.resource),
        "resource": permission.resource,
    }
    if permission.name is not None:
        attributes["name"] = permission.name
    if namespace is not None and permission.resource not in paths.CLUSTER_SCOPED:
        attributes["namespace"] = namespace
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
