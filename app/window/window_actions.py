"""The declared actions in the window: as Qt's own for buttons and shortcuts, as choices for the palette and menus."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QWidget

from app.actions import (
    DECIDE,
    DRY_RUN,
    MIGRATE,
    MOVE_BACK,
    OPEN_MIGRATION,
    SET_ARMED,
    VISIT,
    WINDOW_ACTIONS,
    Action,
    Actor,
    Part,
    Shown,
)
from app.model.acts import can_be_decided
from app.model.choices import Choice
from app.model.names import sort_by_price
from app.widgets.tips import plain_tip
from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import ContextView


class WindowActions(QObject):
    """The window's actions as Qt's own: what buttons and shortcuts trigger.

    A key alone is no shortcut of Qt's: it would be taken away from whatever has the keyboard, Space from a button and
    letters from a line. It comes to `trigger_key` when nobody wanted it.
    """

    def __init__(self, actor: Actor, window: QWidget) -> None:
        super().__init__(window)
        self._actor = actor
        self._made = {action: self._make(action, window) for action in WINDOW_ACTIONS}

    def __getitem__(self, action: Action) -> QAction:
        return self._made[action]

    def trigger_key(self, event: QKeyEvent, parts: Collection[Part]) -> bool:
        """Do what a key alone does where the keyboard is in `parts`; return whether it does anything."""
        for action, made in self._made.items():
            if action.part in parts and action.has_key(event):
                made.trigger()
                return True
        return False

    def refresh(self) -> None:
        """Enable what can be done now."""
        for action, made in self._made.items():
            made.setEnabled(action.is_enabled(self._actor))

    def choices(self) -> list[Choice]:
        """Return what the palette offers of them."""
        return [
            Choice(action.text, action.hint or next(iter(action.keys), ""), made.trigger, made.isEnabled())
            for action, made in self._made.items()
            if action.is_in_palette
        ]

    def _make(self, action: Action, window: QWidget) -> QAction:
        made = QAction(action.text, self)
        made.setIconText(action.label or action.text)
        made.setToolTip(plain_tip(action.tip))
        made.setCheckable(action.is_checkable)
        made.triggered.connect(lambda _=False: action.does(self._actor))
        if action.shortcuts:
            made.setShortcuts(action.shortcuts)
            window.addAction(made)
        return made


def make_choices(actor: Actor, actions: WindowActions, shown: Shown | None) -> list[Choice]:
    """Return what the palette offers: running migrations, moves that pay, regions, arming, and the window's own."""
    if shown is None:
        return actions.choices()
    snapshot = shown.snapshot
    running = [migration for migration in snapshot.migrations if not migration.stage.is_final]
    return [
        *(OPEN_MIGRATION.choose(actor, migration, shown) for migration in running),
        *(DECIDE.choose(actor, migration, shown) for migration in running if can_be_decided(migration)),
        *(MIGRATE.choose(actor, dry_run, shown) for dry_run in snapshot.opportunities),
        *(MOVE_BACK.choose(actor, way, shown) for way in snapshot.ways_back),
        *(VISIT.choose(actor, view, shown) for view in snapshot.contexts),
        *(SET_ARMED.choose(actor, view, shown) for view in snapshot.contexts),
        *actions.choices(),
    ]


def make_region_choices(
    actor: Actor, view: ContextView, offers: Sequence[DryRun], shown: Shown
) -> list[Choice]:
    """Return what can be done with one region: the menu of its row."""
    return [
        VISIT.choose(actor, view, shown),
        *(MIGRATE.choose(actor, dry_run, shown) for dry_run in offers),
        SET_ARMED.choose(actor, view, shown),
    ]


def make_target_choices(actor: Actor, workload: WorkloadKey, shown: Shown) -> list[Choice]:
    """Return its way back, if it has one, and the dry runs of a workload to every other region, from cheap to dear."""
    back = [way for way in shown.snapshot.ways_back if way.workload == workload]
    targets = [view for view in shown.snapshot.contexts if view.context != workload.context]
    return [
        *(MOVE_BACK.choose(actor, way, shown) for way in back),
        *(DRY_RUN.choose(actor, (workload, view), shown) for view in sort_by_price(targets, shown.now)),
    ]
