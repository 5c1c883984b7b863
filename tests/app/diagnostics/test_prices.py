"""What the doctor says of a file of recorded prices."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from app.config.configuration import Configuration
from app.diagnostics.checks import CheckState
from app.diagnostics.prices import check_prices

HEADER = "observed_at,provider,region,instance_type,capacity_type,usd_per_hour\n"


def configure(directory: Path, rows: str) -> Configuration:
    file = directory / "prices.csv"
    file.write_text(HEADER + rows)
    return Configuration(prices=str(file))


def test_file_that_can_be_replayed_says_what_it_covers(tmp_path: Path) -> None:
    rows = (
        "2026-01-01T00:00:00Z,gcp,us-central1,n2-standard-8,spot,0.1\n"
        "2026-01-20T00:00:00Z,aws,us-east-1,m5.2xlarge,spot,0.2\n"
    )
    [check] = check_prices(configure(tmp_path, rows))
    assert check.state is CheckState.OK
    assert (
        check.detail == "prices.csv: 2 offerings in 2 regions of aws, gcp, recorded 2026-01-01 to 2026-01-20"
    )


def test_broken_file_names_line_and_reason_and_what_to_do(tmp_path: Path) -> None:
    [check] = check_prices(configure(tmp_path, "2026-01-01T00:00:00Z,gcp,us-central1,n2,spot,cheap\n"))
    assert check.state is CheckState.BROKEN
    assert check.detail == "prices.csv, line 2: usd_per_hour is 'cheap', not a number"
    assert "correct the file" in check.advice


def test_file_that_is_not_there_is_broken() -> None:
    [check] = check_prices(Configuration(prices="missing.csv"))
    assert check.state is CheckState.BROKEN
    assert "missing.csv: cannot be read" in check.detail


def test_region_that_nobody_knows_is_a_warning_beside_what_is_covered(tmp_path: Path) -> None:
    rows = (
        "2026-01-01T00:00:00Z,gcp,us-central1,n2-standard-8,spot,0.1\n"
        "2026-01-02T00:00:00Z,gcp,us-centrall1,n2-standard-8,spot,0.1\n"
    )
    covered, unknown = check_prices(configure(tmp_path, rows))
    assert covered.state is CheckState.OK
    assert unknown.state is CheckState.WARNING
    assert "line 3: the region gcp/us-centrall1 is not known" in unknown.detail


def test_without_a_file_there_is_nothing_to_look_at() -> None:
    assert check_prices(Configuration()) == []


def test_recording_beside_real_clusters_is_said_to_move_none_of_them(tmp_path: Path) -> None:
    file = configure(tmp_path, "2026-01-01T00:00:00Z,gcp,us-central1,n2-standard-8,spot,0.1\n").prices
    _, plan_only = check_prices(Configuration(prices=file, kubeconfig="real"))
    assert plan_only.state is CheckState.WARNING
    assert "is a recording: it moves no real cluster" in plan_only.detail
    assert "--live" in plan_only.advice


def test_live_file_says_how_many_of_its_prices_hold_now(tmp_path: Path) -> None:
    now = datetime.now(UTC).isoformat()
    rows = (
        f"{now},gcp,us-central1,n2-standard-8,spot,0.1\n2016-03-01T00:00:00Z,gcp,us-east1,e2-small,spot,0.1\n"
    )
    file = configure(tmp_path, rows).prices
    live, old = check_prices(Configuration(prices=file, live=True))
    assert live.state is CheckState.OK
    assert "2 offerings in 2 regions of gcp, live: 1 prices hold now" in live.detail
    assert "line 3: gcp/us-east1/e2-small (spot) was last confirmed on 2016-03-01" in old.detail


def test_live_file_that_nobody_keeps_up_is_broken(tmp_path: Path) -> None:
    file = configure(tmp_path, "2016-03-01T00:00:00Z,gcp,us-central1,n2-standard-8,spot,0.1\n").prices
    assert check_prices(Configuration(prices=file, live=True))[0].state is CheckState.BROKEN
