"""What the services of all clouds say together of each offering, remembered until one says more or a deadline passes.

The feed looks every few seconds at all that is bound, and answers come every few minutes: without a memory, ten
thousand offerings would cost the loop seconds of each look. Pure: the time is an argument.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

from oracle.market import Offering
from oracle.sources.base import Observation
from oracle.sources.knowledge import Knowledge, observe_offering


class Joined:
    """Owned by one task, as the knowledge is that it joins."""

    def __init__(self, by_provider: Mapping[str, Sequence[Knowledge]]) -> None:
        """`by_provider` has the services of each cloud, the most trusted first."""
        self._by_provider = by_provider
        self._observations: dict[Offering, Observation | None] = {}
        self._on_demand: dict[Offering, Decimal | None] = {}
        self._joined_at = self._holds_until = -math.inf

    def forget(self) -> None:
        """A service has said more: what was joined before holds no longer."""
        self._observations.clear()
        self._on_demand.clear()
        self._holds_until = -math.inf

    def find(self, offering: Offering, now: float) -> Observation | None:
        """Return what is known of an offering at wall time `now`; None where nobody knows its price."""
        self._keep_up(now)
        if offering not in self._observations:
            said = self.list_knowledge(offering)
            self._observations[offering] = observe_offering(said, offering, now)
        return self._observations[offering]

    def find_on_demand(self, offering: Offering, now: float) -> Decimal | None:
        """Return what the same machine costs on demand, USD per hour; None where nobody knows."""
        self._keep_up(now)
        if offering not in self._on_demand:
            on_demand = offering.on_demand
            held = (one.find_price(on_demand, now) for one in self.list_knowledge(offering))
            first = next((one for one in held if one is not None), None)
            self._on_demand[offering] = None if first is None else first.value.usd_per_hour
        return self._on_demand[offering]

    def list_knowledge(self, offering: Offering) -> Sequence[Knowledge]:
        """Return what each service of its cloud knows, the most trusted first."""
        return self._by_provider.get(offering.provider, ())

    def _keep_up(self, now: float) -> None:
        if self._joined_at <= now < self._holds_until:
            return
        self.forget()
        self._joined_at = now  # a clock that was ahead has let prices end that hold on
        every = (
            deadline
            for services in self._by_provider.values()
            for one in services
            for deadline in one.deadlines
        )
        self._holds_until = min((deadline for deadline in every if deadline > now), default=math.inf)
