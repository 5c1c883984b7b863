"""The objects that travel with a Deployment: created in the target, taken back by a rollback.

Creating is idempotent by name and label: a restart finds what it created before. Deleting touches only
objects whose UID is in the journal, and only if they have not changed since they were looked at.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from contextlib import suppress
from typing import Any

from controller.clusters import paths
from controller.clusters.json_reading import as_mapping
from controller.clusters.workload_parsing import hash_template
from controller.errors import (
    ClusterUnreachable,
    ObjectNotFound,
    RateLimited,
    RequestRefused,
    ServerFailed,
    VersionConflict,
)
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.protocol.errors import HoldNeeded, MigrationRefused, MoveFailed
from controller.migration.protocol.fences import Fence
from controller.migration.protocol.journal_bounds import ANY_UID
from controller.migration.protocol.record import Note, Side, StepRecord
from controller.migration.steps.closure import find_references, is_created_by, is_same_content
from controller.migration.steps.step import Survey, Workbench
from controller.migration.steps.travelling import (
    COPIED_RESOURCES,
    Travelling,
    find_copied_paths,
    read_closure,
)
from controller.reasons import Code


class Copies:
    """Creates and deletes the copies in the target. Its notes about the target: path → UID of what it created."""

    name = "copies"
    is_journaled_empty = True

    async def preflight(self, survey: Survey) -> StepRecord:
        """Let the target judge each copy by a dry run. Where it runs the workload already, nothing travels.

        Raises: MigrationRefused where something is missing, or another object stands in its place; ClusterError.
        """
        if survey.draft.keeps_target:
            return StepRecord(self.name)
        workload = str(survey.draft.workload)
        try:
            closure = await read_closure(survey.source)
        except (ObjectNotFound, MoveFailed) as error:
            missing = Code.COPY_ORIGINAL_MISSING.because(answer=error.reason)
            raise MigrationRefused(workload, missing, context=survey.source.context) from error
        await _require_secrets(survey)
        fence = Fence(survey.draft.migration_id, 1, "dry-run")
        for travelling in closure:
            if travelling.is_deployment and survey.target_facts is not None:
                continue
            await _dry_run(survey, travelling, travelling.build(survey.draft.migration_id, fence))
        return StepRecord(self.name, target=tuple(Note(travelling.path, ANY_UID) for travelling in closure))

    async def prepare(self, bench: Workbench, known: StepRecord) -> StepRecord:
        """Create what is missing in the target, and journal each UID.

        Raises: MoveFailed where the target has another object of that name, or refuses ours.
        """
        if bench.journal.record.keeps_target:
            return known
        for travelling in await read_closure(bench.source):
            if not (travelling.is_deployment and bench.journal.record.target_existed):
                known = await create_copy(bench, travelling, known)
        return known

    async def undo(self, bench: Workbench, known: StepRecord) -> StepRecord:
        """Delete what this migration created, the Deployment first. Raises: ClusterError when patience is over."""
        if bench.journal.record.keeps_target:
            return known
        known = await _find_unjournaled(bench, known)
        for note in reversed(known.target):
            await delete_copy(bench, note)
            known = known.without_note(Side.TARGET, note)
            bench.journal.remember_step(known)
        return known

    async def cleanup(self, bench: Workbench, known: StepRecord) -> StepRecord:
        """The copies are the workload now: they stay."""
        return known


async def _require_secrets(survey: Survey) -> None:
    """Secrets do not travel: those that the pods need have to be there. They are only asked for by name."""
    for name in find_references(survey.body["spec"]["template"]).secrets:
        try:
            await survey.target.api.get(paths.item("secrets", name, survey.target.namespace))
        except (ObjectNotFound, ValueError):  # no object has a name that cannot be one
            context = survey.target.context
            reason = Code.SECRET_MISSING.because(context=context, name=name)
            raise MigrationRefused(str(survey.draft.workload), reason, context=context) from None


async def _dry_run(survey: Survey, travelling: Travelling, copy: Mapping[str, Any]) -> None:
    """Let the target's API server judge one copy."""
    workload, context = str(survey.draft.workload), survey.target.context
    collection = paths.collection(travelling.resource, travelling.namespace)
    try:
        answer = await survey.target.api.create(collection, copy, dry_run=True)
    except VersionConflict:
        if not is_same_content(await survey.target.api.get(travelling.path), copy):
            reason = Code.COPY_EXISTS_ALREADY.because(context=context, path=travelling.path)
            raise MigrationRefused(workload, reason, context=context) from None
        return
    if travelling.is_deployment:
        templates = (body["spec"]["template"] for body in (answer, copy))
        if len({hash_template(template) for template in templates}) > 1:
            reason = Code.TEMPLATE_WOULD_CHANGE.because(context=context)
            raise MigrationRefused(workload, reason, context=context)


