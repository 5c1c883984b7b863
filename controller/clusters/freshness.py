"""How old what was read of a cluster is, kind by kind, and from when on it is unknown. Pure: moments are arguments.

A kind is known to be as it was read at the moment at which its list was asked for, at each event, and at the end of
each watch that the server itself ended. So a quiet cluster shows often enough that it lives, and a connection that is
dead grows old.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controller.clusters.fleet import WatchedKind
from controller.clusters.scopes import Scope
from controller.clusters.settings import FleetSettings
from oracle.foundation.instant import Instant

#: How many heartbeats of its cluster each other kind may be silent before its watch begins anew: what looks quiet may
#: be a connection that is dead.
SILENT_HEARTBEATS = 3

#: How many silences of a kind what was read of it outlives: one that was just missed, and one to read it again.
SILENCES_OF_A_LIFE = 2


def compute_silence_s(scope: Scope, settings: FleetSettings, heartbeat: Scope) -> float:
    """Return how long a watch may be silent. `heartbeat`: the one that shows whether the server lives."""
    return settings.heartbeat_s * (1 if scope == heartbeat else SILENT_HEARTBEATS)


def compute_lives(scopes: Iterable[Scope], settings: FleetSettings, heartbeat: Scope) -> dict[Scope, float]:
    """Return after how many seconds what was read of each scope is unknown."""
    slack_s = settings.kube.watch_slack_s + settings.kube.request_timeout_s
    return {
        scope: SILENCES_OF_A_LIFE * compute_silence_s(scope, settings, heartbeat) + slack_s
        for scope in scopes
    }


class Freshness:
    """When each kind of one cluster was last read, in every namespace that is looked into. Owned by its record."""

    def __init__(self, lives: Mapping[Scope, float]) -> None:
        self._lives = lives
        self._read: dict[Scope, Instant] = {}

    def note(self, scope: Scope, at: Instant) -> None:
        """What is known of a scope was so at this moment."""
        self._read[scope] = at

    def drop(self, *scopes: Scope) -> None:
        """Nothing is read of these any more."""
        for scope in scopes:
            self._read.pop(scope, None)

    def read_at(self) -> dict[WatchedKind, float]:
        """Return kind -> when it was last read, Unix seconds; in several namespaces, where that is longest ago."""
        oldest: dict[WatchedKind, float] = {}
        for scope in (scope for scope in self._lives if scope in self._read):
            at = self._read[scope].wall
            oldest[scope.kind] = min(at, oldest.get(scope.kind, at))
        return oldest

    def find_outdated(self, now: Instant) -> tuple[WatchedKind, ...]:
        """Return the kinds of which something was read too long ago, by either clock."""
        outdated = {scope.kind for scope in self._read if self._left_s(scope, now) < 0}
        return tuple(kind for kind in WatchedKind if kind in outdated)

    def seconds_to_next(self, now: Instant) -> float | None:
        """Return when the next scope will be outdated if nothing is read; None: none will."""
        left = (self._left_s(scope, now) for scope in self._read)
        return min((left_s for left_s in left if left_s >= 0), default=None)

    def _left_s(self, scope: Scope, now: Instant) -> float:
        return self._lives[scope] - self._read[scope].age_s(now)
