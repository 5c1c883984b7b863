"""What differs between two snapshots, small enough to be sent four times a second. Pure.

The engine keeps views between two snapshots, so that what has not changed is the same object; what is the same object
is not looked into. Both ends apply the same changes to the same snapshots: after `apply_change` the window has what
the engine had, and shares with the snapshot before whatever has not changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from controller.clusters.fleet import WorkloadKey
from controller.contract.snapshots import ContextView, EngineSnapshot, WorkloadView

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class SeriesChange:
    """A series that loses its oldest entries and gains new ones: before[dropped:dropped + kept] + added."""

    dropped: int
    kept: int
    added: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class WorkloadsChange:
    """The workloads that differ. `order` names all of them; None where they are the same as before."""

    changed: tuple[WorkloadView, ...]
    order: tuple[WorkloadKey, ...] | None


@dataclass(frozen=True, slots=True)
class ContextChange:
    """One context: the fields that differ, and its two long parts."""

    context: str
    fields: Mapping[str, Any]
    history: SeriesChange | None
    workloads: WorkloadsChange | None


@dataclass(frozen=True, slots=True)
class SnapshotChange:
    """What leads from the snapshot with the sequence `base` to the next one.

    `order` names all contexts, None where they are the same; `added` are those that were not there before.
    """

    base: int
    fields: Mapping[str, Any]
    timeline: SeriesChange | None
    contexts: tuple[ContextChange, ...]
    added: tuple[ContextView, ...]
    order: tuple[str, ...] | None


#: Sent piece by piece, not as a whole.
_SNAPSHOT_PARTS = frozenset({"contexts", "timeline"})
_CONTEXT_PARTS = frozenset({"workloads", "history"})


def compute_change(before: EngineSnapshot, after: EngineSnapshot) -> SnapshotChange:
    """Return what leads from one snapshot to a later one."""
    known = {view.context: view for view in before.contexts}
    order = tuple(view.context for view in after.contexts)
    return SnapshotChange(
        base=before.sequence,
        fields=_differing_fields(before, after, _SNAPSHOT_PARTS),
        timeline=compute_series_change(before.timeline, after.timeline),
        contexts=tuple(
            _compute_context_change(known[view.context], view)
            for view in after.contexts
            if view.context in known and known[view.context] is not view
        ),
        added=tuple(view for view in after.contexts if view.context not in known),
        order=None if order == tuple(known) else order,
    )


def apply_change(before: EngineSnapshot, change: SnapshotChange) -> EngineSnapshot:
    """Return the next snapshot. Raises: ValueError where the change is not one of this snapshot."""
    if before.sequence != change.base:
        raise ValueError(f"a change of snapshot {change.base} cannot follow snapshot {before.sequence}")
    views = {view.context: view for view in before.contexts}
    for context_change in change.contexts:
        views[context_change.context] = _apply_context_change(views[context_change.context], context_change)
    views.update((view.context, view) for view in change.added)
    order = tuple(views) if change.order is None else change.order
    return replace(
        before,
        **change.fields,
        timeline=apply_series_change(before.timeline, change.timeline),
        contexts=tuple(views[context] for context in order),
    )


def compute_series_change(before: Sequence[Item], after: Sequence[Item]) -> SeriesChange | None:
    """Return what leads from one series to another, None where they are the same. Any two series have a change."""
    if before is after:
        return None
    dropped = _find_start(before, after)
    kept = 0
    while dropped + kept < len(before) and kept < len(after) and before[dropped + kept] == after[kept]:
        kept += 1
    if dropped == 0 and kept == len(before) == len(after):
        return None
    return SeriesChange(dropped, kept, tuple(after[kept:]))


def apply_series_change(before: tuple[Item, ...], change: SeriesChange | None) -> tuple[Item, ...]:
    """Return the series after the change."""
    if change is None:
        return before
    return (*before[change.dropped : change.dropped + change.kept], *change.added)


def _find_start(before: Sequence[Item], after: Sequence[Item]) -> int:
    """Return where the later series begins in the earlier one; its end where it does not."""
    if not after:
        return len(before)
    return next((index for index, item in enumerate(before) if item == after[0]), len(before))


def _compute_context_change(before: ContextView, after: ContextView) -> ContextChange:
    return ContextChange(
        context=after.context,
        fields=_differing_fields(before, after, _CONTEXT_PARTS),
        history=compute_series_change(before.history, after.history),
        workloads=_compute_workloads_change(before.workloads, after.workloads),
    )


def _apply_context_change(before: ContextView, change: ContextChange) -> ContextView:
    return replace(
        before,
        **change.fields,
        history=apply_series_change(before.history, change.history),
        workloads=_apply_workloads_change(before.workloads, change.workloads),
    )


def _compute_workloads_change(
    before: tuple[WorkloadView, ...], after: tuple[WorkloadView, ...]
) -> WorkloadsChange | None:
    if before is after:
        return None
    known = {view.key: view for view in before}
    changed = tuple(view for view in after if known.get(view.key) is not view)
    order = tuple(view.key for view in after)
    same_order = order == tuple(known)
    return WorkloadsChange(changed, None if same_order else order) if changed or not same_order else None


def _apply_workloads_change(
    before: tuple[WorkloadView, ...], change: WorkloadsChange | None
) -> tuple[WorkloadView, ...]:
    if change is None:
        return before
    views = {view.key: view for view in before}
    views.update((view.key, view) for view in change.changed)
    order = tuple(views) if change.order is None else change.order
    return tuple(views[key] for key in order)


def _differing_fields(before: Any, after: Any, parts: frozenset[str]) -> dict[str, Any]:
    names = (field.name for field in fields(before) if field.name not in parts)
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in names)
    return {name: new for name, old, new in pairs if old is not new and old != new}
