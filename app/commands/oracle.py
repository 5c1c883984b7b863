"""`sentinelaura oracle`: publishes prices to Redis and serves the pricing API, until SIGINT or SIGTERM."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace

from app.commands.output import report_line, write_output
from app.commands.stopping import wait_for_stop_signal
from app.composition import choose_price_source, open_fleet, open_key_ring
from app.config.configuration import Configuration
from app.exit_codes import ExitCode
from controller.clusters.discovery import bindings_of
from controller.clusters.region_manager import RegionManager
from oracle.oracle import Oracle, open_oracle
from oracle.service import serve_prices


async def run_oracle(arguments: Namespace, configuration: Configuration) -> int:
    """Price what the clusters run on until a signal comes; standard error shows how the store is.

    Raises: OracleError for a recording, a key ring, an address or a port that cannot be used; then nothing was started.
    """
    source = choose_price_source(configuration, time.time())
    ring = open_key_ring(configuration)
    async with (
        open_fleet(configuration) as fleet,
        open_oracle(configuration.oracle, source, ring=ring) as oracle,
        serve_prices(oracle, arguments.port) as url,
    ):
        write_output(f"pricing API: {url}/v1/prices")
        await wait_for_stop_signal(asyncio.create_task(_serve(fleet, oracle)))
    return ExitCode.OK


async def _serve(fleet: RegionManager, oracle: Oracle) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_follow_bindings(fleet, oracle))
        tasks.create_task(_report_changes(oracle))


async def _follow_bindings(fleet: RegionManager, oracle: Oracle) -> None:
    """Price the offerings that the nodes of each context are, as they come and go."""
    while True:
        oracle.set_bindings(bindings_of(fleet.picture()))
        await fleet.wait_for_change()


async def _report_changes(oracle: Oracle) -> None:
    """Print a line whenever a person would want to know."""
    reported: dict[str, None] = {}
    revision = oracle.revision
    while True:
        status = oracle.status
        state = str(status.reason or f"{status.location}: prices by {status.generator or 'nobody yet'}")
        displacement = () if status.displacement is None else (str(status.displacement),)
        lines = dict.fromkeys((state, *map(str, status.notices), *displacement))
        for line in lines:
            if line not in reported:
                report_line(line)
        reported = lines
        revision = await oracle.wait_for_change(revision)
