"""The objects of one simulated cluster as its control loops see and change them. Pure: time is an argument."""

import random
import uuid
from dataclasses import dataclass, field
from typing import Any

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.defaults import with_defaults
from controller.simulation.api.json_objects import JsonObject, name_of, namespace_of, uid_of, with_path
from controller.simulation.api.object_store import ObjectStore
from controller.simulation.api.resource_kinds import ResourceKind
from controller.simulation.api.timestamps import format_time

NAME_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""Letters of generated names: no vowels, so that no words appear (Kubernetes' own choice)."""


@dataclass(slots=True)
class ClusterState:
    """One cluster's store with a seeded source of names and chances."""

    context: str
    seed: int
    store: ObjectStore = field(default_factory=ObjectStore)
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"{self.seed}/{self.context}")

    def new_uid(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def random_suffix(self, length: int = 5) -> str:
        return "".join(self.chance.choice(NAME_ALPHABET) for _ in range(length))

    def create(self, kind: ResourceKind, value: JsonObject, now: float) -> JsonObject:
        """Store a new object as the API server would: defaults, UID, creation time, first generation."""
        return self.store.put(kind, self.prepare_new(kind, value, now))

    def prepare_new(self, kind: ResourceKind, value: JsonObject, now: float) -> JsonObject:
        metadata = {**value.get("metadata", {})}
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = metadata["generateName"] + self.random_suffix()
        metadata = {key: item for key, item in metadata.items() if item not in (None, {}, [])}
        metadata |= {"uid": self.new_uid(), "creationTimestamp": format_time(now)}
        if kind.counts_generation:
            metadata["generation"] = 1
        value = {"apiVersion": kind.api_version, "kind": kind.kind, **value, "metadata": metadata}
        return with_defaults(kind, value)

    def update_spec(
        self, kind: ResourceKind, value: JsonObject, path: tuple[str, ...], new: Any
    ) -> JsonObject:
        """Set one field of the spec, raising the generation where the kind counts it and the value is new."""
        changed = with_path(value, ("spec", *path), new)
        if changed["spec"] == value.get("spec"):
            return value
        if kind.counts_generation:
            changed = with_path(
                changed, ("metadata", "generation"), value["metadata"].get("generation", 0) + 1
            )
        return self.store.put(kind, changed)

    def update_status(self, kind: ResourceKind, value: JsonObject, status: JsonObject) -> JsonObject:
        return self.store.put(kind, {**value, "status": status})

    def owned_by(self, kind: ResourceKind, owner: JsonObject) -> list[JsonObject]:
        """Objects of the owner's namespace that name it as their controller."""
        uid = uid_of(owner)
        return [
            one
            for one in self.store.list_of(kind, namespace_of(owner))
            if any(
                ref["uid"] == uid
                for ref in one["metadata"].get("ownerReferences") or ()
                if ref.get("controller")
            )
        ]

    def record_event(
        self, about: JsonObject, reason: str, message: str, now: float, *, source: str, warning: bool = False
    ) -> None:
        """Write a core/v1 Event about an object into its namespace (`default` for objects of the whole cluster)."""
        namespace = namespace_of(about) or "default"
        stamp = format_time(now)
        name = f"{name_of(about)}.{self.chance.getrandbits(64):016x}"
        self.create(kinds.EVENTS, {
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": {
                "kind": about.get("kind", ""), "apiVersion": about.get("apiVersion", ""), "name": name_of(about),
                "namespace": namespace_of(about), "uid": uid_of(about),
                "resourceVersion": about["metadata"].get("resourceVersion", ""),
            },
            "reason": reason, "message": message, "type": "Warning" if warning else "Normal",
            "source": {"component": source}, "reportingComponent": source, "reportingInstance": "",
            "firstTimestamp": stamp, "lastTimestamp": stamp, "count": 1, "eventTime": None,
        }, now)  # fmt: skip


def owner_reference(owner: JsonObject) -> JsonObject:
    return {
        "apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": name_of(owner), "uid": uid_of(owner),
        "controller": True, "blockOwnerDeletion": True,
    }  # fmt: skip
