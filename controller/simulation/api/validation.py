"""What the API server refuses as invalid. Pure: the rules that a client of this project can run into."""

import json
import re
from collections.abc import Callable, Iterator

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.decoding import find_decoding_problem
from controller.simulation.api.json_objects import JsonObject, get_path, labels_of
from controller.simulation.api.metadata_validation import find_metadata_problems
from controller.simulation.api.resource_kinds import ResourceKind
from controller.simulation.api.selectors import matches_selector
from controller.simulation.api.status_errors import (
    FieldProblem,
    bad_request,
    bad_value,
    invalid,
    required,
    undecodable_patch,
)

_PERCENTAGE = re.compile(r"^[0-9]+%$")
LARGEST_CONFIG_BYTES = 1024 * 1024


def check_body_types(kind: ResourceKind, value: JsonObject) -> None:
    """Raises ApiError 400 for values that cannot be decoded at all."""
    if (why := find_decoding_problem(kind, value)) is not None:
        raise bad_request(
            f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: {why}'
        )


def check_patched(kind: ResourceKind, old: JsonObject, new: JsonObject) -> None:
    """Raises ApiError for what a patch, other than a replacement, must not leave: 400 another name, 422 the rest."""
    before, after = old["metadata"], new.get("metadata") or {}
    if (why := find_decoding_problem(kind, new)) is not None:
        raise undecodable_patch(json.dumps(new, separators=(",", ":")), why)
    if after.get("name", before["name"]) != before["name"]:
        name, kept = after["name"], before["name"]
        raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({kept})")
    if after.get("uid", before["uid"]) != before["uid"]:
        raise invalid(kind, before["name"], [bad_value("metadata.uid", after["uid"], "field is immutable")])


def check_valid(kind: ResourceKind, value: JsonObject, old: JsonObject | None = None) -> None:
    """Raises ApiError 422 naming every problem of an object that is about to be stored."""
    problems = list(find_metadata_problems(value))
    if rule := _RULES.get(kind):
        problems.extend(rule(value, old))
    if problems:
        raise invalid(kind, str(get_path(value, "metadata", "name", default="")), problems)


def _negative(value: JsonObject, *path: str) -> Iterator[FieldProblem]:
    number = get_path(value, *path)
    if isinstance(number, int) and number < 0:
        yield bad_value(".".join(path), number, "must be greater than or equal to 0")


def _workload_problems(value: JsonObject, old: JsonObject | None) -> Iterator[FieldProblem]:
    spec = value["spec"]
    yield from _negative(value, "spec", "replicas")
    yield from _negative(value, "spec", "minReadySeconds")
    deadline_s = spec.get("progressDeadlineSeconds")
    if deadline_s is not None and deadline_s <= (spec.get("minReadySeconds") or 0):
        yield bad_value("spec.progressDeadlineSeconds", deadline_s, "must be greater than minReadySeconds")
    selector = spec.get("selector")
    labels = labels_of(spec["template"])
    if selector is None:
        yield required("spec.selector")
    elif not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield bad_value("spec.selector", "{}", "empty selector is invalid for deployment")
    if not matches_selector(selector, labels):
        why = f"Invalid value: {_go_map(labels)}: `selector` does not match template `labels`"
        yield FieldProblem("FieldValueInvalid", "spec.template.metadata.labels", why)
    yield from _rolling_update_problems(spec.get("strategy") or {})
    if old is not None and selector != old["spec"].get("selector"):
        yield FieldProblem("FieldValueInvalid", "spec.selector", "Invalid value: field is immutable")
    yield from _pod_spec_problems(spec["template"]["spec"], "spec.template.spec")


def _rolling_update_problems(strategy: JsonObject) -> Iterator[FieldProblem]:
    for field in ("maxSurge", "maxUnavailable"):
        amount = get_path(strategy, "rollingUpdate", field, default=0)
        if isinstance(amount, str) and not _PERCENTAGE.match(amount):
            why = "a valid percent string must be a numeric string followed by an ending '%'"
            yield bad_value(f"spec.strategy.rollingUpdate.{field}", amount, why)


def _pod_problems(value: JsonObject, old: JsonObject | None) -> Iterator[FieldProblem]:
    if old is None:
        yield from _pod_spec_problems(value["spec"], "spec")


def _pod_spec_problems(spec: JsonObject, at: str) -> Iterator[FieldProblem]:
    if not spec.get("containers"):
        yield required(f"{at}.containers")
    for index, container in enumerate(spec.get("containers") or []):
        if not container.get("name"):
            yield required(f"{at}.containers[{index}].name")
        if not container.get("image"):
            yield required(f"{at}.containers[{index}].image")


def _autoscaler_problems(value: JsonObject, old: JsonObject | None) -> Iterator[FieldProblem]:
    spec = value["spec"]
    most, least = spec.get("maxReplicas", 0), spec.get("minReplicas", 1)
    if least < 1:
        yield bad_value("spec.minReplicas", least, "must be greater than or equal to 1")
    if most < 1:
        yield bad_value("spec.maxReplicas", most, "must be greater than 0")
    elif most < least:
        yield bad_value("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")
    for field in ("kind", "name"):
        if not get_path(spec, "scaleTargetRef", field):
            yield required(f"spec.scaleTargetRef.{field}")


def _lease_problems(value: JsonObject, old: JsonObject | None) -> Iterator[FieldProblem]:
    spec = value.get("spec") or {}
    duration = spec.get("leaseDurationSeconds")
    if duration is not None and duration <= 0:
        yield bad_value("spec.leaseDurationSeconds", duration, "must be greater than 0")
    transitions = spec.get("leaseTransitions")
    if transitions is not None and transitions < 0:
        yield bad_value("spec.leaseTransitions", transitions, "must be greater than or equal to 0")


def _config_problems(value: JsonObject, old: JsonObject | None) -> Iterator[FieldProblem]:
    contents = {**(value.get("data") or {}), **(value.get("binaryData") or {})}
    if sum(len(str(text).encode()) for text in contents.values()) > LARGEST_CONFIG_BYTES:
        yield FieldProblem(
            "FieldValueTooLong", "", f"Too long: may not be more than {LARGEST_CONFIG_BYTES} bytes"
        )
    if (
        old is not None
        and old.get("immutable")
        and contents != {**(old.get("data") or {}), **(old.get("binaryData") or {})}
    ):
        yield FieldProblem(
            "FieldValueForbidden", "data", "Forbidden: field is immutable when `immutable` is set"
        )


def _service_problems(value: JsonObject, old: JsonObject | None) -> Iterator[FieldProblem]:
    if not value["spec"].get("ports") and value["spec"].get("clusterIP") != "None":
        yield required("spec.ports")


def _go_map(labels: dict[str, str]) -> str:
    """A map of labels as field errors show it."""
    return json.dumps(labels, separators=(",", ":"), sort_keys=True) if labels else "null"


_RULES: dict[ResourceKind, Callable[[JsonObject, JsonObject | None], Iterator[FieldProblem]]] = {
    kinds.DEPLOYMENTS: _workload_problems,
    kinds.REPLICA_SETS: _workload_problems,
    kinds.PODS: _pod_problems,
    kinds.AUTOSCALERS: _autoscaler_problems,
    kinds.LEASES: _lease_problems,
    kinds.CONFIG_MAPS: _config_problems,
    kinds.SECRETS: _config_problems,
    kinds.SERVICES: _service_problems,
}
"""Kind → its own rules; they get the new object and, for an update, the old one."""
