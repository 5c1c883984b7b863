"""Cancel rolls back: everything is in the source again, and nothing was missing meanwhile."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QAbstractButton

from controller.contract.snapshots import MigrationStage
from tests.e2e.one_click import (
    click,
    find_migrate_button,
    migration,
    offered_moves,
    wait_until_complete,
)
from tests.e2e.witness import ReplicaWitness


def find_cancel_button(desktop):
    buttons = desktop.window.findChildren(QAbstractButton)
    return next((b for b in buttons if b.isVisible() and b.isEnabled() and "Cancel" in b.text()), None)


@pytest.mark.timeout(240)
def test_cancel_brings_every_replica_back_to_the_source(desktop, home, qtbot):
    wait_until_complete(desktop, qtbot)
    offered = offered_moves(desktop)[0]
    desktop.window.stage.fly_to(offered.workload.context)
    qtbot.waitUntil(lambda: find_migrate_button(desktop, offered) is not None, timeout=10_000)
    button = find_migrate_button(desktop, offered)
    key, target, replicas = offered.workload, button.item.dry_run.target, offered.replicas

    with ReplicaWitness(home.find_kubeconfig(), (key.context, target), key.namespace, key.name) as witness:
        click(button)
        qtbot.waitUntil(lambda: witness.ready(target) > 0, timeout=60_000)
        qtbot.waitUntil(lambda: find_cancel_button(desktop) is not None, timeout=10_000)
        click(find_cancel_button(desktop))
        qtbot.waitUntil(lambda: migration(desktop).stage is MigrationStage.ROLLED_BACK, timeout=120_000)
        assert witness.ready(key.context) == witness.desired(key.context) == replicas
        assert min(witness.sums) >= replicas
