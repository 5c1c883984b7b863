"""The hands of a person at the real window."""

from __future__ import annotations

from contextlib import contextmanager

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.model.overlay_items import ItemKind
from tests.e2e.witness import ReplicaWitness


def click(widget):
    """Press the left button of the mouse over a widget, delivered as the window system would."""
    window = widget.window()
    place = widget.mapTo(window, widget.rect().center())
    QTest.mouseClick(window.windowHandle(), Qt.MouseButton.LeftButton, pos=QPoint(place))


def find_migrate_button(desktop, dry_run):
    """The visible `Migrate` button of this move, or None while it is behind the limb or on its way."""
    for button in desktop.window.stage.overlay.buttons.values():
        item = button.item
        if button.isVisible() and item.kind is ItemKind.MIGRATE and item.dry_run.workload == dry_run.workload:
            return button
    return None


def offered_moves(desktop):
    """The best move of each region, smallest first: the one that a button on the globe stands for."""
    best = {}
    for dry_run in desktop.window.snapshot.opportunities if desktop.window.snapshot else ():
        best.setdefault(dry_run.workload.context, dry_run)
    return sorted(best.values(), key=lambda dry_run: dry_run.replicas)


def migration(desktop):
    views = desktop.window.snapshot.migrations
    return views[0] if views else None


def wait_until_complete(desktop, qtbot):
    """Wait until prices and clusters have arrived at the window."""
    window = desktop.window
    qtbot.waitUntil(lambda: window.snapshot is not None and window.snapshot.is_complete, timeout=30_000)


def fly_to_the_smallest_move(desktop, qtbot):
    """Wait for the offers and turn the globe to the smallest. Returns its `Migrate` button, which can be pressed."""
    wait_until_complete(desktop, qtbot)
    offered = offered_moves(desktop)[0]
    desktop.window.stage.pilot.fly_to(offered.workload.context)
    qtbot.waitUntil(lambda: find_migrate_button(desktop, offered) is not None, timeout=10_000)
    return find_migrate_button(desktop, offered)


@contextmanager
def pressed_migrate(desktop, home, qtbot):
    """Press the button of the smallest move of the simulated fleet. Gives the move, and a witness of both its sides."""
    button = fly_to_the_smallest_move(desktop, qtbot)
    move = button.item.dry_run
    workload, contexts = move.workload, (move.workload.context, move.target)
    with ReplicaWitness(home.find_kubeconfig(), contexts, workload.namespace, workload.name) as witness:
        click(button)
        yield move, witness
