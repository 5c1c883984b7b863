"""What holds for each setting that is declared anywhere: a new one is covered by itself."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import StrEnum

import pytest

from app.arguments import build_parser
from app.config.catalogue import Setting, get_value, list_entries, list_settings
from app.config.configuration import Configuration
from app.config.errors import BrokenPromise, ConfigurationError, SettingError, UnknownSetting
from app.config.explaining import explain, settings_to_json, show_settings
from app.config.layers import find_setting, list_sections, resolve_configuration
from app.config.values import format_number, format_toml, format_value
from app.config.window_settings import Settings
from oracle.foundation.setting import DECLARATION

SETTINGS = list_settings(Configuration)
ENTRIES = [part for one in SETTINGS for part in list_entries(one)]
NUMBERS = [one for one in SETTINGS if one.kind in (int, float, Decimal)]
#: Fields that no person can set: what only the composition knows, and what tells of the others.
GIVEN_BY_THE_PROGRAM = {"decision.egress", "clusters.kube.runtime_directory", "origins", "warnings"}

every_setting = pytest.mark.parametrize("setting", SETTINGS, ids=lambda one: one.name)
every_number = pytest.mark.parametrize("setting", NUMBERS, ids=lambda one: one.name)


def resolve(file_text=None, environment=None, assignments=(), **flags):
    given = {name: [text] for name, text in flags.items()}
    return resolve_configuration(file_text, "config.toml", environment or {}, given, assignments)


def write_toml(setting: Setting, value: str) -> str:
    line = f"{setting.key} = {value}\n"
    return f"[{setting.section}]\n{line}" if setting.section else line


def other_values(setting: Setting) -> list[tuple[str, str]]:
    """Values that are not the default, as TOML and as text."""
    if setting.kind is bool:
        other = str(not setting.default).lower()
        return [(other, other)]
    if setting in NUMBERS:
        return [(number, number) for number in other_numbers(setting)]
    example = format_toml(setting)
    if setting.kind in (frozenset, tuple):
        return [(example, example.strip("[]").replace('"', ""))]
    if setting.kind is dict:
        return [(example, example)]
    if setting.declaration.example is None:
        return [('"other"', "other")]
    return [(example, example.strip('"'))]


def other_numbers(setting: Setting) -> list[str]:
    least, most = setting.declaration.minimum, setting.declaration.maximum
    if setting.default is None:
        numbers = [setting.declaration.example, least, most]
    elif setting.kind is int:
        numbers = [setting.default + 1, setting.default - 1]
    else:
        numbers = [setting.default * 9 / 10, setting.default + setting.kind(1) / 4, least, most]
    return [
        number if isinstance(number, str) else format_number(number)
        for number in numbers
        if number != setting.default
    ]


def companion(setting: Setting) -> dict[str, str]:
    """What a setting says nothing without: a password the address of its store, a moment its recording."""
    if setting.name.startswith(("redis_password", "redis_ca_file")):
        return {"SENTINELAURA_REDIS": "rediss://host"}
    if setting.name in ("live", "prices.at", "prices.played_from"):
        return {"SENTINELAURA_PRICES_FROM": "prices.csv"}
    if setting.name == "price_life_s":
        return {"SENTINELAURA_PRICES_FROM": "prices.csv", "SENTINELAURA_LIVE": "true"}
    return {}


def resolve_one(setting: Setting, by: str) -> Configuration:
    """Set one setting to something else; one of its other values keeps every promise."""
    for toml, text in other_values(setting):
        try:
            if by == "file":
                return resolve(write_toml(setting, toml), companion(setting))
            if by == "environment":
                return resolve(None, {**companion(setting), setting.variable: text})
            if by == "flag":
                return resolve(None, companion(setting), **{setting.name: text})
            return resolve(None, companion(setting), [f"{setting.name}={text}"])
        except BrokenPromise:
            continue
    raise AssertionError(f"no other value of {setting.name} keeps the promises")


def settings_in_force(configuration: Configuration) -> dict[str, object]:
    return {one.name: get_value(configuration, one.path) for one in SETTINGS}


def changed(setting: Setting, configuration: Configuration) -> set[str]:
    before = resolve(None, companion(setting))
    if setting.name == "kubeconfig":  # it ends the demo, and the demo's own defaults with it
        before = resolve(None, {"SENTINELAURA_KUBECONFIG": "elsewhere"})
    after = settings_in_force(configuration)
    return {name for name, value in settings_in_force(before).items() if value != after[name]}


@every_setting
def test_file_sets_it_and_nothing_else(setting: Setting) -> None:
    configuration = resolve_one(setting, "file")
    assert changed(setting, configuration) == {setting.name}
    assert configuration.origins[setting.name].startswith("config.toml, line ")


@every_setting
def test_environment_sets_it_to_the_same(setting: Setting) -> None:
    configuration = resolve_one(setting, "environment")
    assert changed(setting, configuration) == {setting.name}
    assert configuration.origins[setting.name] == setting.variable
    assert get_value(configuration, setting.path) == get_value(resolve_one(setting, "file"), setting.path)


@every_setting
def test_command_line_sets_it_unless_it_is_a_secret(setting: Setting) -> None:
    if setting.is_secret:
        with pytest.raises(ConfigurationError, match="may hold a secret"):
            resolve_one(setting, "assignment")
    else:
        assert resolve_one(setting, "assignment").origins[setting.name] == "--set"
    if setting.flag is not None:
        assert resolve_one(setting, "flag").origins[setting.name] == setting.flag


@every_setting
def test_its_flag_is_one_of_every_command(setting: Setting) -> None:
    options = build_parser().format_help()
    assert (f"{setting.flag} " in options) == (setting.flag is not None)


@every_setting
def test_show_tells_value_and_origin(setting: Setting) -> None:
    configuration = resolve_one(setting, "environment")
    rows = [row.split() for row in show_settings(configuration)]
    [row] = [row for row in rows if row[0] == setting.name]
    assert row[-1] == setting.variable
    document = next(one for one in settings_to_json(configuration)["settings"] if one["name"] == setting.name)
    assert document["origin"] == setting.variable
    if setting.is_secret:
        assert document["value"] in ("***", setting.declaration.example.strip('"'))


@every_setting
def test_explanation_names_meaning_range_default_and_every_way_to_set_it(setting: Setting) -> None:
    words = " ".join(" ".join(explain(setting.name, resolve())).split())
    for said in (setting.declaration.meaning, setting.variable, f"{setting.key} = ", "allowed", "default"):
        assert said in words


@every_setting
def test_default_is_allowed(setting: Setting) -> None:
    if setting.default is None or setting.kind is dict:
        assert setting.is_optional or setting.kind is dict
        return
    shown = format_value(setting, setting.default)
    configuration = resolve(None, {setting.variable: shown})
    assert get_value(configuration, setting.path) == setting.default


@every_setting
def test_none_is_taken_where_there_may_be_none(setting: Setting) -> None:
    environment = {setting.variable: "none", **companion(setting)}
    if setting.is_optional:
        assert get_value(resolve(None, environment), setting.path) is None
    elif setting.kind in (frozenset, tuple):
        assert get_value(resolve(None, environment), setting.path) == setting.kind()
    elif setting.kind is not str:
        with pytest.raises(SettingError):
            resolve(None, environment)


@every_setting
def test_what_it_cannot_be_is_refused_by_name_and_place(setting: Setting) -> None:
    with pytest.raises(SettingError) as from_file:
        resolve(write_toml(setting, "[[1]]"))
    assert from_file.value.name == setting.name
    assert from_file.value.place.startswith("config.toml, line ")
    with pytest.raises(SettingError) as from_environment:
        resolve(None, {setting.variable: "\a"})
    assert str(from_environment.value).startswith(f"{setting.variable}: {setting.name} must be ")


@every_number
def test_number_outside_its_range_is_refused_with_the_range(setting: Setting) -> None:
    least, most = setting.declaration.minimum, setting.declaration.maximum
    assert least is not None
    assert most is not None
    allowed = f"from {format_number(least)} to {format_number(most)}"
    for outside in (least - 1, most + 1, "nan", "inf", "-inf"):
        with pytest.raises(SettingError, match=allowed):
            resolve(write_toml(setting, str(outside)))
        with pytest.raises(SettingError, match=allowed):
            resolve(None, {setting.variable: str(outside)})


@every_number
def test_number_says_its_unit(setting: Setting) -> None:
    assert setting.unit or setting.declaration.unit == ""


@every_setting
def test_typo_in_it_names_it(setting: Setting) -> None:
    typo = setting.name[:-2] + setting.name[-1]
    with pytest.raises(UnknownSetting) as raised:
        find_setting(typo, "config.toml")
    assert raised.value.nearest == setting.name


@pytest.mark.parametrize("setting", [*SETTINGS, *ENTRIES, *list_settings(Settings)], ids=lambda one: one.name)
def test_declaration_says_all_that_a_person_needs(setting: Setting) -> None:
    assert setting.declaration.meaning.endswith(".")
    assert (setting.declaration.none is not None) == setting.is_optional
    assert (setting.declaration.pattern is None) == (setting.declaration.allowed is None)
    if setting.default is None and not issubclass(setting.kind, StrEnum):
        assert setting.declaration.example is not None


def test_every_field_is_a_setting_or_known_to_be_none() -> None:
    assert set(undeclared(Configuration())) == GIVEN_BY_THE_PROGRAM


def undeclared(part: object, path: str = "") -> list[str]:
    names: list[str] = []
    for field in fields(part):  # type: ignore[arg-type]
        declared = field.metadata.get(DECLARATION)
        value = getattr(part, field.name)
        if declared is None:
            names.append(path + field.name)
        elif is_dataclass(value):
            names += undeclared(value, f"{path}{field.name}.")
    return names


def test_names_variables_and_sections_are_unique() -> None:
    for attribute in ("name", "variable", "destination", "path"):
        assert len({getattr(one, attribute) for one in SETTINGS}) == len(SETTINGS)
    assert not set(list_sections()) & {one.name for one in SETTINGS}


@pytest.mark.parametrize("section", list_sections())
def test_section_is_explained_setting_by_setting(section: str) -> None:
    said = list(explain(section, resolve()))
    assert {one.name for one in SETTINGS if one.section == section} <= set(said)
