"""`sentinelaura oracle`: publishes prices to Redis and serves the pricing API, until SIGINT or SIGTERM."""

from __future__ import annotations

import asyncio
import sys
import time
from argparse import Namespace
from collections.abc import Iterable

from app.commands.operator import wait_for_stop_signal
from app.configuration import Configuration
from app.exit_codes import ExitCode
from oracle.binding import Binding
from oracle.oracle import Oracle, open_oracle
from oracle.service import serve_prices
from oracle.settings import OracleSettings
from oracle.sources.choosing import choose_source


async def run_oracle(arguments: Namespace, configuration: Configuration, bindings: Iterable[Binding]) -> int:
    """Price `bindings` until a signal comes; standard error tells how the store is.

    Raises: OracleError for a recording, an address or a port that cannot be used; then nothing was started.
    """
    source = choose_source(configuration.prices, configuration.speed, configuration.seed, time.time())
    settings = OracleSettings(redis_url=configuration.redis)
    async with open_oracle(settings, source) as oracle, serve_prices(oracle, arguments.port) as url:
        oracle.set_bindings(bindings)
        print(f"pricing API: {url}/v1/prices", flush=True)
        await wait_for_stop_signal(asyncio.create_task(_tell_changes(oracle)))
    return ExitCode.OK


async def _tell_changes(oracle: Oracle) -> None:
    """Print a line whenever a person would want to know."""
    told: set[str] = set()
    revision = oracle.revision
    while True:
        status = oracle.status
        state = status.reason or f"{status.location}: prices by {status.generator or 'nobody yet'}"
        for line in {state, *status.notices} - told:
            print(line, file=sys.stderr, flush=True)
        told = {state, *status.notices}
        revision = await oracle.wait_for_change(revision)
