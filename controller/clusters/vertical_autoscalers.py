"""VerticalPodAutoscalers of a workload: they change what its pods request, and do not travel.

Told and no more: a pod that comes without one requests what its template says. Only reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.clusters import paths
from controller.clusters.json_reading import as_mapping, as_text
from controller.clusters.kube_api import KubeApi
from controller.clusters.listing import list_all, not_understood, read_groups
from controller.errors import AccessDenied, ObjectNotFound, RequestRefused
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: What is told of one that says nothing: what that means depends on the version of its controller.
_UNSAID_MODE = "default"


async def find_vertical_autoscalers(api: KubeApi, namespace: str, name: str) -> tuple[Reason, ...]:
    """Return each that sizes the pods of the Deployment `name`, or why that is not known.

    Raises: ClusterError where the API server gives no answer at all.
    """
    try:
        path = await _find_collection(api, namespace)
        listed = map(as_mapping, (await list_all(api, path)).items) if path is not None else ()
    except (AccessDenied, ObjectNotFound, RequestRefused) as error:
        return (Code.VERTICAL_AUTOSCALERS_UNKNOWN.because(answer=error.reason),)
    return tuple(
        Code.VERTICAL_AUTOSCALER_STAYS.because(name=_name(body), mode=_mode(body))
        for body in listed
        if _sizes(body, name)
    )


async def _find_collection(api: KubeApi, namespace: str) -> str | None:
    """Return where they are listed, in the version that the server prefers; None where it has none of that group.

    Raises: ServerFailed for a version that is none; other ClusterErrors.
    """
    for group in await read_groups(api):
        if group.get("name") == paths.VERTICAL_GROUP:
            version = as_text(as_mapping(group.get("preferredVersion")).get("version")) or ""
            try:
                return paths.served_collection(
                    paths.VERTICAL_GROUP, version, paths.VERTICAL_AUTOSCALERS, namespace
                )
            except ValueError:
                problem = Code.ANSWER_NO_VERSION.because(group=paths.VERTICAL_GROUP)
                raise not_understood(api.context, paths.GROUPS, problem) from None
    return None


def _sizes(body: Mapping[str, Any], name: str) -> bool:
    target = as_mapping(as_mapping(body.get("spec")).get("targetRef"))
    return (target.get("kind"), target.get("name")) == ("Deployment", name)


def _mode(body: Mapping[str, Any]) -> str:
    policy = as_mapping(as_mapping(body.get("spec")).get("updatePolicy"))
    return as_text(policy.get("updateMode")) or _UNSAID_MODE


def _name(body: Mapping[str, Any]) -> str:
    return as_text(as_mapping(body.get("metadata")).get("name")) or ""
