"""From the engine's snapshots to what `gl` draws: prices become colours, contexts markers, migrations arcs. Pure.

New arrays are made only where something about them changed, so that an unchanged globe gives an identical frame and
costs nothing. Times: `now` is wall time, `now_s` monotonic seconds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.model.colors import ACCENT, GOOD, WARNING, to_rgb
from app.model.price_scale import PriceScale, adjust_scale
from app.model.replica_dots import ReplicaDots
from controller.clusters.fleet import Health
from controller.contract.snapshots import ContextView, EngineSnapshot, MigrationStage, MigrationView
from gl.arrays import Floats
from gl.frame import MAX_AURAS, Arcs, Aura, Frame, Markers
from gl.geometry.camera import Camera, Viewport
from gl.geometry.geodesy import Vectors, angle_radians, to_unit_vectors
from gl.geometry.sun import sun_direction
from gl.palette import ramp_colors

MARKER_SIZE_PX = 7.0
AURA_RADIUS_RADIANS = 0.11
#: Regions nearer to each other than this (two providers in one city) are drawn on a small circle around their middle.
CROWDED_DEGREES = 1.3
SPREAD_DEGREES = 1.1
#: A finished migration keeps its arc for this long.
FINISHED_ARC_S = 8.0
#: A price that moved less than this share of the scale keeps its colour: nobody sees it, and a new one is a frame.
COLOR_STEP = 0.04
#: The sun moves 0.25 degrees in this time; redrawing the globe for less is not worth it.
SUN_STEP_S = 60.0
#: Dashes of an arc that is only considered, as a share of its length.
PREVIEW_DASH = 0.025


@dataclass(frozen=True, slots=True)
class Focus:
    """What a person looks at. `preview` is (source, target) of the dry run that is shown, before it runs."""

    selected: str | None = None
    hovered: str | None = None
    preview: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Colored:
    """Colours and strengths of all markers, kept until one of them visibly changes."""

    shades: tuple[tuple[float, float], ...]
    colors: Floats
    glows: Floats


class Presenter:
    """Holds the newest snapshot and the arrays made from it. Belongs to the GUI thread."""

    def __init__(self) -> None:
        self.snapshot: EngineSnapshot | None = None
        self.scale: PriceScale | None = None
        self.dots = ReplicaDots()
        #: Contexts that have a place on the globe, in the order of the markers.
        self.contexts: tuple[str, ...] = ()
        #: Their unit vectors, shape (n, 3).
        self.places: Vectors = np.zeros((0, 3))
        self._located: tuple[tuple[str, float, float], ...] = ()
        self._positions: Floats = np.zeros((0, 3), dtype=np.float32)
        self._radii: Floats = np.zeros(0, dtype=np.float32)
        self._sizes: Floats = np.zeros(0, dtype=np.float32)
        self._colored = _Colored((), np.zeros((0, 3), dtype=np.float32), np.zeros(0, dtype=np.float32))
        #: migration -> monotonic seconds of its end, for those that are over.
        self._ends_s: dict[str, float] = {}
        self._sun: tuple[float, Floats] = (-1.0, np.zeros(3, dtype=np.float32))

    def forget_scale(self) -> None:
        """Let the next prices make a scale of their own: they are of other clusters."""
        self.scale = None

    def update(self, snapshot: EngineSnapshot, now: float, now_s: float) -> None:
        """Take in a snapshot."""
        self.snapshot = snapshot
        self.dots.update(snapshot.migrations, now_s)
        self._note_ends(snapshot.migrations, now, now_s)
        self._locate(snapshot.contexts)
        self.refresh_prices(now)

    def refresh_prices(self, now: float) -> None:
        """Judge all prices at `now`: one that has expired goes grey, also when nothing arrives any more."""
        if self.snapshot is None:
            return
        usable = [c.quote.usd_per_hour for c in self.snapshot.contexts if c.quote and c.quote.is_usable(now)]
        self.scale = adjust_scale(self.scale, usable)
        views = {view.context: view for view in self.snapshot.contexts}
        self._color(tuple(self._shade(views[context], now) for context in self.contexts))

    def place_of(self, context: str) -> Vectors | None:
        """Return the unit vector of a context, shape (3,), or None where nobody knows its place."""
        return self.places[self.contexts.index(context)] if context in self.contexts else None

    def price_share(self, view: ContextView, now: float) -> float | None:
        """Return the place of a context's price on the scale, 0 (cheap) to 1; None: unknown, expired or unreachable."""
        quote = view.quote
        if quote is None or self.scale is None or not quote.is_usable(now) or quote.usd_per_hour <= 0:
            return None
        return self.scale.share(quote.usd_per_hour)

    def price_shares(self, now: float) -> dict[str, float | None]:
        """Return context -> `price_share` of every context."""
        views = () if self.snapshot is None else self.snapshot.contexts
        return {view.context: self.price_share(view, now) for view in views}

    def make_frame(self, camera: Camera, viewport: Viewport, focus: Focus, now: float, now_s: float) -> Frame:
        """Return the picture at this moment. Equal moments give frames that look alike."""
        return Frame(
            camera=camera,
            viewport=viewport,
            sun_direction=self._sun_at(now),
            markers=Markers(
                positions=self._positions,
                colors=self._colored.colors,
                sizes_px=self._sizes,
                glows=self._colored.glows,
                selected=self._index(focus.selected),
                hovered=self._index(focus.hovered),
            ),
            aura=Aura(
                centers=self._positions[:MAX_AURAS],
                radii_radians=self._radii[:MAX_AURAS],
                colors=self._colored.colors[:MAX_AURAS],
                strengths=self._colored.glows[:MAX_AURAS],
            ),
            arcs=self._arcs(focus, now_s),
            time_s=now_s if self.is_animating(now_s) else 0.0,
        )

    def is_animating(self, now_s: float) -> bool:
        """Return whether a later frame would differ without a newer snapshot."""
        return self.dots.is_moving(now_s)

    def shown_migrations(self, now_s: float) -> tuple[MigrationView, ...]:
        """Return the migrations that have an arc now: running ones, and for a while those that ended."""
        if self.snapshot is None:
            return ()
        return tuple(m for m in self.snapshot.migrations if self._has_arc(m, now_s))

    def _note_ends(self, migrations: Sequence[MigrationView], now: float, now_s: float) -> None:
        """Remember when each migration ended by the clock that does not jump: wall time may be set back meanwhile."""
        self._ends_s = {
            m.migration_id: self._ends_s.get(m.migration_id, now_s - max(0.0, now - m.ended_at))
            for m in migrations
            if m.ended_at is not None
        }

    def _has_arc(self, migration: MigrationView, now_s: float) -> bool:
        if migration.stage is MigrationStage.REFUSED:
            return False
        return now_s - self._ends_s.get(migration.migration_id, now_s) < FINISHED_ARC_S

    def _index(self, context: str | None) -> int | None:
        return self.contexts.index(context) if context in self.contexts else None

    def _locate(self, views: Sequence[ContextView]) -> None:
        located = tuple(
            (view.context, view.latitude_degrees, view.longitude_degrees)
            for view in views
            if view.latitude_degrees is not None and view.longitude_degrees is not None
        )
        if located == self._located:
            return
        self._located = located
        self.contexts = tuple(context for context, _, _ in located)
        self.places = spread_places([(latitude, longitude) for _, latitude, longitude in located])
        self._positions = self.places.astype(np.float32)
        self._radii = np.full(len(located), AURA_RADIUS_RADIANS, dtype=np.float32)
        self._sizes = np.full(len(located), MARKER_SIZE_PX, dtype=np.float32)

    def _shade(self, view: ContextView, now: float) -> tuple[float, float]:
        """Return (place on the price ramp or NaN, strength of the glow)."""
        share = self.price_share(view, now) if view.health is Health.REACHABLE else None
        return (math.nan, 0.0) if share is None else (share, 1.0)

    def _color(self, shades: tuple[tuple[float, float], ...]) -> None:
        if len(shades) == len(self._colored.shades) and not any(map(_differ, shades, self._colored.shades)):
            return
        colors = ramp_colors([share for share, _ in shades])
        self._colored = _Colored(shades, colors, np.array([glow for _, glow in shades], dtype=np.float32))

    def _sun_at(self, now: float) -> Floats:
        moment = math.floor(now / SUN_STEP_S) * SUN_STEP_S
        if self._sun[0] != moment:
            self._sun = (moment, sun_direction(moment).astype(np.float32))
        return self._sun[1]

    def _arcs(self, focus: Focus, now_s: float) -> Arcs:
        arcs: list[tuple[str, str, tuple[float, float, float], float]] = []
        dot_arcs: list[int] = []
        dot_progress: list[float] = []
        for migration in self.shown_migrations(now_s):
            if migration.workload.context not in self.contexts or migration.target not in self.contexts:
                continue
            for progress in self.dots.progress(migration.migration_id, now_s):
                dot_arcs.append(len(arcs))
                dot_progress.append(progress)
            arcs.append((migration.workload.context, migration.target, _arc_rgb(migration.stage), 0.0))
        routes = {(source, target) for source, target, _, _ in arcs}
        preview = focus.preview
        if preview is not None and preview not in routes and set(preview) <= set(self.contexts):
            arcs.append((*preview, to_rgb(ACCENT), PREVIEW_DASH))
        if not arcs:
            return _NO_ARCS
        index = {context: row for row, context in enumerate(self.contexts)}
        return Arcs(
            starts=self._positions[[index[source] for source, _, _, _ in arcs]],
            ends=self._positions[[index[target] for _, target, _, _ in arcs]],
            colors=np.array([rgb for _, _, rgb, _ in arcs], dtype=np.float32),
            dash_lengths=np.array([dash for _, _, _, dash in arcs], dtype=np.float32),
            dot_arcs=np.array(dot_arcs, dtype=np.int32),
            dot_progress=np.array(dot_progress, dtype=np.float32),
        )


