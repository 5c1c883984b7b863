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
    hold_key_ring,
    open_engine,
    open_fleet,
    open_move_tools,
)
from app.config.configuration import Configuration
from app.config.demo import DEMO
from controller.clusters.arming import ArmedBy, ArmingTerms
from controller.clusters.settings import FleetSettings
from controller.decision.settings import DecisionSettings
from controller.history.keys import load_key
from controller.migration.settings import MigrationSettings
from controller.reasons import Code
from controller.simulation.simulated_fleet import SimulatedFleet
from oracle.errors import KeyRingError
from oracle.foundation.key_ring import KeyRing, Purpose
from oracle.key_ring_file import load_ring, make_ring, save_new_ring
from oracle.quotes import PriceMode
from oracle.settings import OracleSettings
from tests.controller.clusters.test_region_manager import TOKYO, VIRGINIA, small_plan


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
        (REAL, False, "live prices"),
        (REAL | {"prices": "simulated"}, False, "simulated market"),
        (REDIS | REAL | {"prices": "live"}, False, "live prices"),
        (REDIS, False, "simulated market"),
        (REDIS | REAL, False, None),
        (REDIS | REAL, True, "replay of prices.csv"),
        (REDIS, True, "replay of prices.csv"),
    ],
)
def test_only_real_clusters_on_a_shared_redis_read_without_generating(tmp_path, choices, has_recording, name):
    recording = tmp_path / "prices.csv"
    recording.write_text(HEADER + "2026-01-01T00:00:00Z,gcp,us-central1,n2-standard-8,spot,0.1\n")
    configuration = Configuration(**choices, **({"prices": str(recording)} if has_recording else {}))
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


def test_the_configuration_arms_the_clusters_that_it_names_and_no_other_behind_their_names(tmp_path):
    async def scenario():
        async with SimulatedFleet.start(small_plan(), 7, tmp_path, time_scale=0.0) as fleet:
            uids = {
                TOKYO: fleet.cluster_uid(TOKYO),
                VIRGINIA: "another",
                "elsewhere": fleet.cluster_uid(VIRGINIA),
            }
            armed = {context: ArmingTerms(cluster_uid=uid) for context, uid in uids.items()}
            asked = Configuration(
                kubeconfig=str(fleet.kubeconfig), prices="simulated", clusters=FleetSettings(armed=armed)
            )
            async with open_engine(asked) as engine:
                seen = await engine.wait_until(
                    lambda one: len(one.timeline) > 2 and one.contexts[0].armed, 60
                )
            async with open_move_tools(asked) as tools:
                assert tools.regions.list_unarmed() == dict.fromkeys(
                    (TOKYO, VIRGINIA), Code.ARMED_UNIDENTIFIED
                )
            return seen

    seen = asyncio.run(scenario())
    assert [(view.context, view.armed) for view in seen.contexts] == [(TOKYO, True), (VIRGINIA, False)]
    assert seen.contexts[0].arming.terms.by is ArmedBy.CONFIGURATION
    assert seen.contexts[1].unarmed_reason.code is Code.ARMED_CLUSTER_REPLACED
    assert any(f"{TOKYO} armed by the configuration" in entry.text for entry in seen.timeline)


def test_a_recording_that_stands_at_its_newest_price_prices_the_clusters(tmp_path):
    plan = small_plan()
    file = tmp_path / "prices.csv"
    place = {one.context: f"{one.provider},{one.region},{one.instance_type},spot" for one in plan.clusters}
    rows = (f"2026-01-0{day}T00:00:00Z,{place[TOKYO]},0.{day}\n" for day in (1, 2))
    file.write_text(HEADER + "".join(rows))

    async def scenario():
        async with (
            SimulatedFleet.start(plan, 7, tmp_path, time_scale=0.0) as fleet,
            open_engine(Configuration(kubeconfig=str(fleet.kubeconfig), prices=str(file))) as engine,
        ):
            return await engine.wait_until(lambda one: one.contexts[0].quote is not None, 20)

    quote = asyncio.run(scenario()).contexts[0].quote
    assert quote is not None, "it was left out"
    assert (quote.usd_per_hour, quote.playback.speed) == (Decimal("0.2"), 0.0)


def test_the_demo_is_armed_whatever_the_configuration_arms():
    other = ArmingTerms(cluster_uid="another", namespaces=frozenset({"billing"}))
    asked = replace(DEMO, clusters=FleetSettings(contexts=frozenset({TOKYO}), armed={TOKYO: other}))

    async def scenario():
        async with asyncio.timeout(60), open_move_tools(asked) as tools:
            while not tools.regions.is_armed(TOKYO, "shop"):
                await tools.regions.wait_for_change()

    asyncio.run(scenario())


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


def test_the_demo_signs_with_a_ring_that_no_file_holds():
    path = find_key_ring(DEMO)
    demo, real = hold_key_ring(DEMO), hold_key_ring(Configuration(kubeconfig="some"))
    assert demo.require() == demo.find()
    assert real.find() is None
    assert not path.exists()
    assert real.require() == load_ring(path)
    named = hold_key_ring(Configuration(kubeconfig="some", key_ring=str(path.with_name("other"))))
    with pytest.raises(KeyRingError):
        named.require()
