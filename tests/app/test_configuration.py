"""File, environment and flags: who wins, and what a wrong value says."""

import pytest

from app.configuration import ConfigurationError, resolve_configuration


def resolve(file_text=None, environment=None, **flags):
    return resolve_configuration(file_text, "config.toml", environment or {}, flags)


def test_nothing_configured_is_the_demo():
    configuration = resolve()
    assert configuration.is_demo
    assert set(configuration.origins.values()) == {"default"}


def test_flag_beats_environment_beats_file():
    configuration = resolve(
        "seed = 1\nspeed = 2", {"SENTINELAURA_SEED": "3", "SENTINELAURA_SPEED": "4"}, seed=5
    )
    assert (configuration.seed, configuration.speed) == (5, 4.0)
    assert configuration.origins["seed"] == "--seed"
    assert configuration.origins["speed"] == "SENTINELAURA_SPEED"


def test_context_override_is_read_from_the_file():
    configuration = resolve(
        '[contexts.prod]\nprovider = "aws"\nregion = "us-east-1"\ncapacity_type = "on_demand"'
    )
    override = configuration.contexts["prod"]
    assert (override.provider, override.region, override.capacity_type) == ("aws", "us-east-1", "on_demand")


@pytest.mark.parametrize(
    ("file_text", "environment", "flags", "said"),
    [
        ("sed = 1", {}, {}, "did you mean 'seed'"),
        ("seed = [", {}, {}, "config.toml is not valid TOML"),
        ("redis = 6379", {}, {}, "redis must be text"),
        (None, {"SENTINELAURA_SEED": "many"}, {}, "SENTINELAURA_SEED: seed must be a whole number"),
        (None, {}, {"speed": -1.0}, "--speed: speed must be a positive number"),
        (None, {}, {"speed": float("nan")}, "--speed: speed must be a positive number"),
        (None, {}, {"redis": "localhost:6379"}, "redis must be a redis://"),
        ("allowed_exec_plugins = 'aws'", {}, {}, "allowed_exec_plugins must be a list of texts"),
        ("exec_plugin_env = ['A']", {}, {}, "exec_plugin_env must be lines like"),
        ("exec_plugin_env.aws = 'A'", {}, {}, r"exec_plugin_env.aws must be a list of texts"),
        ("seed = inf", {}, {}, "seed must be a whole number"),
        ("seed = 1.9", {}, {}, "seed must be a whole number"),
        ("a = " + 100_000 * "[", {}, {}, "config.toml is nested too deeply"),
        (None, {}, {"speed": 1e300}, "--speed: speed must be a positive number up to 1e+07"),
        (None, {}, {"redis": "redis://[bad"}, "redis must be a redis://"),
        ("contexts = 3", {}, {}, "contexts must be tables"),
        (None, {}, {"live": True}, "--live: live needs a file of prices; give --prices FILE"),
        ("live = 'maybe'", {}, {}, "live must be true or false"),
        ("live = 1", {}, {}, "live must be true or false"),
        ("live = true\nspeed = 2", {}, {"prices": "p.csv"}, "live prices are not played"),
        ("prices = 'p.csv'", {}, {"price_life_s": 60.0}, "--price-life-s: price_life_s is of live prices"),
        (
            None,
            {},
            {"prices": "p", "live": True, "price_life_s": 86_401.0},
            "price_life_s must be 1 to 86400",
        ),
        (None, {}, {"prices": "p", "live": True, "price_life_s": float("nan")}, "price_life_s must be 1 to"),
        ("[contexts.a]\nplanet = 'mars'", {}, {}, "contexts.a.planet is not allowed"),
        (
            "[contexts.a]\ncapacity_type = 'free'",
            {},
            {},
            "contexts.a.capacity_type must be one of spot, on_demand",
        ),
    ],
)
def test_wrong_value_names_place_and_what_is_allowed(file_text, environment, flags, said):
    with pytest.raises(ConfigurationError, match=None) as raised:
        resolve(file_text, environment, **flags)
    assert said in str(raised.value)


def test_live_file_is_said_by_flag_environment_or_file():
    assert not resolve(prices="p.csv").live
    assert resolve(prices="p.csv", live=True).live
    assert resolve("live = true\nprices = 'p.csv'\nprice_life_s = 60").price_life_s == 60.0
    assert resolve("live = true", {"SENTINELAURA_LIVE": "0"}).live is False


def test_lists_come_from_the_file():
    configuration = resolve('allowed_exec_plugins = ["aws"]\nexec_plugin_env."my.plugin" = ["A", "B"]')
    assert configuration.exec_plugin_env == {"my.plugin": {"A", "B"}}
    assert configuration.allowed_exec_plugins == {"aws"}
    assert configuration.origins["allowed_exec_plugins"] == "config.toml"


def test_contexts_that_may_be_contacted_are_chosen_in_the_file_or_by_flags_which_win():
    assert resolve("seed = 1").use_contexts is None
    assert resolve('use_contexts = ["a", "b"]').use_contexts == {"a", "b"}
    chosen = resolve('use_contexts = ["a", "b"]', use_contexts=["c"])
    assert chosen.use_contexts == {"c"}
    assert chosen.origins["use_contexts"] == "--context"
