"""The sources as a person chooses them: a recording or the simulated market, or a file that is watched."""

from __future__ import annotations

from oracle.sources.base import PriceSource
from oracle.sources.price_file import find_version, load_price_list, load_recording
from oracle.sources.price_levels import PriceLevels
from oracle.sources.replay import DEFAULT_SPEED, ReplaySource
from oracle.sources.simulated import DEMO_TIME_SCALE, SimulatedMarket
from oracle.sources.watched_file import DEFAULT_LIFE_S, WatchedFile
from resources.loader import load_json


def choose_source(prices: str | None, speed: float | None, seed: int, now: float) -> PriceSource:
    """Return the replay of the file `prices`, or the simulated market where it is None. Live: `watch_file`.

    Args:
        speed: market seconds per second; None is the source's own default.
        seed: of the simulated market.
        now: wall time at which a replay starts, Unix seconds.
    Raises: PriceFileError.
    """
    if prices is not None:
        return ReplaySource(load_recording(prices), speed or DEFAULT_SPEED, started_at=now)
    levels = PriceLevels(load_json("price_levels.json"))
    return SimulatedMarket(levels, seed, speed or DEMO_TIME_SCALE)


def watch_file(prices: str, life_s: float | None) -> PriceSource:
    """Return the live prices of a file that somebody keeps up.

    Args:
        life_s: seconds that a price is believed after its row was confirmed; None is the default of half an hour.
    Raises: PriceFileError.
    """
    return WatchedFile(prices, life_s or DEFAULT_LIFE_S, find_version, load_price_list)
