"""What a person is told when something is missing or breaks, and that it mends itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from PySide6.QtWidgets import QLabel

from app.composition import open_engine
from app.config.configuration import Configuration
from app.config.demo import DEMO
from controller.clusters.fleet import Health
from controller.contract.commands import StartMigration
from controller.contract.snapshots import MigrationStage, PriceOrigin
from controller.reasons import Code
from controller.simulation.fleet_plan import plan_demo_fleet
from controller.simulation.simulated_fleet import SimulatedFleet
from oracle.quotes import Freshness
from oracle.settings import OracleSettings
from oracle.store.server_binary import find_server_binaries

ROOT = Path(__file__).resolve().parents[2]


def find_free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def redis_server(port, directory):
    """A Redis of somebody else, on loopback."""
    binary = next(iter(find_server_binaries()))
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(directory)]
    with subprocess.Popen([binary, *arguments], stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


#: Prices are refreshed every second and expire after eight.
SHORT_LIVED_QUOTES = OracleSettings(refresh_s=1.0, quote_life_s=8.0)


def demo_on(redis, prices=SHORT_LIVED_QUOTES, **changes):
    """The demo on somebody else's Redis."""
    return replace(DEMO, oracle=replace(prices, redis_url=redis), **changes)


@pytest.mark.timeout(180)
def test_lost_redis_stops_all_offers_until_it_is_back(home, tmp_path):
    port = find_free_port()

    async def scenario():
        with contextlib.ExitStack() as servers:
            first = servers.enter_context(redis_server(port, tmp_path))
            async with open_engine(demo_on(f"redis://127.0.0.1:{port}")) as engine:
                seen = await engine.wait_until(lambda s: s.is_complete and bool(s.opportunities), 40)
                assert seen.opportunities
                first.kill()
                lost = await engine.wait_until(lambda s: not s.store.is_up and not s.opportunities, 60)
                assert not lost.opportunities
                assert any(notice.reason.code is Code.NO_NEW_PRICES for notice in lost.notices)
                expired = {c.quote.freshness(lost.taken_at) for c in lost.contexts if c.quote}
                assert expired == {Freshness.EXPIRED}
                assert {c.usd_per_day for c in lost.contexts if c.workloads} == {None}
                servers.enter_context(redis_server(port, tmp_path))
                back = await engine.wait_until(lambda s: s.store.is_up and bool(s.opportunities), 40)
                assert back.opportunities

    asyncio.run(scenario())


#: Moves in two waves, of which the first outlasts every price that is known when it begins, on any machine.
IN_TWO_WAVES = {
    "decision": replace(DEMO.decision, wave_share=Decimal(1)),
    "migration": replace(
        DEMO.migration,
        bake_s=2 * SHORT_LIVED_QUOTES.quote_life_s,
        hold_timeout_s=3600.0,
        wavering_timeout_s=3600.0,
    ),
}


@pytest.mark.timeout(240)
def test_redis_lost_in_the_middle_of_a_move_holds_it_until_it_is_back(home, tmp_path):
    port = find_free_port()

    async def start_best(engine):
        """Confirm the best move, again where its prices have turned meanwhile."""
        for refusals in range(10):
            seen = await engine.wait_until(lambda s: s.is_complete and bool(s.opportunities), 60)
            offered = seen.opportunities[0]
            engine.submit(StartMigration(offered.workload, offered.target, offered.plan_digest))
            answered = await engine.wait_until(
                lambda s, known=refusals: bool(s.migrations) or len(s.unstarted) > known, 60
            )
            if answered.migrations:
                return offered
        raise AssertionError(answered.unstarted)

    async def begin_move(engine):
        offered = await start_best(engine)
        moving = await engine.wait_until(
            lambda s: any(m.phase in ("SURGE", "VERIFY") for m in s.migrations), 60
        )
        [migration] = moving.migrations
        assert (migration.wave, migration.waves) == (1, 2)
        return offered

    async def scenario():
        with contextlib.ExitStack() as servers:
            first = servers.enter_context(redis_server(port, tmp_path))
            async with open_engine(demo_on(f"redis://127.0.0.1:{port}", **IN_TWO_WAVES)) as engine:
                offered = await begin_move(engine)
                first.kill()
                seen = await engine.wait_until(
                    lambda s: s.migrations[0].stage is not MigrationStage.RUNNING, 60
                )
                [held] = seen.migrations
                assert held.stage is MigrationStage.HOLDING, held.sentence
                assert "there is no current price" in held.sentence
                assert held.target_desired == offered.wave_sizes[0]
                assert any(notice.reason.code is Code.NO_NEW_PRICES for notice in seen.notices)
                servers.enter_context(redis_server(port, tmp_path))
                seen = await engine.wait_until(lambda s: s.migrations[0].stage.is_final, 120)
                [ended] = seen.migrations
                assert ended.stage is MigrationStage.DONE, ended.sentence
                assert (ended.source_desired, ended.target_desired) == (0, offered.replicas)

    asyncio.run(scenario())


