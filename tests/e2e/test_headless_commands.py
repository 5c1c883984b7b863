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

ROOT = Path(__file__).resolve().parents[2]

RECORDING = Path(__file__).resolve().parents[3] / "shared" / "data" / "gcp_spot" / "prices.csv.gz"


@pytest.fixture
def recording():
    if not RECORDING.exists():
        pytest.skip(f"the recorded prices are not here ({RECORDING.name} beside the project's root)")
    return str(RECORDING)


def read_plan(answer, code=0):
    assert answer.returncode == code, answer.stderr
    return json.loads(answer.stdout)


def test_plan_gives_opportunities_with_their_dry_runs_and_refusals_with_their_reasons(home):
    plan = read_plan(home.run("plan", "--json"))
    best = plan["opportunities"][0]
    assert best["dry_run"]["verdict"] == "pays"
    numbers = best["dry_run"]
    costs = numbers["egress_usd"] + numbers["overlap_usd"] + numbers["warm_up_usd"]
    assert numbers["net_usd"] == pytest.approx(numbers["savings_24h_usd"] - costs, abs=1e-5)
    assert plan["refused"]
    assert all(refusal["reason"]["sentence"] for refusal in plan["refused"])
    assert home.processes() == []


def test_same_seed_sees_the_same_clusters(home):
    workloads = [
        {entry["workload"] for kind in ("opportunities", "refused") for entry in plan[kind]}
        for plan in (read_plan(home.run("plan", "--json", "--seed", "11")) for _ in range(2))
    ]
    assert workloads[0] == workloads[1]


#: Runs a command and prints what it has loaded that draws, to standard error.
TELL_LOADED = (
    "import sys; from app.__main__ import main; main(sys.argv[1:]);"
    "drawing = [n for n in sys.modules if n.split('.')[0] in ('PySide6', 'shiboken6', 'qasync', 'moderngl')];"
    "print('loaded:', *sorted(drawing), file=sys.stderr)"
)


