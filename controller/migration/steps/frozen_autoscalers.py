"""The autoscalers of both clusters, where somebody has accepted that: frozen for the move, and handed over after it.

What each had is journaled before it is frozen, and comes back byte for byte: in a rollback, and after the soak, where
the source's then stands beside a workload at 0, which it leaves alone. The target gets a copy of the source's as its
owner had it, if it has none for the workload.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from controller.clusters import paths
from controller.clusters.acceptance import Acceptance, parse_acceptances
from controller.clusters.autoscaler_parsing import find_scaled_deployment
from controller.clusters.json_reading import as_mapping
from controller.clusters.kube_api import PatchType, Permission
from controller.clusters.listing import list_all
from controller.errors import (
    ClusterUnreachable,
    ObjectNotFound,
    RateLimited,
    ServerFailed,
    VersionConflict,
)
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.protocol.errors import HoldNeeded, MigrationRefused, MoveFailed
from controller.migration.protocol.frozen_notes import STEP, is_frozen
from controller.migration.protocol.journal_bounds import ANY_UID
from controller.migration.protocol.record import Note, Side, StepRecord
from controller.migration.steps.closure import build_copy, is_created_by
from controller.migration.steps.copies import create_copy, delete_copy, find_object
from controller.migration.steps.freezing import (
    Bounds,
    Patch,
    build_freeze,
    build_seal,
    build_thaw,
    decode_bounds,
    find_owner,
    is_frozen_by,
    read_bounds,
    restore,
)
from controller.migration.steps.step import Survey, Workbench
from controller.migration.steps.travelling import Travelling, with_kind
from controller.reasons import Code

RESOURCE = "horizontalpodautoscalers"


class FrozenAutoscalers:
    """Freezes, thaws and hands over. Its notes: path → what freezing took; of a copy in the target, path → its UID."""

    name = STEP
    #: Programs that do not know this step can go on with a move that has frozen nothing.
    is_journaled_empty = False

    async def preflight(self, survey: Survey) -> StepRecord:
        """Let both API servers judge by dry runs what would be written.

        Raises: MigrationRefused where somebody would set an autoscaler back; ClusterError.
        """
        known, migration_id = StepRecord(self.name), survey.draft.migration_id
        for side, cluster in ((Side.SOURCE, survey.source), (Side.TARGET, survey.target)):
            for body in await list_scaling(cluster):
                if (owner := find_owner(body)) is not None:
                    names = {"name": _name(body), "context": cluster.context, "owner": owner}
                    reason = Code.AUTOSCALER_OWNED.because(**names)
                    raise MigrationRefused(str(survey.draft.workload), reason, context=cluster.context)
                patch = build_freeze(body, migration_id)
                await cluster.api.patch(_path(cluster, body), patch, PatchType.JSON, dry_run=True)
                known = known.with_note(side, Note(_path(cluster, body), read_bounds(body).encode()))
        if known.source and not known.target:
            known = await _foresee_copies(survey, known)
        return known

    async def prepare(self, bench: Workbench, known: StepRecord) -> StepRecord:
        """Freeze each, what it had journaled before.

        Raises: MoveFailed where one came since and nobody has accepted that it is frozen.
        """
        for side, cluster in _sides(bench):
            for body in await list_scaling(cluster):
                path = _path(cluster, body)
                if _find_note(known, side, path) is None:
                    await _require_acceptance(bench, known, cluster, body)
                    known = known.with_note(side, Note(path, read_bounds(body).encode()))
                    await bench.journal.save_step(known)
                await _freeze(bench, cluster, path)
        return known

    async def undo(self, bench: Workbench, known: StepRecord) -> StepRecord:
        """Give back what each had, and take back a copy; where nothing was frozen, nothing is asked.

        Raises: ClusterError when patience is over.
        """
        if not (known.source or known.target):
            return known
        known = await _find_unjournaled(bench, known)
        for note in known.target:
            if not is_frozen(note):
                await delete_copy(bench, note)
                known = known.without_note(Side.TARGET, note)
                bench.journal.remember_step(known)
        for side in Side:
            known = await _thaw_all(bench, known, side)
        return known

    async def cleanup(self, bench: Workbench, known: StepRecord) -> StepRecord:
        """Hand over: the target's own come free, or the source's are copied; then the source's have what they had."""
        known = await _thaw_all(bench, known, Side.TARGET)
        if known.source and not await list_scaling(bench.target):
            known = await _copy(bench, known)
        return await _thaw_all(bench, known, Side.SOURCE)


