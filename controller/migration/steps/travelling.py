"""The objects that travel with a Deployment, read from the source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.clusters import paths
from controller.clusters.listing import list_all
from controller.clusters.traffic import selects
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.protocol.fences import Fence
from controller.migration.steps.closure import build_copy, build_deployment_copy, find_references

#: Everything that `read_closure` may return.
COPIED_RESOURCES = ("configmaps", "serviceaccounts", "services", "poddisruptionbudgets", "deployments")


@dataclass(frozen=True, slots=True)
class Travelling:
    """An object of the source that has to exist in the target, as the source's API server has it."""

    resource: str
    namespace: str
    body: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name, the same in both clusters."""
        return str(self.body["metadata"]["name"])

    @property
    def path(self) -> str:
        """Where it is in either cluster."""
        return paths.item(self.resource, self.name, self.namespace)

    @property
    def is_deployment(self) -> bool:
        """Whether it is the Deployment itself, which comes last and whose UID the fences need."""
        return self.resource == "deployments"

    def build(self, migration_id: str, fence: Fence) -> dict[str, Any]:
        """Return what is created in the target."""
        if self.is_deployment:
            return build_deployment_copy(self.body, migration_id, fence)
        return build_copy(self.body, migration_id)


async def read_closure(source: ClusterSide) -> tuple[Travelling, ...]:
    """Read everything that has to travel, in the order of creation; the Deployment comes last.

    Raises: ObjectNotFound where the pod template names an object that does not exist; ClusterError.
    """
    api, namespace = source.api, source.namespace
    deployment = await api.get(source.path)
    template = deployment["spec"]["template"]
    named = [
        Travelling(resource, namespace, await api.get(paths.item(resource, name, namespace)))
        for resource, name in _list_named(template)
    ]
    return (
        *named,
        *await _read_selecting(source, template),
        Travelling("deployments", namespace, deployment),
    )


async def find_copied_paths(source: ClusterSide) -> tuple[str, ...]:
    """Return where copies of this workload's objects may be in the target, even of those that the source has lost
    since. Raises: ClusterError.
    """
    template = (await source.api.get(source.path))["spec"]["template"]
    named = [paths.item(resource, name, source.namespace) for resource, name in _list_named(template)]
    selecting = await _read_selecting(source, template)
    return (*named, *(travelling.path for travelling in selecting), source.path)


def _list_named(template: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (resource, name) of what the pod template names and what travels."""
    references = find_references(template)
    named = [("configmaps", name) for name in references.config_maps]
    if references.service_account is not None:
        named.append(("serviceaccounts", references.service_account))
    return named


async def _read_selecting(source: ClusterSide, template: Mapping[str, Any]) -> list[Travelling]:
    """Read the Services and the PodDisruptionBudgets that select the pods."""
    api, namespace = source.api, source.namespace
    found = []
    for service in (await list_all(api, paths.collection("services", namespace))).items:
        if selects((service.get("spec") or {}).get("selector"), template):
            found.append(Travelling("services", namespace, with_kind(service, "v1", "Service")))
    for budget in (await list_all(api, paths.collection("poddisruptionbudgets", namespace))).items:
        if selects(((budget.get("spec") or {}).get("selector") or {}).get("matchLabels"), template):
            body = with_kind(budget, "policy/v1", "PodDisruptionBudget")
            found.append(Travelling("poddisruptionbudgets", namespace, body))
    return found


def with_kind(item: Mapping[str, Any], api_version: str, kind: str) -> dict[str, Any]:
    """Return a list's item with the apiVersion and kind that lists leave out."""
    return {**item, "apiVersion": api_version, "kind": kind}