def test_unreachable_context_is_greyed_alone_and_real_clusters_stay_read_only(home, tmp_path):
    async def scenario():
        async with SimulatedFleet.start(plan_demo_fleet(7), 7, tmp_path, time_scale=0) as fleet:
            document = yaml.safe_load(fleet.kubeconfig.read_text())
            dead = f"http://127.0.0.1:{find_free_port()}"
            document["clusters"].append({"name": "dead", "cluster": {"server": dead}})
            document["contexts"].append({"name": "dead", "context": {"cluster": "dead"}})
            kubeconfig = tmp_path / "kubeconfig"
            kubeconfig.write_text(yaml.safe_dump(document))
            kubeconfig.chmod(0o600)
            async with open_engine(Configuration(kubeconfig=str(kubeconfig), prices="simulated")) as engine:
                seen = await engine.wait_until(lambda s: s.is_complete and bool(s.opportunities), 40)
                health = {c.context: c.health for c in seen.contexts}
                assert health.pop("dead") is Health.UNREACHABLE
                assert set(health.values()) == {Health.REACHABLE}
                assert any(notice.key == "context_lost:dead" for notice in seen.notices)
                offered = seen.opportunities[0]
                engine.submit(StartMigration(offered.workload, offered.target, offered.plan_digest))
                refused = await engine.wait_until(
                    lambda s: any("not armed" in e.text for e in s.timeline), 10
                )
                assert any("not armed" in entry.text for entry in refused.timeline)
                assert refused.migrations == ()
                assert refused.unstarted[-1].reason.code is Code.NOT_ARMED

    asyncio.run(scenario())


@pytest.mark.timeout(180)
def test_real_clusters_on_a_shared_redis_generate_nothing_and_say_whose_prices_they_see(home, tmp_path):
    port = find_free_port()
    redis = f"redis://127.0.0.1:{port}"

    def find_notice(snapshot, code):
        return next((notice.text for notice in snapshot.notices if notice.reason.code is code), "")

    async def scenario():
        async with (
            SimulatedFleet.start(plan_demo_fleet(7), 7, tmp_path, time_scale=0) as fleet,
            open_engine(demo_on(redis, OracleSettings(), kubeconfig=str(fleet.kubeconfig))) as reader,
        ):
            alone = await reader.wait_until(
                lambda s: "nobody publishes" in find_notice(s, Code.NO_NEW_PRICES), 40
            )
            assert "sentinelaura oracle --redis URL --prices live" in find_notice(alone, Code.NO_NEW_PRICES)
            assert alone.price_source.text == "none yet"
            async with open_engine(demo_on(redis, OracleSettings())):
                seen = await reader.wait_until(lambda s: s.is_complete and bool(s.opportunities), 40)
                assert seen.price_source.origin is PriceOrigin.SIMULATED
                assert find_notice(seen, Code.PLANNED_ON_SIMULATED)
                assert find_notice(seen, Code.NO_NEW_PRICES) == ""

    with redis_server(port, tmp_path):
        asyncio.run(scenario())


def test_migrate_of_unarmed_clusters_is_refused_and_ends(home, tmp_path):
    async def scenario():
        async with SimulatedFleet.start(plan_demo_fleet(7), 7, tmp_path, time_scale=0) as fleet:
            options = ("--kubeconfig", str(fleet.kubeconfig))
            plan = await asyncio.to_thread(home.run, "plan", "--json", *options)
            move = json.loads(plan.stdout)["opportunities"][0]
            command = ("migrate", move["workload"], "--to", move["target"], *options)
            return await asyncio.to_thread(home.run, *command)

    answer = asyncio.run(scenario())
    assert answer.returncode == 3
    assert "not armed" in answer.stderr


def test_second_instance_shares_the_store_and_says_so(home):
    with home.start("operator", "--json") as operator:
        while '"kind": "decision"' not in operator.stdout.readline():
            pass  # it has prices, and so the store runs
        answer = home.run("plan")
        assert answer.returncode == 0
        assert "shares the price store" in answer.stdout
        operator.send_signal(signal.SIGTERM)
        operator.wait(15)
    assert home.processes() == []


@contextlib.contextmanager
def running_window():
    """Open the window in a process of its own; it is killed at the end, also when the test has failed."""
    with subprocess.Popen([sys.executable, "-m", "app"], cwd=ROOT, stderr=subprocess.DEVNULL) as window:
        try:
            yield window
        finally:
            window.kill()


def has_started(home):
    """Whether window, engine, watchdog and store run, and the simulated fleet with them."""
    return len(home.processes()) >= 4 and home.find_kubeconfig() is not None


def wait_for(condition, timeout_s=30):
    """Wait for something that another process does, of which no event tells."""
    for _ in range(int(timeout_s / 0.05)):
        if condition():
            return True
        with contextlib.suppress(TimeoutError):
            asyncio.run(asyncio.wait_for(asyncio.sleep(1), 0.05))
    return False


def test_killed_window_leaves_nothing_behind(home):
    with running_window() as window:
        assert wait_for(lambda: has_started(home))
        os.kill(window.pid, signal.SIGKILL)
    assert wait_for(lambda: home.processes() == [])
    assert wait_for(lambda: home.find_kubeconfig() is None)


def test_killed_engine_takes_its_store_with_it(home):
    with running_window() as window:
        assert wait_for(lambda: has_started(home))
        engine = next(p for p in home.processes() if b"\0engine\0" in Path(f"/proc/{p}/cmdline").read_bytes())
        os.kill(engine, signal.SIGKILL)
        assert wait_for(lambda: home.processes() == [window.pid])


@pytest.mark.parametrize("desktop", [("--prices", "missing.csv")], indirect=True)
def test_window_says_why_its_engine_could_not_start(desktop, qtbot):
    def is_told():
        labels = desktop.window.findChildren(QLabel)
        return any("missing.csv" in label.text() for label in labels if label.isVisible())

    qtbot.waitUntil(is_told, timeout=15_000)