async def list_scaling(side: ClusterSide) -> list[Mapping[str, Any]]:
    """Return the autoscalers that scale the Deployment. Raises: ClusterError."""
    listed = (await list_all(side.api, paths.collection(RESOURCE, side.namespace))).items
    return [body for body in listed if find_scaled_deployment(body) == side.name]


async def _foresee_copies(survey: Survey, known: StepRecord) -> StepRecord:
    """Let the target judge the copies that it would get after the soak."""
    for note in known.source:
        body = await survey.source.api.get(note.key)
        travelling = _travelling(survey.source, body)
        if await find_object(survey.target, note.key) is not None:
            reason = Code.COPY_EXISTS_ALREADY.because(context=survey.target.context, path=note.key)
            raise MigrationRefused(str(survey.draft.workload), reason, context=survey.target.context)
        collection = paths.collection(RESOURCE, survey.target.namespace)
        copy = build_copy(travelling.body, survey.draft.migration_id)
        await survey.target.api.create(collection, copy, dry_run=True)
        known = known.with_note(Side.TARGET, Note(note.key, ANY_UID))
    return known


async def _require_acceptance(
    bench: Workbench, known: StepRecord, cluster: ClusterSide, body: Mapping[str, Any]
) -> None:
    """What somebody has accepted goes for all autoscalers of the workload; without a note of one it is asked again.
    Where replicas stay, none can be handed over.
    """
    in_the_way = {"name": _name(body), "context": cluster.context}
    if not bench.journal.record.moves_all:
        raise MoveFailed(Code.AUTOSCALER_OF_A_PART.because(**in_the_way))
    if known.source or known.target or Acceptance.AUTOSCALER in bench.journal.record.dry_run.accepts:
        return
    source = await bench.source.api.get(bench.source.path)
    if Acceptance.AUTOSCALER not in parse_acceptances(as_mapping(source["metadata"].get("annotations"))):
        raise MoveFailed(Code.AUTOSCALER_IN_THE_WAY.because(**in_the_way))


async def _freeze(bench: Workbench, cluster: ClusterSide, path: str) -> None:
    migration_id = bench.journal.record.migration_id

    def build(body: Mapping[str, Any]) -> Patch | None:
        return None if is_frozen_by(body, migration_id) else build_freeze(body, migration_id)

    await _patch(bench, cluster, path, build)


async def thaw_once(cluster: ClusterSide, migration_id: str, note: Note, permission: Permission) -> None:
    """Give an autoscaler back what it had, for a person who ends its move: each write is tried once.

    Raises: HoldNeeded where the note cannot be read; ClusterError, VersionConflict where somebody was faster.
    """
    bounds, path = _decode(note), _find_path(cluster, note)
    try:
        body: Mapping[str, Any] = await cluster.api.get(path)
    except ObjectNotFound:
        return
    if read_bounds(body).uid != bounds.uid:
        return
    if not is_frozen_by(body, migration_id):  # so that a freeze on its way fails
        seal = build_seal(body, migration_id)
        body = await cluster.api.patch(path, seal, PatchType.JSON, permission=permission)
    await cluster.api.patch(path, build_thaw(body, bounds), PatchType.JSON, permission=permission)


async def _thaw_all(bench: Workbench, known: StepRecord, side: Side) -> StepRecord:
    """Give each autoscaler of one side back what it had."""
    cluster = bench.source if side is Side.SOURCE else bench.target
    for note in known.notes(side):
        if is_frozen(note):
            await _thaw(bench, cluster, note)
            known = known.without_note(side, note)
            bench.journal.remember_step(known)
    return known


