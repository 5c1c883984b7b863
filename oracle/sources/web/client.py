"""The one way to a service on the web: HTTPS alone, paced, bounded, and with a reason for every failure.

No redirect is followed and no cookie kept: an address is what the documentation of the service says, or what a person
configured. Reasons name the host alone; the rest of an address may hold a key.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeVar
from urllib.parse import urlsplit

import aiohttp

from oracle.errors import SourceUnavailable
from oracle.foundation.clocks import Clocks
from oracle.foundation.reason import Reason
from oracle.price_settings import LivePriceSettings
from oracle.reasons import OracleCode
from oracle.sources.web.pacing import Breaker, Pace
from oracle.sources.web.proxies import is_asked_directly
from oracle.sources.web.retrying import (
    DENIED_STATUSES,
    PASSING_STATUSES,
    THROTTLED_STATUSES,
    compute_wait,
    parse_retry_after,
)

#: Largest answer that is read where nothing else is said, bytes.
MAX_ANSWER_BYTES = 32 * 1024 * 1024
#: Seconds for the way to the service: name, connection, TLS.
CONNECT_TIMEOUT_S = 10.0
#: Names us; services ask for it, and their maintainers may look us up.
USER_AGENT = "sentinelaura"


class Question(NamedTuple):
    """What is asked of a service. With a body it is a POST of JSON, without one a GET.

    silence_s: how long an answer may come to nothing, seconds; None: as long as the whole may take.
    total_s: how long the whole may take, seconds; None: as the settings say.
    lane: questions to one host that it counts apart; being throttled in one does not hold up the others.
    """

    url: str
    params: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes | None = None
    max_bytes: int = MAX_ANSWER_BYTES
    silence_s: float | None = None
    total_s: float | None = None
    lane: str = ""

    @property
    def host(self) -> str:
        """Name of the host, without user, port and path."""
        return urlsplit(self.url).hostname or ""


class WebAnswer(NamedTuple):
    """What came of it. is_unchanged: what the question's `If-None-Match` named still holds; the body is empty."""

    body: bytes
    etag: str | None
    is_unchanged: bool


class Taker(Protocol):
    """Takes an answer that is too large to hold, piece by piece."""

    async def take(self, piece: bytes) -> None:
        """Take the next bytes. Raises: SourceUnavailable where they are not what they should be."""


TakerT = TypeVar("TakerT", bound=Taker)


class _Buffer:
    def __init__(self) -> None:
        self.content = bytearray()

    async def take(self, piece: bytes) -> None:
        self.content += piece


class _Failure(Exception):
    """One attempt failed. is_passing: the next may do better."""

    def __init__(self, reason: Reason, *, is_passing: bool, asked_wait_s: float | None = None) -> None:
        self.reason = reason
        self.is_passing = is_passing
        self.asked_wait_s = asked_wait_s
        super().__init__(str(reason))


@dataclass(slots=True)
class _Host:
    pace: Pace = field(default_factory=Pace)
    breaker: Breaker = field(default_factory=Breaker)
    last_failure: Reason | None = None


