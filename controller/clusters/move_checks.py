"""What only an API server can tell before a move: who owns the replicas, room in quotas, things the pods need there.

Only reads and server-side dry runs; nothing is changed. A Deployment's dry run does not find these: quotas, priority
classes and service accounts are checked when a *pod* is created, which would be in the middle of the migration.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from controller.clusters import paths
from controller.clusters.checks import CheckResult, Outcome
from controller.clusters.fleet import Resources
from controller.clusters.json_reading import as_mapping, as_text
from controller.clusters.kube_api import KubeApi
from controller.clusters.listing import list_all
from controller.clusters.replica_owners import FIELD_MANAGER, judge_owners
from controller.clusters.resource_parsing import parse_quantity
from controller.errors import ClusterError, ObjectNotFound, VersionConflict
from controller.reasons import Code
from oracle.foundation.reason import Reason

_CONFLICTING_MANAGER = re.compile(r'conflicts? with "([^"]{1,128})"')


@dataclass(frozen=True, slots=True)
class Dependency:
    """An object that the pods need and nobody copies; `namespace` is None for one of the whole cluster."""

    resource: str
    name: str
    namespace: str | None = None


async def check_replica_owner(api: KubeApi, namespace: str, name: str, replicas: int) -> CheckResult:
    """Does somebody own `spec.replicas` who would set it back?

    Method: a dry-run server-side apply of another value, not forced; the conflict names the field's managers. What the
    API server answers is asked for beside what the Deployment shows, which may have been taken off it.
    """
    check = "owner of the replicas"
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"replicas": replicas + 1},
    }
    path = paths.deployment(namespace, name)
    try:
        await api.apply(path, body, FIELD_MANAGER, dry_run=True)
    except VersionConflict as conflict:
        named = _CONFLICTING_MANAGER.findall(str(conflict.reason["answer"]))
        managers = tuple(dict.fromkeys(named)) or ("somebody",)
        in_the_way = judge_owners(managers)
        if in_the_way is not None:
            return CheckResult(check, Outcome.FAILED, in_the_way)
        return CheckResult(check, Outcome.PASSED, Code.REPLICAS_SET_ONCE.because(managers=managers))
    except ClusterError as error:
        return CheckResult(check, Outcome.UNKNOWN, error.reason)
    return CheckResult(check, Outcome.PASSED, Code.REPLICAS_UNOWNED.because())


async def check_quotas(api: KubeApi, namespace: str, pod: Resources, replicas: int) -> CheckResult:
    """Do the namespace's ResourceQuotas leave room for all replicas?"""
    check = "room in the quotas"
    try:
        listed = await list_all(api, paths.collection("resourcequotas", namespace))
    except ClusterError as error:
        return CheckResult(check, Outcome.UNKNOWN, error.reason)
    needed = {
        "pods": Decimal(replicas),
        "requests.cpu": Decimal(repr(pod.cpu_cores)) * replicas,
        "requests.memory": Decimal(repr(pod.memory_gib)) * 2**30 * replicas,
        **{f"requests.{name}": Decimal(repr(amount)) * replicas for name, amount in pod.devices},
    }
    quotas = map(as_mapping, listed.items)
    reason = next((reason for quota in quotas for reason in _find_reasons(api.context, quota, needed)), None)
    return CheckResult(check, Outcome.PASSED if reason is None else Outcome.FAILED, reason)


def _find_reasons(context: str, quota: Mapping[str, Any], needed: Mapping[str, Decimal]) -> Iterator[Reason]:
    name = as_text(as_mapping(quota.get("metadata")).get("name")) or ""
    status = as_mapping(quota.get("status"))
    hard, used = as_mapping(status.get("hard")), as_mapping(status.get("used"))
    for resource, amount in needed.items():
        # "cpu" and "memory" in a quota mean the requests as well.
        key = resource if resource in hard else resource.removeprefix("requests.")
        if key not in hard:
            continue
        try:
            room = parse_quantity(str(hard[key])) - parse_quantity(str(used.get(key, "0")))
        except ValueError:
            yield Code.QUOTA_UNREADABLE.because(context=context, quota=name, resource=key)
            continue
        if amount > room:
            lacking = {"room": room.normalize(), "needed": amount.normalize()}
            yield Code.QUOTA_SHORT.because(context=context, quota=name, resource=key, **lacking)


def find_dependencies(template: Mapping[str, Any]) -> tuple[Dependency, ...]:
    """What the pods of a template need of the cluster as a whole; a migration does not bring it along. Pure."""
    spec = as_mapping(template.get("spec"))
    named = {
        "priorityclasses": as_text(spec.get("priorityClassName")),
        "runtimeclasses": as_text(spec.get("runtimeClassName")),
    }
    return tuple(Dependency(resource, name) for resource, name in named.items() if name is not None)


async def check_dependency(api: KubeApi, dependency: Dependency) -> CheckResult:
    """Does the target have what the pods need?"""
    check = f"{dependency.resource} {dependency.name}"
    try:
        await api.get(paths.item(dependency.resource, dependency.name, dependency.namespace))
    except (ObjectNotFound, ValueError):  # no object has a name that cannot be one
        reason = Code.DEPENDENCY_MISSING.because(
            context=api.context, resource=dependency.resource, name=dependency.name
        )
        return CheckResult(check, Outcome.FAILED, reason)
    except ClusterError as error:
        return CheckResult(check, Outcome.UNKNOWN, error.reason)
    return CheckResult(check, Outcome.PASSED)


async def check_target(
    api: KubeApi, namespace: str, template: Mapping[str, Any], pod: Resources | None, replicas: int
) -> tuple[CheckResult, ...]:
    """Everything that can be known of the target before its first pod: quotas and dependencies."""
    results = [await check_dependency(api, needed) for needed in find_dependencies(template)]
    if pod is not None:
        results.append(await check_quotas(api, namespace, pod, replicas))
    return tuple(results)
