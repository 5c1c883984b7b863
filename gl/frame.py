"""Everything one frame draws, as arrays: the only thing that `gl` is given.

Pure. No market and no cluster here: whoever builds a frame has turned prices into colours and migrations into
arcs. Axes as in `gl.geometry.geodesy` (right-handed, +y north, +z at 0° N 0° E). Colours are sRGB, 0 to 1,
not premultiplied. Arrays are shared, never copied: treat them as frozen once they are inside a frame, and
reuse the same array from frame to frame where nothing changed, since an identical object is recognised at
no cost.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from gl.arrays import Floats, Integers
from gl.geometry.camera import Camera, Viewport

# An aura's number travels in one byte for each land point.
MAX_AURAS = 255


def _empty(*shape: int) -> Floats:
    return np.zeros(shape, dtype=np.float32)


def _empty_integers() -> Integers:
    return np.zeros(0, dtype=np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Markers:
    """Dots on the ground, one for each region, with a glow around them. n markers; hidden behind the limb."""

    positions: Floats = field(default_factory=lambda: _empty(0, 3))
    """Unit vectors, shape (n, 3)."""
    colors: Floats = field(default_factory=lambda: _empty(0, 3))
    """Shape (n, 3)."""
    sizes_px: Floats = field(default_factory=lambda: _empty(0))
    """Diameter of the core in logical pixels, shape (n,). About 7 looks right; the glow adds its own."""
    glows: Floats = field(default_factory=lambda: _empty(0))
    """Strength of the halo, shape (n,), 0 to 1; 0 for a region of which nothing is known."""
    selected: int | None = None
    """Index of the marker with a ring around it."""
    hovered: int | None = None
    """Index of the marker under the pointer: drawn larger."""

    def __post_init__(self) -> None:
        _check_rows("marker", len(self.positions), self.colors, self.sizes_px, self.glows)


@dataclass(frozen=True, slots=True, eq=False)
class Aura:
    """Light that a region throws on the land around it. m auras, at most `MAX_AURAS`.

    New places or radii cost a pass over the land around them; new colours and strengths cost nothing.
    """

    centers: Floats = field(default_factory=lambda: _empty(0, 3))
    """Unit vectors, shape (m, 3)."""
    radii_radians: Floats = field(default_factory=lambda: _empty(0))
    """Angle at which the light has fallen to 1/e, shape (m,). About 0.11 (700 km) looks right."""
    colors: Floats = field(default_factory=lambda: _empty(0, 3))
    """Shape (m, 3)."""
    strengths: Floats = field(default_factory=lambda: _empty(0))
    """0 (no light) to 1, shape (m,)."""

    def __post_init__(self) -> None:
        _check_rows("aura", len(self.centers), self.radii_radians, self.colors, self.strengths)
        if len(self.centers) > MAX_AURAS:
            raise ValueError(f"{len(self.centers)} auras, but at most {MAX_AURAS} can be drawn")

    def reaches_like(self, other: Aura) -> bool:
        """Return whether both reach the same land equally far, whatever their colours."""
        return _is_same(self.centers, other.centers) and _is_same(self.radii_radians, other.radii_radians)


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """Great-circle arcs over the globe and the dots that travel along them. n arcs, k dots."""

    starts: Floats = field(default_factory=lambda: _empty(0, 3))
    """Unit vectors, shape (n, 3)."""
    ends: Floats = field(default_factory=lambda: _empty(0, 3))
    """Unit vectors, shape (n, 3)."""
    colors: Floats = field(default_factory=lambda: _empty(0, 3))
    """Shape (n, 3)."""
    dash_lengths: Floats = field(default_factory=lambda: _empty(0))
    """Shape (n,), as a share of the arc: 0 draws it unbroken; with 0.02 dash and gap are each 1/50 of it."""
    dot_arcs: Integers = field(default_factory=_empty_integers)
    """Which arc each dot belongs to, shape (k,)."""
    dot_progress: Floats = field(default_factory=lambda: _empty(0))
    """How far each dot has come, shape (k,), 0 (start) to 1 (landed)."""

    def __post_init__(self) -> None:
        _check_rows("arc", len(self.starts), self.ends, self.colors, self.dash_lengths)
        _check_rows("arc dot", len(self.dot_arcs), self.dot_progress)
        if len(self.dot_arcs) and not 0 <= self.dot_arcs.min() <= self.dot_arcs.max() < len(self.starts):
            raise ValueError(f"a dot names an arc outside 0 to {len(self.starts) - 1}")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture. Two frames that look the same are `looks_like` each other, and the second is not drawn."""

    camera: Camera
    viewport: Viewport
    sun_direction: Floats
    """Unit vector from the centre of the earth to the sun, shape (3,).

    Round time to about 60 s before computing it (0.25° of rotation), or every frame is a new one.
    """
    markers: Markers = field(default_factory=Markers)
    aura: Aura = field(default_factory=Aura)
    arcs: Arcs = field(default_factory=Arcs)
    time_s: float = 0.0
    """Clock of pulses and moving dashes, any origin. Leave it constant while nothing animates."""

    def looks_like(self, other: Frame | None) -> bool:
        """Return whether drawing `other` gives the same picture as drawing this one."""
        return other is not None and _is_same(self, other)


def _is_same(a: object, b: object) -> bool:
    if a is b:
        return True
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return np.array_equal(a, b)
    if isinstance(a, (Frame, Markers, Aura, Arcs)) and type(a) is type(b):
        return all(_is_same(getattr(a, item.name), getattr(b, item.name)) for item in fields(a))
    return a == b


def _check_rows(what: str, rows: int, *arrays: NDArray[np.generic]) -> None:
    lengths = [len(array) for array in arrays]
    if any(length != rows for length in lengths):
        raise ValueError(f"every {what} array needs {rows} rows, got {lengths}")
