"""The program ends in the middle of a move of clusters that have to be armed: what the next start says and does."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.composition import open_engine
from app.config.configuration import Configuration
from app.config.demo import DEMO_MIGRATION
from controller.contract.commands import LookAt, SetArmed
from controller.contract.snapshots import MigrationStage
from controller.reasons import Code
from controller.simulation.fleet_plan import plan_demo_fleet
from controller.simulation.simulated_fleet import SimulatedFleet
from tests.e2e.starting import start_best_move

HEADER = "observed_at,provider,region,instance_type,capacity_type,usd_per_hour,confirmed_at"
#: The first wave stays on its way for as long as the test wants.
HALF_WAY = replace(DEMO_MIGRATION, bake_s=3600.0, verify_timeout_s=3600.0)


def write_prices(path, plan):
    """A live file in which the first cluster's machines are dear and all others' are cheap."""
    now = datetime.now(UTC).isoformat()
    rows = [HEADER]
    for place, cluster in enumerate(plan.clusters):
        for capacity_type, price in (("on_demand", "0.40"), ("spot", "0.05" if place else "0.30")):
            offering = f"{cluster.provider},{cluster.region},{cluster.instance_type},{capacity_type}"
            rows.append(f"2026-01-01T00:00:00Z,{offering},{price},{now}")
    path.write_text("\n".join(rows) + "\n")
    return str(path)


async def stop_half_way(configuration):
    """Begin the best move and end the program when pods serve on both sides. Returns the workload and the target."""
    async with open_engine(replace(configuration, migration=HALF_WAY)) as engine:
        offered = (await start_best_move(engine)).opportunities[0]
        await engine.wait_until(lambda s: any(m.landed for m in s.migrations), 60)
    return offered.workload, offered.target


async def look_again(configuration, workload, target):
    """Start again with nothing armed; then arm both sides."""
    async with open_engine(configuration) as engine:
        engine.submit(LookAt(frozenset({workload.context})))
        seen = await engine.wait_until(lambda s: s.is_complete and bool(s.refused), 60)
        way = f"{workload.namespace}/{workload.name} from {workload.context} to {target}"
        expected = f"Unfinished move of {way}: arm {workload.context} and {target} to go on."
        assert expected in {notice.text for notice in seen.notices}
        assert workload not in {dry_run.workload for dry_run in seen.opportunities}
        assert next(r.reason.code for r in seen.refused if r.workload == workload) is Code.MOVE_UNFINISHED
        assert seen.migrations == ()
        for context in (workload.context, target):
            engine.submit(SetArmed(context, True))
        ended = await engine.wait_until(lambda s: any(m.stage.is_final for m in s.migrations), 120)
        assert ended.migrations[0].stage is MigrationStage.DONE, ended.migrations[0].sentence
        assert expected not in {notice.text for notice in ended.notices}


@pytest.mark.timeout(240)
def test_an_unarmed_restart_tells_of_the_move_and_an_armed_one_finishes_it(home, tmp_path):
    async def scenario():
        plan = plan_demo_fleet(7)
        async with SimulatedFleet.start(plan, 7, tmp_path, time_scale=20) as fleet:
            configuration = Configuration(
                kubeconfig=str(fleet.kubeconfig),
                prices=write_prices(tmp_path / "prices.csv", plan),
                migration=DEMO_MIGRATION,
                live=True,
            )
            workload, target = await stop_half_way(configuration)
            told = await asyncio.to_thread(
                home.run, "plan", "--json", "--kubeconfig", configuration.kubeconfig
            )
            notices = json.loads(told.stdout)["notices"]
            assert "move_left_unarmed" in {notice["reason"]["code"] for notice in notices}
            await look_again(configuration, workload, target)

    asyncio.run(scenario())
