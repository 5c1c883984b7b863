"""One click on the globe moves a workload across it, and nothing is lost on the way."""

from __future__ import annotations

import pytest

from controller.contract.snapshots import MigrationStage
from tests.e2e.one_click import migration, pressed_migrate


@pytest.mark.timeout(240)
def test_one_click_moves_the_workload_and_never_drops_below_what_was_desired(desktop, home, qtbot):
    with pressed_migrate(desktop, home, qtbot) as (move, witness):
        qtbot.waitUntil(lambda: migration(desktop) is not None, timeout=20_000)
        qtbot.waitUntil(lambda: migration(desktop).stage is MigrationStage.DONE, timeout=180_000)
        qtbot.waitUntil(lambda: witness.ready(move.target) == move.replicas, timeout=10_000)
        assert witness.desired(move.workload.context) == 0
        assert witness.desired(move.target) == move.replicas
        assert min(witness.sums) >= move.replicas

    assert home.run("ledger", "verify").returncode == 0
    texts = home.run("ledger", "show").stdout.splitlines()
    assert any(f"{move.workload}: Moved to {move.target}" in text and "It cost" in text for text in texts)
