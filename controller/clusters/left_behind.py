"""What a move would leave behind that only an API server can tell of: traffic from outside, an identity in a cloud.

Only reads. What may not be read is not known, and not "nothing". What the Deployment itself shows stands in
`pod_ties.py`, and what of all that a person has accepted in `acceptance.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.clusters import paths
from controller.clusters.checks import CheckResult, Outcome
from controller.clusters.json_reading import as_list, as_mapping, as_text
from controller.clusters.kube_api import KubeApi
from controller.clusters.listing import list_all
from controller.clusters.permissions import MOVE_FROM, Permission
from controller.clusters.pod_ties import find_identity, name_service_account
from controller.clusters.traffic import (
    RouteKind,
    find_exposure,
    is_routing,
    read_route_kinds,
    selects,
    sends_to,
)
from controller.errors import AccessDenied, ObjectNotFound, RequestRefused, ServerFailed
from controller.reasons import Code
from oracle.foundation.reason import Reason


async def check_traffic(api: KubeApi, namespace: str, template: Mapping[str, Any]) -> CheckResult:
    """Does anything bring traffic from outside to these pods?

    Raises: ClusterError where the API server gives no answer at all.
    """
    check = "traffic from outside"
    try:
        reason = await _find_traffic(api, namespace, template)
    except (AccessDenied, ObjectNotFound, RequestRefused) as error:
        unknown = Code.TRAFFIC_UNKNOWN.because(answer=error.reason)
        return CheckResult(check, Outcome.UNKNOWN, unknown)
    return CheckResult(check, Outcome.PASSED if reason is None else Outcome.FAILED, reason)


async def _find_traffic(api: KubeApi, namespace: str, template: Mapping[str, Any]) -> Reason | None:
    services: set[str] = set()
    for service in map(as_mapping, (await list_all(api, paths.collection("services", namespace))).items):
        if not selects(as_mapping(as_mapping(service.get("spec")).get("selector")), template):
            continue
        name = _name(service)
        if how := find_exposure(service):
            return Code.EXPOSED_SERVICE.because(name=name, how=how)
        services.add(name)
    # A route leads to pods by a Service that selects them.
    return await _find_route(api, namespace, frozenset(services)) if services else None


async def _find_route(api: KubeApi, namespace: str, services: frozenset[str]) -> Reason | None:
    for kind in await find_route_kinds(api):
        for route in map(as_mapping, (await list_all(api, kind.path(namespace))).items):
            if sends_to(kind, route, services, namespace):
                return Code.ROUTED.because(kind=kind.kind, name=_name(route))
    return None


async def find_route_permissions(api: KubeApi) -> tuple[Permission, ...]:
    """What a move from this cluster needs to see where traffic is led, besides `MOVE_FROM`. Raises: ClusterError."""
    known = {permission.resource for permission in MOVE_FROM}
    kinds = [kind for kind in await find_route_kinds(api) if kind.plural not in known]
    return tuple(Permission("list", kind.plural, group=kind.group) for kind in kinds)


async def find_route_kinds(api: KubeApi) -> list[RouteKind]:
    """Return the kinds of this cluster that send traffic to Services, each in one of its versions.

    Asked of the server instead of tried: a list that it does not know is no empty one. Raises: ClusterError.
    """
    found: dict[tuple[str, str], RouteKind] = {}
    for group, version in await _find_versions(api):
        try:
            path = paths.served_group(group, version)
        except ValueError:
            raise _not_understood(api, paths.GROUPS) from None
        answer = await api.get(path)
        if not isinstance(answer.get("resources"), list):
            raise _not_understood(api, path)
        for kind in read_route_kinds(group, version, answer):
            found.setdefault((group, kind.plural), kind)
    return list(found.values())


async def _find_versions(api: KubeApi) -> list[tuple[str, str]]:
    """The groups that may have such kinds, with all their versions, in the server's order."""
    groups = (await api.get(paths.GROUPS)).get("groups")
    if not isinstance(groups, list):
        raise _not_understood(api, paths.GROUPS)
    return [
        (str(group["name"]), as_text(as_mapping(version).get("version")) or "")
        for group in map(as_mapping, groups)
        if is_routing(group.get("name"))
        for version in as_list(group.get("versions"))
    ]


def _not_understood(api: KubeApi, path: str) -> ServerFailed:
    asked = {"context": api.context, "request": f"GET {path}"}
    return ServerFailed(
        Code.ANSWER_NOT_UNDERSTOOD.because(**asked, problem="it is no list of what is served")
    )


async def check_identity(api: KubeApi, namespace: str, template: Mapping[str, Any]) -> CheckResult:
    """Does the ServiceAccount of these pods have an identity in a cloud?

    Raises: ClusterError where the API server gives no answer at all.
    """
    check, name = "identity in a cloud", name_service_account(template)
    try:
        account = await api.get(paths.item("serviceaccounts", name, namespace))
    except ObjectNotFound:  # then it gives none; whether the pods can do without is asked of the copies
        return CheckResult(check, Outcome.PASSED)
    except (AccessDenied, RequestRefused) as error:
        unknown = Code.IDENTITY_UNKNOWN.because(name=name, answer=error.reason)
        return CheckResult(check, Outcome.UNKNOWN, unknown)
    identity = find_identity(as_mapping(account.get("metadata")))
    if identity is None:
        return CheckResult(check, Outcome.PASSED)
    reason = Code.CLOUD_IDENTITY.because(holder=f"the ServiceAccount {name}", identity=identity)
    return CheckResult(check, Outcome.FAILED, reason)


def _name(body: Mapping[str, Any]) -> str:
    return as_text(as_mapping(body.get("metadata")).get("name")) or ""
