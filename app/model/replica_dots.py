"""The dots that travel along a migration's arc: true progress, made visible. Pure.

A dot leaves the source when one more replica is requested in the target, and lands when that pod is Ready there; until
then it waits short of its goal, because nobody knows when a pod will be ready. Times are monotonic seconds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from controller.contract.snapshots import MigrationStage, MigrationView

#: A dot in flight comes nearer to `WAITING_PROGRESS` and covers the share 1 - 1/e of the rest in this time.
APPROACH_S = 2.2
WAITING_PROGRESS = 0.9
#: From wherever it waits to the ground; then it stays visible for a moment.
LANDING_S = 0.5
RESTING_S = 0.5
#: Dots that leave together do so one after another, or they would look like one.
DEPARTURE_GAP_S = 0.22
#: Below this speed (share of the arc per second) a waiting dot counts as still: no frame is worth it.
STILL_SPEED = 0.002


@dataclass(slots=True)
class _Dot:
    departed_s: float
    landed_s: float | None = None
    returned_s: float | None = None

    def progress(self, now_s: float) -> float:
        if self.returned_s is not None:
            share = max(0.0, 1.0 - (now_s - self.returned_s) / (2.0 * LANDING_S))
            return self._outbound(self.returned_s) * share
        return self._outbound(now_s)

    def _outbound(self, now_s: float) -> float:
        if self.landed_s is None:
            return _waiting(now_s - self.departed_s)
        start = _waiting(self.landed_s - self.departed_s)
        part = min(1.0, max(0.0, (now_s - self.landed_s) / LANDING_S))
        return start + (1.0 - start) * part * (2.0 - part)

    def is_over(self, now_s: float) -> bool:
        if self.returned_s is not None:
            return now_s - self.returned_s > 2.0 * LANDING_S
        return self.landed_s is not None and now_s - self.landed_s > LANDING_S + RESTING_S

    def is_moving(self, now_s: float) -> bool:
        if self.landed_s is not None or self.returned_s is not None:
            return True
        since = now_s - self.departed_s
        return since < 0.0 or WAITING_PROGRESS / APPROACH_S * math.exp(-since / APPROACH_S) > STILL_SPEED


@dataclass(slots=True)
class _Arc:
    landed: int
    dots: list[_Dot] = field(default_factory=list)


class ReplicaDots:
    """The dots of all migrations; fed with each snapshot, asked for each frame. Belongs to the GUI thread."""

    def __init__(self) -> None:
        self._arcs: dict[str, _Arc] = {}

    def update(self, migrations: Sequence[MigrationView], now_s: float) -> None:
        """Follow the newest snapshot. Replicas that had landed before we looked get no dot."""
        shown = {migration.migration_id for migration in migrations}
        for migration_id in self._arcs.keys() - shown:
            del self._arcs[migration_id]
        for migration in migrations:
            arc = self._arcs.setdefault(migration.migration_id, _Arc(migration.landed))
            _follow(arc, migration, now_s)

    def progress(self, migration_id: str, now_s: float) -> list[float]:
        """Return how far each dot of a migration has come, 0 to 1; dots that have landed for a while are gone."""
        arc = self._arcs.get(migration_id)
        if arc is None:
            return []
        arc.dots = [dot for dot in arc.dots if not dot.is_over(now_s)]
        return [dot.progress(now_s) for dot in arc.dots if now_s >= dot.departed_s]

    def is_moving(self, now_s: float) -> bool:
        """Return whether a later frame would look different."""
        return any(dot.is_moving(now_s) for arc in self._arcs.values() for dot in arc.dots)


def _follow(arc: _Arc, migration: MigrationView, now_s: float) -> None:
    going_back = migration.stage in (MigrationStage.ROLLING_BACK, MigrationStage.ROLLED_BACK)
    waiting = [dot for dot in arc.dots if dot.landed_s is None and dot.returned_s is None]
    for _ in range(migration.landed - arc.landed):
        dot = waiting.pop(0) if waiting else _departed(arc, now_s)
        dot.departed_s = min(dot.departed_s, now_s)
        dot.landed_s = now_s
    # A replica that the target has lost again flies home from there.
    lost = max(0, arc.landed - migration.landed) if going_back else 0
    arc.dots += [_Dot(now_s - 60.0, now_s - 60.0, now_s + index * DEPARTURE_GAP_S) for index in range(lost)]
    arc.landed = migration.landed
    if going_back or migration.stage.is_final:
        for dot in waiting:
            dot.returned_s = now_s
        return
    expected = (migration.target_desired or 0) - migration.landed
    for index in range(expected - len(waiting)):
        arc.dots.append(_Dot(now_s + index * DEPARTURE_GAP_S))


def _departed(arc: _Arc, now_s: float) -> _Dot:
    """A replica that became ready between two snapshots, before its departure was seen."""
    dot = _Dot(now_s - APPROACH_S)
    arc.dots.append(dot)
    return dot


def _waiting(elapsed_s: float) -> float:
    return WAITING_PROGRESS * (1.0 - math.exp(-max(0.0, elapsed_s) / APPROACH_S))
