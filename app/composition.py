"""Builds every object and joins them; no logic. The only file that knows whether the clusters are simulated."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from platformdirs import user_data_path

from app.config.configuration import Configuration
from app.config.demo import DEMO_FLEET_TIME_SCALE
from app.control.serving import serve_requests
from app.moments import parse_moment
from app.private_directory import private_directory
from controller.clusters.arming import ArmedBy, ArmingTerms
from controller.clusters.kubeconfig import split_kubeconfig_paths
from controller.clusters.opening import open_regions
from controller.clusters.region_manager import RegionManager
from controller.clusters.settings import FleetSettings
from controller.contract.commands import SetArmed, Stop
from controller.decision.egress_file import load_egress_table
from controller.decision.planning import Planner
from controller.decision.settings import DecisionSettings
from controller.engine.asking_again import AskingAgain
from controller.engine.command_handler import CommandHandler
from controller.engine.controls import Controls
from controller.engine.decision_log import DecisionLog
from controller.engine.engine import Engine, EngineParts, EngineSettings
from controller.engine.fact_collector import FactCollector, WaysBack, count_moves
from controller.engine.instance_requests import InstanceRequests
from controller.engine.market_gate import MarketGate
from controller.engine.outage_log import OutageLog
from controller.engine.price_memory import PriceMemory
from controller.engine.snapshot_building import ContextViews
from controller.engine.unfinished_moves import UnfinishedMoves
from controller.history.files import HistoryFiles
from controller.history.history import History
from controller.history.opening import open_history
from controller.migration.access.journal_keys import JournalKeys
from controller.migration.protocol.gate import ClosedGate
from controller.migration.run.lease_requests import LeaseRequests
from controller.migration.run.migration_controller import MigrationController
from controller.migration.settings import MigrationSettings
from oracle.foundation.clocks import SYSTEM_CLOCKS, Clocks
from oracle.foundation.key_ring import FixedRing, KeyRing, Purpose, RingHolder
from oracle.key_ring_file import RingFile, load_ring, make_ring
from oracle.oracle import Oracle, open_oracle
from oracle.regions import load_regions
from oracle.sources.base import PriceSource
from oracle.sources.choosing import ask_services, choose_source, watch_file
from oracle.sources.replay import Start


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All that an engine is joined to, of the world or of a simulation.

    `new_id` gives strings that are unique in the world and valid in a label. `ring`: by it requests in Leases are
    known; without, none is heard.
    """

    clocks: Clocks
    fleet: RegionManager
    oracle: Oracle
    history: History
    new_id: Callable[[], str]
    ring: RingHolder


@asynccontextmanager
async def open_engine(configuration: Configuration) -> AsyncIterator[Engine]:
    """Run an engine with everything that it needs for as long as the block lasts.

    Raises: PriceFileError, SourceUnavailable, KeyRingError, StoreUrlError and KubeconfigError before anything was
    started.
    """
    clocks = SYSTEM_CLOCKS
    source = choose_price_source(configuration, clocks.wall())
    ring = open_key_ring(configuration)
    async with AsyncExitStack() as stack:
        fleet = await stack.enter_async_context(open_fleet(configuration))
        opening = open_oracle(configuration.oracle, source, clocks, ring=ring)
        oracle = await stack.enter_async_context(opening)
        history = await stack.enter_async_context(
            open_history(
                history_files(configuration, ring),
                clocks,
                configuration.history,
                counts_earlier_moves=not configuration.is_demo,
            )
        )
        surroundings = Surroundings(clocks, fleet, oracle, history, _new_id, hold_key_ring(configuration))
        settings = EngineSettings(
            demo=configuration.is_demo,
            accepts_any_prices=configuration.is_demo,
            decision=decision_settings(configuration),
        )
        engine = await stack.enter_async_context(run_engine(surroundings, settings, configuration.migration))
        for context, terms in _list_armed(configuration, fleet):
            engine.submit(SetArmed(context, True, terms))
        await stack.enter_async_context(serve_requests(engine.requests))
        yield engine


@dataclass(frozen=True, slots=True)
class MoveTools:
    """What ends a migration without an engine: neither prices nor a plan are needed for that, and none is begun."""

    regions: RegionManager
    migrations: MigrationController


