"""Seconds below the floor, against what was possible: the source can be raised whenever somebody is there to do it.

Of an outage counts what lies after the moment from which on an instance is awake, can reach the source, and has had the
time to take over. In that stretch one patience may pass, pods start, and each answer that the network withholds
meanwhile cost the time until it is given up.
"""

from __future__ import annotations

import asyncio

from tests.simulation.network import UNANSWERED_S
from tests.simulation.world import PATH, World

#: Between two looks, virtual seconds.
LOOK_S = 0.5
#: From a start, a wake-up or an open network to a takeover, beside the Lease that has to run out.
BEGINNING_S = 20.0
#: The slowest pods of this simulation.
POD_START_S = 5.0


class FloorWatch:
    """Looks at a world until it is cancelled; what took longer than it had to is a violation."""

    def __init__(self, world: World) -> None:
        self._world = world
        settings = world.settings
        self._takeover_s = settings.lease_duration_s + 2 * settings.lease_retry_s + BEGINNING_S
        #: How long a stretch may be where every answer comes, seconds.
        self.limit_s = settings.insure_after_s + UNANSWERED_S + POD_START_S
        #: All seconds below the floor, and the longest stretch of them in which it was possible to end that.
        self.below_s = self.longest_s = 0.0
        self._stretch_s = 0.0
        self._withheld_s = 0.0
        self._is_told = False

    async def look_on(self) -> None:
        """Look, for ever."""
        loop = asyncio.get_running_loop()
        able, since, withheld_s, is_possible = (), 0.0, 0.0, False
        while True:
            now = loop.time()
            if (able_now := self._find_able()) != able:
                able, since, withheld_s, is_possible = able_now, now, self._world.network.withheld_s, False
            takeover_s = self._takeover_s + self._world.network.withheld_s - withheld_s
            is_possible = is_possible or (bool(able) and now >= since + takeover_s)
            self._look(is_possible=is_possible)
            await asyncio.sleep(LOOK_S)

    def _find_able(self) -> tuple[str, ...]:
        """The names of the programs that could raise the source now."""
        network, source = self._world.network, self._world.source
        if network.is_cut(source) or network.is_refused(source):
            return ()
        return tuple(one.name for one in self._world.programs if not one.is_over and one.process.is_awake)

    def _look(self, *, is_possible: bool) -> None:
        is_short = self._is_short()
        if is_short:
            self.below_s += LOOK_S
        if not is_short or not is_possible:
            self._stretch_s, self._withheld_s, self._is_told = 0.0, self._world.network.withheld_s, False
            return
        self._stretch_s += LOOK_S
        self.longest_s = max(self.longest_s, self._stretch_s)
        limit_s = self.limit_s + self._world.network.withheld_s - self._withheld_s
        if self._stretch_s > limit_s and not self._is_told:
            self._is_told = True
            world = self._world
            counts = f"{world.source.replicas(PATH)} + {world.target.replicas(PATH)}"
            world.violations.append(
                f"I1: longer below the floor than it takes at {world.loop.time():.1f} s: {counts} asked for"
            )

    def _is_short(self) -> bool:
        """Whether too few serve, but for what ran in the target before: the source can't make up for that."""
        source, target = self._world.source.available(PATH), self._world.target.available(PATH)
        return source + max(0, target - self._world.there) < self._world.replicas
