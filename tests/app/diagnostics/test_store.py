"""What the doctor says about the price store."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from app.config.layers import resolve_configuration
from app.diagnostics.checks import CheckState
from app.diagnostics.store import judge_store
from oracle.errors import StoreUrlError
from oracle.status import OracleStatus
from tests.oracle.statuses import REMOTE


def make_status(clock_difference_s: float | None, is_durable: bool = True) -> OracleStatus:
    return replace(REMOTE, is_durable=is_durable, clock_difference_s=clock_difference_s)


@pytest.mark.parametrize("difference_s", [None, 0.0, 5.0, -5.0])
def test_store_whose_clock_agrees_or_is_unknown_is_fine(difference_s: float | None) -> None:
    (check,) = judge_store(make_status(difference_s))
    assert check.state is CheckState.OK


@pytest.mark.parametrize(("difference_s", "words"), [(42.4, "42 s ahead of"), (-3600.0, "3600 s behind")])
def test_store_whose_clock_differs_is_a_warning_with_advice(difference_s: float, words: str) -> None:
    store, clock = judge_store(make_status(difference_s))
    assert store.state is CheckState.OK
    assert clock.state is CheckState.WARNING
    assert f"redis://prices.example: its clock is {words} ours" in clock.detail
    assert "NTP" in clock.advice


def test_store_that_forgets_is_a_warning() -> None:
    (check,) = judge_store(make_status(0.0, is_durable=False))
    assert check.state is CheckState.WARNING


def test_addresses_that_a_refusal_advises_are_taken_by_the_command_line() -> None:
    advised = re.findall(r"\w+://[\w:/]+", str(StoreUrlError("host", "no scheme")))
    assert len(advised) == 2
    for address in advised:
        assert resolve_configuration(None, "", {}, {"redis": [address]}).oracle.redis_url == address