@asynccontextmanager
async def open_move_tools(configuration: Configuration) -> AsyncIterator[MoveTools]:
    """Reach the clusters, and record what is done to their migrations. Raises: KubeconfigError."""
    clocks = SYSTEM_CLOCKS
    async with AsyncExitStack() as stack:
        fleet = await stack.enter_async_context(open_fleet(configuration))
        for context, terms in _list_armed(configuration, fleet):
            fleet.set_armed(context, True, terms)
        files, settings = history_files(configuration), configuration.history
        history = await stack.enter_async_context(open_history(files, clocks, settings))
        ring = hold_key_ring(configuration)
        heard = LeaseRequests(ring, clocks.wall, history, lambda: controls.forbid_all())
        migrations = MigrationController(
            fleet.api,
            history,
            clocks,
            _new_id,
            configuration.migration,
            ClosedGate(),
            JournalKeys(ring),
            requests=heard,
        )
        controls = Controls(fleet, migrations, history, asyncio.Event())
        requests = InstanceRequests(controls, controls.forbid_all)
        try:
            async with serve_requests(requests):
                yield MoveTools(fleet, migrations)
        finally:
            await migrations.stop()


@asynccontextmanager
async def run_engine(
    surroundings: Surroundings, settings: EngineSettings, timing: MigrationSettings
) -> AsyncIterator[Engine]:
    """Join an engine to its surroundings and run it for as long as the block lasts.

    The one graph for the world and for the simulation of the tests: it reads no clock, opens no connection and
    makes no identifiers of its own.
    """
    parts = _build_parts(surroundings, settings, timing)
    engine = Engine(parts, settings, surroundings.clocks)
    running = asyncio.create_task(engine.keep_running(), name="engine")
    try:
        yield engine
    finally:
        running.cancel()
        await asyncio.wait({running})
        await parts.controls.migrations.stop()


def _new_id() -> str:
    return secrets.token_hex(8)


def _build_parts(
    surroundings: Surroundings, settings: EngineSettings, timing: MigrationSettings
) -> EngineParts:
    fleet, clocks = surroundings.fleet, surroundings.clocks
    facts = FactCollector(
        fleet,
        surroundings.oracle.board,
        # The facts count the moves, and the moves ask for facts: what is named here is made below.
        lambda now: count_moves(controls, unfinished, settings.decision.budgets, now),
        clocks.wall,
        settings.decision,
        lambda: ways_back.find(),
        accepts_any_prices=settings.accepts_any_prices,
    )
    gate, history = MarketGate(fleet, facts), surroundings.history
    keys = JournalKeys(surroundings.ring)
    requests = LeaseRequests(surroundings.ring, clocks.wall, history, lambda: handler.submit(Stop()))
    migrations = MigrationController(
        fleet.api,
        history,
        clocks,
        surroundings.new_id,
        timing,
        gate,
        keys,
        requests=requests,
        hints=fleet.hints,
    )
    controls = Controls(fleet, migrations, history, asyncio.Event())
    unfinished = UnfinishedMoves(controls, clocks.counting)
    handler = CommandHandler(controls, unfinished, facts)
    ways_back = WaysBack(controls, unfinished)
    return EngineParts(
        oracle=surroundings.oracle,
        controls=controls,
        unfinished=unfinished,
        handler=handler,
        facts=facts,
        again=AskingAgain(controls, facts, clocks.wall),
        views=ContextViews(load_regions(), settings.decision.interruption_h),
        planner=Planner(),
        memory=PriceMemory(surroundings.oracle, controls.history),
        decisions=DecisionLog(),
        outages=OutageLog(),
    )


@asynccontextmanager
async def open_fleet(configuration: Configuration) -> AsyncIterator[RegionManager]:
    """Watch the clusters of the kubeconfig, or of a simulated fleet that is started for it and always armed.

    Raises: KubeconfigError.
    """
    async with AsyncExitStack() as stack:
        directory = stack.enter_context(private_directory("engine"))
        paths = await _provide_kubeconfig(configuration, directory, stack)
        settings = _fleet_settings(configuration, directory)
        regions = await stack.enter_async_context(await open_regions(paths, settings))
        if configuration.is_demo:
            for context in regions.contexts:
                regions.set_armed(context, True, ArmingTerms(ArmedBy.DEMO))
        yield regions


