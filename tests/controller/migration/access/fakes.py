"""A cluster that does at once what it is asked, a pair of Leases, and the order of all that was done to them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, Unpack

from controller.clusters.kube_api import DeleteOptions, PatchType, WriteOptions
from controller.migration.protocol.errors import LeaseUncertain
from controller.migration.protocol.journal import decode_journal
from controller.migration.protocol.record import MigrationRecord, Side
from tests.controller.faults import answered

READY_POD = {"metadata": {}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}

Journaled = tuple[str, MigrationRecord]

#: What may be listed there, beside pods.
LISTED = ("leases", "services", "poddisruptionbudgets", "networkpolicies", "horizontalpodautoscalers")


class RecordingApi:
    """The API of one context: objects by path, and every write in `requests`.

    `before_sending` runs while a credential is renewed and a connection opened, before a write asks for its
    permission; `on_write` before an answer.

    A Deployment runs and serves with all its replicas as soon as it is asked to.
    """

    def __init__(self, context: str, requests: list[Any]) -> None:
        self.context = context
        self.objects: dict[str, dict[str, Any]] = {}
        self.requests = requests
        self.on_write: Callable[[], None] = lambda: None
        self.on_read: Callable[[], None] = lambda: None
        self.before_sending: Callable[[], None] = lambda: None
        self._version = 1

    async def get(self, path: str, *, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        self.on_read()
        if path in self.objects:
            return copy.deepcopy(self.objects[path])
        if path.endswith("/pods"):
            deployments = [body for key, body in self.objects.items() if "/deployments/" in key]
            pods = [READY_POD for body in deployments for _ in range(body["spec"]["replicas"])]
            return {"metadata": {"resourceVersion": str(self._version)}, "items": pods}
        if path.rsplit("/", 1)[-1] in LISTED:
            return {"items": [body for key, body in self.objects.items() if key.startswith(f"{path}/")]}
        raise answered(self.context, 404, f"{path} not found")

    async def create(
        self, collection: str, body: Mapping[str, Any], **options: Unpack[WriteOptions]
    ) -> dict[str, Any]:
        self._send(options)
        path = f"{collection}/{body['metadata']['name']}"
        if path in self.objects:
            raise answered(self.context, 409, f"{path} already exists")
        return dict(body) if options.get("dry_run") else self._store("POST", path, dict(body))

    async def replace(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._store("PUT", path, dict(body))

    async def patch(
        self, path: str, body: Any, patch_type: PatchType, **options: Unpack[WriteOptions]
    ) -> dict[str, Any]:
        self._send(options)
        patched = copy.deepcopy(self.objects[path])
        if patch_type is PatchType.MERGE:
            patched["metadata"].setdefault("annotations", {}).update(body["metadata"]["annotations"])
        else:
            for operation in body:
                self._apply(patched, operation)
        return self._store("PATCH", path, patched)

    async def delete(self, path: str, **options: Unpack[DeleteOptions]) -> dict[str, Any]:
        self._send(options)
        self.requests.append(("DELETE", self.context, path))
        return self.objects.pop(path)

    def put(self, path: str, body: dict[str, Any]) -> None:
        """Have an object, as if it had always been there."""
        self.objects[path] = copy.deepcopy(body)
        self._complete(self.objects[path])

    def _send(self, options: WriteOptions) -> None:
        self.before_sending()
        if (permission := options.get("permission")) is not None:
            permission()

    def _apply(self, document: dict[str, Any], operation: dict[str, Any]) -> None:
        *parents, last = [part.replace("~1", "/") for part in operation["path"].split("/")[1:]]
        place: Any = document
        for part in parents:
            place = place[part]
        if operation["op"] == "test" and place.get(last) != operation["value"]:
            raise answered(self.context, 422, f"the test of {operation['path']} failed")
        if operation["op"] == "replace":
            place[last] = operation["value"]

    def _store(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.requests.append((method, self.context, path))
        stored = copy.deepcopy(body)
        self._complete(stored)
        self.objects[path] = stored
        self.on_write()
        return copy.deepcopy(stored)

    def _complete(self, body: dict[str, Any]) -> None:
        self._version += 1
        metadata = body["metadata"]
        metadata.setdefault("uid", f"{self.context}-new-{self._version}")
        metadata |= {"resourceVersion": str(self._version), "generation": self._version}
        if "replicas" in body.get("spec", {}):
            counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
            body["status"] = {
                "observedGeneration": self._version,
                **dict.fromkeys(counts, body["spec"]["replicas"]),
            }


class RecordingLeases:
    """Leases that are held; those in `expired` were not renewed in time. Saves land in `requests`, too."""

    def __init__(self, requests: list[Any]) -> None:
        self.requests = requests
        self.expired: set[Side] = set()
        #: For each save, whether it waited for the target's mirror.
        self.mirrored: list[bool] = []

    def check_lost(self) -> None:
        """Nobody else leads."""

    def check(self, sides: tuple[Side, ...]) -> None:
        for side in sides:
            if side in self.expired:
                raise LeaseUncertain(str(side))

    async def save(self, text: str, epoch: int, *, mirror_now: bool) -> None:
        self.requests.append(("JOURNAL", decode_journal(text)))
        self.mirrored.append(mirror_now)
