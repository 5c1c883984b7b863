"""The same work without a window: a shell sees documented output, and Qt is never loaded."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from controller.migration.ledger import verify_ledger

RECORDING = Path(__file__).resolve().parents[3] / "shared" / "data" / "gcp_spot" / "prices.csv.gz"


@pytest.fixture
def recording():
    if not RECORDING.exists():
        pytest.skip(f"the recorded prices are not here ({RECORDING.name} beside the project's root)")
    return str(RECORDING)


def read_plan(answer):
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_plan_gives_opportunities_with_their_dry_runs_and_refusals_with_their_reasons(home):
    plan = read_plan(home.run("plan", "--json"))
    best = plan["opportunities"][0]
    assert best["dry_run"]["verdict"] == "pays"
    numbers = best["dry_run"]
    costs = numbers["egress_usd"] + numbers["overlap_usd"] + numbers["warm_up_usd"]
    assert numbers["net_usd"] == pytest.approx(numbers["savings_24h_usd"] - costs, abs=1e-5)
    assert plan["refused"]
    assert all(refusal["reason"] for refusal in plan["refused"])
    assert home.processes() == []


def test_same_seed_sees_the_same_clusters(home):
    workloads = [
        {entry["workload"] for kind in ("opportunities", "refused") for entry in plan[kind]}
        for plan in (read_plan(home.run("plan", "--json", "--seed", "11")) for _ in range(2))
    ]
    assert workloads[0] == workloads[1]


def test_no_command_loads_qt(home):
    code = (
        "import sys; from app.__main__ import main; main(['plan', '--json']);"
        "sys.exit(sorted(name for name in sys.modules if name.startswith(('PySide6', 'qasync', 'moderngl')))[:1] or 0)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.timeout(240)
def test_migration_on_recorded_prices_ends_in_the_other_cluster(home, recording):
    options = ("--prices", recording)
    plan = read_plan(home.run("plan", "--json", *options))
    google = [move for move in plan["opportunities"] if move["source"].startswith("gcp-")]
    assert google, "the recording prices the Google Cloud regions of the fleet"
    unpriced = [entry for entry in plan["refused"] if entry["workload"].startswith("aws-")]
    assert all("price" in entry["reason"] for entry in unpriced if entry["target"] is None)

    move = google[-1]
    answer = home.run("migrate", move["workload"], "--to", move["target"], "--json", *options, timeout=200)
    events = [json.loads(line) for line in answer.stdout.splitlines()]
    assert answer.returncode == 0, answer.stdout[-2000:] + answer.stderr
    assert events[0]["event"] == "dry_run"
    assert events[-1]["stage"] == "done"
    assert (events[-1]["source_ready"], events[-1]["target_ready"]) == (0, events[-1]["replicas"])
    assert all(_is_covered(event) for event in events if event["event"] == "progress")
    assert verify_ledger(home.demo_ledger) is None


def _is_covered(event):
    """Whether both sides together had all replicas ready, where both were known."""
    both = (event["source_ready"], event["target_ready"])
    return None in both or sum(both) >= event["replicas"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("migrate", "nonsense", "--to", "gcp-us-central1"), 2, "is not CONTEXT/NAMESPACE/DEPLOYMENT"),
        (("migrate", "nowhere/shop/checkout", "--to", "gcp-us-central1"), 2, "there is no context 'nowhere'"),
        (("migrate", "aws-us-east-1/shop/missing", "--to", "gcp-us-central1"), 2, "was not found"),
        (("plan", "--kubeconfig", "missing.yaml"), 2, "missing.yaml"),
        (("plan", "--prices", "missing.csv"), 2, "missing.csv"),
    ],
)
def test_bad_input_is_told_and_starts_nothing(home, arguments, code, said):
    answer = home.run(*arguments)
    assert answer.returncode == code
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
    assert home.processes() == []


def test_prices_file_with_a_bad_number_names_the_line(home, tmp_path):
    file = tmp_path / "prices.csv"
    header = "observed_at,provider,region,instance_type,capacity_type,usd_per_hour\n"
    file.write_text(header + "2026-01-01T00:00:00Z,gcp,us-central1,n2-standard-8,spot,cheap\n")
    answer = home.run("plan", "--prices", str(file))
    assert answer.returncode == 2
    assert "prices.csv, line 2" in answer.stderr


def test_move_that_does_not_pay_is_refused_and_changes_nothing(home):
    plan = read_plan(home.run("plan", "--json"))
    dear = next(r for r in plan["refused"] if r["target"] and "not cheaper" in r["reason"])
    answer = home.run("migrate", dear["workload"], "--to", dear["target"])
    assert answer.returncode == 3
    assert "verdict" in answer.stdout


def read_json(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


def wait_for_prices(url):
    """The pricing API answers from the start; ask until it has something to say."""
    for _ in range(200):
        if prices := read_json(url)["prices"]:
            return prices
        threading.Event().wait(0.05)
    raise AssertionError("no price came within ten seconds")


def test_oracle_serves_prices_until_it_is_stopped(home):
    with home.start("oracle", "--port", "0") as oracle:
        url = oracle.stdout.readline().split()[-1]
        first = wait_for_prices(url)[0]
        assert {"context", "provider", "region", "instance_type", "capacity_type"} <= first.keys()
        one = read_json(f"{url}/{first['context']}")
        assert {price["context"] for price in one["prices"]} == {first["context"]}
        assert read_json(url.removesuffix("/v1/prices") + "/healthz")
        oracle.send_signal(signal.SIGTERM)
        assert oracle.wait(15) == 0
    assert home.processes() == []


def test_recording_is_not_mixed_with_a_simulated_market_that_is_published_beside_it(home, recording):
    with home.start("oracle", "--port", "0") as oracle:
        wait_for_prices(oracle.stdout.readline().split()[-1])
        plan = read_plan(home.run("plan", "--json", "--prices", recording))
        oracle.send_signal(signal.SIGTERM)
        assert oracle.wait(15) == 0
    assert plan["opportunities"]
    assert {move["source"].partition("-")[0] for move in plan["opportunities"]} == {"gcp"}
    assert not any("simulated" in notice for notice in plan["notices"])


def test_operator_ends_on_a_signal_and_leaves_nothing(home):
    with home.start("operator", "--json") as operator:
        entry = json.loads(operator.stdout.readline())
        assert entry["kind"] == "decision"
        operator.send_signal(signal.SIGTERM)
        assert operator.wait(15) == 0
    assert home.processes() == []


def test_doctor_looks_at_everything_and_names_the_contexts(home):
    answer = home.run("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(answer.stdout)["checks"]}
    assert answer.returncode == 0, answer.stdout
    assert checks["price store"]["state"] == "ok"
    assert checks["context aws-us-east-1"]["state"] == "ok"
    assert checks["time aws-us-east-1"]["state"] == "ok"
    assert "graphics" in checks