def _list_armed(configuration: Configuration, fleet: RegionManager) -> Iterator[tuple[str, ArmingTerms]]:
    """Which of the contexts that there are the configuration arms, and on which terms."""
    for context, terms in configuration.clusters.armed.items():
        if context in fleet.contexts and not configuration.is_demo:
            yield context, replace(terms, by=ArmedBy.CONFIGURATION)


def history_files(configuration: Configuration, ring: KeyRing | None = None) -> HistoryFiles:
    """Return where history stands: what happened to real clusters is not to be mixed with what was simulated.

    The chain of a history that begins has a key that follows from the ring, where there is one.
    """
    prefix = "demo-" if configuration.is_demo else ""
    first_key = None if ring is None else ring.keys[0].derive(Purpose.LEDGER)
    return HistoryFiles.in_folder(user_data_path("sentinelaura"), prefix, first_key)


def find_key_ring(configuration: Configuration) -> Path:
    """Return where the key ring stands, or would stand."""
    if configuration.key_ring is not None:
        return Path(configuration.key_ring)
    return user_data_path("sentinelaura") / "key-ring"


def open_key_ring(configuration: Configuration) -> KeyRing | None:
    """Return the key ring; None where there is none and none is asked for. Raises: KeyRingError."""
    path = find_key_ring(configuration)
    if configuration.key_ring is None and not os.path.lexists(path):
        return None
    return load_ring(path)


def hold_key_ring(configuration: Configuration) -> RingHolder:
    """Return what gives migrations the key ring, and makes it with the first need of one; the demo's is in memory."""
    if configuration.is_demo:
        return FixedRing(make_ring())
    return RingFile(find_key_ring(configuration), may_make=configuration.key_ring is None)


def choose_price_source(configuration: Configuration, now: float) -> PriceSource | None:
    """Return what this program generates prices from, None where it only reads those of others.

    On a shared Redis whoever generates does so for everybody: with real clusters, only who says from what.
    Raises: PriceFileError, SourceUnavailable.
    """
    is_shared = configuration.oracle.redis_url is not None
    if is_shared and configuration.prices is None and not configuration.is_demo:
        return None
    if configuration.is_asking:
        return ask_services(configuration.live_prices, SYSTEM_CLOCKS)
    if configuration.price_file is not None and configuration.live:
        return watch_file(configuration.price_file, configuration.price_life_s, configuration.currency_rates)
    start = Start(_find_moment(configuration.at), _find_moment(configuration.begin))
    return choose_source(
        configuration.price_file,
        configuration.speed,
        configuration.seed,
        now,
        start,
        configuration.currency_rates,
    )


def _find_moment(text: str | None) -> float | None:
    return None if text is None else parse_moment(text).at


def decision_settings(configuration: Configuration) -> DecisionSettings:
    """Return the assumptions of the dry run, with the shipped egress prices and what a person says of them."""
    return replace(configuration.decision, egress=load_egress_table(configuration.egress))


def _fleet_settings(configuration: Configuration, directory: Path) -> FleetSettings:
    kube = replace(configuration.clusters.kube, runtime_directory=str(directory))
    return replace(configuration.clusters, kube=kube)


async def _provide_kubeconfig(
    configuration: Configuration, directory: Path, stack: AsyncExitStack
) -> tuple[Path, ...]:
    if configuration.kubeconfig is not None:
        return split_kubeconfig_paths(configuration.kubeconfig)
    # Imported here: whoever has real clusters does not wait for the server of the simulated ones.
    from controller.simulation.fleet_plan import plan_demo_fleet
    from controller.simulation.simulated_fleet import SimulatedFleet

    plan = plan_demo_fleet(configuration.seed)
    running = SimulatedFleet.start(plan, configuration.seed, directory, time_scale=DEMO_FLEET_TIME_SCALE)
    fleet = await stack.enter_async_context(running)
    return (fleet.kubeconfig,)