class WebClient:
    """Asks services over HTTPS. Owned by one event loop; several tasks may ask at a time."""

    def __init__(
        self,
        settings: LivePriceSettings,
        clocks: Clocks,
        authorities: ssl.SSLContext,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`authorities` says whose certificates are believed (`tls.py`); `chance` gives 0 to 1 for the jitter."""
        self._settings = settings
        self._clocks = clocks
        self._authorities = authorities
        self._sleep = sleep
        self._chance = chance
        self._hosts: dict[tuple[str, str], _Host] = {}
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, question: Question) -> WebAnswer:
        """Return the whole answer. Raises: SourceUnavailable."""
        buffer, answer = await self._ask_again_and_again(question, _Buffer)
        return answer._replace(body=bytes(buffer.content))

    async def stream(self, question: Question, make_taker: Callable[[], TakerT]) -> tuple[TakerT, WebAnswer]:
        """Give an answer piece by piece to a taker, a new one for each attempt; return the one that has it all.

        Raises: SourceUnavailable.
        """
        return await self._ask_again_and_again(question, make_taker)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _ask_again_and_again(
        self, question: Question, make_taker: Callable[[], TakerT]
    ) -> tuple[TakerT, WebAnswer]:
        host = self._hosts.setdefault((question.host, question.lane), _Host())
        attempt = 0
        while True:
            attempt += 1
            await self._wait_for_turn(question, host)
            taker = make_taker()
            try:
                answer = await self._attempt(question, taker)
            except _Failure as failure:
                self._record(host, failure)
                wait_s = compute_wait(attempt, failure.asked_wait_s, self._chance())
                if not failure.is_passing or wait_s is None:
                    raise SourceUnavailable(failure.reason, failure.asked_wait_s) from failure
                await self._sleep(wait_s)
            else:
                host.breaker.record_success()
                return taker, answer

    async def _wait_for_turn(self, question: Question, host: _Host) -> None:
        now = self._clocks.counting()
        if rest_s := host.breaker.find_rest(now):
            failures = host.breaker.failures
            reason = OracleCode.WEB_RESTING.because(
                host=question.host, failures=failures, rest_s=rest_s, why=host.last_failure
            )
            raise SourceUnavailable(reason, rest_s)
        if wait_s := host.pace.reserve(now):
            await self._sleep(wait_s)

    def _record(self, host: _Host, failure: _Failure) -> None:
        now = self._clocks.counting()
        if failure.is_passing:
            host.breaker.record_failure(now)
            host.last_failure = failure.reason
        else:
            host.breaker.record_success()  # it answers; what it says is no fault of the host's health
        if failure.asked_wait_s is not None:
            host.pace.rest(now, failure.asked_wait_s)

    async def _attempt(self, question: Question, taker: Taker) -> WebAnswer:
        total_s = question.total_s or self._settings.timeout_s
        try:
            async with self._open(question, total_s) as response:
                await self._judge(question.host, response)
                if response.status != 304:
                    await self._read(question, response, taker)
                return WebAnswer(b"", response.headers.get("ETag"), response.status == 304)
        except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
            raise self._translate(question, error, total_s) from error

    def _open(self, question: Question, total_s: float) -> Any:
        timeout = aiohttp.ClientTimeout(
            total=total_s, sock_connect=CONNECT_TIMEOUT_S, sock_read=question.silence_s
        )
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, deflate", **question.headers}
        if question.body is not None:
            headers["Content-Type"] = "application/json"
        return self._get_session().request(
            "GET" if question.body is None else "POST",
            question.url,
            params=list(question.params),
            headers=headers,
            data=question.body,
            proxy=self._find_proxy(question.host),
            timeout=timeout,
            allow_redirects=False,
        )

    def _get_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(ssl=self._authorities, limit_per_host=4)
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            )
        return self._session

    def _find_proxy(self, host: str) -> str | None:
        proxy = self._settings.https_proxy
        return None if is_asked_directly(host, self._settings.no_proxy) else proxy

    async def _judge(self, host: str, response: aiohttp.ClientResponse) -> None:
        """Raises: _Failure for any status but 200 and 304."""
        status = response.status
        if status in (200, 304):
            return
        asked_wait_s = parse_retry_after(response.headers.get("Retry-After"), self._clocks.wall())
        if status in THROTTLED_STATUSES:
            code = OracleCode.WEB_THROTTLED
        elif status in PASSING_STATUSES:
            code = OracleCode.WEB_BROKEN
        else:
            code = OracleCode.WEB_DENIED if status in DENIED_STATUSES else OracleCode.WEB_STATUS_UNEXPECTED
        is_passing = status in PASSING_STATUSES
        raise _Failure(
            code.because(host=host, status=status), is_passing=is_passing, asked_wait_s=asked_wait_s
        )

    async def _read(self, question: Question, response: aiohttp.ClientResponse, taker: Taker) -> None:
        """Raises: _Failure for an answer that is too long, what it takes packed or not."""
        size = 0
        async for piece in response.content.iter_any():
            size += len(piece)
            if size > question.max_bytes:
                response.close()
                too_large = OracleCode.WEB_TOO_LARGE.because(host=question.host, limit=question.max_bytes)
                raise _Failure(too_large, is_passing=False)
            await taker.take(piece)

    def _translate(self, question: Question, error: Exception, total_s: float) -> _Failure:
        host = question.host
        if isinstance(error, TimeoutError):
            seconds = total_s if question.silence_s is None else question.silence_s
            return _Failure(OracleCode.WEB_TIMED_OUT.because(host=host, seconds=seconds), is_passing=True)
        detail = _describe(error)
        if isinstance(error, (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError)):
            return _Failure(OracleCode.WEB_PROXY_FAILED.because(host=host, error=detail), is_passing=True)
        if isinstance(error, (aiohttp.ClientSSLError, ssl.SSLError)):
            return _Failure(OracleCode.WEB_NOT_BELIEVED.because(host=host, error=detail), is_passing=False)
        return _Failure(OracleCode.WEB_UNREACHABLE.because(host=host, error=detail), is_passing=True)


def _describe(error: Exception) -> str:
    """Return what the system said, without an address, which may hold a key."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"it answered with {error.status}"
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(inner, ssl.SSLCertVerificationError):
        return str(inner.verify_message)
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror
    return type(error).__name__
