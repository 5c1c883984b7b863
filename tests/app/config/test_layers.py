"""File, environment and flags: who wins, and what a wrong value says."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from app.config.configuration import Configuration
from app.config.configuration_reasons import ConfigurationCode
from app.config.demo import DEMO, DEMO_BUDGETS, DEMO_MIGRATION
from app.config.errors import BrokenPromise, ConfigurationError, SettingError, UnknownSetting
from app.config.layers import resolve_configuration
from controller.clusters.arming import ArmingTerms
from controller.clusters.settings import ContextOverride
from controller.migration.settings import MigrationSettings

REAL = 'kubeconfig = "kubeconfig"\n'


def resolve(file_text=None, environment=None, assignments=(), **flags):
    given = {name: [text] for name, text in flags.items()}
    return resolve_configuration(file_text, "config.toml", environment or {}, given, assignments)


def test_nothing_configured_is_the_demo_with_its_own_pace():
    configuration = resolve()
    assert configuration.is_demo
    assert (configuration.migration, configuration.decision.budgets) == (DEMO_MIGRATION, DEMO_BUDGETS)
    assert set(configuration.origins.values()) == {"default", "demo"}
    assert configuration.origins["migration.bake_s"] == "demo"


def test_real_clusters_get_the_defaults_that_the_settings_declare():
    configuration = resolve(REAL)
    assert replace(configuration, kubeconfig=None, origins={}) == Configuration(origins={})
    assert configuration.origins["migration.bake_s"] == "default"


def test_what_a_person_says_holds_in_the_demo_as_well():
    configuration = resolve("[migration]\nbake_s = 5")
    assert configuration.migration == replace(DEMO_MIGRATION, bake_s=5.0)
    assert configuration.origins["migration.bake_s"] == "config.toml, line 2"


def test_flag_beats_environment_beats_file():
    configuration = resolve(
        "seed = 1\nspeed = 2", {"SENTINELAURA_SEED": "3", "SENTINELAURA_SPEED": "4"}, seed="5"
    )
    assert (configuration.seed, configuration.speed) == (5, 4.0)
    assert configuration.origins["seed"] == "--seed"
    assert configuration.origins["speed"] == "SENTINELAURA_SPEED"


def test_any_setting_can_be_given_for_one_run():
    configuration = resolve("[migration]\nsoak_s = 60", assignments=["migration.soak_s = 90", "seed=3"])
    assert (configuration.migration.soak_s, configuration.seed) == (90.0, 3)
    assert configuration.origins["migration.soak_s"] == "--set"


def test_flag_can_take_back_what_the_file_says():
    configuration = resolve(REAL, kubeconfig="none")
    assert configuration.is_demo
    assert configuration.migration == DEMO.migration


def test_context_is_told_in_the_file():
    configuration = resolve(
        '[contexts."arn:aws:eks:1"]\nprovider = "aws"\nregion = "us-east-1"\ncapacity_type = "on_demand"'
    )
    override = configuration.clusters.overrides["arn:aws:eks:1"]
    assert (override.provider, override.region, override.capacity_type) == ("aws", "us-east-1", "on_demand")
    assert configuration.origins["contexts"] == "config.toml"


def test_namespaces_and_room_of_a_context_are_told_in_the_file():
    text = '[contexts.prod]\nnamespaces = ["shop", "billing"]\nroom_cpu_cores = 40\nroom_memory_gib = 160'
    override = resolve(text).clusters.overrides["prod"]
    assert override.namespaces == frozenset({"shop", "billing"})
    assert (override.room_cpu_cores, override.room_memory_gib) == (40, 160)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("namespaces = []", "must be names of namespaces"),
        ('namespaces = ["Shop"]', "must be names of namespaces"),
        ('namespaces = ["../kube-system"]', "must be names of namespaces"),
        (f"namespaces = {[f'n{number}' for number in range(25)]}", "at most 24"),
        ("room_cpu_cores = 40", "must be given together"),
        ("room_memory_gib = 40", "must be given together"),
    ],
)
def test_what_a_context_cannot_be_looked_at_by_is_refused(line, said):
    with pytest.raises(ConfigurationError, match=said):
        resolve(f"[contexts.prod]\n{line}")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('spot_labels = ["our/fleet cheap"]', "must be labels of Kubernetes"),
        ('on_demand_labels = ["=steady"]', "must be labels of Kubernetes"),
        ('spot_labels = ["our/fleet"]\non_demand_labels = ["our/fleet"]', "cannot stand in both"),
    ],
)
def test_labels_of_nodes_that_say_nothing_are_refused(lines, said):
    with pytest.raises(ConfigurationError, match=said):
        resolve(f"[clusters]\n{lines}")


def test_cluster_is_armed_in_the_file_by_its_uid():
    configuration = resolve(
        '[armed.prod]\ncluster_uid = "uid-prod"\nnamespaces = ["shop"]\nmoves_per_day = 5'
    )
    terms = ArmingTerms(cluster_uid="uid-prod", namespaces=frozenset({"shop"}), moves_per_day=5)
    assert configuration.clusters.armed == {"prod": terms}


def test_context_can_be_told_in_the_environment():
    configuration = resolve(environment={"SENTINELAURA_CONTEXTS": '{prod = {region = "eu-west-1"}}'})
    assert configuration.clusters.overrides == {"prod": ContextOverride(region="eu-west-1")}


def test_lists_come_from_file_and_environment():
    assert resolve('allowed_exec_plugins = ["aws"]').clusters.kube.allowed_exec_plugins == {"aws"}
    configuration = resolve(environment={"SENTINELAURA_USE_CONTEXTS": "eu, us"})
    assert configuration.clusters.contexts == frozenset({"eu", "us"})


def test_flag_of_a_list_may_be_repeated_and_of_another_the_last_one_counts():
    configuration = resolve_configuration(None, "", {}, {"use_contexts": ["eu", "us"], "seed": ["1", "2"]})
    assert configuration.clusters.contexts == frozenset({"eu", "us"})
    assert configuration.origins["use_contexts"] == "--context"
    assert configuration.seed == 2


def test_money_is_exact():
    assert resolve("[decision]\nminimum_net_usd = 0.10").decision.minimum_net_usd == Decimal("0.10")


@pytest.mark.parametrize(
    ("file_text", "environment", "flags", "said"),
    [
        ("sed = 1", {}, {}, "config.toml, line 1: there is no setting 'sed'; did you mean 'seed'?"),
        ("\nredis = 6379", {}, {}, "config.toml, line 2: redis must be an address like redis://HOST"),
        (None, {"SENTINELAURA_SEED": "many"}, {}, "SENTINELAURA_SEED: seed must be a whole number from 0 to"),
        (None, {"SENTINELAURA_SEED": ""}, {}, "not ''"),
        (None, {}, {"speed": "-1.0"}, "--speed: speed must be a number from 0 to 10000000 (seconds of"),
        (None, {}, {"speed": "nan"}, "--speed: speed must be a number"),
        (None, {}, {"speed": "1e999999999"}, "--speed: speed must be a number"),
        (None, {}, {"redis": "localhost:6379"}, "redis must be an address like redis://"),
        (None, {}, {"redis": "redis://[bad"}, "redis must be an address like redis://"),
        (
            "allowed_exec_plugins = 'aws'",
            {},
            {},
            'allowed_exec_plugins must be a list of texts such as ["aws"',
        ),
        ("seed = inf", {}, {}, "seed must be a whole number"),
        ("seed = 1.9", {}, {}, "seed must be a whole number"),
        ("kubeconfig = true", {}, {}, "kubeconfig must be text or 'none' (simulated clusters are started)"),
        ("contexts = 3", {}, {}, "contexts must be tables [contexts.NAME]"),
        ("decision = 3", {}, {}, "decision must be a table [decision]"),
        ("[contexts.a]\nregon = 'mars'", {}, {}, "no setting 'contexts.a.regon'; did you mean 'region'?"),
        ("[contexts.a]\ncapacity_type = 'free'", {}, {}, "capacity_type must be one of spot, on_demand"),
        ("seed" + 3000 * ".a" + " = 1", {}, {}, "config.toml, line 1 is nested too deeply"),
    ],
)
def test_wrong_value_names_place_and_what_is_allowed(file_text, environment, flags, said):
    with pytest.raises(ConfigurationError) as raised:
        resolve(file_text, environment, **flags)
    assert said in str(raised.value)
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize(
    ("file_text", "environment", "nearest"),
    [
        ("[decision]\nhorizn_h = 3", {}, "decision.horizon_h"),
        ("horizon_h = 3", {}, "decision.horizon_h"),
        ("[decision]\nsoak_s = 3", {}, "migration.soak_s"),
        ("[decison]\nhorizon_h = 3", {}, "decision"),
        (None, {"SENTINELAURA_DECISION_HORIZN_H": "3"}, "SENTINELAURA_DECISION_HORIZON_H"),
        (None, {"SENTINELAURA_KUBECONFG": "x"}, "SENTINELAURA_KUBECONFIG"),
    ],
)
def test_typo_names_what_was_meant(file_text, environment, nearest):
    with pytest.raises(UnknownSetting) as raised:
        resolve(file_text, environment)
    assert raised.value.nearest == nearest
    assert nearest in str(raised.value)


def test_variable_of_a_section_is_refused_although_it_resembles_nothing():
    with pytest.raises(
        UnknownSetting, match="no setting 'SENTINELAURA_BUDGETS_XYZZY'; `sentinelaura config show`"
    ):
        resolve(environment={"SENTINELAURA_BUDGETS_XYZZY": "3"})


@pytest.mark.parametrize(
    "variable", ["SERVICE_HOST", "PORT", "ORACLE_PORT_8642_TCP_ADDR", "ORACLE_SERVICE_PORT_HTTP", "TRACE"]
)
def test_variables_of_kubernetes_and_of_others_are_no_typos(variable):
    assert resolve(environment={f"SENTINELAURA_{variable}": "tcp://10.0.0.1"}).is_demo


@pytest.mark.parametrize(
    "assignment", ["migration.soak_s", "migration.soak=3", "migration.soak_s=soon"], ids=str
)
def test_assignment_that_sets_nothing_is_refused(assignment):
    with pytest.raises(ConfigurationError, match="--set"):
        resolve(assignments=[assignment])


@pytest.mark.parametrize(
    ("file_text", "said"),
    [
        (
            "[migration]\nrenew_deadline_s = 25",
            "migration.renew_deadline_s = 25 (config.toml, line 2), clusters.request_timeout_s = 10 (default)",
        ),
        ("[clusters]\nrequest_timeout_s = 12", "lease_duration_s must be at least renew_deadline_s plus"),
        ("[migration]\nlease_retry_s = 15", "renew_deadline_s must leave time for two renewals"),
        ("[migration]\nbake_s = 100\nverify_timeout_s = 90", "verify_timeout_s must be longer than bake_s"),
        ("[migration]\nbake_s = 20\nbake_between_s = 21", "bake_between_s must not be longer than bake_s"),
        ("[oracle]\nrefresh_s = 60", "quote_life_s must be at least twice refresh_s"),
        ("[oracle]\nquote_life_s = 40\n[migration]\nprice_margin_s = 36", "quote_life_s must be longer than"),
        ("[armed.prod]\nnamespaces = ['shop']", "armed needs the cluster_uid of each context"),
        ("redis_password = 'x'", "a password needs the address of its store"),
        (
            "redis = 'rediss://:x@host'\nredis_password_file = 'y'",
            "the password of the store may come from one place only",
        ),
    ],
)
def test_values_that_break_a_promise_together_are_refused_with_their_origins(file_text, said):
    with pytest.raises(BrokenPromise) as raised:
        resolve(file_text)
    assert said in str(raised.value)
    assert "default)" in str(raised.value) or "config.toml" in str(raised.value)


def test_everybody_else_starts_from_promises_that_hold():
    assert resolve(REAL).migration == MigrationSettings()
    assert resolve().warnings == ()


@pytest.mark.parametrize("address", ["redis://10.0.0.1:6379", "redis://prices.example/0"])
def test_store_without_tls_on_the_network_is_warned_of(address):
    [warning] = resolve(redis=address).warnings
    assert warning == ConfigurationCode.STORE_READABLE.because(address=address)


@pytest.mark.parametrize("address", ["rediss://prices.example", "redis://localhost", "redis://[::1]:6379"])
def test_store_behind_tls_or_on_this_machine_is_fine(address):
    assert resolve(redis=address).warnings == ()


SECRET = "hunter2"


@pytest.mark.parametrize(
    ("file_text", "environment", "flags", "assignments"),
    [
        (None, {}, {"redis": f"rediss://me:{SECRET}@host"}, ()),
        (None, {}, {"redis": f"rediss://host?password={SECRET}"}, ()),
        (None, {}, {"redis": f"me:{SECRET}@host"}, ()),
        (None, {}, {}, [f"redis=rediss://me:{SECRET}@host"]),
        (None, {}, {}, [f"redis_password={SECRET}"]),
        (f"redis = 'http://me:{SECRET}@host'", {}, {}, ()),
        (f"redis = 'redis://me:p/{SECRET}@host'", {}, {}, ()),
        (f"redis_password = ['{SECRET}']\nredis = 'rediss://host'", {}, {}, ()),
        (f"redis_password = '{SECRET}'", {}, {}, ()),
        (f"redis_password = {SECRET}", {}, {}, ()),
        (f"redis_password = '{SECRET}'\nredis = 'rediss://:{SECRET}@host'", {}, {}, ()),
        (None, {"SENTINELAURA_REDIS": f":{SECRET}@host"}, {}, ()),
        (None, {"SENTINELAURA_REDIS_PASSWORD": f"{SECRET}\n"}, {}, ()),
    ],
)
def test_no_refusal_repeats_a_password(file_text, environment, flags, assignments):
    with pytest.raises(ConfigurationError) as raised:
        resolve(file_text, environment, assignments, **flags)
    assert SECRET not in str(raised.value)


def test_no_dump_of_a_configuration_holds_a_password():
    with_address = resolve(environment={"SENTINELAURA_REDIS": f"rediss://:{SECRET}@host"})
    with_password = resolve("redis = 'rediss://host'", {"SENTINELAURA_REDIS_PASSWORD": SECRET})
    assert with_password.oracle.redis_password == SECRET
    assert SECRET not in repr(with_address) + repr(with_password)


def test_broken_value_knows_its_facts():
    with pytest.raises(SettingError) as raised:
        resolve(seed="x")
    assert (raised.value.place, raised.value.name, raised.value.value) == ("--seed", "seed", "'x'")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"live": "true"}, "live needs a file of prices"),
        ({"live": "true", "prices.from": "a.csv", "speed": "2"}, "live prices are not played"),
        *(
            ({"prices.rates": rates}, "each of rates must be a currency and what one of it is in USD")
            for rates in ("EUR", "EUR=0", "EUR=-1", "EUR=1e9", "euro=1", "EUR=NaN", "USD=2", "EUR=1,EUR=2")
        ),
        ({"speed": "0"}, "the simulated market does not stand still"),
        ({"prices.at": "2026-05-03"}, "at and played_from are moments of a recording"),
        (
            {"prices.at": "2026-05-03", "prices.from": "simulated"},
            "at and played_from are moments of a recording",
        ),
        (
            {"prices.played_from": "2026-05-03", "prices.from": "a.csv", "live": "true"},
            "are moments of a recording",
        ),
        (
            {"prices.at": "2026-05-03", "prices.played_from": "2026-05-03", "prices.from": "a.csv"},
            "stands at a moment",
        ),
        ({"prices.at": "2026-02-30", "prices.from": "a.csv"}, "must be days and times that there are"),
        ({"prices.from": "a.csv", "price_life_s": "60"}, "price_life_s is of a file that is watched"),
    ],
)
def test_live_prices_need_a_file_and_are_not_played(flags, said):
    with pytest.raises(BrokenPromise, match=said):
        resolve(None, None, (), **flags)
