"""Prices at which a move pays, and the click that begins it, on clusters that count as real."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.composition import open_engine
from app.config.configuration import Configuration
from app.config.demo import DEMO_MIGRATION
from controller.contract.snapshots import EngineSnapshot
from controller.simulation.fleet_model import FleetPlan
from tests.e2e.starting import start_best_move

HEADER = "observed_at,provider,region,instance_type,capacity_type,usd_per_hour\n"


def write_prices(path: Path, plan: FleetPlan, moment: str) -> str:
    """Prices at which it pays to leave the first cluster."""
    rows = [
        f"{moment},{one.provider},{one.region},{one.instance_type},{kind},{price}\n"
        for place, one in enumerate(plan.clusters)
        for kind, price in (("on_demand", "0.40"), ("spot", "0.05" if place else "0.30"))
    ]
    path.write_text(HEADER + "".join(rows))
    return str(path)


async def try_to_move(configuration: Configuration) -> tuple[EngineSnapshot, EngineSnapshot]:
    """Arm both sides of the best move and confirm it. Returns what was planned and what came of it."""
    async with open_engine(replace(configuration, migration=DEMO_MIGRATION)) as engine:
        planned = await start_best_move(engine)
        return planned, await engine.wait_until(lambda s: bool(s.unstarted or s.migrations), 60)
