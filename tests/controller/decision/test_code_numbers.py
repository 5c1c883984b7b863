"""Codes and their numbers."""

from __future__ import annotations

import pytest

from controller.decision import code_numbers
from controller.decision.code_numbers import code_of, number_of
from controller.reasons import Code


def test_a_number_means_its_code_and_0_none() -> None:
    assert code_of(0) is None
    assert [code_of(number_of(code)) for code in (Code.NOT_CHEAPER, Code.NOT_ARMED)] == [
        Code.NOT_CHEAPER,
        Code.NOT_ARMED,
    ]


def test_more_codes_than_a_byte_can_tell_apart_are_an_error_and_no_other_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(code_numbers, "_codes", [])
    monkeypatch.setattr(code_numbers, "_numbers", {})
    monkeypatch.setattr(code_numbers, "MAX_NUMBER", 1)
    assert number_of(Code.NOT_CHEAPER) == number_of(Code.NOT_CHEAPER) == 1
    with pytest.raises(OverflowError):
        number_of(Code.NOT_ARMED)
