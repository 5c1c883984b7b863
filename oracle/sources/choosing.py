"""Which source a person's choice of recording, speed and seed means."""

from __future__ import annotations

from oracle.sources.base import PriceSource
from oracle.sources.price_levels import PriceLevels
from oracle.sources.replay import DEFAULT_SPEED, ReplaySource, load_recording
from oracle.sources.simulated import DEMO_TIME_SCALE, SimulatedMarket
from resources.loader import load_json


def choose_source(prices: str | None, speed: float | None, seed: int, now: float) -> PriceSource:
    """Return the replay of the file `prices`, or the simulated market where it is None.

    Args:
        speed: market seconds per second; None is the source's own default.
        seed: of the simulated market.
        now: wall time at which a replay starts, Unix seconds.
    Raises: RecordingError.
    """
    if prices is not None:
        return ReplaySource(load_recording(prices), speed or DEFAULT_SPEED, started_at=now)
    levels = PriceLevels(load_json("price_levels.json"))
    return SimulatedMarket(levels, seed, speed or DEMO_TIME_SCALE)
