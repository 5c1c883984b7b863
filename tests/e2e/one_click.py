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
    """The visible `Migrate` button of this move; None while it is behind the limb, on its way, or of another one."""
    for button in desktop.window.stage.overlay.buttons.values():
        item = button.item
        if (
            button.isVisible()
            and item.kind is ItemKind.MIGRATE
            and name_move(item.dry_run) == name_move(dry_run)
        ):
            return button
    return None


def name_move(one):
    """What is moved, and where to: of a dry run or of a migration."""
    return one.workload, one.target


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
    """Wait for the offers and turn the globe to the smallest, whichever that is by then. Returns its dry run."""
    wait_until_complete(desktop, qtbot)
    flown_to = None

    def has_arrived():
        nonlocal flown_to
        smallest = next(iter(offered_moves(desktop)), None)
        if smallest is not None and smallest.workload.context != flown_to:
            flown_to = smallest.workload.context
            desktop.window.stage.pilot.fly_to(flown_to)
        return smallest is not None and find_migrate_button(desktop, smallest) is not None

    qtbot.waitUntil(has_arrived, timeout=20_000)
    return offered_moves(desktop)[0]


@contextmanager
def pressed_migrate(desktop, home, qtbot):
    """Press the button of the smallest move of the simulated fleet. Gives the move, and a witness of both its sides.

    Prices go on while the witness takes its place: a button that stands for another move by then is not pressed.
    """
    for _ in range(5):
        move = fly_to_the_smallest_move(desktop, qtbot)
        workload, contexts = move.workload, (move.workload.context, move.target)
        with ReplicaWitness(home.find_kubeconfig(), contexts, workload.namespace, workload.name) as witness:
            button = find_migrate_button(desktop, move)
            if button is None:
                continue
            click(button)
            qtbot.waitUntil(lambda: migration(desktop) is not None, timeout=30_000)
            assert name_move(migration(desktop)) == name_move(move)
            yield move, witness
            return
    raise AssertionError("no offer stood long enough to be pressed")
