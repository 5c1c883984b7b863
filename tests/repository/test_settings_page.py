"""The page of all settings says what the code declares."""

from __future__ import annotations

from docs.settings_page import PAGE, render_page


def test_page_of_settings_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == render_page(), "run python -m docs.settings_page"
