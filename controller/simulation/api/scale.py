"""The scale subresource: one view for everything that has replicas. Pure."""

from controller.simulation.api.json_objects import JsonObject, get_path, with_path
from controller.simulation.api.selectors import format_selector


def to_scale(value: JsonObject) -> JsonObject:
    """autoscaling/v1 Scale of a deployment or replica set; zero counts are left out of the spec."""
    metadata = {
        key: value["metadata"][key]
        for key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        if key in value["metadata"]
    }
    replicas = get_path(value, "spec", "replicas", default=0)
    return {
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata,
        "spec": {"replicas": replicas} if replicas else {},
        "status": {
            "replicas": get_path(value, "status", "replicas", default=0),
            "selector": format_selector(value["spec"].get("selector")),
        },
    }  # fmt: skip


def from_scale(scale: JsonObject, value: JsonObject) -> JsonObject:
    """The object with the replicas, and the preconditions in metadata, that a written Scale asks for."""
    changed = with_path(value, ("spec", "replicas"), get_path(scale, "spec", "replicas", default=0))
    for field in ("resourceVersion", "uid"):
        if text := get_path(scale, "metadata", field):
            changed = with_path(changed, ("metadata", field), text)
    return changed
