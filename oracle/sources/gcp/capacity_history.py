"""Google Cloud's advice about the past: spot prices of a region, and how often its machines are preempted.

One question for each machine type in each region, by a project of whoever asks. A licence for Windows is not part of a
price: only machines with Linux have one here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from oracle.market import Offering, OperatingSystem
from oracle.price_history import PricePoint
from oracle.signals import Interruption
from oracle.sources.asking import ask_each, note_garbled
from oracle.sources.gcp.advice_records import (
    HistoryAnswer,
    PreemptionRecord,
    PriceRecord,
    build_history_question,
    read_preemptions,
    read_price_changes,
)
from oracle.sources.gcp.compute_api import ComputeApi
from oracle.sources.live import LiveAnswer, PriceClaim, Service
from oracle.sources.products import find_askable, list_spot
from oracle.sources.web.decoding import decode_each

#: Google changes a price once a month at most, and its rates are of days.
REFRESH_S, LIFE_S = 3600.0, 3 * 3600.0


class _Told(NamedTuple):
    """What was said of one machine; garbled: how many items were not as documented."""

    offering: Offering
    changes: tuple[PricePoint, ...]
    interruption: Interruption | None
    garbled: int


class GcpCapacityHistory:
    """A LiveSource over the histories."""

    def __init__(self, api: ComputeApi) -> None:
        self._api = api
        self.service = Service("Google Cloud capacity history", "gcp", api.hosts, REFRESH_S)

    async def ask(self, offerings: frozenset[Offering], now: float) -> LiveAnswer:
        """Ask about each spot machine that is wanted. Raises: SourceUnavailable."""
        askable, unaskable = find_askable(offerings)
        wanted = sorted(one for one in list_spot(askable) if one.system is OperatingSystem.LINUX)
        header = await self._api.authorize()
        told, failures = await ask_each(wanted, lambda offering: self._ask_about(offering, header, now))
        past = {one.offering: one.changes for one in told if one.changes}
        garbage = note_garbled(self._api.host, sum(one.garbled for one in told))
        return LiveAnswer(
            now,
            LIFE_S,
            {
                one: PriceClaim(points[-1].usd_per_hour, points[-1].observed_at)
                for one, points in past.items()
            },
            {one.offering: one.interruption for one in told if one.interruption is not None},
            past=past,
            problems=(*failures, *garbage, *unaskable),
        )

    async def _ask_about(self, offering: Offering, header: Mapping[str, str], now: float) -> _Told:
        question = build_history_question(offering.instance_type)
        history = await self._api.ask_advice(
            "capacityHistory", offering.region, question, HistoryAnswer, header
        )
        prices, bad_prices = decode_each(history.price_history, PriceRecord)
        rates, bad_rates = decode_each(history.preemption_history, PreemptionRecord)
        changes = read_price_changes(prices, now)
        return _Told(offering, changes, read_preemptions(rates), bad_prices + bad_rates)
