"""One click on the globe moves a workload across it, and nothing is lost on the way."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.hud.overlay_items import ItemKind
from controller.migration.ledger import verify_ledger
from controller.snapshots import MigrationStage
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
    for dry_run in desktop.snapshot.opportunities if desktop.snapshot else ():
        best.setdefault(dry_run.workload.context, dry_run)
    return sorted(best.values(), key=lambda dry_run: dry_run.replicas)


def migration(desktop):
    views = desktop.snapshot.migrations
    return views[0] if views else None


@pytest.mark.timeout(240)
def test_one_click_moves_the_workload_and_never_drops_below_what_was_desired(desktop, home, qtbot):
    qtbot.waitUntil(lambda: desktop.snapshot is not None and desktop.snapshot.is_complete, timeout=30_000)
    offered = offered_moves(desktop)[0]
    desktop.window.stage.fly_to(offered.workload.context)
    qtbot.waitUntil(lambda: find_migrate_button(desktop, offered) is not None, timeout=10_000)
    button = find_migrate_button(desktop, offered)
    key, target, replicas = offered.workload, button.item.dry_run.target, offered.replicas

    with ReplicaWitness(home.find_kubeconfig(), (key.context, target), key.namespace, key.name) as witness:
        click(button)
        qtbot.waitUntil(lambda: migration(desktop) is not None, timeout=10_000)
        qtbot.waitUntil(lambda: migration(desktop).stage is MigrationStage.DONE, timeout=180_000)
        qtbot.waitUntil(lambda: witness.ready(target) == replicas, timeout=10_000)
        assert (witness.desired(key.context), witness.desired(target)) == (0, replicas)
        assert min(witness.sums) >= replicas

    assert verify_ledger(home.ledger) is None
    texts = [json.loads(line)["text"] for line in home.ledger.read_text().splitlines()]
    assert any(f"{key}: Moved to {target}" in text and "It cost" in text for text in texts)
