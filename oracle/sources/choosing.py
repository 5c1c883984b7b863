"""The sources as a person chooses them: a recording, the simulated market, a file that is watched, or services."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial

from oracle.foundation.clocks import Clocks
from oracle.price_settings import LivePriceSettings
from oracle.reasons import OracleCode
from oracle.sources.base import PriceSource
from oracle.sources.composite import LiveMarket
from oracle.sources.price_file import NO_RATES, find_version, load_price_list, load_recording
from oracle.sources.price_levels import PriceLevels
from oracle.sources.replay import ReplaySource, Start
from oracle.sources.simulated import DEMO_TIME_SCALE, SimulatedMarket
from oracle.sources.watched_file import DEFAULT_LIFE_S, WatchedFile
from resources.loader import load_json

#: A recording begins with its newest price.
NEWEST = Start()


def choose_source(
    prices: str | None,
    speed: float | None,
    seed: int,
    now: float,
    start: Start = NEWEST,
    rates: Mapping[str, Decimal] = NO_RATES,
) -> PriceSource:
    """Return the replay of the file `prices`, or the simulated market where it is None. Live: `watch_file`.

    Args:
        speed: market seconds per second; None is the source's own default. A recording stands still at 0.
        seed: of the simulated market.
        now: wall time at which a replay starts, Unix seconds.
        start: from which of its moments on a recording is played.
        rates: code of a currency -> USD for one of it, as a person gave them.
    Raises: PriceFileError.
    """
    if prices is not None:
        recording = load_recording(prices, rates)
        return ReplaySource(recording, start.find_speed(speed), now, start.find_moment(recording, now))
    levels = PriceLevels(load_json("price_levels.json"))
    return SimulatedMarket(levels, seed, speed or DEMO_TIME_SCALE)


def watch_file(prices: str, life_s: float | None, rates: Mapping[str, Decimal] = NO_RATES) -> PriceSource:
    """Return the live prices of a file that somebody keeps up.

    Args:
        life_s: seconds that a price is believed after its row was confirmed; None is the default of half an hour.
        rates: as of `choose_source`.
    Raises: PriceFileError.
    """
    return WatchedFile(prices, life_s or DEFAULT_LIFE_S, find_version, partial(load_price_list, rates=rates))


def ask_services(settings: LivePriceSettings, clocks: Clocks) -> LiveMarket:
    """Return the live prices of the services that the settings choose; offline, of none.

    Raises: SourceUnavailable for authorities that cannot be used.
    """
    if settings.offline:
        return LiveMarket((), clocks, notices=(OracleCode.PRICES_OFFLINE.because(),))
    # Imported here: who asks nobody does not wait for a client of the web.
    from oracle.sources.services import make_live_market

    return make_live_market(settings, clocks)
