"""What a write may change, kind by kind: metadata that stays, generations, spec against status. Pure."""

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.defaults import with_defaults
from controller.simulation.api.json_objects import JsonObject, get_path
from controller.simulation.api.resource_kinds import ResourceKind
from controller.simulation.api.status_errors import conflict
from controller.simulation.api.timestamps import format_micro_time, parse_time

_SERVER_OWNED = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
)
"""Metadata that a client may send but never change."""
_MICRO_TIMES = ("acquireTime", "renewTime")


def prepare_update(kind: ResourceKind, old: JsonObject, new: JsonObject) -> JsonObject:
    """The object to store for a write to the main resource. Raises ApiError 409 where its preconditions fail."""
    merged = _keep_metadata(kind, old, new)
    if kind.has_status:
        merged = {key: item for key, item in merged.items() if key != "status"}
        if "status" in old:
            merged["status"] = old["status"]
    merged = with_defaults(kind, normalise(kind, merged))
    return _count_generation(kind, old, merged)


def prepare_status_update(kind: ResourceKind, old: JsonObject, new: JsonObject) -> JsonObject:
    """The object to store for a write to its status subresource: nothing but the status (and annotations) changes."""
    checked = _keep_metadata(kind, old, new)
    status = new.get("status")
    merged = {**old, "metadata": {**old["metadata"], **_annotations(checked)}}
    return {**merged, "status": status} if status is not None else merged


def normalise(kind: ResourceKind, value: JsonObject) -> JsonObject:
    """Values in the form in which the server stores and returns them."""
    if kind is not kinds.LEASES or not isinstance(value.get("spec"), dict):
        return value
    times = {
        key: format_micro_time(parse_time(value["spec"][key]))
        for key in _MICRO_TIMES
        if value["spec"].get(key)
    }
    spec = {key: item for key, item in {**value["spec"], **times}.items() if item is not None}
    return {**value, "spec": spec}


def _annotations(value: JsonObject) -> JsonObject:
    return {key: value["metadata"][key] for key in ("annotations",) if key in value["metadata"]}


def _keep_metadata(kind: ResourceKind, old: JsonObject, new: JsonObject) -> JsonObject:
    before, metadata = old["metadata"], dict(new.get("metadata") or {})
    name = before["name"]
    wanted_uid, wanted_version = metadata.get("uid"), metadata.get("resourceVersion")
    if wanted_uid and wanted_uid != before["uid"]:
        why = f"Precondition failed: UID in precondition: {wanted_uid}, UID in object meta: {before['uid']}"
        raise conflict(kind, name, why)
    if wanted_version and wanted_version != before["resourceVersion"]:
        raise conflict(kind, name)
    for field in (*_SERVER_OWNED, "resourceVersion", "name", "namespace"):
        metadata.pop(field, None)
        if field in before:
            metadata[field] = before[field]
    metadata = {key: item for key, item in metadata.items() if item not in (None, {}, [])}
    return {**new, "apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}


def _count_generation(kind: ResourceKind, old: JsonObject, new: JsonObject) -> JsonObject:
    generation = get_path(old, "metadata", "generation")
    if not kind.counts_generation or generation is None:
        return new
    # A deployment's annotations count as well: they are copied to its replica sets.
    counts_annotations = kind is kinds.DEPLOYMENTS and _annotations(new) != _annotations(old)
    if new.get("spec") == old.get("spec") and not counts_annotations:
        return new
    return {**new, "metadata": {**new["metadata"], "generation": generation + 1}}
