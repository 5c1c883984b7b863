"""Google Cloud's advice about now: whether a spot machine is to be had, and for how long it would stay.

One question for each machine type in each region, by a project of whoever asks.
"""

from __future__ import annotations

from collections.abc import Mapping

from oracle.market import Offering
from oracle.signals import Obtainability
from oracle.sources.asking import ask_each
from oracle.sources.gcp.advice_records import (
    CapacityAnswer,
    build_capacity_question,
    read_capacity,
)
from oracle.sources.gcp.compute_api import ComputeApi
from oracle.sources.live import LiveAnswer, Service
from oracle.sources.products import find_askable, find_place, list_spot

#: Capacity of minutes to hours; what was said an hour ago is no longer said of now.
REFRESH_S, LIFE_S = 1800.0, 3600.0

#: Its quota is one of its own, and soon used up.
LANE = "capacity"


class GcpCapacityAdvice:
    """A LiveSource over the advice. It says no price."""

    def __init__(self, api: ComputeApi) -> None:
        self._api = api
        self.service = Service("Google Cloud capacity advice", "gcp", api.hosts, REFRESH_S)

    async def ask(self, offerings: frozenset[Offering], now: float) -> LiveAnswer:
        """Ask about each spot machine that is wanted. Raises: SourceUnavailable."""
        askable, unaskable = find_askable(offerings)
        wanted = list_spot(askable)
        header = await self._api.authorize()
        places = sorted({find_place(one) for one in wanted})
        told, failures = await ask_each(places, lambda place: self._ask_about(place, header))
        known = {place: chance for place, chance in told if chance is not None}
        return LiveAnswer(
            now,
            LIFE_S,
            obtainabilities={one: known[find_place(one)] for one in wanted if find_place(one) in known},
            problems=(*failures, *unaskable),
        )

    async def _ask_about(
        self, place: tuple[str, str], header: Mapping[str, str]
    ) -> tuple[tuple[str, str], Obtainability | None]:
        region, machine = place
        question = build_capacity_question(machine)
        answer = await self._api.ask_advice("capacity", region, question, CapacityAnswer, header, LANE)
        return place, read_capacity(answer)
