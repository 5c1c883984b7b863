"""The pricing API: the board as JSON over HTTP, on loopback only, for programs beside SentinelAura.

    GET /v1/prices             {"now": ..., "prices": [price, ...]}
    GET /v1/prices/{context}   the same for one Kubernetes context; 404 where nobody has ever priced it
    GET /healthz               200 where new prices arrive as they should and one holds, else 503; the body says why

A price:
    context                  Kubernetes context that buys it
    provider, region         the cloud and its name of the region
    instance_type            the provider's name of the machine
    zone                     the provider's name of the zone; null where the price is the whole region's
    capacity_type            "spot" or "on_demand"
    operating_system         "linux" or "windows": its licence is part of the price
    usd_per_hour             decimal text; null once the quote is expired: its price is then unknown
    on_demand_usd_per_hour   decimal text for the same machine on demand; null where unknown
    in_force_since           Unix seconds at which the market set it; of a recording by its own clock
    confirmed_at             Unix seconds at which its source last said that it holds
    deadline                 Unix seconds from which on the quote is expired
    age_s                    seconds since it was confirmed
    freshness                "fresh", "ageing" (a refresh is overdue) or "expired"
    source                   who said so
    mode                     "live", "recorded" or "simulated": nobody charges the other two
    recorded_at, speed       the moment of the recording that is played (Unix seconds) and how many times as fast;
                             null in the other modes
    interruption             {"at_least", "at_most", "period_s", "words"}: which share of spot machines was taken away
                             within a period, and how the cloud says it; null where nobody said
    obtainability            {"score", "words", "expected_uptime_s"}: how likely a spot machine is to be had, 0 to 1,
                             and for how long one is expected to stay (null where not said); null where nobody said
    disputed_by              {"source", "usd_per_hour"}: who contradicts the price by more than a third, so that nothing
                             is moved on it; null where nobody does
Money is text, so that no reader rounds it by accident. Errors are {"error": sentence}.

There is no access control beyond loopback; a request by another name than loopback's is refused, so that a
web page cannot read it by pointing its own name at 127.0.0.1. Who connects and says nothing, or says it a byte at a
time, is hung up on, and only so many may be connected at once (`Limits`): a program that hangs beside us costs us
neither memory nor descriptors.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any, NamedTuple

from aiohttp import web

from oracle.errors import PortUnavailable
from oracle.foundation.clocks import SYSTEM_CLOCKS, Clocks
from oracle.foundation.reason import Reason, encode_if_any, encode_reason
from oracle.oracle import Oracle
from oracle.quotes import Dispute, Freshness, Quote
from oracle.reasons import OracleCode
from oracle.status import encode_service

HOST = "127.0.0.1"
#: Seconds for requests in flight at the end; every answer takes milliseconds.
SHUTDOWN_TIMEOUT_S = 1.0
#: Names by which a person may address this machine's loopback.
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Limits(NamedTuple):
    """How much of us one program may take.

    idle_s: for so long a connection may be without a whole request, from its beginning or after an answer, seconds.
    connections: so many at once; who comes then is hung up on.
    """

    idle_s: float = 10.0
    connections: int = 64


LIMITS = Limits()

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serve_prices(
    oracle: Oracle, port: int, clocks: Clocks = SYSTEM_CLOCKS, limits: Limits = LIMITS
) -> AsyncIterator[str]:
    """Serve for as long as the block lasts; yields the base URL. Port 0 lets the system choose.

    Raises: PortUnavailable.
    """
    runner = web.AppRunner(
        make_application(oracle, clocks),
        access_log=None,
        shutdown_timeout=SHUTDOWN_TIMEOUT_S,
        keepalive_timeout=limits.idle_s,
    )
    await runner.setup()
    try:
        async with await _listen(runner, port, limits.connections) as server:
            yield f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, port: int, connections: int) -> asyncio.Server:
    """Raises: PortUnavailable."""
    answerer = runner.server
    assert answerer is not None, "it was set up"

    def accept() -> asyncio.Protocol:
        return answerer() if len(answerer.connections) < connections else _HangUp()

    try:
        return await asyncio.get_running_loop().create_server(accept, HOST, port)
    except (OSError, OverflowError) as error:
        raise PortUnavailable(port, str(error)) from error


class _HangUp(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.abort()


def make_application(oracle: Oracle, clocks: Clocks) -> web.Application:
    """Return the web application that answers from `oracle`; it must run on the oracle's loop."""
    service = _PricingService(oracle, clocks)
    application = web.Application(middlewares=[_refuse_foreign_names])
    application.add_routes(
        [
            web.get("/v1/prices", service.list_prices),
            # Contexts of EKS are ARNs and hold slashes.
            web.get("/v1/prices/{context:.+}", service.list_prices_of_context),
            web.get("/healthz", service.report_health),
        ]
    )
    return application