async def create_copy(bench: Workbench, travelling: Travelling, known: StepRecord) -> StepRecord:
    """Create one object; an answer that never came is looked into, and a second attempt meets the first one's
    object.
    """
    record = await bench.journal.count_operation()
    copy = travelling.build(record.migration_id, record.fence(f"{record.operation}-create"))
    patience = bench.timing.patience()
    while True:
        try:
            existing = await find_object(bench.target, travelling.path)
            if existing is None:
                existing = await _post(bench, travelling, copy)
            return await _accept(bench, travelling, existing, copy, known)
        except (VersionConflict, ClusterUnreachable, ServerFailed, RateLimited) as error:
            await patience.endure(error)
        except RequestRefused as error:
            raise MoveFailed(
                Code.COPY_REFUSED.because(
                    context=bench.target.context, path=travelling.path, answer=error.reason["answer"]
                )
            ) from error


async def find_object(side: ClusterSide, path: str) -> dict[str, Any] | None:
    """Read an object; None where there is none. Raises: ClusterError."""
    try:
        return await side.api.get(path)
    except ObjectNotFound:
        return None


async def _post(bench: Workbench, travelling: Travelling, copy: dict[str, Any]) -> dict[str, Any]:
    def write(dry_run: bool) -> Awaitable[dict[str, Any]]:
        collection = paths.collection(travelling.resource, travelling.namespace)
        return bench.target.api.create(collection, copy, dry_run=dry_run, permission=bench.journal.check)

    return await bench.probe.perform(write)


async def _accept(
    bench: Workbench,
    travelling: Travelling,
    existing: dict[str, Any],
    copy: dict[str, Any],
    known: StepRecord,
) -> StepRecord:
    """Journal an object of ours, or agree with an equal one of somebody else's."""
    if is_created_by(existing, bench.journal.record.migration_id):
        known = known.with_note(Side.TARGET, Note(travelling.path, str(existing["metadata"]["uid"])))
        await bench.journal.save_step(known)
    elif travelling.is_deployment or not is_same_content(existing, copy):
        reason = Code.COPY_CONFLICT.because(context=bench.target.context, path=travelling.path)
        raise MoveFailed(reason)
    return known


async def _find_unjournaled(bench: Workbench, known: StepRecord) -> StepRecord:
    """Journal objects that carry our label but were created just before a crash."""
    journaled = {note.key for note in known.target}
    for path in await find_copied_paths(bench.source):
        existing = None if path in journaled else await find_object(bench.target, path)
        if existing is not None and is_created_by(existing, bench.journal.record.migration_id):
            known = known.with_note(Side.TARGET, Note(path, str(existing["metadata"]["uid"])))
            await bench.journal.save_step(known)
    return known


async def delete_copy(bench: Workbench, note: Note) -> None:
    """Delete one object, if it is still the one that we made: a journal alone is not enough."""
    path = _rebuild_path(bench, note.key)
    patience = bench.timing.patience()
    while True:
        try:
            existing = await bench.target.api.get(path)
            metadata = as_mapping(existing.get("metadata"))
            is_ours = metadata.get("uid") == note.value and is_created_by(
                existing, bench.journal.record.migration_id
            )
            if not is_ours or metadata.get("deletionTimestamp"):
                return
            await _send_delete(bench, path, note.value, str(metadata.get("resourceVersion")))
        except ObjectNotFound:
            return
        except (VersionConflict, ClusterUnreachable, ServerFailed, RateLimited) as error:
            await patience.endure(error)


def _rebuild_path(bench: Workbench, noted: str) -> str:
    """Return the path of the object that a note names, made anew of its kind and its name: what a journal says is text,
    and whoever may write it could lead us anywhere.

    Raises: HoldNeeded for one outside the workload's namespace, of a kind that is never copied, or with no name.
    """
    folder, _, name = noted.rpartition("/")
    namespace = bench.target.namespace
    for resource in COPIED_RESOURCES:
        if folder == paths.collection(resource, namespace):
            with suppress(ValueError):
                return paths.item(resource, name, namespace)
    raise HoldNeeded(Code.COPY_PATH_FOREIGN.because(path=noted))


async def _send_delete(bench: Workbench, path: str, uid: str, version: str) -> None:
    def write(dry_run: bool) -> Awaitable[object]:
        return bench.target.api.delete(
            path,
            uid=uid,
            resource_version=version,
            dry_run=dry_run,
            permission=bench.journal.check,
        )

    await bench.probe.perform(write)
