"""One click on the globe moves a workload across it, and nothing is lost on the way."""

from __future__ import annotations

import pytest

from controller.contract.snapshots import MigrationStage
from tests.e2e.one_click import (
    click,
    find_migrate_button,
    migration,
    offered_moves,
    wait_until_complete,
)
from tests.e2e.witness import ReplicaWitness


@pytest.mark.timeout(240)
def test_one_click_moves_the_workload_and_never_drops_below_what_was_desired(desktop, home, qtbot):
    wait_until_complete(desktop, qtbot)
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

    assert home.run("ledger", "verify").returncode == 0
    texts = home.run("ledger", "show").stdout.splitlines()
    assert any(f"{key}: Moved to {target}" in text and "It cost" in text for text in texts)
