"""Which parts a configuration asks for."""

from __future__ import annotations

import pytest

from app.composition import choose_price_source, history_files
from app.configuration import Configuration
from oracle.quotes import PriceMode

HEADER = "observed_at,provider,region,instance_type,capacity_type,usd_per_hour\n"
REDIS = {"redis": "redis://prices.example"}
REAL = {"kubeconfig": "kubeconfig"}


@pytest.mark.parametrize(
    ("choices", "has_recording", "name"),
    [
        ({}, False, "simulated market"),
        (REAL, False, "simulated market"),
        (REDIS, False, "simulated market"),
        (REDIS | REAL, False, None),
        (REDIS | REAL, True, "replay of prices.csv"),
        (REDIS, True, "replay of prices.csv"),
    ],
)
def test_only_real_clusters_on_a_shared_redis_read_without_generating(tmp_path, choices, has_recording, name):
    recording = tmp_path / "prices.csv"
    recording.write_text(HEADER + "2026-01-01T00:00:00Z,gcp,us-central1,n2-standard-8,spot,0.1\n")
    configuration = Configuration(**choices, prices=str(recording) if has_recording else None)
    source = choose_price_source(configuration, 0.0)
    assert (None if source is None else source.name) == name


def test_what_happened_to_real_clusters_is_not_mixed_with_what_was_simulated():
    demo, real = history_files(Configuration()), history_files(Configuration(**REAL))
    assert (demo.database.name, real.database.name) == ("demo-history.db", "history.db")
    assert (demo.old_ledger.name, real.old_ledger.name) == ("demo-ledger.jsonl", "ledger.jsonl")
    assert demo.database.parent == real.database.parent


def test_a_file_is_a_recording_until_a_person_says_that_it_is_live(tmp_path):
    file = tmp_path / "prices.csv"
    file.write_text(HEADER + "2026-01-01T00:00:00Z,gcp,us-central1,n2-standard-8,spot,0.1\n")
    modes = [
        choose_price_source(Configuration(prices=str(file), live=live), 0.0).mode for live in (False, True)
    ]
    assert modes == [PriceMode.RECORDED, PriceMode.LIVE]
