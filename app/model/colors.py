"""The colours of the window. Pure. The colours of prices are `gl.palette`'s, the same beside the globe as on it.

Text colours reach a contrast of 4.5 on every background they are used on (WCAG 2.2, 1.4.3); a test computes it.
"""

from __future__ import annotations

Rgb = tuple[float, float, float]

SKY = "#05070f"
PANEL = "#0b101d"
RAISED = "#151c2e"
HOVERED = "#1d2740"
LINE = "#2a3550"
TEXT = "#e9eef8"
MUTED = "#9fabc2"
ACCENT = "#93aaff"
ON_ACCENT = "#070b18"
GOOD = "#45dda0"
WARNING = "#f4c95d"
BAD = "#ff8792"
#: A region whose price is unknown or expired, or whose cluster cannot be reached.
GREY = "#8791a5"


def to_rgb(color: str) -> Rgb:
    """Return `#rrggbb` as three shares of 1 (sRGB)."""
    return (int(color[1:3], 16) / 255.0, int(color[3:5], 16) / 255.0, int(color[5:7], 16) / 255.0)
