"""What `doctor` says of the key ring."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.config.configuration import Configuration
from app.diagnostics.checks import CheckState
from app.diagnostics.doctor_reasons import DoctorCode
from app.diagnostics.keys import check_keys
from oracle.key_ring_file import load_ring, make_ring, replace_ring, rotate_ring, save_new_ring
from oracle.settings import OracleSettings

SHARED = OracleSettings(redis_url="redis://prices.example")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "sentinelaura" / "key-ring"


def test_nothing_is_said_where_no_ring_is_needed(path: Path) -> None:
    assert check_keys(Configuration()) == []
    assert check_keys(Configuration(oracle=SHARED)) == []


def test_that_a_ring_will_be_made_is_said_before_it_is_there(path: Path) -> None:
    (check,) = check_keys(Configuration(kubeconfig="some"))
    assert (check.state, str(path) in check.detail) == (CheckState.OK, True)
    assert "made when the first context is armed" in check.detail
    assert not path.exists()


def test_real_clusters_on_a_shared_store_need_a_ring(path: Path) -> None:
    configuration = Configuration(kubeconfig="some", oracle=SHARED)
    (check,) = check_keys(configuration)
    assert check.state is CheckState.WARNING
    assert check.reason is not None
    assert check.reason.code is DoctorCode.KEY_RING_MISSING
    save_new_ring(path, make_ring())
    (check,) = check_keys(configuration)
    assert (check.state, check.detail) == (CheckState.OK, f"{path}: {load_ring(path).keys[0].id} signs")
    replace_ring(path, rotate_ring(load_ring(path)))
    (check,) = check_keys(configuration)
    assert check.detail.endswith(f"; {load_ring(path).keys[1].id} is still accepted")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_ring_that_others_may_read_is_broken(path: Path) -> None:
    save_new_ring(path, make_ring())
    path.chmod(0o644)
    (check,) = check_keys(Configuration())
    assert check.state is CheckState.BROKEN
    assert "may be read by others" in check.detail
