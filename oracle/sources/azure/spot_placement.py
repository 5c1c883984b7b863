"""Azure's spot placement scores: whether a spot machine is to be had now, for whoever has an account.

Azure answers a number of questions an hour that it does not tell, and then none, so all is asked at once and seldom.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from oracle.market import Offering
from oracle.sources.asking import ask_each, note_garbled
from oracle.sources.azure.placement_scores import (
    API_VERSION,
    PlacementAnswer,
    PlacementScore,
    build_path,
    build_questions,
    read_scores,
)
from oracle.sources.live import LiveAnswer, Service
from oracle.sources.login import Login
from oracle.sources.products import find_askable, find_place, list_spot
from oracle.sources.web.client import Question, WebClient
from oracle.sources.web.decoding import decode, decode_each

#: Capacity of hours: what was said two hours ago is no longer said of now.
REFRESH_S, LIFE_S = 3600.0, 2 * 3600.0

#: Its quota is one of its own, and soon used up.
LANE = "placement"


class AzureSpotPlacement:
    """A LiveSource over the scores. It says no price."""

    def __init__(self, web: WebClient, url: str, subscription: str, login: Login) -> None:
        """`url` is the address of the Resource Manager; `subscription` is asked, and its quota counts."""
        self._web = web
        self._url = url.rstrip("/")
        self._subscription = subscription
        self._login = login
        self._host = Question(url).host
        self.service = Service("Azure spot placement", "azure", (self._host, *login.hosts), REFRESH_S)

    async def ask(self, offerings: frozenset[Offering], now: float) -> LiveAnswer:
        """Ask about all spot machines that are wanted. Raises: SourceUnavailable."""
        askable, unaskable = find_askable(offerings)
        wanted = list_spot(askable)
        header = await self._login.authorize()
        questions = build_questions((one.region, one.instance_type) for one in wanted)
        answers, failures = await ask_each(questions, lambda question: self._read(question, header))
        scores = read_scores(score for found, _ in answers for score in found)
        garbage = note_garbled(self._host, sum(bad for _, bad in answers))
        return LiveAnswer(
            now,
            LIFE_S,
            obtainabilities={one: scores[find_place(one)] for one in wanted if find_place(one) in scores},
            problems=(*failures, *garbage, *unaskable),
        )

    async def _read(
        self, question: Mapping[str, Any], header: Mapping[str, str]
    ) -> tuple[tuple[PlacementScore, ...], int]:
        """Return the scores that answer one question, and how many are garbled."""
        path = build_path(self._subscription, question["desiredLocations"][0])
        params, body = (("api-version", API_VERSION),), msgspec.json.encode(question)
        answer = await self._web.ask(Question(f"{self._url}{path}", params, header, body, lane=LANE))
        return decode_each(decode(answer.body, PlacementAnswer, self._host).placement_scores, PlacementScore)
