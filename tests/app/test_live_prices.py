"""Real clusters and the public services of their cloud: prices without a file, whoever says them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from app.composition import open_engine
from app.config.configuration import Configuration
from controller.contract.snapshots import EngineSnapshot, PriceOrigin
from controller.engine.engine import Engine
from controller.simulation.fleet_plan import FleetPlan, plan_demo_fleet
from controller.simulation.simulated_fleet import SimulatedFleet
from oracle.price_settings import LivePriceSettings
from oracle.reasons import OracleCode
from oracle.settings import OracleSettings
from oracle.status import SourceState
from tests.controller.clusters.test_region_manager import TOKYO, VIRGINIA
from tests.oracle.sources.aws.public_services import public_aws
from tests.oracle.sources.azure.public_services import public_azure
from tests.oracle.sources.gcp.key_services import keyed_google
from tests.oracle.sources.price_servers import PriceServer


@pytest.fixture(autouse=True)
def directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))


Serve = Callable[[Path, FleetPlan], AbstractAsyncContextManager[tuple[PriceServer, LivePriceSettings]]]


def choose_clusters(*contexts: str) -> FleetPlan:
    clusters = tuple(one for one in plan_demo_fleet(7).clusters if one.context in contexts)
    return FleetPlan(clusters, reclaim_mean_days=None)


def serve_aws(
    folder: Path, plan: FleetPlan
) -> AbstractAsyncContextManager[tuple[PriceServer, LivePriceSettings]]:
    machines = {one.region: [one.instance_type] for one in plan.clusters}
    spot = {region: dict.fromkeys(names, "0.07") for region, names in machines.items()}
    on_demand = {name: "0.2" for names in machines.values() for name in names}
    return public_aws(folder, spot, on_demand)


def serve_azure(
    folder: Path, plan: FleetPlan
) -> AbstractAsyncContextManager[tuple[PriceServer, LivePriceSettings]]:
    spot = {one.region: "0.07" for one in plan.clusters}
    return public_azure(folder, plan.clusters[0].instance_type, spot, "0.2")


def serve_google(
    folder: Path, plan: FleetPlan
) -> AbstractAsyncContextManager[tuple[PriceServer, LivePriceSettings]]:
    """An n2-standard-8 costs 0.07 as spot and 0.2 on demand."""
    return keyed_google(
        folder, [one.region for one in plan.clusters], ("0.00475", "0.001"), ("0.021", "0.001")
    )


def with_engine(
    folder: Path,
    work: Callable[[Engine, PriceServer], Awaitable[None]],
    change: Callable[[LivePriceSettings], LivePriceSettings] = lambda live: live,
    contexts: tuple[str, ...] = (TOKYO, VIRGINIA),
    serve: Serve = serve_aws,
) -> None:
    """Run an engine on two clusters of a cloud, as somebody would who has only a kubeconfig."""
    plan = choose_clusters(*contexts)

    async def scenario() -> None:
        async with (
            SimulatedFleet.start(plan, 7, folder, time_scale=0.0) as fleet,
            serve(folder, plan) as (server, live),
        ):
            asked = Configuration(
                kubeconfig=str(fleet.kubeconfig),
                live_prices=change(live),
                oracle=OracleSettings(refresh_s=0.5),
            )
            async with open_engine(asked) as engine:
                await work(engine, server)

    asyncio.run(scenario())


def answers(seen: EngineSnapshot) -> bool:
    """Whether every service of a cloud that somebody is in has answered."""
    states = {one.state for one in seen.price_source.services}
    return states - {SourceState.IDLE} == {SourceState.ANSWERING}


def is_priced(seen: EngineSnapshot) -> bool:
    return all(one.quote is not None and one.on_demand_usd_per_hour is not None for one in seen.contexts)


def test_a_kubeconfig_is_enough_for_live_prices(tmp_path: Path) -> None:
    async def work(engine: Engine, server: PriceServer) -> None:
        seen = await engine.wait_until(lambda one: is_priced(one) and answers(one), 60)
        assert answers(seen)
        assert {one.quote.usd_per_hour for one in seen.contexts if one.quote} == {Decimal("0.07")}
        assert {one.on_demand_usd_per_hour for one in seen.contexts} == {Decimal("0.2")}
        assert {
            one.quote.interruption.words for one in seen.contexts if one.quote and one.quote.interruption
        } == {"5-10 % in the last month"}
        source = seen.price_source
        assert (source.origin, source.text) == (PriceOrigin.LIVE, "AWS spot feed")
        told = [notice for notice in seen.notices if notice.reason.code is OracleCode.SERVICES_ASKED]
        assert [notice.reason["hosts"] for notice in told] == [("localhost",)]

    with_engine(tmp_path, work)


@pytest.mark.parametrize(
    ("contexts", "serve", "name"),
    [
        (("azure-westeurope", "azure-eastus"), serve_azure, "Azure Retail Prices"),
        (("gcp-us-central1", "gcp-europe-west1"), serve_google, "Google Cloud billing catalog"),
    ],
    ids=["Azure", "Google Cloud with a key"],
)
def test_other_clouds_have_live_prices_too(
    tmp_path: Path, contexts: tuple[str, ...], serve: Serve, name: str
) -> None:
    async def work(engine: Engine, server: PriceServer) -> None:
        seen = await engine.wait_until(lambda one: is_priced(one) and answers(one), 60)
        assert answers(seen)
        assert {one.quote.usd_per_hour for one in seen.contexts if one.quote} == {Decimal("0.07")}
        assert {one.on_demand_usd_per_hour for one in seen.contexts} == {Decimal("0.2")}
        assert seen.price_source.text == name
        asked = {one.name for one in seen.price_source.services if one.state is SourceState.ANSWERING}
        assert asked == {name}

    with_engine(tmp_path, work, contexts=contexts, serve=serve)


def test_offline_nobody_is_asked_and_prices_are_unknown(tmp_path: Path) -> None:
    async def work(engine: Engine, server: PriceServer) -> None:
        def is_told(seen: EngineSnapshot) -> bool:
            return any(notice.reason.code is OracleCode.PRICES_OFFLINE for notice in seen.notices)

        seen = await engine.wait_until(lambda one: one.is_complete, 60)
        assert seen.is_complete, "nothing is awaited"
        assert is_told(seen)
        assert [one.quote for one in seen.contexts] == [None, None]
        assert {one.context for one in seen.unpriced} == {TOKYO, VIRGINIA}
        assert server.asked == []

    with_engine(tmp_path, work, lambda live: replace(live, offline=True))


def test_clouds_that_no_service_speaks_for_are_not_waited_for(tmp_path: Path) -> None:
    """Google Cloud says nothing to whom nobody has named, and the others are not asked about its machines."""

    async def work(engine: Engine, server: PriceServer) -> None:
        seen = await engine.wait_until(lambda one: one.is_complete, 20)
        assert seen.is_complete
        assert {one.context for one in seen.unpriced} == {"gcp-us-central1", "gcp-europe-west1"}
        assert server.asked == []

    with_engine(tmp_path, work, contexts=("gcp-us-central1", "gcp-europe-west1"))
