"""A cluster and a pair of Leases that only remember what was done to them, in which order."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from controller.clusters.kube_api import PatchType
from controller.errors import ObjectNotFound
from controller.migration.protocol.errors import LeaseUncertain
from controller.migration.protocol.journal import decode_journal
from controller.migration.protocol.record import MigrationRecord, Side

Journaled = tuple[str, MigrationRecord]


class RecordingApi:
    """The API of one context: objects by path, and every request in `requests`; `on_write` runs before an answer."""

    def __init__(self, context: str, requests: list[Any]) -> None:
        self.context = context
        self.objects: dict[str, dict[str, Any]] = {}
        self.requests = requests
        self.on_write: Callable[[], None] = lambda: None

    async def get(self, path: str, *, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        if path not in self.objects:
            raise ObjectNotFound(self.context, f"{path} not found", status=404)
        return copy.deepcopy(self.objects[path])

    async def create(
        self, collection: str, body: Mapping[str, Any], *, dry_run: bool = False
    ) -> dict[str, Any]:
        path = f"{collection}/{body['metadata']['name']}"
        return self._store("POST", path, dict(body))

    async def replace(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._store("PUT", path, dict(body))

    async def patch(
        self,
        path: str,
        body: Any,
        patch_type: PatchType,
        *,
        dry_run: bool = False,
        field_manager: str | None = None,
        force: bool | None = None,
    ) -> dict[str, Any]:
        patched = copy.deepcopy(self.objects[path])
        if patch_type is PatchType.JSON:
            for operation in body:
                if operation["op"] == "replace":
                    *parents, last = [part.replace("~1", "/") for part in operation["path"].split("/")[1:]]
                    place: Any = patched
                    for part in parents:
                        place = place[part]
                    place[last] = operation["value"]
        else:
            patched["metadata"]["annotations"] = body["metadata"]["annotations"]
        return self._store("PATCH", path, patched)

    async def delete(
        self, path: str, *, uid: str, resource_version: str, dry_run: bool = False
    ) -> dict[str, Any]:
        self.requests.append(("DELETE", self.context, path))
        return self.objects.pop(path)

    def _store(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.requests.append((method, self.context, path))
        version = int(self.objects.get(path, {}).get("metadata", {}).get("resourceVersion", 0)) + 1
        body = {**body, "metadata": {**body["metadata"], "resourceVersion": str(version)}}
        self.objects[path] = copy.deepcopy(body)
        self.on_write()
        return body


class RecordingLeases:
    """Leases that are held; those in `expired` were not renewed in time. Saves land in `requests`, too."""

    def __init__(self, requests: list[Any]) -> None:
        self.requests = requests
        self.expired: set[Side] = set()

    def check_lost(self) -> None:
        """Nobody else leads."""

    def check(self, sides: tuple[Side, ...]) -> None:
        for side in sides:
            if side in self.expired:
                raise LeaseUncertain(str(side))

    async def save(self, text: str, epoch: int, *, mirror_now: bool) -> None:
        self.requests.append(("JOURNAL", decode_journal(text)))
