"""What a move would leave behind that only an API server can tell of: traffic, callers, an identity in a cloud.

Only reads. What may not be read is not known, and not "nothing". What the Deployment itself shows stands in
`pod_ties.py`, and what of all that a person has accepted in `acceptance.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.clusters import paths
from controller.clusters.callers import find_callers
from controller.clusters.checks import CheckResult, Outcome
from controller.clusters.json_reading import as_list, as_mapping, as_text
from controller.clusters.kube_api import KubeApi
from controller.clusters.listing import list_all, read_groups
from controller.clusters.pod_ties import find_identity, name_service_account
from controller.clusters.rights import ROLES, Permission, Role
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

#: Callers that a sentence names. Arbitrary.
_MAX_NAMED = 5


async def check_traffic(api: KubeApi, namespace: str, template: Mapping[str, Any]) -> CheckResult:
    """Does anything bring traffic from outside to these pods?

    Raises: ClusterError where the API server gives no answer at all.
    """
    return _judge("traffic from outside", await find_traffic(api, namespace, template), Code.TRAFFIC_UNKNOWN)


async def find_traffic(api: KubeApi, namespace: str, template: Mapping[str, Any]) -> tuple[Reason, ...]:
    """Return all that brings traffic from outside to these pods, and last what could not be read of it.

    Raises: ClusterError where the API server gives no answer at all.
    """
    found: list[Reason] = []
    try:
        services: set[str] = set()
        for service in await _list_services(api, namespace, template):
            services.add(_name(service))
            if how := find_exposure(service):
                found.append(Code.EXPOSED_SERVICE.because(name=_name(service), how=how))
        if services:  # a route leads to pods by a Service that selects them
            found += await _find_routes(api, namespace, frozenset(services))
    except (AccessDenied, ObjectNotFound, RequestRefused) as error:
        found.append(Code.TRAFFIC_UNKNOWN.because(answer=error.reason))
    return tuple(found)


async def check_callers(api: KubeApi, namespace: str, name: str, template: Mapping[str, Any]) -> CheckResult:
    """Does another Deployment of the namespace call these pods in their own cluster?

    Raises: ClusterError where the API server gives no answer at all.
    """
    return _judge("callers", await find_calls(api, namespace, name, template), Code.CALLERS_UNKNOWN)


async def find_calls(
    api: KubeApi, namespace: str, name: str, template: Mapping[str, Any]
) -> tuple[Reason, ...]:
    """Return by whom the pods of the Deployment `name` are called, for each Service; or what could not be read of it.

    Raises: ClusterError where the API server gives no answer at all.
    """
    try:
        services = {_name(service) for service in await _list_services(api, namespace, template)}
        if not services:
            return ()
        deployments = (await list_all(api, paths.collection("deployments", namespace))).items
    except (AccessDenied, ObjectNotFound, RequestRefused) as error:
        return (Code.CALLERS_UNKNOWN.because(answer=error.reason),)
    calls = find_callers(deployments, services, namespace, name)
    return tuple(
        Code.CALLED.because(name=service, count=len(callers), callers=callers[:_MAX_NAMED])
        for service, callers in calls.items()
    )


def _judge(check: str, found: tuple[Reason, ...], unknown: Code) -> CheckResult:
    """What a check found: nothing, the first thing that it names, or that it could not be read."""
    if not found:
        return CheckResult(check, Outcome.PASSED)
    outcome = Outcome.UNKNOWN if found[0].code is unknown else Outcome.FAILED
    return CheckResult(check, outcome, found[0])


async def _list_services(
    api: KubeApi, namespace: str, template: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """Return the Services that select the pods."""
    listed = map(as_mapping, (await list_all(api, paths.collection("services", namespace))).items)
    return [
        service
        for service in listed
        if selects(as_mapping(as_mapping(service.get("spec")).get("selector")), template)
    ]


async def _find_routes(api: KubeApi, namespace: str, services: frozenset[str]) -> list[Reason]:
    return [
        Code.ROUTED.because(kind=kind.kind, name=_name(route))
        for kind in await find_route_kinds(api)
        for route in map(as_mapping, (await list_all(api, kind.path(namespace))).items)
        if sends_to(kind, route, services, namespace)
    ]


async def find_route_permissions(api: KubeApi) -> tuple[Permission, ...]:
    """What the role of a source grants besides its row, where a cluster has such kinds. Raises: ClusterError."""
    known = {permission.resource for permission in ROLES[Role.SOURCE]}
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
    return [
        (str(group["name"]), as_text(as_mapping(version).get("version")) or "")
        for group in await read_groups(api)
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
    except (
        ObjectNotFound,
        ValueError,
    ):  # then it gives none; whether the pods can do without is asked of the copies
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
