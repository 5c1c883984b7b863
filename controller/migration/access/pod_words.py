"""Asks a cluster why the pods of a Deployment do not serve: what the pods say of themselves, and the events about them.

Only told to people, so that no failure of these reads turns a move aside.
"""

from __future__ import annotations

from controller.clusters import paths
from controller.clusters.listing import read_items
from controller.errors import AccessDenied, ClusterError
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.protocol.observation import DeploymentFacts, PodFacts
from controller.migration.protocol.pod_troubles import PodEvent, parse_event, say_why
from controller.reasons import Code
from oracle.foundation.clocks import Clocks
from oracle.foundation.reason import Reason

#: How old an answer may be, seconds. Arbitrary: sooner than a person asks again, and few reads beside those of a wave.
WORDS_LIFE_S = 10.0

#: Events of one pod that are read. Arbitrary: a cluster keeps them for an hour and counts equal ones as one.
MAX_EVENTS = 100


class PodWords:
    """Remembers the last answer, and a right to list events that is missing. They come from one page, if at all."""

    def __init__(self, side: ClusterSide, clocks: Clocks) -> None:
        self._side, self._clocks = side, clocks
        self._asked_at: float | None = None
        self._said: Reason | None = None
        self._may_list_events = True

    async def ask(self, facts: DeploymentFacts) -> Reason | None:
        """Return why pods do not serve; None where nothing is known of that. Raises no ClusterError."""
        now = self._clocks.counting()
        if self._asked_at is None or now - self._asked_at >= WORDS_LIFE_S:
            self._asked_at = now
            try:
                self._said = await self._find(facts)
            except ClusterError:
                self._said = None
        return self._said

    async def _find(self, facts: DeploymentFacts) -> Reason | None:
        pods = await self._side.read_pods(facts) or ()
        troubled = [pod for pod in pods if pod.trouble is not None and not pod.is_terminating]
        if not troubled:
            failure = facts.replica_failure
            refused = Code.PODS_REFUSED.because(context=self._side.context, message=failure)
            return refused if failure else None
        pod = min(troubled, key=_rank)
        assert pod.trouble is not None, "chosen among those that have one"
        return say_why(pod.trouble, await self._read_events(pod))

    async def _read_events(self, pod: PodFacts) -> tuple[PodEvent, ...]:
        """Read what was reported of one pod; nothing where that may not be read."""
        if not self._may_list_events or not pod.uid:
            return ()
        path = paths.collection("events", self._side.namespace)
        params = {"fieldSelector": f"involvedObject.uid={pod.uid}", "limit": str(MAX_EVENTS)}
        try:
            page = await self._side.api.get(path, params=params)
            return tuple(map(parse_event, read_items(self._side.context, path, page)[:MAX_EVENTS]))
        except AccessDenied as error:
            self._may_list_events = error.status != 403
            return ()
        except (ClusterError, TypeError, AttributeError):
            return ()


def _rank(pod: PodFacts) -> tuple[int, str]:
    assert pod.trouble is not None, "only such are ranked"
    return pod.trouble.kind, pod.name
