"""May these credentials do what each role needs? Asked namespace by namespace, and answered with the manifests."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from app.diagnostics.checks import Check, broken, ok, warning
from app.diagnostics.doctor_reasons import DoctorCode
from controller.clusters.checks import Outcome
from controller.clusters.discovery import declare_node
from controller.clusters.kube_api import KubeApi
from controller.clusters.left_behind import find_route_permissions
from controller.clusters.permissions import check_permissions
from controller.clusters.rights import (
    FOLLOW,
    KUBELET_NAMESPACE,
    ROLES,
    SEE,
    SEE_AUTOSCALERS,
    Permission,
    Role,
    find_manifests,
)
from controller.clusters.settings import ContextOverride
from controller.errors import ClusterError
from oracle.foundation.reason import Reason

#: Beside its own row: what a migration uses of the observer's at both ends.
_MOVING = (*SEE, *SEE_AUTOSCALERS)


#: Applied once for a cluster: the manifest says where.
_ONCE = frozenset({Role.IDENTITY, Role.CLUSTER, Role.KUBELETS})


#: Roles in a namespace that one can do without, and how that is.
_OPTIONAL = {
    Role.EVENTS: "why pods do not start is said without the words of autoscalers",
    Role.USAGE: "what a workload costs that does not say what it requests is not known, unless its namespace or the "
    "configuration does; nor whether a VerticalPodAutoscaler changes that",
}


class _Unanswered(Exception):
    """The server did not say whether something is allowed."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason


async def check_rights(api: KubeApi, override: ContextOverride) -> list[Check]:
    """Ask for all that the roles grant, in each namespace that is looked at, and once for the whole cluster."""
    name = f"permissions {api.context}"
    try:
        routes = await find_route_permissions(api)
    except ClusterError as error:
        advice = "without that answer no workload with a Service is moved from there"
        return [warning(name, error.reason, advice)]
    namespaces = (None,) if override.namespaces is None else sorted(override.namespaces)
    try:
        return [
            *await _check_cluster(api, override),
            *[check for one in namespaces for check in await _check_namespace(api, one, routes)],
        ]
    except _Unanswered as error:
        return [warning(name, error.reason, "run doctor again once the server answers")]


async def _find_lacking(
    api: KubeApi, asked: Iterable[Permission], namespace: str | None
) -> frozenset[Permission]:
    """Return what is not allowed. Raises: _Unanswered."""
    questions = tuple(dict.fromkeys(asked))
    answers = await check_permissions(api, questions, namespace)
    for answer in answers:
        if answer.outcome is Outcome.UNKNOWN and answer.reason is not None:
            raise _Unanswered(answer.reason)
    pairs = zip(questions, answers, strict=True)
    return frozenset(permission for permission, answer in pairs if answer.outcome is Outcome.FAILED)


async def _check_cluster(api: KubeApi, override: ContextOverride) -> list[Check]:
    """What belongs to no namespace; nodes are not asked for where the configuration says what they are."""
    name, is_said = f"permissions {api.context}", declare_node(override) is not None
    optional = [p for p in ROLES[Role.CLUSTER] if not (is_said and p.resource == "nodes")]
    lacking = await _find_lacking(api, (*ROLES[Role.IDENTITY], *optional), None)
    checks = []
    if unidentified := _name(ROLES[Role.IDENTITY], lacking):
        reason = DoctorCode.CANNOT_OBSERVE.because(place="its identity", rights=unidentified)
        advice = f"no move is planned without it: {_grant(lacking, (Role.IDENTITY,))}"
        checks.append(broken(name, reason, advice))
    if unseen := _name(optional, lacking):
        advice = (
            "optional: what may not be watched is seen with delay, and pods that name a class which may not be looked "
            f"for are not taken in; {_grant(lacking, (Role.CLUSTER,))}"
        )
        checks.append(warning(name, DoctorCode.CANNOT_FIND.because(rights=unseen), advice))
    if unheard := await _find_lacking(api, ROLES[Role.KUBELETS], KUBELET_NAMESPACE):
        reason = DoctorCode.CANNOT_FIND.because(
            rights=f"{_name(ROLES[Role.KUBELETS], unheard)} in namespace {KUBELET_NAMESPACE}"
        )
        advice = f"optional: a node that died is noticed later, by its condition; {_grant(unheard, (Role.KUBELETS,))}"
        checks.append(warning(name, reason, advice))
    return checks


async def _check_namespace(
    api: KubeApi, namespace: str | None, routes: tuple[Permission, ...]
) -> list[Check]:
    leaving, arriving = (*ROLES[Role.SOURCE], *routes), ROLES[Role.TARGET]
    asked = (*ROLES[Role.OBSERVER], *leaving, *arriving)
    lacking = await _find_lacking(api, asked, namespace)
    place = "all namespaces" if namespace is None else f"namespace {namespace}"
    name = f"permissions {api.context}" + ("" if namespace is None else f" {namespace}")
    if unseen := _name(SEE, lacking):
        advice = f"{_grant(lacking, (Role.OBSERVER,), namespace)}; or say other `namespaces` for this context"
        return [broken(name, DoctorCode.CANNOT_OBSERVE.because(place=place, rights=unseen), advice)]
    checks = []
    if late := _name(FOLLOW, lacking):
        reason = DoctorCode.CANNOT_FOLLOW.because(place=place, rights=late)
        checks.append(warning(name, reason, _grant(lacking, (Role.OBSERVER,), namespace)))
    for role, code, needed in (
        (Role.SOURCE, DoctorCode.CANNOT_LEAVE, (*_MOVING, *leaving)),
        (Role.TARGET, DoctorCode.CANNOT_ARRIVE, (*_MOVING, *arriving)),
    ):
        if missing := _name(needed, lacking):
            advice = _grant(lacking.intersection(needed), (Role.OBSERVER, role), namespace)
            checks.append(warning(name, code.because(place=place, rights=missing), advice))
    checks = checks or [ok(name, f"may observe and migrate in {place}")]
    for role, advice in _OPTIONAL.items():
        if missing_too := await _find_lacking(api, ROLES[role], namespace):
            reason = DoctorCode.CANNOT_FIND.because(rights=f"{_name(ROLES[role], missing_too)} in {place}")
            grant = _grant(missing_too, (role,), namespace)
            checks.append(warning(f"{name} {role}", reason, f"optional: {advice}; {grant}"))
    return checks


def _name(needed: Iterable[Permission], lacking: Collection[Permission]) -> str:
    return "; ".join(str(permission) for permission in needed if permission in lacking)


def _grant(lacking: Iterable[Permission], roles: Collection[Role], namespace: str | None = None) -> str:
    """Say which command grants it; one for all namespaces says their name by a placeholder."""
    files = "".join(f" -f {manifest}" for manifest in find_manifests(lacking, roles))
    where = "" if _ONCE & {*roles} else f" --namespace {namespace or 'NAMESPACE'}"
    return f"have `kubectl apply{where}{files}` run, with the name of this account in the file"
