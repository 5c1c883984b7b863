"""Text from a cluster cannot harm the one who reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.foundation.untrusted_text import clean_text, plain_lines


def test_escapes_and_direction_marks_are_gone() -> None:
    assert clean_text("a\x1b[31mred\u202e\u200bz\n\tb") == "a [31mred z b"
    assert clean_text("next\ue000\u2028line") == "next line"


@pytest.mark.parametrize("mark", ["\u202e", "\u200b", "\u00ad", "\ue000"])
def test_an_invisible_character_makes_no_name_look_like_another(mark: str) -> None:
    assert clean_text(f"pay{mark}ments") != clean_text("payments")


def test_mark_up_is_kept_as_it_stands() -> None:
    assert clean_text("<b>kept as it is</b>") == "<b>kept as it is</b>"


@given(st.text(), st.integers(1, 400))
def test_the_result_is_one_short_printable_line(text: str, limit: int) -> None:
    shown = clean_text(text, limit)
    assert len(shown) <= limit
    assert shown.isprintable()


def test_a_long_text_says_that_it_goes_on() -> None:
    assert clean_text("x" * 1000, 10) == "xxxxxxxxx…"


def test_columns_and_lines_stay_where_nothing_steers() -> None:
    assert plain_lines("a   São\n  b\u00a0c") == "a   São\n  b\u00a0c"


def test_nothing_in_a_column_steers_the_terminal() -> None:
    assert plain_lines("a\x1b]0;title\x07\n\u202eb\rc\x9b\x7f") == "a ]0;title \n b c  "
