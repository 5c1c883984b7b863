"""Which parts a configuration asks for, and that they get its settings."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest
import yaml

from app import composition
from app.composition import (
    choose_price_source,
    decision_settings,
    find_key_ring,
    history_files,
    open_engine,
    open_fleet,
)
from app.config.configuration import Configuration
from app.config.demo import DEMO
from controller.clusters.settings import FleetSettings
from controller.decision.settings import DecisionSettings
from controller.history.keys import load_key
from controller.migration.settings import MigrationSettings
from oracle.foundation.key_ring import KeyRing, Purpose
from oracle.key_ring_file import make_ring, save_new_ring
from oracle.quotes import PriceMode
from oracle.settings import OracleSettings


@pytest.fixture(autouse=True)
def directories(tmp_path, monkeypatch):
    """Nothing of the person who runs the tests is read or written."""
    for name in ("XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))


HEADER = "observed_at,provider,region,instance_type,capacity_type,usd_per_hour\n"
REDIS = {"oracle": OracleSettings(redis_url="redis://prices.example")}
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


def test_decision_is_the_persons_with_the_shipped_egress_prices():
    asked = Configuration(decision=DecisionSettings(horizon_h=Decimal(12)))
    decision = decision_settings(asked)
    assert decision.horizon_h == 12
    assert decision.egress.find_rate("aws", "us-east-1", "aws", "us-east-1") is not None


def test_only_the_contexts_that_were_asked_for_are_watched(tmp_path):
    entries = {
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
        "contexts": [{"name": name, "context": {"cluster": "c", "user": "u"}} for name in ("eu", "us")],
        "users": [{"name": "u", "user": {}}],
    }
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(entries))

    async def watched(clusters):
        configuration = Configuration(kubeconfig=str(kubeconfig), clusters=clusters)
        async with open_fleet(configuration) as fleet:
            return tuple(fleet.contexts)

    assert asyncio.run(watched(FleetSettings())) == ("eu", "us")
    assert asyncio.run(watched(FleetSettings(contexts=frozenset({"us"})))) == ("us",)


def test_migrations_and_prices_get_the_settings_of_the_configuration(monkeypatch):
    asked = replace(
        DEMO,
        oracle=OracleSettings(redis_url="redis://127.0.0.1:1", refresh_s=2.5),
        migration=replace(DEMO.migration, soak_s=7.0),
    )
    ring = make_ring()
    save_new_ring(find_key_ring(asked), ring)
    used = []

    def note(build):
        def noting(*arguments, **named):
            given = (*arguments, *named.values())
            used.extend(a for a in given if isinstance(a, (OracleSettings, MigrationSettings, KeyRing)))
            return build(*arguments, **named)

        return noting

    for part in ("open_oracle", "MigrationController"):
        monkeypatch.setattr(composition, part, note(getattr(composition, part)))

    async def start():
        async with open_engine(asked):
            pass

    asyncio.run(start())
    assert load_key(history_files(asked).key) == ring.keys[0].derive(Purpose.LEDGER)
    assert used == [asked.oracle, ring, asked.migration]


def test_a_file_is_a_recording_until_a_person_says_that_it_is_live(tmp_path):
    file = tmp_path / "prices.csv"
    file.write_text(HEADER + "2026-01-01T00:00:00Z,gcp,us-central1,n2-standard-8,spot,0.1\n")
    modes = [
        choose_price_source(Configuration(prices=str(file), live=live), 0.0).mode for live in (False, True)
    ]
    assert modes == [PriceMode.RECORDED, PriceMode.LIVE]
