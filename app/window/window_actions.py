"""Everything that the command palette offers at this moment."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.model.formatting import format_usd
from app.model.names import distinct_names, place_name, price_text, provider_name
from app.model.palette_search import PaletteEntry
from oracle.untrusted_text import clean_text

if TYPE_CHECKING:
    from app.window.main_window import MainWindow


def make_entries(window: MainWindow) -> list[PaletteEntry]:
    """Return the entries: running moves first, then moves that pay, regions, arming, and the window's own actions."""
    return [*_migrations(window), *_moves(window), *_regions(window), *_arming(window), *_actions(window)]


def _migrations(window: MainWindow) -> list[PaletteEntry]:
    migrations = () if window.snapshot is None else window.snapshot.migrations
    return [
        PaletteEntry(
            f"Show the migration of {clean_text(migration.workload.name, 60)}",
            f"{migration.landed} of {migration.replicas} landed",
            partial(window.open_migration, migration.migration_id),
        )
        for migration in migrations
        if not migration.stage.is_final
    ]


def _moves(window: MainWindow) -> list[PaletteEntry]:
    if window.snapshot is None:
        return []
    names = distinct_names(window.snapshot.contexts)
    return [
        PaletteEntry(
            f"Migrate {clean_text(dry_run.workload.name, 60)}: "
            f"{names.get(dry_run.workload.context, '?')} → {names.get(dry_run.target, '?')}",
            f"save {format_usd(dry_run.savings_usd_per_day)}/day",
            partial(window.migrate, dry_run),
        )
        for dry_run in window.snapshot.opportunities
    ]


def _regions(window: MainWindow) -> list[PaletteEntry]:
    views = () if window.snapshot is None else window.snapshot.contexts
    now = 0.0 if window.snapshot is None else window.snapshot.taken_at
    return [
        PaletteEntry(
            f"Fly to {place_name(view)}",
            f"{provider_name(view.provider)}  {clean_text(view.context, 60)}  {price_text(view, now)}",
            partial(_visit, window, view.context),
        )
        for view in views
    ]


def _arming(window: MainWindow) -> list[PaletteEntry]:
    views = () if window.snapshot is None else window.snapshot.contexts
    return [
        PaletteEntry(
            f"{'Disarm' if view.armed else 'Arm'} {clean_text(view.context, 80)}",
            "forbid changes" if view.armed else "allow migrations to change it",
            partial(window.inspector.armed_changed.emit, view.context, not view.armed),
        )
        for view in views
    ]


def _actions(window: MainWindow) -> list[PaletteEntry]:
    return [
        PaletteEntry("Turn the globe, or let it rest", "Space", window.stage.toggle_turning),
        PaletteEntry("Fly back to the whole globe", "R", window.stage.fly_home),
        PaletteEntry("Show or hide the side panel", "Ctrl+B", window.header.side_button.toggle),
        PaletteEntry("Settings", "Ctrl+,", window.sheets.open_settings),
        PaletteEntry("Keys and mouse", "?", window.sheets.open_shortcuts),
        PaletteEntry("Close the window", "ends what it started", window.close),
    ]


def _visit(window: MainWindow, context: str) -> None:
    window.select(context)
    window.stage.fly_to(context)
