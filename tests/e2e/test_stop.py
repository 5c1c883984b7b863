"""`sentinelaura stop`: real processes say that they write nothing any more, and where their moves stand."""

from __future__ import annotations

import asyncio
import json
import signal
import time

import pytest

from controller.contract.snapshots import MigrationStage
from controller.reasons import Code
from controller.simulation.fleet_plan import plan_demo_fleet
from controller.simulation.simulated_fleet import SimulatedFleet
from tests.e2e.one_click import click, migration, pressed_migrate, wait_until_complete
from tests.e2e.test_restart import write_prices


def best_move(home):
    plan = json.loads(home.run("plan", "--json").stdout)
    return plan["opportunities"][0]


def wait_for_phase(process, phase):
    """Read the lines of `migrate --json` until the move is in a phase; returns its id."""
    for line in process.stdout:
        event = json.loads(line)
        if event.get("phase") == phase:
            return event["migration_id"]
    raise AssertionError(f"it never came to {phase}")


def test_a_move_is_stopped_in_its_middle_by_another_process_and_says_how_to_go_on(home):
    move = best_move(home)
    with home.start("migrate", move["workload"], "--to", move["target"], "--json") as migrate:
        migration_id = wait_for_phase(migrate, "SETTLE")
        answer = home.run("stop", "--json")
        assert answer.returncode == 0, answer.stderr
        [instance] = json.loads(answer.stdout)["instances"]
        assert (instance["pid"], instance["acknowledged"]) == (migrate.pid, True)
        [moving] = instance["migrations"]
        assert (moving["migration_id"], moving["is_leading"]) == (migration_id, True)
        assert moving["source_replicas"] + moving["target_replicas"] >= moving["replicas"]
        *_, end = map(json.loads, migrate.stdout)
        assert migrate.wait(30) == 5
    assert end["reason"]["code"] == "migration_interrupted"
    assert f"migrations cancel {migration_id}" in end["detail"]


def test_an_operator_is_stopped_and_runs_on_read_only(home):
    with home.start("operator", "--json") as operator:
        lines = map(json.loads, operator.stdout)
        assert any(line["kind"] == "decision" for line in lines)
        said = home.run("stop")
        assert said.returncode == 0
        assert f"process {operator.pid} has stopped" in said.stdout
        assert any("read-only" in line["text"] for line in lines if line["kind"] == "operator")
        assert operator.poll() is None
        operator.send_signal(signal.SIGTERM)
        assert operator.wait(15) == 0
    assert home.run("stop").stdout == "no process of yours runs on this machine\n"


def test_a_configuration_that_cannot_be_read_keeps_nobody_from_being_stopped(home):
    with home.start("operator", "--json") as operator:
        assert operator.stdout.readline()
        answer = home.run("stop", "--set", "migration.soak_s=never")
        assert answer.returncode == 2
        assert f"process {operator.pid} has stopped" in answer.stdout
        operator.send_signal(signal.SIGTERM)
        assert operator.wait(15) == 0


def test_a_process_that_stands_still_is_named_and_the_answer_comes_in_time(home):
    with home.start("operator", "--json") as operator:
        assert operator.stdout.readline()
        operator.send_signal(signal.SIGSTOP)
        began_at = time.monotonic()
        answer = home.run("stop")
        took_s = time.monotonic() - began_at
        operator.send_signal(signal.SIGCONT)
        operator.send_signal(signal.SIGTERM)
        assert operator.wait(15) == 0
    assert answer.returncode == 4
    assert f"process {operator.pid} did not answer" in answer.stdout
    assert took_s < 60, "it does not wait for ever"


def test_the_window_shows_that_somebody_has_stopped_it(desktop, home, qtbot):
    wait_until_complete(desktop, qtbot)
    answer = home.run("stop", "--json")
    assert [one["acknowledged"] for one in json.loads(answer.stdout)["instances"]] == [True]
    qtbot.waitUntil(lambda: desktop.window.header.arming.text() == "Read-only", timeout=10_000)
    assert migration(desktop) is None


@pytest.mark.timeout(240)
def test_the_windows_stop_lets_a_move_stand_still_in_the_middle_of_a_wave(desktop, home, qtbot):
    with pressed_migrate(desktop, home, qtbot) as (move, witness):
        qtbot.waitUntil(lambda: witness.ready(move.target) > 0, timeout=60_000)
        click(desktop.window.header.stop)
        qtbot.waitUntil(lambda: migration(desktop).stage is MigrationStage.HOLDING, timeout=30_000)
        assert migration(desktop).reason.code is Code.NOT_ARMED
        assert desktop.window.header.arming.text() == "Read-only"
        asked = [witness.desired(context) for context in (move.workload.context, move.target)]
        qtbot.wait(5_000)
        assert [witness.desired(context) for context in (move.workload.context, move.target)] == asked
        assert min(witness.sums) >= move.replicas
        assert migration(desktop).stage is MigrationStage.HOLDING


def take_back(home, options):
    """Begin the best move of clusters that have to be armed, and cancel it from another process, which arms nothing."""
    offered = json.loads(home.run("plan", "--json", *options).stdout)["opportunities"][0]
    command = ("migrate", offered["workload"], "--to", offered["target"], "--arm", "--json", *options)
    with home.start(*command) as migrate:
        migration_id = wait_for_phase(migrate, "VERIFY")
        answer = home.run("migrations", "cancel", migration_id, *options)
        *_, end = map(json.loads, migrate.stdout)
        assert migrate.wait(30) == end["exit_code"] == 5
    return migrate.pid, answer, end


@pytest.mark.timeout(240)
def test_a_move_that_another_process_leads_goes_back_there_when_it_is_cancelled(home, tmp_path):
    async def scenario():
        plan = plan_demo_fleet(7)
        async with SimulatedFleet.start(plan, 7, tmp_path, time_scale=20) as fleet:
            prices = write_prices(tmp_path / "prices.csv", plan)
            options = ("--kubeconfig", str(fleet.kubeconfig), "--prices", prices, "--live")
            return await asyncio.to_thread(take_back, home, options)

    pid, answer, end = asyncio.run(scenario())
    assert answer.returncode == 0, answer.stderr
    assert f"process {pid} leads the move and takes it back" in answer.stdout
    assert "Back in" in end["detail"]