_NO_ARCS = Arcs()


def spread_places(degrees: Sequence[tuple[float, float]]) -> Vectors:
    """Return unit vectors, shape (n, 3), of (latitude, longitude) pairs, crowded ones moved apart.

    Each crowd stands evenly on a circle of `SPREAD_DEGREES` around its first place, in the order given, so that two
    regions in one city can both be seen and clicked.
    """
    if not degrees:
        return np.zeros((0, 3))
    latitudes, longitudes = np.array(degrees, dtype=np.float64).T
    exact = to_unit_vectors(latitudes, longitudes)
    crowds: list[list[int]] = []
    for row, place in enumerate(exact):
        near = (
            crowd for crowd in crowds if math.degrees(angle_radians(exact[crowd[0]], place)) < CROWDED_DEGREES
        )
        crowd = next(near, None)
        if crowd is None:
            crowds.append([row])
        else:
            crowd.append(row)
    places = exact.copy()
    for crowd in crowds:
        if len(crowd) > 1:
            places[crowd] = _circle(latitudes[crowd[0]], longitudes[crowd[0]], len(crowd))
    return places


def _circle(latitude: float, longitude: float, count: int) -> Vectors:
    angles = 2.0 * np.pi * np.arange(count) / count
    parallel = max(0.2, math.cos(math.radians(latitude)))
    return to_unit_vectors(
        np.clip(latitude + SPREAD_DEGREES * np.sin(angles), -90.0, 90.0),
        longitude - SPREAD_DEGREES * np.cos(angles) / parallel,
    )


def _differ(first: tuple[float, float], second: tuple[float, float]) -> bool:
    """Whether two shades (place on the ramp or NaN, glow) look different."""
    if math.isnan(first[0]) or math.isnan(second[0]):
        return math.isnan(first[0]) is not math.isnan(second[0])
    return abs(first[0] - second[0]) >= COLOR_STEP or first[1] != second[1]


def _arc_rgb(stage: MigrationStage) -> tuple[float, float, float]:
    if stage is MigrationStage.DONE:
        return to_rgb(GOOD)
    return to_rgb(ACCENT if stage is MigrationStage.RUNNING else WARNING)
