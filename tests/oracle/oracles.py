"""Oracles on a real server, for tests of what their users see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

from oracle.foundation.clocks import SYSTEM_CLOCKS
from oracle.oracle import Oracle
from oracle.quotes import Origin, PriceMode
from oracle.settings import OracleSettings
from oracle.store.embedded import EmbeddedHost
from tests.oracle.fakes import DUBLIN, VIRGINIA, ScriptedSource

#: Whose prices those of the scripted source are.
SAID = Origin("script", PriceMode.LIVE)


def make_source(price: str = "0.1613", **changes: Any) -> ScriptedSource:
    prices = {VIRGINIA: Decimal(price), DUBLIN: Decimal("0.2299")}
    return ScriptedSource(prices, Decimal("0.384"), **changes)


@asynccontextmanager
async def remote_store(settings: OracleSettings) -> AsyncIterator[OracleSettings]:
    """Somebody else's server; yields the settings of those who share it."""
    host = EmbeddedHost(settings)
    try:
        await (await host.connect()).aclose()
        socket = host.facts.location.rpartition(" at ")[2]
        yield replace(settings, redis_url=f"unix://{socket}")
    finally:
        await host.aclose()


async def until(oracle: Oracle, is_true: Callable[[], bool]) -> None:
    """Wait for changes until the condition holds; the time limit is only there to end a broken run."""
    async with asyncio.timeout(30.0):
        revision = oracle.revision
        while not is_true():
            revision = await oracle.wait_for_change(revision)


def price_of(oracle: Oracle, context: str = "blue") -> Decimal | None:
    quote = oracle.board().find_usable(context, VIRGINIA, SYSTEM_CLOCKS.wall())
    return None if quote is None else quote.usd_per_hour
