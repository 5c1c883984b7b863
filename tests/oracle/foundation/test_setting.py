"""How a field declares a setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import pytest

from oracle.foundation.setting import DECLARATION, find_unit, section, setting, table


@dataclass(frozen=True, slots=True)
class Inner:
    pause_s: float = setting(2.0, "Between two looks.", minimum=1, maximum=3)


@dataclass(frozen=True, slots=True)
class Outer:
    inner: Inner = section(Inner(), "inner")
    token: str | None = setting(None, "A secret.", none="none", mask=lambda text: "***")
    rooms: Mapping[str, Inner] = table(Inner, "One for each room.", key="rooms", example="{}")


def test_declared_fields_are_ordinary_fields_with_defaults() -> None:
    assert Outer() == Outer(inner=Inner(pause_s=2.0), token=None, rooms={})


def test_secret_is_not_in_the_repr() -> None:
    assert "hunter2" not in repr(Outer(token="hunter2"))


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("pause_s", "seconds"),
        ("cap_usd", "USD"),
        ("cap_usd_per_day", "USD per day"),
        ("wave_h", "hours"),
        ("seed", ""),
    ],
)
def test_unit_follows_from_the_name(name: str, unit: str) -> None:
    (field,) = fields(Inner)
    assert find_unit(name, field.metadata[DECLARATION]) == unit
