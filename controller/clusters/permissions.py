"""May these credentials do what `rights.py` lists? Asked of the API server itself, which changes nothing.

`doctor` shows the answers for each context. A migration does not ask: its dry runs meet the server's own refusals.
Method: one SelfSubjectAccessReview for each verb; every authenticated user may create them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from controller.clusters import paths
from controller.clusters.checks import CheckResult, Outcome
from controller.clusters.json_reading import as_mapping, as_text
from controller.clusters.kube_api import KubeApi
from controller.clusters.rights import Permission
from controller.errors import ClusterError
from controller.reasons import Code

#: Reviews that are asked at once of one server.
_CONCURRENT_REVIEWS = 8


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
