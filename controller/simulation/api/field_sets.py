"""Sets of fields of an object, as managedFields records them in its FieldsV1 form. Pure.

A path is a tuple of elements in FieldsV1 spelling: `f:name` for a member, `k:{...}` for an item of a list that is
keyed by some of its members, `v:...` for an item of a set. A keyed item itself is a path too.
Source: the merge keys and atomic lists that the built-in types declare for server-side apply.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from controller.simulation.api.json_objects import JsonObject

FieldPath = tuple[str, ...]
FieldSet = frozenset[FieldPath]

_LIST_KEYS: dict[str, tuple[str, ...]] = {
    "containers": ("name",), "initContainers": ("name",), "ephemeralContainers": ("name",), "volumes": ("name",),
    "env": ("name",), "volumeMounts": ("mountPath",), "imagePullSecrets": ("name",), "conditions": ("type",),
    "ownerReferences": ("uid",), "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
}  # fmt: skip
"""Field name → members that identify an item; every other list but `ports` and sets is one value."""
_SET_LISTS = ("finalizers",)
_ATOMIC_MAPS = ("selector", "nodeSelector", "matchLabels")
_IDENTITY = ("name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp",
             "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields", "selfLink")  # fmt: skip
"""Metadata that nobody owns."""


def find_fields(value: JsonObject) -> dict[FieldPath, Any]:
    """Path → value of every field that somebody can own: leaves, empty objects and the keyed items of lists."""
    metadata = {key: item for key, item in (value.get("metadata") or {}).items() if key not in _IDENTITY}
    owned = {key: item for key, item in value.items() if key not in ("apiVersion", "kind", "metadata")}
    return dict(_walk({**owned, **({"metadata": metadata} if metadata else {})}, ()))


def _walk(value: Any, path: FieldPath) -> Iterator[tuple[FieldPath, Any]]:
    field = path[-1][2:] if path and path[-1].startswith("f:") else ""
    if isinstance(value, dict) and value and not (field in _ATOMIC_MAPS and path[:-1]):
        for key, item in value.items():
            yield from _walk(item, (*path, f"f:{key}"))
    elif isinstance(value, list) and value and (keys := list_keys(field, value)):
        for item in value:
            at = (*path, format_key(item, keys))
            yield at, None
            yield from _walk(item, at)
    elif isinstance(value, list) and field in _SET_LISTS:
        for item in value:
            yield (*path, "v:" + _compact(item)), item
    elif path:
        yield path, value


def list_keys(field: str, items: list[Any]) -> tuple[str, ...]:
    """The members that identify an item of a list; empty for a list that is one value."""
    if not all(isinstance(item, dict) for item in items):
        return ()
    if field == "ports":
        return ("containerPort" if any("containerPort" in item for item in items) else "port", "protocol")
    return _LIST_KEYS.get(field, ())


def format_key(item: JsonObject, keys: Iterable[str]) -> str:
    """`k:{...}`, with TCP where a port names no protocol."""
    defaults = {"protocol": "TCP"}
    return "k:" + _compact({key: item.get(key, defaults.get(key)) for key in sorted(keys)})


def to_fields_v1(fields: Iterable[FieldPath]) -> JsonObject:
    """The nested form that is stored; a path that has members of its own is marked with `.`."""
    root: JsonObject = {}
    for path in sorted(fields):
        node = root
        for element in path:
            node = node.setdefault(element, {})
        if path[-1].startswith("k:"):
            node["."] = {}
    return root


def from_fields_v1(stored: JsonObject) -> FieldSet:
    return frozenset(_read(stored, ()))


def _read(node: JsonObject, path: FieldPath) -> Iterator[FieldPath]:
    if path and (not node or "." in node):
        yield path
    for element, child in node.items():
        if element != ".":
            yield from _read(child, (*path, element))


def format_path(path: FieldPath) -> str:
    """As conflict messages show it: `.spec.template.spec.containers[name="web"].image`."""
    text = ""
    for element in path:
        if element.startswith("k:"):
            members = ",".join(f"{key}={_compact(item)}" for key, item in json.loads(element[2:]).items())
            text += f"[{members}]"
        elif element.startswith("v:"):
            text += f"[={element[2:]}]"
        else:
            text += "." + element[2:]
    return text


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)
