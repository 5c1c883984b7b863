"""The objects that travel with a Deployment: read from the source, created in the target, taken back by a
rollback.

Creating is idempotent by name and label: a restart finds what it created before. Deleting touches only
objects whose UID is in the journal, and only if they have not changed since they were looked at.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from controller.clusters import paths
from controller.clusters.kube_api import KubeApi
from controller.errors import (
    ClusterUnreachable,
    ObjectNotFound,
    RateLimited,
    RequestRefused,
    ServerFailed,
    VersionConflict,
)
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.journal_writer import JournalWriter
from controller.migration.access.probe import Probe
from controller.migration.access.timing import Timing
from controller.migration.protocol.errors import HoldNeeded, MoveFailed
from controller.migration.protocol.fences import Fence
from controller.migration.protocol.record import CreatedObject, Side
from controller.migration.protocol.states import HoldReason
from controller.migration.steps.closure import (
    build_copy,
    build_deployment_copy,
    find_references,
    is_created_by,
    is_same_content,
    selects,
)

#: Everything that `read_closure` may return.
COPIED_RESOURCES = ("configmaps", "serviceaccounts", "services", "poddisruptionbudgets", "deployments")


@dataclass(frozen=True, slots=True)
class Travelling:
    """An object of the source that has to exist in the target, as the source's API server has it."""

    resource: str
    namespace: str
    body: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name, the same in both clusters."""
        return str(self.body["metadata"]["name"])

    @property
    def path(self) -> str:
        """Where it is in either cluster."""
        return paths.item(self.resource, self.name, self.namespace)

    def build(self, migration_id: str, fence: Fence) -> dict[str, Any]:
        """Return what is created in the target."""
        if self.resource == "deployments":
            return build_deployment_copy(self.body, migration_id, fence)
        return build_copy(self.body, migration_id)


async def list_if_served(api: KubeApi, resource: str, namespace: str) -> list[dict[str, Any]]:
    """Return all objects of a kind in a namespace; none where the API server does not know the kind."""
    items: list[dict[str, Any]] = []
    params: dict[str, str] = {}
    while True:
        try:
            page = await api.get(paths.collection(resource, namespace), params=params)
        except ObjectNotFound:
            return items
        items += page.get("items") or []
        proceed = (page.get("metadata") or {}).get("continue")
        if not proceed:
            return items
        params = {"continue": proceed}


async def read_closure(source: ClusterSide) -> tuple[Travelling, ...]:
    """Read everything that has to travel, in the order of creation; the Deployment comes last.

    Raises: ObjectNotFound where the pod template names an object that does not exist; ClusterError.
    """
    api, namespace = source.api, source.namespace
    deployment = await api.get(source.path)
    template = deployment["spec"]["template"]
    named = [
        Travelling(resource, namespace, await api.get(paths.item(resource, name, namespace)))
        for resource, name in _list_named(template)
    ]
    return (
        *named,
        *await _read_selecting(source, template),
        Travelling("deployments", namespace, deployment),
    )


async def find_copied_paths(source: ClusterSide) -> tuple[str, ...]:
    """Return where copies of this workload's objects may be in the target, even of those that the source has lost
    since. Raises: ClusterError.
    """
    template = (await source.api.get(source.path))["spec"]["template"]
    named = [paths.item(resource, name, source.namespace) for resource, name in _list_named(template)]
    selecting = await _read_selecting(source, template)
    return (*named, *(travelling.path for travelling in selecting), source.path)


def _list_named(template: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (resource, name) of what the pod template names and what travels."""
    references = find_references(template)
    named = [("configmaps", name) for name in references.config_maps]
    if references.service_account is not None:
        named.append(("serviceaccounts", references.service_account))
    return named


async def _read_selecting(source: ClusterSide, template: Mapping[str, Any]) -> list[Travelling]:
    """Read the Services and the PodDisruptionBudgets that select the pods."""
    api, namespace = source.api, source.namespace
    found = []
    for service in await list_if_served(api, "services", namespace):
        if selects((service.get("spec") or {}).get("selector"), template):
            found.append(Travelling("services", namespace, with_kind(service, "v1", "Service")))
    for budget in await list_if_served(api, "poddisruptionbudgets", namespace):
        if selects(((budget.get("spec") or {}).get("selector") or {}).get("matchLabels"), template):
            body = with_kind(budget, "policy/v1", "PodDisruptionBudget")
            found.append(Travelling("poddisruptionbudgets", namespace, body))
    return found


def with_kind(item: Mapping[str, Any], api_version: str, kind: str) -> dict[str, Any]:
    """Return a list's item with the apiVersion and kind that lists leave out."""
    return {**item, "apiVersion": api_version, "kind": kind}


