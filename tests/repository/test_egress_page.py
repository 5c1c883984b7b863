"""The page of egress prices says what is charged."""

from __future__ import annotations

from docs.egress_page import PAGE, render_page


def test_page_of_egress_prices_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == render_page(), "run python -m docs.egress_page"
