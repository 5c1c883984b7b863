"""Text keeps the contrast that WCAG 2.2 asks for, on every background that it is used on."""

from __future__ import annotations

import pytest

from app.model import colors

BACKGROUNDS = (colors.SKY, colors.PANEL, colors.RAISED, colors.HOVERED)
TEXTS = (
    colors.TEXT,
    colors.MUTED,
    colors.ACCENT,
    colors.GOOD,
    colors.WARNING,
    colors.BAD,
    colors.GREY,
)


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_can_be_read(text: str, background: str) -> None:
    assert colors.contrast(text, background) >= 4.5


def test_a_filled_button_can_be_read() -> None:
    assert colors.contrast(colors.ON_ACCENT, colors.ACCENT) >= 4.5


def test_contrast_agrees_with_the_standard() -> None:
    assert colors.contrast("#ffffff", "#000000") == pytest.approx(21.0)
    assert colors.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