def list_loaded(*arguments, stop_after_a_line=False):
    """The modules for drawing that a command has loaded when it ends, by itself or by SIGTERM."""
    command = [sys.executable, "-c", TELL_LOADED, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        if stop_after_a_line:
            process.stdout.readline()
            process.send_signal(signal.SIGTERM)
        last = process.communicate(timeout=100)[1].splitlines()[-1]
    assert last.startswith("loaded:"), last
    return last.split()[1:]


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "--json"),
        ("migrate", "nowhere/shop/checkout", "--to", "gcp-us-central1"),
        ("config", "show"),
        ("ledger", "show"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_no_command_loads_what_draws(home, arguments):
    assert list_loaded(*arguments) == []


@pytest.mark.parametrize("arguments", [("operator", "--json"), ("oracle", "--port", "0")], ids=" ".join)
def test_no_command_that_is_stopped_has_loaded_what_draws(home, arguments):
    assert list_loaded(*arguments, stop_after_a_line=True) == []


def test_doctor_asks_the_graphics_driver_without_qt(home):
    assert {name.split(".")[0] for name in list_loaded("doctor")} <= {"moderngl"}


@pytest.mark.timeout(240)
def test_migration_on_recorded_prices_ends_in_the_other_cluster(home, recording):
    options = ("--prices", recording)
    answer = home.run("plan", "--json", *options)
    plan = read_plan(answer, code=4)
    assert not plan["complete"]
    assert "aws-us-east-1: aws/us-east-1/" in answer.stderr, "what the recording does not price is named"
    google = [move for move in plan["opportunities"] if move["source"].startswith("gcp-")]
    assert google, "the recording prices the Google Cloud regions of the fleet"
    unpriced = [entry for entry in plan["refused"] if entry["workload"].startswith("aws-")]
    assert all(entry["reason"]["code"] == "price_unknown" for entry in unpriced if entry["target"] is None)

    move = google[0]
    answer = home.run("migrate", move["workload"], "--to", move["target"], "--json", *options, timeout=200)
    events = [json.loads(line) for line in answer.stdout.splitlines()]
    assert answer.returncode == 0, answer.stdout[-2000:] + answer.stderr
    assert events[0]["event"] == "dry_run"
    *_, last, end = events
    assert last["stage"] == "done"
    assert (last["source_ready"], last["target_ready"]) == (0, last["replicas"])
    assert (end["event"], end["exit_code"]) == ("end", 0)
    assert all(_is_covered(event) for event in events if event["event"] == "progress")
    verdict = home.run("ledger", "verify", "--json")
    assert (verdict.returncode, json.loads(verdict.stdout)["verified"]) == (0, True)
    shown = home.run("ledger", "show", "--json").stdout.splitlines()
    kinds = [json.loads(line)["kind"] for line in shown]
    assert {"move_started", "phase_entered", "move_ended"} <= set(kinds)
    assert kinds[-1] == "engine_stopped"


def _is_covered(event):
    """Whether both sides together had all replicas ready, where both were known."""
    both = (event["source_ready"], event["target_ready"])
    return None in both or sum(both) >= event["replicas"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("migrate", "nonsense", "--to", "gcp-us-central1"), 2, "is not CONTEXT/NAMESPACE/DEPLOYMENT"),
        (("migrate", "nowhere/shop/checkout", "--to", "gcp-us-central1"), 2, "there is no context nowhere"),
        (("migrate", "aws-us-east-1/shop/missing", "--to", "gcp-us-central1"), 2, "there is no workload"),
        (("plan", "--kubeconfig", "missing.yaml"), 2, "missing.yaml"),
        (("plan", "--prices", "missing.csv"), 2, "missing.csv"),
        (("ledger", "verify"), 1, "there is no history"),
        (("ledger", "show", "--limit", "0"), 2, "is not a number"),
        (("ledger", "at", "yesterday"), 2, "is not a moment like"),
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
    dear = next(r for r in plan["refused"] if r["target"] and r["reason"]["code"] == "not_cheaper")
    answer = home.run("migrate", dear["workload"], "--to", dear["target"])
    assert answer.returncode == 3
    assert "Does not pay: " in answer.stdout
    assert "sentinelaura: not moved: " in answer.stderr


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
        plan = read_plan(
            home.run("plan", "--json", "--prices", recording), code=4
        )  # it prices one cloud alone
        oracle.send_signal(signal.SIGTERM)
        assert oracle.wait(15) == 0
    assert plan["opportunities"]
    assert {move["source"].partition("-")[0] for move in plan["opportunities"]} == {"gcp"}
    assert not any("simulated" in notice["text"] for notice in plan["notices"])


def test_operator_ends_on_a_signal_and_leaves_nothing(home):
    with home.start("operator", "--json") as operator:
        lines = map(json.loads, operator.stdout)
        # On a busy machine troubles of the start come between them, and end.
        assert any(line["kind"] == "notice" and "simulated" in line["text"] for line in lines)
        assert any(line["kind"] == "decision" for line in lines)
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


#: Nobody listens on this port of loopback.
REFUSED = ("--redis", "redis://127.0.0.1:1")


def test_doctor_names_each_thing_that_is_broken_and_what_mends_it(home, tmp_path):
    prices = tmp_path / "prices.csv"
    prices.write_text("observed_at,provider\n")
    answer = home.run("doctor", "--json", *REFUSED, "--prices", str(prices), "--kubeconfig", "missing.yaml")
    broken = {c["name"]: c for c in json.loads(answer.stdout)["checks"] if c["state"] == "broken"}
    assert answer.returncode == 1
    assert broken.keys() == {"prices file", "price store", "kubeconfig"}
    assert "line 1: missing column region" in broken["prices file"]["detail"]
    assert "correct the file" in broken["prices file"]["advice"]
    assert "start that Redis, correct --redis" in broken["price store"]["advice"]
    assert "correct --kubeconfig" in broken["kubeconfig"]["advice"]


def test_operator_says_that_redis_refuses(home):
    with home.start("operator", *REFUSED, stderr=subprocess.PIPE) as operator:
        said = operator.stderr.readline()
        assert "error     No new prices" in said
        assert "127.0.0.1:1" in said
        assert "  store     No new prices" in operator.stdout.readline()  # the timeline has it as well
        operator.send_signal(signal.SIGTERM)
        assert operator.wait(15) == 0


#: The program with less patience, so that nobody waits for half a minute here.
IMPATIENT = """
import sys
from app.commands import picture
picture.PICTURE_TIMEOUT_S = 4.0
from app.__main__ import main
sys.exit(main())
"""


def test_migrate_without_prices_names_what_is_missing_and_promises_nothing(home):
    command = ("migrate", "aws-us-east-1/shop/checkout", "--to", "gcp-us-central1", "--json", *REFUSED)
    answer = subprocess.run(
        [sys.executable, "-c", IMPATIENT, *command], cwd=ROOT, capture_output=True, text=True, timeout=100
    )
    assert answer.returncode == 4
    [end] = [json.loads(line) for line in answer.stdout.splitlines()]
    assert (end["event"], end["exit_code"]) == ("end", 4)
    assert any("127.0.0.1:1" in detail for detail in end["details"])
    assert "no full picture of prices and clusters after 4 s" in answer.stderr
    assert "never" not in answer.stdout + answer.stderr
