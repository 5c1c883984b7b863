"""Records when prices or clusters are lost and when they are back, without repeating itself.

What comes and goes within seconds is no entry: a start, a dropped connection, a cluster that flaps.
"""

from __future__ import annotations

from collections.abc import Collection

from controller.clusters.fleet import FleetPicture
from controller.history.events import ClustersBack, ClustersLost, PricesBack, PricesLost, state_reason
from controller.history.history import History
from oracle.status import OracleStatus

#: Seconds that something has to be lost before it is written down. A start takes less.
LOST_AFTER_S = 10.0
#: Seconds that it has to be back: so an entry and its end come at most every forty seconds, whatever flaps.
BACK_AFTER_S = 30.0


class OutageLog:
    """Remembers what it last said of the store and of each cluster."""

    def __init__(self) -> None:
        self._store = _Changes()
        self._clusters = _Changes()

    @property
    def has_waiting(self) -> bool:
        """Whether something is lost or back that was not written down yet: it will be, if it lasts."""
        return self._store.has_waiting or self._clusters.has_waiting

    def record(self, status: OracleStatus, picture: FleetPicture, history: History, now: float) -> None:
        """Compare what is lost with what was said before and record the difference, once it has lasted."""
        self._record_store(status, history, now)
        self._record_clusters(picture, history, now)

    def _record_store(self, status: OracleStatus, history: History, now: float) -> None:
        reason = status.reason
        lost, back = self._store.update({"store"} if reason is not None else set(), now)
        if lost:
            history.record(PricesLost(state_reason(reason or "")))
        if back:
            history.record(PricesBack())

    def _record_clusters(self, picture: FleetPicture, history: History, now: float) -> None:
        reasons = {c.context: c.reason for c in picture.clusters.values() if c.health.is_lost and c.reason}
        lost, back = self._clusters.update(reasons.keys(), now)
        if lost:
            history.record(ClustersLost({context: state_reason(reasons[context]) for context in lost}))
        if back:
            history.record(ClustersBack(back))


class _Changes:
    """Which names are lost, as it was said, and since when that is no longer so."""

    def __init__(self) -> None:
        self._reported: frozenset[str] = frozenset()
        #: name -> Unix seconds since which it is lost but not said to be, or back but said to be lost.
        self._since: dict[str, float] = {}

    @property
    def has_waiting(self) -> bool:
        return bool(self._since)

    def update(self, lost: Collection[str], now: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the names that are now said to be lost, and those to be back.

        What has lasted takes along what began after it: a network that goes away makes one entry, not one a cluster.
        """
        changed = self._reported.symmetric_difference(lost)
        self._since = {name: self._since.get(name, now) for name in changed}
        newly_lost = self._find_lasting(changed - self._reported, LOST_AFTER_S, now)
        newly_back = self._find_lasting(changed & self._reported, BACK_AFTER_S, now)
        self._reported = (self._reported | set(newly_lost)) - set(newly_back)
        return newly_lost, newly_back

    def _find_lasting(self, names: Collection[str], after_s: float, now: float) -> tuple[str, ...]:
        """Return all names as soon as one of them has lasted; the clock may have been set back meanwhile."""
        if any(abs(now - self._since[name]) >= after_s for name in names):
            return tuple(sorted(names))
        return ()
