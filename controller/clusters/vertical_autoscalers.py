"""VerticalPodAutoscalers of a workload: they change what its pods request, and do not travel.

Told and no more: a pod that comes without one requests what its template says. Only reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.clusters import paths
from controller.clusters.json_reading import as_mapping, as_text
from controller.clusters.kube_api import KubeApi
from controller.clusters.listing import list_all, read_groups
from controller.errors import AccessDenied, ObjectNotFound, RequestRefused
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: What a VerticalPodAutoscaler does where it says nothing.
_DEFAULT_MODE = "Auto"


async def find_vertical_autoscalers(api: KubeApi, namespace: str, name: str) -> tuple[Reason, ...]:
    """Return each that sizes the pods of the Deployment `name`, or why that is not known.

    Raises: ClusterError where the API server gives no answer at all.
    """
    try:
        version = await _find_version(api)
        if version is None:
            return ()
        path = paths.served_collection(paths.VERTICAL_GROUP, version, paths.VERTICAL_AUTOSCALERS, namespace)
        listed = map(as_mapping, (await list_all(api, path)).items)
    except (AccessDenied, ObjectNotFound, RequestRefused) as error:
        return (Code.VERTICAL_AUTOSCALERS_UNKNOWN.because(answer=error.reason),)
    return tuple(
        Code.VERTICAL_AUTOSCALER_STAYS.because(name=_name(body), mode=_mode(body))
        for body in listed
        if _sizes(body, name)
    )


async def _find_version(api: KubeApi) -> str | None:
    """Return the version that a server prefers; None where it has none of that group."""
    for group in await read_groups(api):
        if group.get("name") == paths.VERTICAL_GROUP:
            return as_text(as_mapping(group.get("preferredVersion")).get("version"))
    return None


def _sizes(body: Mapping[str, Any], name: str) -> bool:
    target = as_mapping(as_mapping(body.get("spec")).get("targetRef"))
    return (target.get("kind"), target.get("name")) == ("Deployment", name)


def _mode(body: Mapping[str, Any]) -> str:
    policy = as_mapping(as_mapping(body.get("spec")).get("updatePolicy"))
    return as_text(policy.get("updateMode")) or _DEFAULT_MODE


def _name(body: Mapping[str, Any]) -> str:
    return as_text(as_mapping(body.get("metadata")).get("name")) or ""
