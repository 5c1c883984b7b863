"""What lies between a process and a cluster: latency, loss, late and double delivery, partitions.

A request that leaves a process lands when the network says so, whatever becomes of the process meanwhile.
"""

from __future__ import annotations

import asyncio
import contextvars
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from controller.simulation.api.json_objects import JsonObject
from controller.simulation.api.requests import ApiResponse
from controller.simulation.api.status_errors import ApiError
from controller.simulation.watch_stream import stream_events
from tests.simulation.cluster import Cluster, Request
from tests.simulation.processes import open_connection
from tests.simulation.virtual_loop import fail_run

#: How often a stream that a partition holds back is looked at, seconds.
CUT_POLL_S = 1.0

#: How long a request may wait for its credential and its connection, seconds.
CONNECTING_S = 12.0


@dataclass(frozen=True)
class Delivery:
    """What happens to one request: seconds until it lands (None: never) and lands again; whether an answer arrives.

    `answer`: what is answered in the cluster's place, as by an admission webhook; the request itself never lands.
    """

    lands_after_s: float | None
    lands_again_after_s: float | None = None
    is_answered: bool = True
    answer: ApiResponse | None = None


#: How long the program waits for an answer, seconds.
UNANSWERED_S = 10.0


@dataclass
class Faults:
    """Random troubles, each a probability per request, until `until_s`; after that the network is good."""

    lost: float = 0.0
    unanswered: float = 0.0
    late: float = 0.0
    doubled: float = 0.0
    #: A credential is renewed, or a connection opened, for up to `CONNECTING_S` before the request leaves.
    delayed: float = 0.0
    #: (context, from, to) in seconds: nothing gets through.
    partitions: list[tuple[str, float, float]] = field(default_factory=list)
    #: (context, from, to) in seconds: it takes the credentials for expired.
    unauthorized: list[tuple[str, float, float]] = field(default_factory=list)
    until_s: float = 600.0


Directed = Callable[[Cluster, Request], Delivery | None]


class Network:
    """One for all processes and clusters. `directed` may choose the fate of single requests; None leaves it to chance.

    `on_connect(cluster, request)` is called when a request wants a connection, and returns how many seconds that takes;
    None leaves it to chance. `on_sent(cluster, request)` is called as a request leaves its process.
    """

    def __init__(
        self, rng: random.Random, faults: Faults | None = None, directed: Directed | None = None
    ) -> None:
        self._rng = rng
        #: What is on its way belongs to no process, and no machine's sleep delays it.
        self._outside = contextvars.copy_context()
        self.faults = faults or Faults()
        self.directed = directed
        #: Chance holds back, until there is something for it to trouble.
        self.is_quiet = False
        #: For how long whoever asks has been kept waiting by chance, seconds: each answer that does not come in time.
        self.withheld_s = 0.0
        self.on_connect: Callable[[Cluster, Request], float | None] = lambda cluster, request: None
        self.on_sent: Callable[[Cluster, Request], None] = lambda cluster, request: None

    async def connect(self, cluster: Cluster, request: Request) -> None:
        """Wait for a connection, which mostly is there already."""
        delay_s = self.on_connect(cluster, request)
        if delay_s is None and self.faults.delayed and self._is_troubled():
            is_delayed = self._rng.random() < self.faults.delayed
            delay_s = self._rng.uniform(0, CONNECTING_S) if is_delayed else None
        if delay_s is not None:
            self.withheld_s += delay_s
            await asyncio.sleep(delay_s)

    async def send(self, cluster: Cluster, request: Request) -> ApiResponse:
        """Wait for the answer, for ever where none comes: how long is the client's business."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[ApiResponse] = loop.create_future()
        lives, delivery = open_connection(), Delivery(None)
        try:
            self.on_sent(cluster, request)
            delivery = self._choose(cluster, request)
        except Exception as error:  # of a test or a judge: the program under test is not to swallow it
            fail_run(error)

        def land() -> None:
            if self.is_cut(cluster):
                return
            result = delivery.answer or cluster.land(request)
            if delivery.is_answered:
                loop.call_later(self._latency(), lambda: self._answer(cluster, lives, answer, result))

        for delay_s in (delivery.lands_after_s, delivery.lands_again_after_s):
            if delay_s is not None:
                loop.call_later(delay_s, land, context=self._outside)
        return await answer

    async def watch(self, cluster: Cluster, request: Request) -> AsyncGenerator[JsonObject, None]:
        """Yield a watch's events, each a moment after it happened; while the cluster is cut off, none.

        Raises: ApiError where the watch is refused; ConnectionResetError where the machine has slept meanwhile.
        """
        lives = open_connection()
        await self._reach(cluster)
        cursor = cluster.api.open_watch(sent := cluster.open(request))
        events = stream_events(cursor, cursor.begin(), sent, cluster.waiting)
        told_at = self._now()
        async with aclosing(events):
            async for event in events:
                if self._now() > told_at:  # else it travels with the one before
                    await self._reach(cluster)
                    told_at = self._now()
                if not lives():
                    raise ConnectionResetError("the machine has slept")
                yield event

    async def _reach(self, cluster: Cluster) -> None:
        await asyncio.sleep(self._latency())
        while self.is_cut(cluster):  # noqa: ASYNC110  tests cut and join as they like
            await asyncio.sleep(CUT_POLL_S)

    def _answer(
        self,
        cluster: Cluster,
        lives: Callable[[], bool],
        answer: asyncio.Future[ApiResponse],
        result: ApiResponse,
    ) -> None:
        if not answer.done() and lives() and not self.is_cut(cluster):
            answer.set_result(result)

    def _choose(self, cluster: Cluster, request: Request) -> Delivery:
        directed = self.directed(cluster, request) if self.directed is not None else None
        if directed is None and self.is_refused(cluster):
            directed = answer_with(ApiError(401, "Unauthorized", "the credentials have expired"))
        if directed is not None:
            return directed
        if not self._is_troubled():
            return Delivery(self._latency())
        chance = self._rng.random()
        for probability, delivery in (
            (self.faults.lost, Delivery(None)),
            (self.faults.unanswered, Delivery(self._latency(), is_answered=False)),
            (self.faults.late, Delivery(self._rng.uniform(5, 160))),
            (self.faults.doubled, Delivery(self._latency(), self._rng.uniform(0.5, 60))),
        ):
            if chance < probability:
                self.withheld_s += UNANSWERED_S
                return delivery
            chance -= probability
        return Delivery(self._latency())

    def _is_troubled(self) -> bool:
        return not self.is_quiet and self._now() < self.faults.until_s

    def is_cut(self, cluster: Cluster) -> bool:
        """Whether nothing gets through now."""
        return self._is_in(self.faults.partitions, cluster)

    def is_refused(self, cluster: Cluster) -> bool:
        """Whether the credentials are taken for expired now."""
        return self._is_in(self.faults.unauthorized, cluster)

    def _is_in(self, windows: list[tuple[str, float, float]], cluster: Cluster) -> bool:
        now = self._now()
        return any(context == cluster.context and start <= now < end for context, start, end in windows)

    def _latency(self) -> float:
        return self._rng.uniform(0.01, 0.15)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def answer_with(error: ApiError) -> Delivery:
    """The fate of a request that something before the API server's store refuses."""
    return Delivery(0.05, answer=ApiResponse(error.code, error.to_status()))
