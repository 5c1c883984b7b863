"""Read a Deployment into a Workload: size, readiness, template, and what stands in the way of moving it. Pure.

The reasons that it stays are what a copy would leave behind in its cluster (`pod_ties.py`), that two of it would run at
once, and what somebody else would undo (controllers that own the Deployment), as far as the Deployment itself shows it;
what needs a question to the API server is asked by `move_checks.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from controller.clusters.acceptance import find_unreadable, leave_out_accepted, parse_acceptances
from controller.clusters.fleet import Workload, WorkloadKey
from controller.clusters.json_reading import as_count, as_list, as_mapping, as_text
from controller.clusters.pod_ties import find_ties
from controller.clusters.resource_parsing import compute_pod_requests
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: The declared size of the state that travels with the workload, GB (10^9 bytes); "0" says that there is none.
STATE_ANNOTATION = "sentinelaura.io/state-gb"

#: An exabyte, which nobody sends to another region: more is a slip of the pen.
MAX_STATE_GB = 1e9

#: Deployments with a label or annotation that begins so are reconciled by somebody who would undo our scaling.
_GITOPS_PREFIXES = {
    "argocd.argoproj.io/": "Argo CD",
    "kustomize.toolkit.fluxcd.io/": "Flux",
    "helm.toolkit.fluxcd.io/": "Flux",
}

#: Fields of the pod template that the API server or a rollout fills in: they differ between equal templates.
_VOLATILE_ANNOTATIONS = ("kubectl.kubernetes.io/restartedAt",)


def parse_workload(context: str, body: Mapping[str, Any]) -> Workload:
    """Read a Deployment. Counts are None where the status is older than the spec: unknown is not ready."""
    metadata, spec, status = (as_mapping(body.get(key)) for key in ("metadata", "spec", "status"))
    template = as_mapping(spec.get("template"))
    is_current = _is_status_current(metadata, status)
    desired = as_count(spec.get("replicas"))
    annotations = as_mapping(metadata.get("annotations"))
    accepted = parse_acceptances(annotations)
    reasons = _find_immovable_reasons(metadata, spec, template)
    return Workload(
        key=WorkloadKey(
            context, as_text(metadata.get("namespace")) or "", as_text(metadata.get("name")) or ""
        ),
        uid=as_text(metadata.get("uid")) or "",
        desired_replicas=1 if desired is None else desired,
        ready_replicas=(as_count(status.get("readyReplicas")) or 0) if is_current else None,
        available_replicas=(as_count(status.get("availableReplicas")) or 0) if is_current else None,
        requests=compute_pod_requests(as_mapping(template.get("spec"))),
        state_gb=_parse_state_gb(annotations),
        immovable_reasons=tuple(leave_out_accepted(reasons, accepted)),
        template_hash=hash_template(template),
        accepted=accepted,
    )


def hash_template(template: Mapping[str, Any]) -> str:
    """SHA-256 of the pod template in canonical form: equal templates have equal hashes in every cluster."""
    metadata = as_mapping(template.get("metadata"))
    annotations = as_mapping(metadata.get("annotations"))
    kept = {name: value for name, value in annotations.items() if name not in _VOLATILE_ANNOTATIONS}
    labels = {k: v for k, v in as_mapping(metadata.get("labels")).items() if k != "pod-template-hash"}
    canonical = {"labels": labels, "annotations": kept, "spec": template.get("spec")}
    return hashlib.sha256(json.dumps(canonical, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _is_status_current(metadata: Mapping[str, Any], status: Mapping[str, Any]) -> bool:
    observed, generation = as_count(status.get("observedGeneration")), as_count(metadata.get("generation"))
    return observed is not None and generation is not None and observed >= generation


def _parse_state_gb(annotations: Mapping[str, Any]) -> float | None:
    """The declared gigabytes; None where nothing sensible is declared."""
    try:
        gb = float(str(annotations[STATE_ANNOTATION]))
    except (KeyError, ValueError):
        return None
    return gb if 0 <= gb <= MAX_STATE_GB else None


def _find_immovable_reasons(
    metadata: Mapping[str, Any], spec: Mapping[str, Any], template: Mapping[str, Any]
) -> Iterator[Reason]:
    if spec.get("paused"):
        yield Code.PAUSED.because()
    for owner in as_list(metadata.get("ownerReferences")):
        reference = as_mapping(owner)
        yield Code.OWNED.because(kind=_text(reference.get("kind")), name=_text(reference.get("name")))
    marks = {**as_mapping(metadata.get("labels")), **as_mapping(metadata.get("annotations"))}
    tools = {
        tool for prefix, tool in _GITOPS_PREFIXES.items() if any(mark.startswith(prefix) for mark in marks)
    }
    for tool in sorted(tools):
        yield Code.GITOPS.because(tool=tool)
    if metadata.get("deletionTimestamp"):
        yield Code.BEING_DELETED.because()
    if as_mapping(spec.get("strategy")).get("type") == "Recreate":
        yield Code.RECREATE.because()
    yield from find_ties(template)
    annotations = as_mapping(metadata.get("annotations"))
    if STATE_ANNOTATION in marks and _parse_state_gb(annotations) is None:
        yield Code.STATE_UNREADABLE.because(annotation=STATE_ANNOTATION)
    if (unreadable := find_unreadable(annotations)) is not None:
        yield unreadable


def _text(value: object) -> str:
    """What an object says where it should say a name."""
    return value if isinstance(value, str) else repr(value)
