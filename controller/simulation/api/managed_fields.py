"""Who owns which fields: metadata.managedFields after each kind of write. Pure.

The controller reads from it who else scales a workload; a server-side apply is refused in its name.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from controller.simulation.api.field_sets import FieldSet, find_fields, from_fields_v1, to_fields_v1
from controller.simulation.api.json_objects import JsonObject, with_path, without_path
from controller.simulation.api.timestamps import format_time


@dataclass(frozen=True, slots=True)
class FieldOwner:
    """One entry of managedFields; `operation` is `Apply` or `Update`."""

    manager: str
    operation: str
    api_version: str
    subresource: str = ""

    def describe(self) -> str:
        """As conflict messages name it."""
        text = f'"{self.manager}"'
        if self.subresource:
            text += f' with subresource "{self.subresource}"'
        return f"{text} using {self.api_version}" if self.operation == "Update" else text


@dataclass(frozen=True, slots=True)
class OwnedFields:
    owner: FieldOwner
    fields: FieldSet
    time: str
    """Formatted time of the owner's last change of the set; empty for what the scale subresource wrote."""


def read_owners(value: JsonObject) -> list[OwnedFields]:
    """The entries of an object's managedFields."""
    return [
        OwnedFields(
            FieldOwner(
                one.get("manager", ""),
                one.get("operation", ""),
                one.get("apiVersion", ""),
                one.get("subresource", ""),
            ),
            from_fields_v1(one.get("fieldsV1") or {}),
            one.get("time", ""),
        )
        for one in (value.get("metadata") or {}).get("managedFields") or []
    ]


def with_owners(value: JsonObject, owners: Sequence[OwnedFields]) -> JsonObject:
    """The object with these entries; owners of nothing are left out."""
    entries = [_to_entry(one) for one in owners if one.fields]
    if not entries:
        return without_path(value, ("metadata", "managedFields"))
    return with_path(value, ("metadata", "managedFields"), entries)


def record_update(old: JsonObject | None, new: JsonObject, owner: FieldOwner, now: float) -> JsonObject:
    """`new`, with what it changed against `old` now owned by the writer, and by nobody else."""
    before, after = find_fields(old) if old else {}, find_fields(new)
    changed = frozenset(path for path, value in after.items() if path not in before or before[path] != value)
    removed = frozenset(before) - frozenset(after)
    owners = read_owners(old) if old else []
    if not changed and not removed:
        return with_owners(new, owners)
    mine = next((one for one in owners if one.owner == owner), OwnedFields(owner, frozenset(), ""))
    others = [
        OwnedFields(one.owner, one.fields - changed - removed, one.time)
        for one in owners
        if one.owner != owner
    ]
    # An API server carries what the scale subresource owns over from the scale, and forgets the time on the way.
    time = "" if owner.subresource == "scale" else format_time(now)
    return with_owners(new, [*others, OwnedFields(owner, (mine.fields | changed) - removed, time)])


def keep_unchanged(old: JsonObject, new: JsonObject) -> JsonObject:
    """`old` where an apply changed nothing but the time at which it was applied, else `new`."""
    now_owned = [(one.owner, one.fields) for one in read_owners(new)]
    if sorted(now_owned, key=repr) != sorted(((one.owner, one.fields) for one in read_owners(old)), key=repr):
        return new
    bare = without_path(new, ("metadata", "managedFields"))
    return old if bare == without_path(old, ("metadata", "managedFields")) else new


def _to_entry(owned: OwnedFields) -> JsonObject:
    owner = owned.owner
    entry: JsonObject = {
        "manager": owner.manager, "operation": owner.operation, "apiVersion": owner.api_version,
        "fieldsType": "FieldsV1", "fieldsV1": to_fields_v1(owned.fields),
    }  # fmt: skip
    if owned.time:
        entry["time"] = owned.time
    return {**entry, "subresource": owner.subresource} if owner.subresource else entry