class Copies:
    """Creates and deletes the copies of one migration in the target."""

    def __init__(
        self,
        keeper: JournalWriter,
        sides: Mapping[Side, ClusterSide],
        rehearsal: Probe,
        pace: Timing,
    ) -> None:
        self._keeper = keeper
        self._source = sides[Side.SOURCE]
        self._target = sides[Side.TARGET]
        self._rehearsal = rehearsal
        self._pace = pace

    async def create_all(self) -> None:
        """Create what is missing in the target, and journal each UID.

        Raises: MoveFailed where the target has another object of that name, or refuses ours.
        """
        for travelling in await read_closure(self._source):
            if travelling.resource == "deployments" and self._keeper.record.target_existed:
                continue
            await self._create(travelling)

    async def delete_all(self) -> None:
        """Delete what this migration created, the Deployment first. Raises: ClusterError when patience is
        over.
        """
        await self._find_unjournaled()
        for created in reversed(self._keeper.record.created):
            await self._delete(created)
            self._forget(created)

    def _forget(self, created: CreatedObject) -> None:
        record = self._keeper.record
        record = replace(record, created=tuple(other for other in record.created if other != created))
        if created.uid == record.target.deployment_uid:
            record = record.with_side(Side.TARGET, replace(record.target, deployment_uid=None))
        self._keeper.remember(record)

    async def _create(self, travelling: Travelling) -> None:
        """Create one object; an answer that never came is looked into, and a second attempt meets the first
        one's object.
        """
        record = await self._keeper.count_operation()
        copy = travelling.build(record.migration_id, record.fence(f"{record.operation}-create"))
        patience = self._pace.patience()
        while True:
            try:
                existing = await self._target.api.get(travelling.path)
            except ObjectNotFound:
                existing = None
            except (ClusterUnreachable, ServerFailed, RateLimited) as error:
                await patience.endure(error)
                continue
            if existing is not None:
                await self._accept(travelling, existing, copy)
                return
            self._keeper.check()
            try:
                await self._accept(travelling, await self._post(travelling, copy), copy)
                return
            except (VersionConflict, ClusterUnreachable, ServerFailed, RateLimited) as error:
                await patience.endure(error)
            except RequestRefused as error:
                raise MoveFailed(
                    f"{self._target.context} refused {travelling.path}: {error.reason}"
                ) from error

    async def _post(self, travelling: Travelling, copy: dict[str, Any]) -> dict[str, Any]:
        def write(dry_run: bool) -> Awaitable[dict[str, Any]]:
            collection = paths.collection(travelling.resource, travelling.namespace)
            return self._target.api.create(collection, copy, dry_run=dry_run)

        return await self._rehearsal.perform(write)

    async def _accept(self, travelling: Travelling, existing: dict[str, Any], copy: dict[str, Any]) -> None:
        """Journal an object of ours, or agree with an equal one of somebody else's."""
        record = self._keeper.record
        if is_created_by(existing, record.migration_id):
            uid = str(existing["metadata"]["uid"])
            created = CreatedObject(travelling.path, uid)
            if created not in record.created:
                record = replace(record, created=(*record.created, created))
            if travelling.resource == "deployments":
                record = record.with_side(Side.TARGET, replace(record.target, deployment_uid=uid))
            await self._keeper.save(record)
        elif travelling.resource == "deployments" or not is_same_content(existing, copy):
            raise MoveFailed(
                f"{self._target.context} already has another {travelling.path}; it was left as it is"
            )

    def _require_own_kind(self, created: CreatedObject) -> None:
        """Raises: HoldNeeded for a path outside the workload's namespace, or of a kind that is never copied."""
        folder, _, _ = created.path.rpartition("/")
        if folder not in {
            paths.collection(resource, self._target.namespace) for resource in COPIED_RESOURCES
        }:
            raise HoldNeeded(
                HoldReason.INTERFERENCE, f"the journal speaks of {created.path}, which is never copied"
            )

    async def _find_unjournaled(self) -> None:
        """Journal objects that carry our label but were created just before a crash."""
        journaled = {created.path for created in self._keeper.record.created}
        for path in await find_copied_paths(self._source):
            if path in journaled:
                continue
            try:
                existing = await self._target.api.get(path)
            except ObjectNotFound:
                continue
            if is_created_by(existing, self._keeper.record.migration_id):
                created = CreatedObject(path, str(existing["metadata"]["uid"]))
                record = self._keeper.record
                await self._keeper.save(replace(record, created=(*record.created, created)))

    async def _delete(self, created: CreatedObject) -> None:
        """Delete one object, if it is still the one that we made: a journal alone is not believed."""
        self._require_own_kind(created)
        patience = self._pace.patience()
        while True:
            try:
                existing = await self._target.api.get(created.path)
                metadata = existing["metadata"]
                is_ours = metadata["uid"] == created.uid and is_created_by(
                    existing, self._keeper.record.migration_id
                )
                if not is_ours or metadata.get("deletionTimestamp"):
                    return
                self._keeper.check()
                await self._send_delete(created, str(metadata["resourceVersion"]))
            except ObjectNotFound:
                return
            except (VersionConflict, ClusterUnreachable, ServerFailed, RateLimited) as error:
                await patience.endure(error)

    async def _send_delete(self, created: CreatedObject, version: str) -> None:
        def write(dry_run: bool) -> Awaitable[object]:
            return self._target.api.delete(
                created.path, uid=created.uid, resource_version=version, dry_run=dry_run
            )

        await self._rehearsal.perform(write)
