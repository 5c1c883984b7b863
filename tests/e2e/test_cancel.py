"""Cancel rolls back: everything is in the source again, and nothing was missing meanwhile."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QAbstractButton

from controller.contract.snapshots import MigrationStage
from tests.e2e.one_click import click, migration, pressed_migrate

#: What the button is called before and after everything has moved.
BACK = ("Cancel and roll back", "Move back")


def find_cancel_button(desktop):
    buttons = desktop.window.findChildren(QAbstractButton)
    return next((b for b in buttons if b.isVisible() and b.isEnabled() and b.text() in BACK), None)


@pytest.mark.timeout(240)
def test_cancel_brings_every_replica_back_to_the_source(desktop, home, qtbot):
    with pressed_migrate(desktop, home, qtbot) as (move, witness):
        qtbot.waitUntil(lambda: witness.ready(move.target) > 0, timeout=60_000)
        qtbot.waitUntil(lambda: find_cancel_button(desktop) is not None, timeout=10_000)
        click(find_cancel_button(desktop))
        qtbot.waitUntil(lambda: migration(desktop).stage is MigrationStage.ROLLED_BACK, timeout=120_000)
        source = move.workload.context
        assert witness.ready(source) == witness.desired(source) == move.replicas
        assert min(witness.sums) >= move.replicas
