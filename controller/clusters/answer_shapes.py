"""Whether an object is put together as Kubernetes puts it together, as far as a migration reads it. Pure.

The second of two layers: an answer that comes here has the frame that every answer has to have (`answer_frame.py`), so
that depth, the texts of metadata and what a list is made of are not looked at again.

An API server decodes what it stores into typed values, so that no answer of a real one fails here. One that somebody
has taken over, or a proxy in its place, can answer anything; whoever leads a migration must not stumble over that in
the middle and leave the workload to nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from controller.clusters import paths
from controller.clusters.json_reading import as_count, as_mapping
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: A UID or a resourceVersion: both are tested in patches, UIDs are journaled.
_WORD = re.compile(r"[!-~]{1,128}")

#: A test of a value; a list whose entries have a shape; an object, by field → shape. A field that ends in "!" has to be
#: there, "*" stands for all fields, and others may be missing or null, as Go has it.
Shape = Callable[[object], bool] | list["Shape"] | Mapping[str, "Shape"]

#: Returns where in a value something does not fit (`.spec.replicas`, empty for the value itself); None: all of it fits.
_Check = Callable[[object], str | None]


def find_problem(path: str, answer: Mapping[str, Any], *, is_stored: bool = True) -> Reason | None:
    """Why the answer to a request for `path`, which has its frame, is no such object, or page of a list; None: it is.

    What is not stored, as after a dry run, may have no version. Kinds that we have no table of pass as they are.
    """
    known = paths.parse(path)
    if known is None:
        return None
    if known.name is not None or "items" not in answer:
        return _find_problem_of(known, answer, is_stored)
    problems = (_find_problem_of(known, item) for item in answer["items"] or ())
    return next((problem for problem in problems if problem is not None), None)


def _find_problem_of(known: paths.Known, body: object, is_stored: bool = True) -> Reason | None:
    place = _CHECKS.get(known.resource, _CHECK_OBJECT)(body)
    misfit = None if place is None else f"it{place}"
    metadata = as_mapping(as_mapping(body).get("metadata"))
    if misfit is None and is_stored and metadata.get("resourceVersion") is None:
        misfit = "its version"
    if misfit is not None:
        return Code.ANSWER_MISSHAPEN.because(where=misfit)
    return None if _is_asked_for(known, metadata) else Code.ANSWER_NOT_ASKED_FOR.because()


def _is_asked_for(known: paths.Known, metadata: Mapping[str, Any]) -> bool:
    has_namespace = None in (known.namespace, metadata.get("namespace")) or (
        metadata["namespace"] == known.namespace
    )
    return has_namespace and known.name in (None, metadata["name"])


def _compile(shape: Shape) -> _Check:
    """Make a shape into one function: every page of a list is checked while the loop stands still."""
    if callable(shape):
        return _compile_test(shape)
    if isinstance(shape, list):
        return _compile_list(_compile(shape[0]))
    return _compile_object(shape)


def _compile_test(test: Callable[[object], bool]) -> _Check:
    return lambda value: None if test(value) else ""


def _compile_list(check_entry: _Check) -> _Check:
    def check(value: object) -> str | None:
        if not isinstance(value, list):
            return ""
        for number, entry in enumerate(value):
            if (misfit := check_entry(entry)) is not None:
                return f"[{number}]{misfit}"
        return None

    return check


def _compile_object(shape: Mapping[str, Shape]) -> _Check:
    named = {field: inner for field, inner in shape.items() if field != "*"}
    fields = [
        (field.removesuffix("!"), field.endswith("!"), inner is _is_count, _compile(inner))
        for field, inner in named.items()
    ]
    check_all = _compile(shape["*"]) if "*" in shape else None

    def check(value: object) -> str | None:
        if not isinstance(value, dict):
            return ""
        for name, is_required, is_count, check_field in fields:
            found = value.get(name)
            if found is None and not is_required and not (is_count and name in value):
                continue
            if (misfit := check_field(found)) is not None:
                return f".{name}{misfit}"
        if check_all is None:
            return None
        return next((misfit for misfit in map(check_all, value.values()) if misfit is not None), None)

    return check


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_count(value: object) -> bool:
    return as_count(value) is not None


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and paths.is_name(value)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and _WORD.fullmatch(value) is not None


_TEXTS: Shape = {"*": _is_text}
_WRITER: Shape = {"manager": _is_text, "time": _is_text, "fieldsV1": {"f:spec": _is_object}}
_METADATA: Shape = {
    "name!": _is_name,
    "namespace": _is_name,
    "uid!": _is_word,
    "resourceVersion": _is_word,
    "generation": _is_count,
    "managedFields": [_WRITER],
}
_OBJECT: Shape = {"metadata!": _METADATA}

_REFERENCE: Shape = {"name": _is_text, "secretName": _is_text}
_SOURCE: Shape = {"configMap": _REFERENCE, "secret": _REFERENCE}
_CONTAINER: Shape = {
    "envFrom": [{"configMapRef": _REFERENCE, "secretRef": _REFERENCE}],
    "env": [{"valueFrom": {"configMapKeyRef": _REFERENCE, "secretKeyRef": _REFERENCE}}],
}
_POD_SPEC: Shape = {
    "containers!": [_CONTAINER],
    "initContainers": [_CONTAINER],
    "imagePullSecrets": [_REFERENCE],
    "volumes": [{"configMap": _REFERENCE, "secret": _REFERENCE, "projected": {"sources": [_SOURCE]}}],
    "terminationGracePeriodSeconds": _is_count,
}
_CONDITION: Shape = {"type": _is_text, "status": _is_text, "reason": _is_text, "message": _is_text}
_SELECTOR: Shape = {
    "matchLabels": _TEXTS,
    "matchExpressions": [{"key!": _is_text, "operator!": _is_text, "values": [_is_text]}],
}
_DEPLOYMENT: Shape = {
    "metadata!": _METADATA,
    "spec!": {
        "replicas": _is_count,
        "progressDeadlineSeconds": _is_count,
        "selector!": _SELECTOR,
        "template!": {"metadata": {"labels": _TEXTS, "annotations": _TEXTS}, "spec!": _POD_SPEC},
    },
    "status": {
        "observedGeneration": _is_count,
        "replicas": _is_count,
        "updatedReplicas": _is_count,
        "readyReplicas": _is_count,
        "availableReplicas": _is_count,
        "conditions": [_CONDITION],
    },
}
_ENDED: Shape = {"exitCode": _is_integer, "reason": _is_text, "message": _is_text}
_CONTAINER_STATUS: Shape = {
    "name": _is_text,
    "restartCount": _is_count,
    "state": {"waiting": {"reason": _is_text, "message": _is_text}, "terminated": _ENDED},
    "lastState": {"terminated": _ENDED},
}
_POD: Shape = {
    "metadata!": _METADATA,
    "status": {
        "phase": _is_text,
        "containerStatuses": [_CONTAINER_STATUS],
        "initContainerStatuses": [_CONTAINER_STATUS],
        "conditions": [_CONDITION],
    },
}
_EVENT: Shape = {
    "metadata!": _METADATA,
    "type": _is_text,
    "reason": _is_text,
    "message": _is_text,
    "lastTimestamp": _is_text,
    "eventTime": _is_text,
    "series": {"lastObservedTime": _is_text},
    "reportingComponent": _is_text,
    "source": {"component": _is_text},
}
_LEASE: Shape = {
    "metadata!": _METADATA,
    "spec": {"holderIdentity": _is_text, "leaseTransitions": _is_count, "leaseDurationSeconds": _is_count},
}
_SERVICE: Shape = {
    "metadata!": _METADATA,
    "spec!": {"type": _is_text, "clusterIP": _is_text, "selector": _TEXTS, "ports": [_is_object]},
}

#: Resource → what it has beside its metadata.
_SHAPES: Mapping[str, Shape] = {
    "deployments": _DEPLOYMENT,
    "events": _EVENT,
    "leases": _LEASE,
    "namespaces": {"metadata!": _METADATA, "status": {"phase": _is_text}},
    "networkpolicies": {"metadata!": _METADATA, "spec": {"podSelector": _SELECTOR}},
    "poddisruptionbudgets": {"metadata!": _METADATA, "spec": {"selector": _SELECTOR}},
    "pods": _POD,
    "services": _SERVICE,
}

_CHECK_OBJECT = _compile(_OBJECT)
_CHECKS: Mapping[str, _Check] = {resource: _compile(shape) for resource, shape in _SHAPES.items()}
