"""Confirming a move as a person does, at an engine without a window."""

from __future__ import annotations

from controller.contract.commands import SetArmed, StartMigration
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import EngineSnapshot
from controller.engine.engine import Engine


def arm_and_confirm(engine: Engine, offered: DryRun) -> None:
    """Arm both sides of an offered move and confirm it."""
    for context in (offered.workload.context, offered.target):
        engine.submit(SetArmed(context, True))
    engine.submit(StartMigration(offered.workload, offered.target, offered.plan_digest))


async def start_best_move(engine: Engine) -> EngineSnapshot:
    """Confirm the first move that is offered. Returns the snapshot that offered it."""
    planned = await engine.wait_until(lambda s: s.is_complete and bool(s.opportunities), 60)
    arm_and_confirm(engine, planned.opportunities[0])
    return planned
