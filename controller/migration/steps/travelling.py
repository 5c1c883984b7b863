"""The objects that travel with a Deployment, read from the source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.clusters import paths
from controller.clusters.json_reading import as_mapping
from controller.clusters.label_selectors import is_empty, matches
from controller.clusters.listing import list_all
from controller.clusters.traffic import selects
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.protocol.errors import MoveFailed
from controller.migration.protocol.fences import Fence
from controller.migration.steps.closure import build_copy, build_deployment_copy, find_references
from controller.reasons import Code

#: Everything that `read_closure` may return, and what a step copies beside that.
COPIED_RESOURCES = ("configmaps", "serviceaccounts", "services", "poddisruptionbudgets", "networkpolicies",
                    "horizontalpodautoscalers", "deployments")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Selecting:
    """A kind whose objects say which pods they are about by a label selector."""

    resource: str
    version: str
    kind: str
    field: str

    def find_selector(self, body: Mapping[str, Any]) -> object:
        """Return the selector of one of them, None where it has none."""
        return as_mapping(body.get("spec")).get(self.field)


SELECTING = (
    Selecting("poddisruptionbudgets", "policy/v1", "PodDisruptionBudget", "selector"),
    Selecting("networkpolicies", "networking.k8s.io/v1", "NetworkPolicy", "podSelector"),
)


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

    Raises: ObjectNotFound where the pod template names an object that does not exist, MoveFailed where it names what
    cannot exist; ClusterError.
    """
    api, namespace = source.api, source.namespace
    deployment = await api.get(source.path)
    template = deployment["spec"]["template"]
    named = []
    for resource, name in _list_named(template):
        if not paths.is_name(name):  # an API server asks of a pod template only that there is some text
            missing = Code.DEPENDENCY_MISSING.because(context=api.context, resource=resource, name=name)
            raise MoveFailed(missing)
        found = await api.get(paths.item(resource, name, namespace))
        named.append(Travelling(resource, namespace, found))
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
    named = [
        paths.item(resource, name, source.namespace)
        for resource, name in _list_named(template)
        if paths.is_name(name)
    ]
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
    """Read the Services, the PodDisruptionBudgets and the NetworkPolicies that select the pods.

    Those that select every pod of their namespace are not of this workload, and would bind others in the target.
    """
    api, namespace = source.api, source.namespace
    found = []
    for service in (await list_all(api, paths.collection("services", namespace))).items:
        if selects((service.get("spec") or {}).get("selector"), template):
            found.append(Travelling("services", namespace, with_kind(service, "v1", "Service")))
    for chosen in SELECTING:
        for body in (await list_all(api, paths.collection(chosen.resource, namespace))).items:
            selector = chosen.find_selector(body)
            if matches(selector, find_pod_labels(template)) and not is_empty(selector):
                found.append(
                    Travelling(chosen.resource, namespace, with_kind(body, chosen.version, chosen.kind))
                )
    return found


def find_pod_labels(template: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the labels that the pods of a template have."""
    return as_mapping(as_mapping(template.get("metadata")).get("labels"))


def with_kind(item: Mapping[str, Any], api_version: str, kind: str) -> dict[str, Any]:
    """Return a list's item with the apiVersion and kind that lists leave out."""
    return {**item, "apiVersion": api_version, "kind": kind}
