"""Live prices of several services: each asked in the background in its own time, all answered from what is known.

`observe` never waits for a service. It looks whose turn it is, lets those be asked, and says at once what may still be
believed (`knowledge.py`). A service that fails or is slow takes nothing from the others, and what it said before holds
until its own deadline. A service is asked when an offering of its cloud is first wanted, so that no cloud is asked in
which nobody has a cluster.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from oracle.errors import OracleError, SourceUnavailable
from oracle.foundation.clocks import Clocks
from oracle.foundation.reason import Reason
from oracle.foundation.running import end_tasks
from oracle.market import Offering
from oracle.price_history import PricePoint
from oracle.quotes import PriceMode, make_origin
from oracle.reasons import OracleCode
from oracle.sources.base import Observation
from oracle.sources.joined import Joined
from oracle.sources.knowledge import Knowledge, recall_offering
from oracle.sources.live import LiveAnswer, LiveSource
from oracle.sources.turns import Turn
from oracle.status import SourceState, SourceStatus

logger = logging.getLogger(__name__)

#: Offerings about which one service is asked at most. Arbitrary: a thousand contexts with ten kinds of nodes.
MAX_WANTED = 10_000
#: Prices in doubt that are named; where a service is wrong altogether it is as clear after ten.
MAX_TOLD_DISPUTES = 10
#: Offerings that are looked at before other work of the loop gets its turn. Arbitrary; some milliseconds.
LOOKS_AT_ONCE = 100


@dataclass(slots=True)
class _Asked:
    """One service with all that came of it."""

    source: LiveSource
    knowledge: Knowledge
    turn: Turn = field(default_factory=Turn)
    task: asyncio.Task[None] | None = None
    answered_at: float | None = None
    failure: Reason | None = None
    problems: tuple[Reason, ...] = ()

    @property
    def is_being_asked(self) -> bool:
        return self.task is not None and not self.task.done()

    @property
    def state(self) -> SourceState:
        if self.turn.asked_at is None:
            return SourceState.IDLE
        if self.failure is not None:
            return SourceState.FAILING
        return SourceState.AWAITED if self.answered_at is None else SourceState.ANSWERING


class LiveMarket:
    """A PriceSource over services of the clouds. Its `observe` belongs to the loop of its tasks."""

    def __init__(
        self,
        sources: Sequence[LiveSource],
        clocks: Clocks,
        regions: frozenset[str] | None = None,
        *,
        close: Callable[[], Awaitable[None]] | None = None,
        notices: tuple[Reason, ...] = (),
    ) -> None:
        """Ask `sources`, the most trusted first.

        Args:
            regions: `provider/region` about which they may be asked; None: all.
            close: closes what the sources hold.
            notices: what is to be said of this choice of sources, beside what comes of them.
        """
        self._asked = tuple(
            _Asked(source, Knowledge(make_origin(source.service.name, PriceMode.LIVE))) for source in sources
        )
        self._clocks = clocks
        self._regions = regions
        self._close = close
        self._notices = notices
        self._disputed: tuple[Observation, ...] = ()
        by_provider: dict[str, list[Knowledge]] = {}
        for one in self._asked:
            by_provider.setdefault(one.source.service.provider, []).append(one.knowledge)
        self._joined = Joined(by_provider)
        self._providers = by_provider.keys()
        self._wanted: tuple[Offering, ...] = ()
        self._wanted_by_provider: dict[str, frozenset[Offering]] = {}

    @property
    def name(self) -> str:
        return "live prices"

    @property
    def names(self) -> frozenset[str]:
        return frozenset(one.source.service.name for one in self._asked)

    @property
    def mode(self) -> PriceMode:
        return PriceMode.LIVE

    @property
    def market_id(self) -> str:
        hosts = {host for one in self._asked for host in one.source.service.hosts}
        chosen = "\n".join((*sorted(self.names), *sorted(hosts), *sorted(self._regions or ())))
        return f"live-{hashlib.blake2b(chosen.encode(), digest_size=8).hexdigest()}"

    @property
    def notices(self) -> tuple[Reason, ...]:
        hosts = sorted(
            {
                host
                for one in self._asked
                if one.turn.asked_at is not None
                for host in one.source.service.hosts
            }
        )
        told = (OracleCode.SERVICES_ASKED.because(hosts=tuple(hosts)),) if hosts else ()
        troubles = (reason for one in self._asked for reason in _describe_trouble(one))
        return (
            *self._notices,
            *told,
            *self._list_unasked(),
            *troubles,
            *map(_describe_dispute, self._disputed),
        )

    @property
    def statuses(self) -> tuple[SourceStatus, ...]:
        return tuple(
            SourceStatus(
                name=one.source.service.name,
                hosts=one.source.service.hosts,
                state=one.state,
                answered_at=one.answered_at,
                prices=len(one.knowledge.prices),
                reason=one.failure,
            )
            for one in self._asked
        )

    async def observe(self, offerings: Iterable[Offering], now: float) -> tuple[Observation, ...]:
        self._sort_out(tuple(offerings))
        self._ask_whose_turn_it_is()
        observed: list[Observation] = []
        for number, offering in enumerate(self._wanted):
            if number % LOOKS_AT_ONCE == LOOKS_AT_ONCE - 1:
                await asyncio.sleep(0)  # an answer may have come for all of them, which takes a while
            if (found := self._joined.find(offering, now)) is not None:
                observed.append(found)
        self._disputed = tuple(one for one in observed if one.dispute is not None)[:MAX_TOLD_DISPUTES]
        return tuple(observed)

    def on_demand(self, offering: Offering, now: float) -> Decimal | None:
        return self._joined.find_on_demand(offering, now)

    def recall(self, offering: Offering, since: float, until: float, step_s: float) -> tuple[PricePoint, ...]:
        return tuple(recall_offering(self._joined.list_knowledge(offering), offering, since, until))

    async def wait_for_answers(self) -> None:
        """Return when no question is on its way any more; `statuses` says what came of them."""
        if tasks := [one.task for one in self._asked if one.task is not None]:
            await asyncio.wait(tasks)

    async def aclose(self) -> None:
        """End the questions that are on their way, and close what the sources share."""
        await end_tasks({one.task for one in self._asked if one.task is not None})
        if self._close is not None:
            await self._close()

    def _sort_out(self, wanted: tuple[Offering, ...]) -> None:
        """Say of each cloud what is wanted of it; mostly it is what was wanted before."""
        if wanted == self._wanted:
            return
        by_provider: dict[str, set[Offering]] = {}
        for offering in wanted:
            if self._regions is None or offering.region_key in self._regions:
                by_provider.setdefault(offering.provider, set()).add(offering)
        self._wanted = wanted
        self._wanted_by_provider = {
            provider: frozenset(offerings if len(offerings) <= MAX_WANTED else sorted(offerings)[:MAX_WANTED])
            for provider, offerings in by_provider.items()
        }

    def _list_unasked(self) -> Iterator[Reason]:
        """Say of which clouds a price is wanted and nobody may be asked; where nobody is asked at all, that is said."""
        if not self._asked:
            return
        for provider in sorted(self._wanted_by_provider.keys() - self._providers):
            yield OracleCode.CLOUD_NOT_ASKED.because(provider=provider)

    def _ask_whose_turn_it_is(self) -> None:
        now = self._clocks.counting()
        for one in self._asked:
            of_cloud = self._wanted_by_provider.get(one.source.service.provider, frozenset())
            if not one.is_being_asked and one.turn.is_due(of_cloud, one.source.service.refresh_s, now):
                one.turn = one.turn.begin(of_cloud, now)
                one.task = asyncio.create_task(
                    self._ask(one, of_cloud), name=f"prices of {one.source.service.name}"
                )

    async def _ask(self, one: _Asked, wanted: frozenset[Offering]) -> None:
        """Ask one service once, whatever comes of it."""
        try:
            answer = await one.source.ask(wanted, self._clocks.wall())
        except OracleError as error:
            retry_after_s = error.retry_after_s if isinstance(error, SourceUnavailable) else None
            self._note_failure(one, error.reason, retry_after_s)
        except Exception as error:
            # The edge of the task: what a service sends is not to end the prices of the others.
            logger.exception("the source %s stumbled", one.source.service.name)
            broke = OracleCode.SOURCE_BROKE.because(
                source=one.source.service.name, detail=type(error).__name__
            )
            self._note_failure(one, broke, None)
        else:
            self._note_answer(one, answer, wanted)

    def _note_answer(self, one: _Asked, answer: LiveAnswer, wanted: frozenset[Offering]) -> None:
        one.knowledge.learn(answer, wanted, self._clocks.wall())
        self._joined.forget()
        one.turn = one.turn.succeed()
        one.answered_at, one.failure, one.problems = answer.confirmed_at, None, answer.problems

    def _note_failure(self, one: _Asked, reason: Reason, retry_after_s: float | None) -> None:
        one.failure = reason
        one.turn = one.turn.fail(one.source.service.refresh_s, retry_after_s, self._clocks.counting())


def _describe_trouble(one: _Asked) -> tuple[Reason, ...]:
    if one.failure is not None:
        return (OracleCode.SERVICE_SILENT.because(source=one.source.service.name, why=one.failure),)
    return tuple(
        OracleCode.SERVICE_PARTIAL.because(source=one.source.service.name, why=why) for why in one.problems
    )


def _describe_dispute(observation: Observation) -> Reason:
    origin, dispute = observation.origin, observation.dispute
    assert origin is not None, "a service said it"
    assert dispute is not None, "it was chosen by that"
    return OracleCode.PRICE_DISPUTED.because(
        offering=str(observation.offering),
        source=origin.source,
        usd_per_hour=str(observation.usd_per_hour),
        other=dispute.source,
        other_usd_per_hour=str(dispute.usd_per_hour),
    )
