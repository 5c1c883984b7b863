"""The simulated fleet as one thing: start it, point a client at its kubeconfig, let time pass.

Runs on the caller's event loop. One timer for the whole fleet waits for the next thing that will happen; between
changes nothing runs.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from controller.simulation.api_server import ApiServer, ServedCluster
from controller.simulation.cluster_api import ClusterApi
from controller.simulation.cluster_model import ClusterModel
from controller.simulation.controllers.kubelet import PodTimings
from controller.simulation.fleet_model import build_cluster, cluster_uid
from controller.simulation.fleet_plan import FleetPlan
from controller.simulation.kubeconfig import write_kubeconfig

KUBECONFIG_NAME = "simulated-fleet.kubeconfig"


class SimulatedFleet:
    """A running fleet. All methods belong to the event loop that started it."""

    def __init__(
        self,
        plan: FleetPlan,
        models: Mapping[str, ClusterModel],
        *,
        time_scale: float,
        clock: Callable[[], float],
        origin: float,
    ) -> None:
        """Use `start`; `origin` is the epoch time at which the models stand."""
        self.plan = plan
        self._models = models
        self._time_scale = time_scale
        self._clock = clock
        self._clock_origin = clock()
        self._origin = origin
        self._timer: asyncio.TimerHandle | None = None
        self._served = {
            context: ServedCluster(ClusterApi(model, plan.server_version))
            for context, model in models.items()
        }
        # Where time stands still, connections live by the clock on the wall.
        self._server = ApiServer(self._served, self._advance_cluster, time_scale or 1.0)
        self.kubeconfig = Path()
        """The file that a client is pointed at; mode 0600, gone after the end."""

    @classmethod
    @asynccontextmanager
    async def start(
        cls,
        plan: FleetPlan,
        seed: int,
        directory: Path,
        *,
        time_scale: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        now: float | None = None,
        timings: PodTimings | None = None,
    ) -> AsyncIterator["SimulatedFleet"]:
        """Serve a fleet until the block is left.

        Args:
            directory: where the kubeconfig is written; must exist.
            time_scale: virtual seconds per second of `clock`; 0 stops time, so that only `advance` moves it.
            clock: monotonic seconds.
            now: epoch seconds at which the fleet's time begins; None takes the wall clock's.
            timings: how long pods take; None takes the demo's.
        """
        origin = time.time() if now is None else now
        models = {}
        for one in plan.clusters:
            models[one.context] = build_cluster(one, plan, seed, origin, timings or PodTimings())
            # Each takes milliseconds; the other tasks of the loop get their turn in between.
            await asyncio.sleep(0)
        fleet = cls(plan, models, time_scale=time_scale, clock=clock, origin=origin)
        await fleet._server.start()
        fleet.kubeconfig = directory / KUBECONFIG_NAME
        try:
            write_kubeconfig(fleet.kubeconfig, fleet.servers())
            fleet._watch_schedule()
            yield fleet
        finally:
            fleet._stop_timer()
            await fleet._server.stop()
            fleet.kubeconfig.unlink(missing_ok=True)

    def now(self) -> float:
        """The fleet's time, epoch seconds."""
        return self._origin + (self._clock() - self._clock_origin) * self._time_scale

    async def advance(self, seconds: float) -> None:
        """Let virtual time pass at once, change by change, so that watching clients run in between."""
        end = self.now() + seconds
        while (due_at := self._next_due_at()) is not None and due_at <= end:
            self._origin += max(0.0, due_at - self.now())
            self._advance_all()
            await asyncio.sleep(0)
        self._origin += max(0.0, end - self.now())
        self._advance_all()
        await asyncio.sleep(0)

    def servers(self) -> dict[str, str]:
        """Context name → URL, as in the kubeconfig."""
        return {context: self._server.server_url(context) for context in self._served}

    def api(self, context: str) -> ClusterApi:
        """One cluster's API without sockets, for tests that arrange or inspect. Raises KeyError."""
        return self._served[context].api

    def cluster_uid(self, context: str) -> str:
        """UID of the cluster's kube-system namespace. Raises KeyError."""
        return cluster_uid(self._models[context])

    def set_reachable(self, context: str, reachable: bool) -> None:
        """Cut a cluster off from its clients, or join it again; the cluster itself lives on meanwhile."""
        self._served[context].set_reachable(reachable)

    def _advance_cluster(self, served: ServedCluster) -> None:
        served.api.model.advance(self.now())

    def _advance_all(self) -> None:
        now = self.now()
        try:
            for model in self._models.values():
                model.advance(now)
        finally:
            # Should one loop fail on one object, that is logged by the event loop and time goes on for all others.
            self._reschedule()

    def _next_due_at(self) -> float | None:
        return min(
            (at for model in self._models.values() if (at := model.next_due_at()) is not None), default=None
        )

    def _watch_schedule(self) -> None:
        for model in self._models.values():
            model.on_schedule_changed = self._reschedule
        self._reschedule()

    def _reschedule(self) -> None:
        due_at = self._next_due_at()
        self._stop_timer()
        if due_at is not None and self._time_scale > 0:
            delay_s = max(0.0, due_at - self.now()) / self._time_scale
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._advance_all)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
