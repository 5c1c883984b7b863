"""What travels with a Deployment, and what is taken off it on the way. Pure.

Copied: the Deployment (always with 0 replicas), the ConfigMaps and the ServiceAccount of its pod template,
the Services that select its pods, its PodDisruptionBudgets and its NetworkPolicies. Secrets never travel; the target
has to have them. No copy is reached from outside of its cluster or has an identity in a cloud.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from controller.clusters.pod_ties import (
    DEFAULT_SERVICE_ACCOUNT,
    DNS_ANNOTATIONS,
    IDENTITY_ANNOTATIONS,
    IDENTITY_LABELS,
    name_service_account,
)
from controller.migration.protocol.fences import FENCE_ANNOTATION, MIGRATION_LABEL, Fence
from controller.migration.protocol.journal import JOURNAL_ANNOTATION
from controller.migration.steps.freezing import FROZEN_ANNOTATION

#: Facts of the one object that was read; the target's API server makes its own.
_SERVER_METADATA = (
    "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
    "managedFields", "ownerReferences", "finalizers", "selfLink",
)  # fmt: skip

#: With these the target's GitOps tool would take the copy for its own, and prune or overwrite it.
_TRACKING_PREFIXES = ("deployment.kubernetes.io/", "argocd.argoproj.io/", "kustomize.toolkit.fluxcd.io/",
                      "helm.toolkit.fluxcd.io/", "meta.helm.sh/", "kapp.k14s.io/", "objectset.rio.cattle.io/",
                      "configsync.gke.io/", "configmanagement.gke.io/")  # fmt: skip

#: What a server, `kubectl apply` or we have noted ourselves is nobody's wish.
_SERVER_MARKS = ("deployment.kubernetes.io/", "kubectl.kubernetes.io/", FENCE_ANNOTATION, JOURNAL_ANNOTATION,
                 FROZEN_ANNOTATION, MIGRATION_LABEL)  # fmt: skip

#: Of our own marks only these belong to one migration. Others, such as the declared size of the state, describe
#: the workload and travel with it: without them it could never be moved again.
_TRACKING_KEYS = ("kubectl.kubernetes.io/last-applied-configuration", "app.kubernetes.io/managed-by",
                  # By this one Argo CD knows its own where nothing else was set, and prunes what its repository lacks.
                  "app.kubernetes.io/instance",
                  # By this one `kubectl apply --prune` does.
                  "applyset.kubernetes.io/part-of",
                  FENCE_ANNOTATION, FROZEN_ANNOTATION, JOURNAL_ANNOTATION, MIGRATION_LABEL)  # fmt: skip

#: What would make a copy a second way in from outside, or a second holder of an identity: that is made by people, who
#: know where traffic is steered and who may do what.
_BOUND_PREFIXES = (*DNS_ANNOTATIONS, *IDENTITY_ANNOTATIONS, *IDENTITY_LABELS, "service.beta.kubernetes.io/",
                   "cloud.google.com/", "networking.gke.io/")  # fmt: skip

#: What the source's cluster has chosen for a Service and the target's has to choose anew.
_SERVICE_FIELDS = ("clusterIP", "clusterIPs", "healthCheckNodePort", "ipFamilies", "ipFamilyPolicy")

#: By what a Service is reached from outside: its copy is reached from inside alone.
_OUTSIDE_FIELDS = ("externalIPs", "externalTrafficPolicy", "loadBalancerIP", "loadBalancerClass",
                   "loadBalancerSourceRanges", "allocateLoadBalancerNodePorts")  # fmt: skip


@dataclass(frozen=True, slots=True)
class References:
    """What a pod template names in its namespace; each tuple is sorted and has no duplicates."""

    config_maps: tuple[str, ...]
    secrets: tuple[str, ...]
    service_account: str | None


def find_references(template: Mapping[str, Any]) -> References:
    """Return the objects without which the pods would not start. What is marked optional is not among them."""
    spec = template["spec"]
    maps: set[str] = set()
    secrets = {str(item["name"]) for item in spec.get("imagePullSecrets") or () if item.get("name")}
    for volume in _iterate_volume_sources(spec):
        _collect(volume.get("configMap"), "name", maps)
        _collect(
            volume.get("secret"),
            "secretName" if "secretName" in (volume.get("secret") or {}) else "name",
            secrets,
        )
    for container in (*(spec.get("initContainers") or ()), *spec["containers"]):
        for source in container.get("envFrom") or ():
            _collect(source.get("configMapRef"), "name", maps)
            _collect(source.get("secretRef"), "name", secrets)
        for variable in container.get("env") or ():
            value_from = variable.get("valueFrom") or {}
            _collect(value_from.get("configMapKeyRef"), "name", maps)
            _collect(value_from.get("secretKeyRef"), "name", secrets)
    account = name_service_account(template)
    own_account = None if account == DEFAULT_SERVICE_ACCOUNT else account  # every namespace has that one
    return References(tuple(sorted(maps)), tuple(sorted(secrets)), own_account)


def _iterate_volume_sources(spec: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    for volume in spec.get("volumes") or ():
        yield volume
        yield from (volume.get("projected") or {}).get("sources") or ()


def _collect(reference: Mapping[str, Any] | None, key: str, names: set[str]) -> None:
    if reference and not reference.get("optional") and reference.get(key):
        names.add(str(reference[key]))


def build_copy(body: Mapping[str, Any], migration_id: str) -> dict[str, Any]:
    """Return an object as it is created in the target: its content, our label, nothing that belongs to the
    source.
    """
    copy = deepcopy({key: value for key, value in body.items() if key != "status"})
    metadata = {key: value for key, value in copy["metadata"].items() if key not in _SERVER_METADATA}
    metadata["annotations"] = _strip_tracking(metadata.get("annotations"))
    metadata["labels"] = {**_strip_tracking(metadata.get("labels")), MIGRATION_LABEL: migration_id}
    copy["metadata"] = metadata
    if copy.get("kind") == "Service":
        _strip_service(copy["spec"])
    if copy.get("kind") == "ServiceAccount":
        copy.pop("secrets", None)
    return copy


def build_deployment_copy(body: Mapping[str, Any], migration_id: str, fence: Fence) -> dict[str, Any]:
    """Return the Deployment as it is created in the target: with 0 replicas, and fenced from its first
    moment.
    """
    copy = build_copy(body, migration_id)
    copy["spec"]["replicas"] = 0
    copy["metadata"]["annotations"][FENCE_ANNOTATION] = str(fence)
    return copy


def is_same_content(existing: Mapping[str, Any], copy: Mapping[str, Any]) -> bool:
    """Whether an object of the target holds what the copy would hold; server-made facts and labels do not
    count.
    """
    keys = (set(existing) | set(copy)) - {"metadata", "status", "apiVersion", "kind"}
    theirs = build_copy(
        {"kind": copy.get("kind"), "metadata": {}, **{key: existing.get(key) for key in keys}}, ""
    )
    return all(theirs.get(key) == copy.get(key) for key in keys - {"secrets"})


def is_created_by(body: Mapping[str, Any], migration_id: str) -> bool:
    """Whether an object carries this migration's label."""
    return ((body.get("metadata") or {}).get("labels") or {}).get(MIGRATION_LABEL) == migration_id


def _strip_tracking(entries: Mapping[str, str] | None) -> dict[str, str]:
    return {
        key: value
        for key, value in (entries or {}).items()
        if key not in _TRACKING_KEYS and not key.startswith((*_TRACKING_PREFIXES, *_BOUND_PREFIXES))
    }


def list_left_out(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the labels and annotations that its owner, a cloud or a tool gave an object and its copy lacks, sorted."""
    metadata = body.get("metadata") or {}
    given = [key for kind in ("labels", "annotations") for key in metadata.get(kind) or {}]
    kept = _strip_tracking(dict.fromkeys(given, ""))
    return tuple(sorted({key for key in given if key not in kept and not key.startswith(_SERVER_MARKS)}))


def _strip_service(spec: dict[str, Any]) -> None:
    headless = spec.get("clusterIP") == "None"
    if spec.get("type") in ("LoadBalancer", "NodePort"):
        spec["type"] = "ClusterIP"
    for field in (*_SERVICE_FIELDS, *_OUTSIDE_FIELDS):
        spec.pop(field, None)
    for port in spec.get("ports") or ():
        port.pop("nodePort", None)
    if headless:
        spec["clusterIP"] = "None"
