"""Server-side apply: merge what one manager wants, unless another manager owns it with another value. Pure.

Source: the merge and conflict rules of structured merge and diff, for the built-in types.
"""

import json
from collections.abc import Sequence
from typing import Any

from controller.simulation.api.field_sets import FieldPath, find_fields, format_key, format_path, list_keys
from controller.simulation.api.json_objects import JsonObject
from controller.simulation.api.managed_fields import FieldOwner, OwnedFields, read_owners, with_owners
from controller.simulation.api.status_errors import ApiError
from controller.simulation.api.timestamps import format_time

_SERVER_FIELDS = ("managedFields", "uid", "resourceVersion", "creationTimestamp", "generation")


def apply_configuration(
    live: JsonObject | None, wanted: JsonObject, owner: FieldOwner, now: float, *, force: bool
) -> JsonObject:
    """The live object with the wanted fields set and owned. Raises ApiError 409 naming the owners in the way."""
    fields = find_fields(wanted)
    owners = read_owners(live) if live else []
    mine = next((one for one in owners if one.owner == owner), OwnedFields(owner, frozenset(), ""))
    others = [one for one in owners if one.owner != owner]
    live_fields = find_fields(live) if live else {}
    disputed = frozenset(
        path for path, value in fields.items() if path in live_fields and live_fields[path] != value
    )
    conflicts = [(one, path) for one in others for path in sorted(one.fields & disputed)]
    if conflicts and not force:
        raise apply_conflict(conflicts)
    merged = merge_configuration(live or {}, wanted)
    shared = frozenset().union(*(one.fields for one in others))
    for path in sorted(mine.fields - frozenset(fields) - shared, key=len, reverse=True):
        merged = _remove_field(merged, path)
    kept = [OwnedFields(one.owner, one.fields - disputed, one.time) for one in others]
    return with_owners(merged, [OwnedFields(owner, frozenset(fields), format_time(now)), *kept])


def apply_conflict(conflicts: Sequence[tuple[OwnedFields, FieldPath]]) -> ApiError:
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f"conflict with {one.owner.describe()}",
            "field": format_path(path),
        }
        for one, path in conflicts
    ]
    if len(conflicts) == 1:
        listed = f"{causes[0]['message']}: {causes[0]['field']}"
        return ApiError(409, "Conflict", f"Apply failed with 1 conflict: {listed}", {"causes": causes})
    lines: list[str] = []
    for heading in sorted({cause["message"] for cause in causes}):
        lines.append(heading.replace("conflict with", "conflicts with", 1) + ":")
        lines.extend(f"- {cause['field']}" for cause in causes if cause["message"] == heading)
    message = f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)
    return ApiError(409, "Conflict", message, {"causes": causes})


def merge_configuration(live: Any, wanted: Any, field: str = "") -> Any:
    """Objects merge, keyed lists merge item by item, everything else is replaced by the wanted value."""
    if isinstance(wanted, dict) and isinstance(live, dict):
        merged = dict(live)
        for key, value in wanted.items():
            if not (field == "metadata" and key in _SERVER_FIELDS):
                merged[key] = merge_configuration(live.get(key), value, key)
        return merged
    if isinstance(wanted, list) and isinstance(live, list) and (keys := list_keys(field, wanted)):
        by_key = {format_key(item, keys): item for item in live}
        for item in wanted:
            key = format_key(item, keys)
            by_key[key] = merge_configuration(by_key.get(key), item)
        return list(by_key.values())
    return wanted


def _remove_field(value: Any, path: FieldPath) -> Any:
    """The value without one field; objects that this leaves empty stay, as with the real server."""
    element, rest = path[0], path[1:]
    if element.startswith("f:"):
        key = element[2:]
        if not isinstance(value, dict) or key not in value:
            return value
        if rest:
            return {**value, key: _remove_in(value[key], rest)}
        return {name: item for name, item in value.items() if name != key}
    return value


def _remove_in(value: Any, path: FieldPath) -> Any:
    if not isinstance(value, list):
        return _remove_field(value, path)
    element, rest = path[0], path[1:]
    if element.startswith("v:"):
        return [item for item in value if f'v:"{item}"' != element]
    kept = []
    for item in value:
        is_named = format_key(item, json.loads(element[2:])) == element
        if is_named and rest:
            kept.append(_remove_field(item, rest))
        elif not is_named:
            kept.append(item)
    return kept
