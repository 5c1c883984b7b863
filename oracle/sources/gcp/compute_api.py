"""Questions to Compute Engine about the spot machines of a region, in the name of a project of whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from oracle.sources.login import Login
from oracle.sources.web.client import Question, WebClient
from oracle.sources.web.decoding import decode

T = TypeVar("T")


class ComputeApi:
    """One project's way to the advice of Compute Engine."""

    def __init__(self, web: WebClient, url: str, project: str, login: Login) -> None:
        """`url` is the address of Compute Engine; `project` is asked, and its permissions and quota count."""
        self._web = web
        self._url = url.rstrip("/")
        self._project = project
        self._login = login
        self.host = Question(url).host

    @property
    def hosts(self) -> tuple[str, ...]:
        """All that are asked."""
        return self.host, *self._login.hosts

    async def authorize(self) -> Mapping[str, str]:
        """Return the headers that say who asks. Raises: SourceUnavailable."""
        return await self._login.authorize()

    async def ask_advice(
        self, kind: str, region: str, question: Any, shape: type[T], header: Mapping[str, str], lane: str = ""
    ) -> T:
        """Return one kind of advice about a region. Raises: SourceUnavailable."""
        url = f"{self._url}/projects/{self._project}/regions/{region}/advice/{kind}"
        body = msgspec.json.encode(question)
        answer = await self._web.ask(Question(url, headers=header, body=body, lane=lane))
        return decode(answer.body, shape, self.host)
