"""Reading and copying JSON objects. Pure.

Stored objects are never changed in place: a new version shares every untouched branch with the old one, so that
a watch window of a thousand versions costs little more than the newest one.
"""

from collections.abc import Sequence
from typing import Any

JsonObject = dict[str, Any]
Path = tuple[str, ...]


def get_path(value: Any, *path: str, default: Any = None) -> Any:
    """The value under nested keys, or `default` where a key is missing or its value is null."""
    for key in path:
        if not isinstance(value, dict) or value.get(key) is None:
            return default
        value = value[key]
    return value


def with_path(value: JsonObject | None, path: Sequence[str], new: Any) -> JsonObject:
    """A copy of `value` with `new` under the nested keys; missing objects on the way are created."""
    copy = dict(value or {})
    copy[path[0]] = new if len(path) == 1 else with_path(copy.get(path[0]), path[1:], new)
    return copy


def without_path(value: JsonObject, path: Sequence[str]) -> JsonObject:
    """A copy of `value` without the nested key; `value` itself where the key is missing."""
    if path[0] not in value:
        return value
    if len(path) == 1:
        return {key: item for key, item in value.items() if key != path[0]}
    child = value[path[0]]
    return {**value, path[0]: without_path(child, path[1:])} if isinstance(child, dict) else value


def name_of(value: JsonObject) -> str:
    return str(get_path(value, "metadata", "name", default=""))


def namespace_of(value: JsonObject) -> str:
    """The namespace, or "" for an object of the whole cluster."""
    return str(get_path(value, "metadata", "namespace", default=""))


def uid_of(value: JsonObject) -> str:
    return str(get_path(value, "metadata", "uid", default=""))


def labels_of(value: JsonObject) -> dict[str, str]:
    return dict(get_path(value, "metadata", "labels", default={}))


def is_deleting(value: JsonObject) -> bool:
    return get_path(value, "metadata", "deletionTimestamp") is not None
