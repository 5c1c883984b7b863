"""A Redis to which others may write moves nobody's clusters."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.config.configuration import Configuration
from controller.contract.snapshots import PriceOrigin
from controller.reasons import Code
from controller.simulation.fleet_plan import plan_demo_fleet
from controller.simulation.simulated_fleet import SimulatedFleet
from oracle.key_ring_file import make_ring, save_new_ring
from oracle.reasons import OracleCode
from oracle.settings import OracleSettings
from oracle.store.server_binary import find_server_binaries
from tests.oracle.oracles import remote_store
from tests.security.moves import try_to_move, write_prices


@pytest.mark.timeout(240)
@pytest.mark.skipif(not any(find_server_binaries()), reason="no server program of Redis or Valkey")
def test_no_real_workload_is_moved_by_whoever_may_write_to_a_shared_store(
    own_places: None, tmp_path: Path
) -> None:
    plan, ring = plan_demo_fleet(7), tmp_path / "key-ring"
    save_new_ring(ring, make_ring())

    async def scenario() -> None:
        async with (
            SimulatedFleet.start(plan, 7, tmp_path, time_scale=20) as fleet,
            remote_store(OracleSettings()) as shared,
        ):
            fresh = write_prices(tmp_path / "new.csv", plan, datetime.now(UTC).isoformat())
            real = Configuration(kubeconfig=str(fleet.kubeconfig), prices=fresh, live=True, oracle=shared)
            planned, ended = await try_to_move(real)
            assert planned.price_source.origin is PriceOrigin.LIVE, "they are shown as what they are"
            assert OracleCode.FEED_UNSIGNED in {notice.reason.code for notice in planned.notices}
            assert ended.unstarted[0].reason.code is Code.PRICES_UNSIGNED
            assert not ended.migrations

            planned, ended = await try_to_move(replace(real, key_ring=str(ring)))
            assert ended.migrations
            assert not ended.unstarted

    asyncio.run(scenario())