async def _thaw(bench: Workbench, cluster: ClusterSide, note: Note) -> None:
    """Give an autoscaler back what it had. One without our mark may yet be frozen by a write that is on its way: it is
    marked first, so that that one fails.
    """
    migration_id, bounds = bench.journal.record.migration_id, _decode(note)
    path = _find_path(cluster, note)

    def seal(body: Mapping[str, Any]) -> Patch | None:
        is_sealed = is_frozen_by(body, migration_id) or read_bounds(body).uid != bounds.uid
        return None if is_sealed else build_seal(body, migration_id)

    def thaw(body: Mapping[str, Any]) -> Patch | None:
        return build_thaw(body, bounds) if is_frozen_by(body, migration_id) else None

    await _patch(bench, cluster, path, seal)
    await _patch(bench, cluster, path, thaw)


async def _patch(
    bench: Workbench,
    cluster: ClusterSide,
    path: str,
    build: Callable[[Mapping[str, Any]], Patch | None],
) -> None:
    """Patch an autoscaler until it needs no patch any more; one that is gone needs none."""
    patience = bench.timing.patience()
    while True:
        try:
            patch = build(await cluster.api.get(path))
            if patch is None:
                return
            await bench.probe.perform(_send(bench, cluster, path, patch))
            patience.renew()
        except ObjectNotFound:
            return
        except (VersionConflict, ClusterUnreachable, ServerFailed, RateLimited) as error:
            await patience.endure(error)


def _send(
    bench: Workbench, cluster: ClusterSide, path: str, patch: Patch
) -> Callable[[bool], Awaitable[dict[str, Any]]]:
    def write(dry_run: bool) -> Awaitable[dict[str, Any]]:
        check = bench.journal.check
        return cluster.api.patch(path, patch, PatchType.JSON, dry_run=dry_run, permission=check)

    return write


async def _copy(bench: Workbench, known: StepRecord) -> StepRecord:
    """Create in the target what the source has, as its owner had it. One that its owner has deleted is none."""
    for note in known.source:
        body = await find_object(bench.source, note.key)
        if body is None or await find_object(bench.target, note.key) is not None:
            continue
        original = restore(body, _decode(note))
        try:
            known = await create_copy(bench, _travelling(bench.source, original), known)
        except MoveFailed as error:  # it serves there already: that is no reason to go back
            raise HoldNeeded(error.reason) from error
    return known


async def _find_unjournaled(bench: Workbench, known: StepRecord) -> StepRecord:
    """Journal a copy that carries our label but was created just before a crash."""
    for body in await list_scaling(bench.target):
        note = Note(_path(bench.target, body), read_bounds(body).uid)
        if is_created_by(body, bench.journal.record.migration_id) and note not in known.target:
            known = known.with_note(Side.TARGET, note)
            await bench.journal.save_step(known)
    return known


def _decode(note: Note) -> Bounds:
    try:
        return decode_bounds(note.value)
    except ValueError:
        raise HoldNeeded(Code.AUTOSCALER_NOTE_UNREADABLE.because(path=note.key)) from None


def _sides(bench: Workbench) -> tuple[tuple[Side, ClusterSide], ...]:
    return ((Side.SOURCE, bench.source), (Side.TARGET, bench.target))


def _find_note(known: StepRecord, side: Side, path: str) -> Note | None:
    return next((note for note in known.notes(side) if note.key == path), None)


def _travelling(source: ClusterSide, body: Mapping[str, Any]) -> Travelling:
    return Travelling(
        RESOURCE, source.namespace, with_kind(body, "autoscaling/v2", "HorizontalPodAutoscaler")
    )


def _path(side: ClusterSide, body: Mapping[str, Any]) -> str:
    return paths.item(RESOURCE, _name(body), side.namespace)


def _find_path(side: ClusterSide, note: Note) -> str:
    """Where the autoscaler of a note is, in the namespace of the workload whatever the note says."""
    return paths.item(RESOURCE, note.key.rpartition("/")[2], side.namespace)


def _name(body: Mapping[str, Any]) -> str:
    return str(body["metadata"]["name"])
