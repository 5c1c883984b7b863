"""What services said and may still be believed, and what follows where several speak of one offering. Pure.

Each thing is kept until its own deadline. The first service in the order given that knows a price says it; where
another one knows the same and they differ by more than a third, the price is in doubt: it is shown with both, and
nothing is moved on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Generic, TypeVar

from oracle.bounds import MAX_LIFE_S
from oracle.market import Offering
from oracle.possible_price import find_absolute_reason
from oracle.price_history import PricePoint
from oracle.quotes import Dispute, Origin
from oracle.signals import Interruption, Obtainability
from oracle.sources.base import Observation
from oracle.sources.live import LiveAnswer, PriceClaim

T = TypeVar("T")

#: By which share of the larger one two prices may differ before both are in doubt. From the design: Retail Prices of
#: Azure once said a sixth for weeks, and lists of different days differ by a tenth.
MAX_DIFFERENCE = Fraction(1, 3)


@dataclass(frozen=True, slots=True)
class Held(Generic[T]):
    """Something that was said, when, and until when it is believed; Unix seconds."""

    value: T
    confirmed_at: float
    deadline: float


class Knowledge:
    """What one service has said. Owned by one task."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.prices: dict[Offering, Held[PriceClaim]] = {}
        self.interruptions: dict[Offering, Held[Interruption]] = {}
        self.obtainabilities: dict[Offering, Held[Obtainability]] = {}
        self.past: dict[Offering, tuple[PricePoint, ...]] = {}

    def learn(self, answer: LiveAnswer, wanted: Iterable[Offering], now: float) -> None:
        """Take over an answer; forget what is over and what is wanted no more."""
        kept = {one for offering in wanted for one in (offering, offering.of_region, offering.on_demand)}
        claims = {
            offering: _carry_beginning(claim, self.prices.get(offering), answer.confirmed_at)
            for offering, claim in answer.prices.items()
        }
        self.prices = _renew(self.prices, claims, answer, kept, now)
        self.interruptions = _renew(self.interruptions, answer.interruptions, answer, kept, now)
        self.obtainabilities = _renew(self.obtainabilities, answer.obtainabilities, answer, kept, now)
        self.past = {one: points for one, points in {**self.past, **answer.past}.items() if one in kept}

    @property
    def deadlines(self) -> frozenset[float]:
        """The moments at which something of it is over."""
        kinds: tuple[Mapping[Offering, Held[Any]], ...] = (
            self.prices,
            self.interruptions,
            self.obtainabilities,
        )
        return frozenset(held.deadline for kind in kinds for held in kind.values())

    def find_price(self, offering: Offering, now: float) -> Held[PriceClaim] | None:
        """Return what is believed of exactly this offering at wall time `now`."""
        held = self.prices.get(offering)
        return held if held is not None and now < held.deadline else None


def _renew(
    before: Mapping[Offering, Held[T]],
    said: Mapping[Offering, T],
    answer: LiveAnswer,
    kept: set[Offering],
    now: float,
) -> dict[Offering, Held[T]]:
    deadline = answer.confirmed_at + min(answer.life_s, MAX_LIFE_S)
    renewed = {one: Held(value, answer.confirmed_at, deadline) for one, value in said.items()}
    held = {**before, **renewed}
    return {one: thing for one, thing in held.items() if one in kept and now < thing.deadline}


def _carry_beginning(claim: PriceClaim, before: Held[PriceClaim] | None, confirmed_at: float) -> PriceClaim:
    """Say since when a price holds whose service does not: since it was first seen so, as far as we looked."""
    if claim.in_force_since is not None:
        return claim
    if before is not None and before.value.usd_per_hour == claim.usd_per_hour:
        return replace(claim, in_force_since=before.value.in_force_since)
    return replace(claim, in_force_since=confirmed_at)


def observe_offering(knowledge: Sequence[Knowledge], offering: Offering, now: float) -> Observation | None:
    """Return what is known of an offering at wall time `now`; None where nobody knows its price.

    A price of its zone goes before one of the whole region, whoever says them; two of different places do not
    contradict each other.
    """
    for place in dict.fromkeys((offering, offering.of_region)):
        said = [(one, held) for one in knowledge if (held := one.find_price(place, now)) is not None]
        if said:
            # What nothing costs is said only where nobody says better; the gate refuses it then, with a reason.
            possible = [pair for pair in said if _is_possible(pair[1])]
            (first, held), *others = possible or said[:1]
            return Observation(
                offering,
                held.value.usd_per_hour,
                held.confirmed_at if held.value.in_force_since is None else held.value.in_force_since,
                held.confirmed_at,
                held.deadline,
                interruption=_find_first((one.interruptions for one in knowledge), offering, now),
                obtainability=_find_first((one.obtainabilities for one in knowledge), offering, now),
                origin=first.origin,
                dispute=_find_dispute(held.value, others),
            )
    return None


def _find_dispute(claim: PriceClaim, others: Iterable[tuple[Knowledge, Held[PriceClaim]]]) -> Dispute | None:
    for other, held in others:
        if are_contrary(claim.usd_per_hour, held.value.usd_per_hour):
            return Dispute(other.origin.source, held.value.usd_per_hour)
    return None


def _is_possible(held: Held[PriceClaim]) -> bool:
    return find_absolute_reason(held.value.usd_per_hour) is None


def are_contrary(price: Decimal, other: Decimal) -> bool:
    """Whether two prices of one offering differ by more than a third of the larger."""
    return Fraction(abs(price - other)) > MAX_DIFFERENCE * Fraction(max(price, other))


def _find_first(held_by: Iterable[Mapping[Offering, Held[T]]], offering: Offering, now: float) -> T | None:
    for held in held_by:
        for place in (offering, offering.of_region):
            found = held.get(place)
            if found is not None and now < found.deadline:
                return found.value
    return None


def recall_offering(
    knowledge: Sequence[Knowledge], offering: Offering, since: float, until: float
) -> Iterator[PricePoint]:
    """Yield what the first service that knows the past says of it between two wall times, oldest first.

    What was in force when that span began is told as of its beginning.
    """
    for one in knowledge:
        for place in dict.fromkeys((offering, offering.of_region)):
            if points := one.past.get(place):
                before = [point for point in points if point.observed_at < since]
                if before and since < until:
                    yield replace(before[-1], observed_at=since, origin=one.origin)
                for point in points:
                    if since <= point.observed_at < until:
                        yield replace(point, origin=one.origin)
                return
