"""Where labels and buttons stand around their regions, so that none covers another. Pure.

Each label tries places around its anchor, near ones first. It keeps the place that it had for as long as that is free,
which is what makes the layout steady while the globe turns; a label that finds no place tries its smaller form, and is
left out where that does not fit either. Pixels are logical ones, origin at the top left, y down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

#: Pixels between two labels, and between a label and the edge of the stage.
SPACING_PX = 4.0
#: A label moves to a better place only where it gains this much; see `_cost`.
STICKINESS = 7.0
#: What covering a region's marker costs, in steps of the list of places.
COVERED_MARKER_COST = 3.0
#: Half the side of the square that a marker asks to be left free.
MARKER_HALF_PX = 8.0

#: (right, down, gap in px): the label's box touches its anchor's surroundings in that direction at that distance.
SLOTS: tuple[tuple[float, float, float], ...] = tuple(
    (right, down, gap)
    for gap in (13.0, 34.0, 62.0, 96.0, 134.0)
    for right, down in ((1, 0), (-1, 0), (0, -1), (0, 1), (0.9, -0.9), (-0.9, -0.9), (0.9, 0.9), (-0.9, 0.9))
)
#: Slots from this gap on need a line that leads back to the anchor.
LEADER_GAP_PX = 20.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    left: float
    top: float
    width: float
    height: float

    def overlaps(self, other: Box, spacing: float = SPACING_PX) -> bool:
        """Return whether the boxes come nearer to each other than `spacing`."""
        return (
            self.left < other.left + other.width + spacing
            and other.left < self.left + self.width + spacing
            and self.top < other.top + other.height + spacing
            and other.top < self.top + self.height + spacing
        )

    def holds(self, other: Box) -> bool:
        """Return whether `other` lies inside."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.left + other.width <= self.left + self.width
            and other.top + other.height <= self.top + self.height
        )

    def contains(self, x_px: float, y_px: float, margin: float = 0.0) -> bool:
        """Return whether a point lies inside or within `margin` of it."""
        return (
            self.left - margin < x_px < self.left + self.width + margin
            and self.top - margin < y_px < self.top + self.height + margin
        )


@dataclass(frozen=True, slots=True)
class Label:
    """Something that wants to stand near a point. `sizes` are its forms, (width, height), the preferred one first."""

    key: str
    x_px: float
    y_px: float
    sizes: tuple[tuple[float, float], ...]
    #: Lower ranks choose first; within a rank what stands chooses before what comes, and then the key decides, so that
    #: the order never depends on the prices.
    rank: int = 0
    #: How many of the slots it may use: a name that stands far from its place is worse than none.
    slots: int = len(SLOTS)
    #: Whether the pointer or the keyboard is on it: it chooses before all others, and keeps a place that is free.
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a label stands: its box, which of its forms it has, and which slot it took."""

    box: Box
    form: int
    slot: int

    @property
    def needs_leader(self) -> bool:
        """Whether the label stands so far from its anchor that a line should lead to it."""
        return SLOTS[self.slot][2] >= LEADER_GAP_PX


def place_labels(
    labels: Iterable[Label],
    bounds: Box,
    obstacles: Sequence[Box],
    previous: Mapping[str, Placement],
    markers: Sequence[tuple[float, float]] = (),
) -> dict[str, Placement]:
    """Place as many labels as fit.

    Args:
        labels: only those whose anchor can be seen.
        bounds: where labels may stand.
        obstacles: boxes that they must leave free (the legend, badges).
        previous: the last result; its slots are kept where they are still free.
        markers: where regions are marked, in pixels; a label covers none but its own where it can.
    Returns: key -> placement; labels that fit nowhere are missing. No two boxes overlap, and none leaves `bounds`.
    """
    ordered = sorted(labels, key=lambda label: _turn(label, previous))
    taken = list(obstacles)
    placed: dict[str, Placement] = {}
    for label in ordered:
        placement = _place(label, bounds, taken, markers, previous.get(label.key))
        if placement is not None:
            placed[label.key] = placement
            taken.append(placement.box)
    return placed


def _turn(label: Label, previous: Mapping[str, Placement]) -> tuple[bool, int, bool, str]:
    """Return what labels are sorted by: the order in which they choose."""
    return not label.is_held, label.rank, label.key not in previous, label.key


def _place(
    label: Label,
    bounds: Box,
    taken: Sequence[Box],
    markers: Sequence[tuple[float, float]],
    before: Placement | None,
) -> Placement | None:
    if label.is_held and before is not None:
        held = _try(label, before.form, before.slot, bounds, taken)
        if held is not None:
            return held
    for form in range(len(label.sizes)):
        kept = None if before is None else _try(label, form, before.slot, bounds, taken)
        if kept is not None and _cost(kept, label, markers) < STICKINESS:
            return kept
        free = [p for slot in range(label.slots) if (p := _try(label, form, slot, bounds, taken)) is not None]
        if free:
            best = min(free, key=lambda placement: _cost(placement, label, markers))
            if kept is not None and _cost(kept, label, markers) - _cost(best, label, markers) < STICKINESS:
                return kept
            return best
    return None


def _try(label: Label, form: int, slot: int, bounds: Box, taken: Sequence[Box]) -> Placement | None:
    right, down, gap = SLOTS[slot]
    width, height = label.sizes[form]
    box = Box(
        label.x_px + right * (gap + width / 2.0) - width / 2.0,
        label.y_px + down * (gap + height / 2.0) - height / 2.0,
        width,
        height,
    )
    if not bounds.holds(box) or any(box.overlaps(other) for other in taken):
        return None
    return Placement(box, form, slot)


def _cost(placement: Placement, label: Label, markers: Sequence[tuple[float, float]]) -> float:
    """How much worse a place is than the best one: far slots cost, covered markers cost more."""
    own = (label.x_px, label.y_px)
    covered = sum(
        placement.box.contains(*marker, margin=MARKER_HALF_PX) for marker in markers if marker != own
    )
    return placement.slot * 0.5 + COVERED_MARKER_COST * covered