class _PricingService:
    def __init__(self, oracle: Oracle, clocks: Clocks) -> None:
        self._oracle = oracle
        self._clocks = clocks

    async def list_prices(self, request: web.Request) -> web.Response:
        return self._respond(self._sorted_quotes())

    async def list_prices_of_context(self, request: web.Request) -> web.Response:
        context = request.match_info["context"]
        quotes = [quote for quote in self._sorted_quotes() if quote.context == context]
        if not quotes:
            return _to_response({"error": "no price was ever seen for this context"}, status=404)
        return self._respond(quotes)

    async def report_health(self, request: web.Request) -> web.Response:
        status = self._oracle.status
        reason = status.reason or self._find_lack()
        is_healthy = status.is_healthy and reason is None
        body = {
            "healthy": is_healthy,
            "reason": encode_if_any(reason),
            "store": {
                "kind": status.kind.value,
                "location": status.location,
                "up": status.is_up,
                "durable": status.is_durable,
                "shared": status.is_shared,
            },
            "generating": status.is_generating,
            "generator": status.generator,
            "source": status.source,
            "displacement": encode_if_any(status.displacement),
            "notices": [encode_reason(notice) for notice in status.notices],
            "services": [encode_service(service) for service in status.services],
        }
        return _to_response(body, status=200 if is_healthy else 503)

    def _find_lack(self) -> Reason | None:
        """Return that no price holds, where none does: a source that ended says that all is well with it."""
        now = self._clocks.wall()
        if any(quote.is_usable(now) for quote in self._oracle.board().quotes.values()):
            return None
        return OracleCode.NO_PRICE_HOLDS.because()

    def _sorted_quotes(self) -> list[Quote]:
        quotes = self._oracle.board().quotes
        return [quotes[key] for key in sorted(quotes)]

    def _respond(self, quotes: list[Quote]) -> web.Response:
        now = self._clocks.wall()
        return _to_response({"now": now, "prices": [self._to_fields(quote, now) for quote in quotes]})

    def _to_fields(self, quote: Quote, now: float) -> dict[str, Any]:
        offering = quote.offering
        freshness = quote.freshness(now)
        on_demand = self._oracle.on_demand(offering)
        return {
            "context": quote.context,
            "provider": offering.provider,
            "region": offering.region,
            "instance_type": offering.instance_type,
            "zone": offering.zone or None,
            "capacity_type": offering.capacity_type.value,
            "operating_system": offering.system.value,
            "usd_per_hour": None if freshness is Freshness.EXPIRED else str(quote.usd_per_hour),
            "on_demand_usd_per_hour": None if on_demand is None else str(on_demand),
            "in_force_since": quote.in_force_since,
            "confirmed_at": quote.confirmed_at,
            "deadline": quote.deadline,
            "age_s": quote.age_s(now),
            "freshness": freshness.value,
            "source": quote.source,
            "mode": quote.mode.value,
            "recorded_at": None if quote.playback is None else quote.playback.recorded_at,
            "speed": None if quote.playback is None else quote.playback.speed,
            "interruption": None if quote.interruption is None else asdict(quote.interruption),
            "obtainability": None if quote.obtainability is None else asdict(quote.obtainability),
            "disputed_by": None if quote.dispute is None else _dispute_to_fields(quote.dispute),
        }


def _dispute_to_fields(dispute: Dispute) -> dict[str, str]:
    return {"source": dispute.source, "usd_per_hour": str(dispute.usd_per_hour)}


@web.middleware
async def _refuse_foreign_names(request: web.Request, handler: _Handler) -> web.StreamResponse:
    name = request.host.rpartition(":")[0] or request.host
    if request.host not in LOOPBACK_NAMES and name not in LOOPBACK_NAMES:
        return _to_response({"error": "ask for 127.0.0.1 or localhost"}, status=403)
    try:
        return await handler(request)
    except web.HTTPException as error:
        return _to_response({"error": error.reason}, status=error.status)


def _to_response(body: dict[str, Any], status: int = 200) -> web.Response:
    return web.json_response(body, status=status, headers={"Cache-Control": "no-store"})
