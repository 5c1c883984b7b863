"""What one fresh GET of a Deployment reports, with every uncertainty kept: an old or missing status is None, never 0.
Pure.

Done means observedGeneration >= generation and all replicas updated; the conditions alone are unreliable
right after a change (kubernetes/kubernetes#124264).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.clusters.replica_owners import FIELD_MANAGER, list_owners
from controller.clusters.workload_parsing import hash_template
from controller.migration.protocol.fences import FENCE_ANNOTATION, MIGRATION_LABEL
from controller.migration.protocol.node_lives import Basis
from controller.migration.protocol.pod_troubles import PodTrouble, find_trouble
from oracle.foundation.untrusted_text import clean_text

#: Kubernetes' default terminationGracePeriodSeconds.
DEFAULT_GRACE_PERIOD_S = 30


@dataclass(frozen=True, slots=True)
class DeploymentFacts:
    """A Deployment at the moment of a read.

    The counts of the status (`current`, `updated`, `ready`, `available`) are None where the status is older
    than the spec or missing. `selector` is the label selector as a query parameter writes it.
    """

    uid: str
    resource_version: str
    replicas: int
    fence: str | None
    template_hash: str
    selector: str
    current: int | None
    updated: int | None
    ready: int | None
    available: int | None
    progress_deadline_s: int | None
    grace_period_s: int
    #: The status' readyReplicas, however old the status is: to be shown, never to be acted upon.
    shown_ready: int | None = None
    #: Who wrote the replicas and the pod template, as managedFields has it; empty where it has nothing.
    replicas_manager: str = ""
    template_manager: str = ""
    #: The migration whose label it carries: who created it. None for a Deployment that others deployed.
    created_by: str | None = None
    #: Why its controllers cannot create pods, in the API server's words; empty where they can.
    replica_failure: str = ""

    def is_rolled_out(self, replicas: int) -> bool:
        """Whether spec and status agree that exactly `replicas` run, all of them of the newest template."""
        return self.replicas == replicas and self.current == replicas and self.updated == replicas


def parse_deployment(body: Mapping[str, Any]) -> DeploymentFacts:
    """Parse a Deployment. Raises: ValueError naming what is missing or of the wrong type."""
    try:
        metadata, spec = body["metadata"], body["spec"]
        template = spec["template"]
        status = body.get("status") or {}
        counts = _parse_counts(metadata, status)
        return DeploymentFacts(
            uid=_text(metadata["uid"]),
            resource_version=_text(metadata["resourceVersion"]),
            replicas=_count(spec.get("replicas", 1)),
            fence=(metadata.get("annotations") or {}).get(FENCE_ANNOTATION),
            template_hash=hash_template(template),
            selector=format_selector(spec["selector"]),
            current=counts.get("replicas"),
            updated=counts.get("updatedReplicas"),
            ready=counts.get("readyReplicas"),
            available=counts.get("availableReplicas"),
            progress_deadline_s=_optional_count(spec.get("progressDeadlineSeconds")),
            grace_period_s=_count(
                template["spec"].get("terminationGracePeriodSeconds", DEFAULT_GRACE_PERIOD_S)
            ),
            shown_ready=_count((body.get("status") or {}).get("readyReplicas", 0)),
            replicas_manager=_name_owners(metadata),
            template_manager=_find_template_manager(metadata),
            created_by=(metadata.get("labels") or {}).get(MIGRATION_LABEL),
            replica_failure=_find_replica_failure(status),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(repr(error)) from error


def format_selector(selector: Mapping[str, Any]) -> str:
    """Write a Deployment's selector as the query parameter labelSelector. Raises: ValueError for an unknown
    operator.
    """
    terms = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    terms += [_format_expression(expression) for expression in selector.get("matchExpressions") or ()]
    if not terms:
        raise ValueError("it selects every pod")
    return ",".join(terms)


def _format_expression(expression: Mapping[str, Any]) -> str:
    key, operator = str(expression["key"]), expression["operator"]
    values = ",".join(expression.get("values") or ())
    formats = {
        "In": f"{key} in ({values})",
        "NotIn": f"{key} notin ({values})",
        "Exists": key,
        "DoesNotExist": f"!{key}",
    }
    if operator not in formats:
        raise ValueError(f"its selector has the operator {operator!r}")
    return formats[operator]


def _name_owners(metadata: Mapping[str, Any]) -> str:
    """Return who owns the replicas now, ourselves only where nobody else does.

    Nothing is read from times: what the scale subresource writes, an autoscaler's and `kubectl scale`'s, has none.
    """
    owners = list_owners(metadata, "f:replicas")
    return " and ".join([owner for owner in owners if owner != FIELD_MANAGER] or owners)


def _find_template_manager(metadata: Mapping[str, Any]) -> str:
    """Return who wrote the pod template last: many own parts of it. Who wrote anything else did not write this."""
    entries = metadata.get("managedFields") or ()
    writers = [entry for entry in entries if "f:template" in (entry.get("fieldsV1") or {}).get("f:spec", {})]
    newest: Mapping[str, Any] = max(writers, key=lambda entry: str(entry.get("time", "")), default={})
    return clean_text(newest.get("manager", ""), 80)


def _find_replica_failure(status: Mapping[str, Any]) -> str:
    for one in status.get("conditions") or ():
        if (one.get("type"), one.get("status")) == ("ReplicaFailure", "True"):
            return clean_text(one.get("message") or "")
    return ""


def _parse_counts(metadata: Mapping[str, Any], status: Mapping[str, Any]) -> dict[str, int]:
    """Return the status' counts; empty where the status has not observed this generation yet.

    The API leaves out counts that are 0, so a missing count of a current status is 0.
    """
    observed = status.get("observedGeneration")
    if observed is None or observed < metadata["generation"]:
        return {}
    names = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    return {name: _count(status.get(name, 0)) for name in names}


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is not a count")
    return value


def _optional_count(value: object) -> int | None:
    return None if value is None else _count(value)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is not a name")
    return value


@dataclass(frozen=True, slots=True)
class ServingCount:
    """How many pods of a Deployment serve, and by what that was found."""

    serving: int
    basis: Basis


@dataclass(frozen=True, slots=True)
class PodFacts:
    """A pod as far as a migration cares: is it on its way out, is it Ready, where does it run, and how often did its
    containers start anew. is_cut_off: its node is known not to live. trouble: what keeps it from serving.
    """

    is_terminating: bool
    restarts: int
    is_ready: bool = False
    node: str = ""
    is_cut_off: bool = False
    name: str = ""
    uid: str = ""
    trouble: PodTrouble | None = None

    @property
    def serves(self) -> bool:
        """Whether it serves and is to stay."""
        return self.is_ready and not self.is_terminating and not self.is_cut_off


def parse_pod(body: Mapping[str, Any]) -> PodFacts:
    """Parse a pod; one without container statuses has not restarted yet, and one without conditions is not Ready.

    Raises: ValueError for what is of the wrong type.
    """
    try:
        status = body.get("status") or {}
        restarts = sum(_count(one.get("restartCount", 0)) for one in status.get("containerStatuses") or ())
        is_ready = any(
            (one.get("type"), one.get("status")) == ("Ready", "True")
            for one in status.get("conditions") or ()
        )
        metadata = body.get("metadata") or {}
        return PodFacts(
            is_terminating=bool(metadata.get("deletionTimestamp")),
            restarts=restarts,
            is_ready=is_ready,
            node=str((body.get("spec") or {}).get("nodeName") or ""),
            name=str(metadata.get("name") or ""),
            uid=str(metadata.get("uid") or ""),
            trouble=find_trouble(body),
        )
    except (TypeError, AttributeError) as error:
        raise ValueError(repr(error)) from error
