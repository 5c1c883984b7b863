"""What is written on the globe: one item for each thing that stands at a region. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from app.model.formatting import format_replicas
from app.model.names import place_name, price_text, provider_name
from app.model.offer_words import name_offer
from app.model.presenter import Focus
from controller.clusters.fleet import Health
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import ContextView, EngineSnapshot, MigrationView
from oracle.foundation.untrusted_text import clean_text


class ItemKind(IntEnum):
    """The kinds of items; the lower its number, the earlier an item chooses its place.

    Buttons come first: what is written because the pointer passes by moves none of them.
    """

    PROGRESS = 0
    MIGRATE = 1
    REGION = 2
    NAME = 3


@dataclass(frozen=True, slots=True)
class OverlayItem:
    """One label or button at a context's region.

    texts: its forms, the preferred one first, a shorter one for where there is no room; of one line or of two.
    dry_run: of a `MIGRATE` item, the plan that a click confirms.
    """

    key: str
    context: str
    kind: ItemKind
    texts: tuple[str, ...]
    accessible_name: str
    dry_run: DryRun | None = None
    migration_id: str | None = None


def make_items(
    snapshot: EngineSnapshot,
    migrations: Sequence[MigrationView],
    focus: Focus,
    names: Mapping[str, str],
    all_names: bool,
    now: float,
) -> tuple[OverlayItem, ...]:
    """Return everything that is to be written on the globe, at most one item of a kind for each context.

    Args:
        migrations: those that have an arc now.
        names: context -> its distinct name.
        all_names: whether regions that are neither selected nor hovered carry their names as well.
    """
    items = [*_progress_items(migrations, names), *_migrate_items(snapshot, migrations, names)]
    labelled = {item.context for item in items if item.kind is ItemKind.PROGRESS}
    for view in snapshot.contexts:
        if view.context == focus.hovered or (view.context == focus.selected and view.context not in labelled):
            items.append(_region_item(view, now))
        elif all_names and view.context not in labelled:
            items.append(_name_item(view, names[view.context]))
    return tuple(items)


def best_opportunities(
    snapshot: EngineSnapshot, migrations: Sequence[MigrationView]
) -> dict[str, list[DryRun]]:
    """Return source context -> its opportunities, best first, without workloads that are moving already."""
    moving = {migration.workload for migration in migrations if not migration.stage.is_final}
    found: dict[str, list[DryRun]] = {}
    for dry_run in snapshot.opportunities:
        if dry_run.workload not in moving:
            found.setdefault(dry_run.workload.context, []).append(dry_run)
    return found


def _migrate_items(
    snapshot: EngineSnapshot, migrations: Sequence[MigrationView], names: Mapping[str, str]
) -> list[OverlayItem]:
    items = []
    for context, dry_runs in best_opportunities(snapshot, migrations).items():
        best, more = dry_runs[0], len(dry_runs) - 1
        words = name_offer(best, names)
        name = (
            f"Migrate {clean_text(best.workload.name, 60)} from {_spoken(names, context)} "
            f"to {words.target}, save {words.saving.replace('/day', ' a day')}"
        )
        suffix = f"   +{more} more" if more else ""
        texts = (
            f"Migrate {words.workload} · save {words.saving}\n→ {words.target}{suffix}",
            f"{words.workload} · {words.saving}\n→ {words.target}",
        )
        items.append(OverlayItem(f"migrate:{context}", context, ItemKind.MIGRATE, texts, name, dry_run=best))
    return items


def _progress_items(migrations: Sequence[MigrationView], names: Mapping[str, str]) -> list[OverlayItem]:
    items: list[OverlayItem] = []
    for migration in migrations:
        source, target = migration.workload.context, migration.target
        name = clean_text(migration.workload.name, 24)
        counters = (
            (source, "leaving", migration.source_ready, migration.source_desired),
            (target, "arriving", migration.target_ready, migration.target_desired),
        )
        for context, word, ready, desired in counters:
            if migration.stage.is_final and ready is None and desired is None:
                continue  # a rollback leaves nothing there to be counted
            count = format_replicas(ready, desired)
            spoken = f"{name} {word} at {_spoken(names, context)}: {count} replicas ready"
            key = f"progress:{migration.migration_id}:{context}"
            items.append(
                OverlayItem(
                    key,
                    context,
                    ItemKind.PROGRESS,
                    (f"{_spoken(names, context)}  {name} {count}", f"{name} {count}"),
                    spoken,
                    migration_id=migration.migration_id,
                )
            )
    return items


def _region_item(view: ContextView, now: float) -> OverlayItem:
    provider = provider_name(view.provider)
    place = place_name(view)
    state = (
        price_text(view, now) if view.health in (Health.REACHABLE, Health.CONNECTING) else view.health.value
    )
    texts = (" · ".join(part for part in (place, provider, state) if part), place)
    return OverlayItem(f"region:{view.context}", view.context, ItemKind.REGION, texts, ", ".join(texts))


def _name_item(view: ContextView, place: str) -> OverlayItem:
    return OverlayItem(f"name:{view.context}", view.context, ItemKind.NAME, (place,), place)


def _spoken(names: Mapping[str, str], context: str) -> str:
    return names.get(context) or clean_text(context, 40)
