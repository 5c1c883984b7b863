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


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21. Source: WCAG 2.2, definition of contrast ratio."""
    lights = sorted((_luminance(first), _luminance(second)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _luminance(color: str) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colors.to_rgb(color)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_can_be_read(text: str, background: str) -> None:
    assert contrast(text, background) >= 4.5


def test_a_filled_button_can_be_read() -> None:
    assert contrast(colors.ON_ACCENT, colors.ACCENT) >= 4.5


def test_contrast_agrees_with_the_standard() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
