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
from controller.clusters.known_by import KnownBy
from controller.clusters.pod_sizes import NO_HINTS, find_size
from controller.clusters.pod_terms import parse_pod_terms
from controller.clusters.pod_ties import find_ties
from controller.clusters.replica_owners import find_owners
from controller.clusters.resource_parsing import read_requests
from controller.clusters.template_outline import VOLATILE_ANNOTATIONS, outline_template
from controller.clusters.volumes import name_keeping
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: The declared size of the state that travels with the workload, GB (10^9 bytes); "0" says that there is none.
STATE_ANNOTATION = "sentinelaura.io/state-gb"

#: How many replicas a move leaves where they are.
MINIMUM_ANNOTATION = "sentinelaura.io/minimum-replicas"

#: An exabyte, which nobody sends to another region: more is a slip of the pen.
MAX_STATE_GB = 1e9

#: Of a number of replicas, which Kubernetes holds in 32 bits.
_MAX_DIGITS = 9


def parse_workload(context: str, body: Mapping[str, Any], declared: frozenset[str] = frozenset()) -> Workload:
    """Read a Deployment. Counts are None where the status is older than the spec: unknown is not ready.

    `declared`: in what its pod template may differ from region to region.
    """
    metadata, spec, status = (as_mapping(body.get(key)) for key in ("metadata", "spec", "status"))
    template = as_mapping(spec.get("template"))
    is_current = _is_status_current(metadata, status)
    desired = as_count(spec.get("replicas"))
    annotations = as_mapping(metadata.get("annotations"))
    accepted = parse_acceptances(annotations)
    reasons = _find_immovable_reasons(metadata, spec, template)
    keeping = name_keeping(as_mapping(template.get("spec")))
    state_gb, known_by = _find_state(annotations, keeping)
    asked = read_requests(as_mapping(template.get("spec")))
    size = find_size(asked, NO_HINTS)
    return Workload(
        key=WorkloadKey(
            context, as_text(metadata.get("namespace")) or "", as_text(metadata.get("name")) or ""
        ),
        uid=as_text(metadata.get("uid")) or "",
        desired_replicas=1 if desired is None else desired,
        ready_replicas=(as_count(status.get("readyReplicas")) or 0) if is_current else None,
        available_replicas=(as_count(status.get("availableReplicas")) or 0) if is_current else None,
        requests=size[0] if size is not None else None,
        state_gb=state_gb,
        immovable_reasons=tuple(leave_out_accepted(reasons, accepted)),
        template_hash=hash_template(template),
        accepted=accepted,
        state_known_by=known_by,
        keeping_volumes=keeping or (),
        terms=parse_pod_terms(as_text(metadata.get("namespace")) or "", template),
        selector=json.dumps(spec.get("selector"), sort_keys=True, separators=(",", ":")),
        outline=outline_template(template, declared),
        minimum_replicas=_parse_minimum(annotations),
        size_known_by=size[1] if size is not None else None,
        template_requests=asked,
    )


def hash_template(template: Mapping[str, Any]) -> str:
    """SHA-256 of the pod template in canonical form: equal templates have equal hashes in every cluster."""
    metadata = as_mapping(template.get("metadata"))
    annotations = as_mapping(metadata.get("annotations"))
    kept = {name: value for name, value in annotations.items() if name not in VOLATILE_ANNOTATIONS}
    labels = {k: v for k, v in as_mapping(metadata.get("labels")).items() if k != "pod-template-hash"}
    canonical = {"labels": labels, "annotations": kept, "spec": template.get("spec")}
    return hashlib.sha256(json.dumps(canonical, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _is_status_current(metadata: Mapping[str, Any], status: Mapping[str, Any]) -> bool:
    observed, generation = as_count(status.get("observedGeneration")), as_count(metadata.get("generation"))
    return observed is not None and generation is not None and observed >= generation


def _find_state(
    annotations: Mapping[str, Any], keeping: tuple[str, ...] | None
) -> tuple[float | None, KnownBy | None]:
    """The state that travels, GB, and who says so: what is declared overrides what the pods' volumes show."""
    if STATE_ANNOTATION in annotations:
        declared = _parse_state_gb(annotations)
        return declared, KnownBy.ANNOTATION if declared is not None else None
    return (0.0, KnownBy.POD_SPEC) if keeping == () else (None, None)


def _parse_state_gb(annotations: Mapping[str, Any]) -> float | None:
    """The declared gigabytes; None where nothing sensible is declared."""
    try:
        gb = float(str(annotations[STATE_ANNOTATION]))
    except (KeyError, ValueError):
        return None
    return gb if 0 <= gb <= MAX_STATE_GB else None


def _parse_minimum(annotations: Mapping[str, Any]) -> int | None:
    """The declared minimum; None where nothing sensible is declared."""
    text = str(annotations.get(MINIMUM_ANNOTATION, ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else None


def _find_immovable_reasons(
    metadata: Mapping[str, Any], spec: Mapping[str, Any], template: Mapping[str, Any]
) -> Iterator[Reason]:
    if spec.get("paused"):
        yield Code.PAUSED.because()
    for owner in as_list(metadata.get("ownerReferences")):
        reference = as_mapping(owner)
        yield Code.OWNED.because(kind=_text(reference.get("kind")), name=_text(reference.get("name")))
    yield from find_owners(metadata)
    if metadata.get("deletionTimestamp"):
        yield Code.BEING_DELETED.because()
    if as_mapping(spec.get("strategy")).get("type") == "Recreate":
        yield Code.RECREATE.because()
    yield from find_ties(template)
    annotations = as_mapping(metadata.get("annotations"))
    if STATE_ANNOTATION in annotations and _parse_state_gb(annotations) is None:
        yield Code.STATE_UNREADABLE.because(annotation=STATE_ANNOTATION)
    if MINIMUM_ANNOTATION in annotations and _parse_minimum(annotations) is None:
        yield Code.MINIMUM_UNREADABLE.because(annotation=MINIMUM_ANNOTATION)
    if (unreadable := find_unreadable(annotations)) is not None:
        yield unreadable


def _text(value: object) -> str:
    """What an object says where it should say a name."""
    return value if isinstance(value, str) else repr(value)
