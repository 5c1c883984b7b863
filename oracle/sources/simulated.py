"""A market that nobody trades on: prices of every known region, moving as recorded ones do. Pure.

The long-run levels come from price_levels.py, the movement from price_paths.py. Market time may run faster
than real time: in the demo a day passes in seconds, because real spot prices change by a tenth of a percent a
few times a day and a person would watch a still picture. The source says so wherever its notices are shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal

from oracle.foundation.reason import Reason
from oracle.market import CapacityType, Offering
from oracle.price_history import PricePoint
from oracle.quotes import PriceMode
from oracle.reasons import OracleCode
from oracle.sources.base import Observation, SingleSource
from oracle.sources.price_levels import PriceLevels
from oracle.sources.price_paths import (
    AZURE_RHYTHM,
    GCP_RHYTHM,
    compute_aws_deviation,
    compute_regime_deviation,
    compute_step_deviation,
)
from oracle.sources.simulated_signals import simulate_interruption, simulate_obtainability

#: Market seconds per second in the demo: two hours of market time each second, a day in twelve.
DEMO_TIME_SCALE = 7200.0
SECONDS_PER_DAY = 86_400.0
#: No spot price leaves these shares of on demand, however the paths wander: recorded ones never did.
MIN_SHARE, MAX_SHARE = 0.06, 0.97
#: AWS quotes four decimals; the others more.
PRICE_STEPS = {"aws": Decimal("0.0001")}
FINE_STEP = Decimal("0.000001")


class SimulatedMarket(SingleSource):
    """A PriceSource. A price depends on seed, offering and time alone: two instances of a seed agree."""

    def __init__(self, levels: PriceLevels, seed: int, time_scale: float = DEMO_TIME_SCALE) -> None:
        """`time_scale` is in market seconds per second; 1 moves as slowly as a real market."""
        if not 0 < time_scale < math.inf:
            raise ValueError(f"market time cannot run {time_scale} times as fast as real time")
        self._levels = levels
        self._seed = seed
        self._time_scale = time_scale
        self._unknown: tuple[Offering, ...] = ()

    @property
    def name(self) -> str:
        return "simulated market"

    @property
    def mode(self) -> PriceMode:
        return PriceMode.SIMULATED

    @property
    def market_id(self) -> str:
        return f"simulated-{self._seed}-{float(self._time_scale)!r}"

    @property
    def notices(self) -> tuple[Reason, ...]:
        unpriced = (OracleCode.PRICE_NOT_SIMULATED.because(offering=str(one)) for one in self._unknown)
        return OracleCode.PRICES_SIMULATED.because(speed=self._time_scale), *unpriced

    async def observe(self, offerings: Iterable[Offering], now: float) -> tuple[Observation, ...]:
        prices = {offering: self.find_price(offering, now) for offering in offerings}
        self._unknown = tuple(offering for offering, price in prices.items() if price is None)
        return tuple(
            self._observe(offering, price, now) for offering, price in prices.items() if price is not None
        )

    def _observe(self, offering: Offering, price: Decimal, now: float) -> Observation:
        if offering.capacity_type is CapacityType.ON_DEMAND:
            return Observation(offering, price, in_force_since=now, confirmed_at=now)
        return Observation(
            offering,
            price,
            in_force_since=now,
            confirmed_at=now,
            interruption=simulate_interruption(self._seed, offering.of_region),
            obtainability=simulate_obtainability(self._seed, offering.of_region),
        )

    def on_demand(self, offering: Offering, now: float) -> Decimal | None:
        return self._levels.find_on_demand(offering)

    def recall(self, offering: Offering, since: float, until: float, step_s: float) -> tuple[PricePoint, ...]:
        times = (since + step_s * number for number in range(math.ceil((until - since) / step_s)))
        prices = ((time, self.find_price(offering, time)) for time in times)
        return tuple(PricePoint(time, price) for time, price in prices if price is not None)

    def find_price(self, offering: Offering, now: float) -> Decimal | None:
        """Return the price at wall time `now`, USD per hour; None for an unknown region or machine."""
        level = self._levels.find_level(offering)
        on_demand = self._levels.find_on_demand(offering)
        if level is None or on_demand is None or offering.capacity_type is CapacityType.ON_DEMAND:
            return level
        market_day = now * self._time_scale / SECONDS_PER_DAY
        price = float(level) * math.exp(self._compute_deviation(offering, market_day))
        bounded = min(max(price, MIN_SHARE * float(on_demand)), MAX_SHARE * float(on_demand))
        return Decimal(bounded).quantize(PRICE_STEPS.get(offering.provider, FINE_STEP))

    def _compute_deviation(self, offering: Offering, market_day: float) -> float:
        pool = str(offering)
        regime = compute_regime_deviation(self._seed, pool, market_day)
        if offering.provider == "aws":
            return regime + compute_aws_deviation(self._seed, offering.region_key, pool, market_day)
        rhythm = GCP_RHYTHM if offering.provider == "gcp" else AZURE_RHYTHM
        return regime + compute_step_deviation(self._seed, pool, rhythm, market_day)
