"""What the inspector shows of each workload of the selected context. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum

from app.model.formatting import UNKNOWN, format_gb, format_replicas, format_usd
from app.model.names import distinct_names
from app.model.offer_words import OfferWords, name_offer
from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import (
    ContextView,
    EngineSnapshot,
    MigrationView,
    QueuedMove,
    WorkloadView,
)
from oracle.foundation.untrusted_text import clean_text


class WorkloadColumn(IntEnum):
    """The columns, from left to right."""

    NAME = 0
    READY = 1
    STATE = 2
    COST = 3
    MOVE = 4
    DRY_RUN = 5


WORKLOAD_HEADERS = ("Workload", "Ready", "State", "Cost/day", "Best move", "")


@dataclass(frozen=True, slots=True)
class WorkloadRow:
    """One row. `offer` is its best move, None where there is none, and then `note` is the reason; `words`: what the
    offer's button says.
    """

    workload: WorkloadView
    offer: DryRun | None
    migration: MigrationView | None
    note: str
    texts: tuple[str, ...]
    words: OfferWords | None = None


def make_workload_rows(view: ContextView, snapshot: EngineSnapshot) -> tuple[WorkloadRow, ...]:
    """Return the rows of a context, in the order of their names."""
    offers = {dry_run.workload: dry_run for dry_run in snapshot.opportunities}
    moving = {m.workload: m for m in snapshot.migrations if not m.stage.is_final}
    reasons = {refusal.workload: str(refusal.reason) for refusal in reversed(snapshot.refused)}
    names = distinct_names(snapshot.contexts)
    workloads = sorted(view.workloads, key=lambda workload: (workload.key.namespace, workload.key.name))
    back = {way.workload for way in snapshot.ways_back}
    places = {one.start.workload: _tell_place(one, n, names) for n, one in enumerate(snapshot.queue, 1)}
    offers = {workload: offer for workload, offer in offers.items() if workload not in places}
    reasons = {**reasons, **places}
    rows = (_make_row(workload, offers, moving, reasons, names) for workload in workloads)
    return tuple(_with_way_back(row) if row.workload.key in back else row for row in rows)


def _tell_place(queued: QueuedMove, place: int, names: Mapping[str, str]) -> str:
    """Return the words for a move that waits for its turn. `names`: context -> its distinct name."""
    target = queued.start.target
    return f"number {place} in the queue, to {names.get(target) or clean_text(target, 40)}: {queued.reason}"


def fade_row(row: WorkloadRow) -> WorkloadRow:
    """Return the row of a workload that is not there any more: nothing starts from it."""
    gone = "not here any more"
    unknown = (UNKNOWN,) * (WorkloadColumn.MOVE - WorkloadColumn.READY)
    texts = (row.texts[WorkloadColumn.NAME], *unknown, gone, row.texts[WorkloadColumn.DRY_RUN])
    return replace(row, offer=None, migration=None, note=gone, texts=texts, words=None)


def _with_way_back(row: WorkloadRow) -> WorkloadRow:
    """Return the row of a workload that a finished move has put here: its menu begins with the way back."""
    return replace(row, texts=(*row.texts[: WorkloadColumn.DRY_RUN], "Move back…"))


def _make_row(
    workload: WorkloadView,
    offers: Mapping[WorkloadKey, DryRun],
    moving: Mapping[WorkloadKey, MigrationView],
    reasons: Mapping[WorkloadKey, str],
    names: Mapping[str, str],
) -> WorkloadRow:
    migration = moving.get(workload.key)
    offer = None if migration is not None else offers.get(workload.key)
    if migration is not None:
        note = f"moving, {migration.landed} of {migration.replicas} landed"
    else:
        note = clean_text(
            "; ".join(map(str, workload.immovable_reasons))
            or reasons.get(workload.key, "a dry run says why not")
        )
    words = None if offer is None else name_offer(offer, names)
    texts = (
        clean_text(workload.key.name, 80),
        format_replicas(workload.ready_replicas, workload.desired_replicas),
        format_gb(workload.state_gb),
        format_usd(workload.usd_per_day),
        words.text if words is not None else note,
        "Dry run to…",
    )
    return WorkloadRow(workload, offer, migration, note, texts, words)
