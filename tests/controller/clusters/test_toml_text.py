from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from controller.clusters.toml_text import toml_list

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x7f"))


@given(st.lists(TEXTS))
def test_a_list_is_read_as_it_was_written(texts: list[str]) -> None:
    assert tomllib.loads(f"names = {toml_list(texts)}") == {"names": texts}
