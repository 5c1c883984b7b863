from __future__ import annotations

import json

import pytest

from app.config.errors import ConfigurationError
from app.config.window_settings import (
    Confirmation,
    Motion,
    PresenterChoice,
    Settings,
    format_settings,
    parse_settings,
)


def test_settings_survive_being_written_down() -> None:
    second = Confirmation.SECOND_PRESS
    settings = Settings(
        Motion.REDUCED, False, False, PresenterChoice.SOFTWARE, second, False, "AAA=", "B", "C", "D"
    )
    assert parse_settings(format_settings(settings), "window.json") == settings


def test_missing_and_unknown_settings_are_no_error() -> None:
    assert parse_settings('{"region_names": false, "from_the_future": 1}', "window.json") == Settings(
        region_names=False
    )


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"motion": "wild"}, "motion must be one of full, reduced, not 'wild'"),
        ({"opening_turn": 1}, "opening_turn must be true or false, not 1"),
        ({"geometry": None}, "geometry must be text, not None"),
        ([], "not a JSON object"),
    ],
)
def test_a_wrong_value_is_named(values: object, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        parse_settings(json.dumps(values), "window.json")


def test_broken_json_is_named() -> None:
    with pytest.raises(ConfigurationError, match="not JSON"):
        parse_settings("{", "window.json")
