"""What refuses the renewals of a Lease, and whether that is a person."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from controller.errors import NotArmed
from controller.migration.access.lease import ClusterLease
from controller.migration.access.lease_pair import LeasePair
from controller.migration.access.timing import Timing
from controller.migration.protocol.record import Side
from controller.migration.settings import MigrationSettings
from controller.reasons import Code
from oracle.foundation.clocks import Clocks
from tests.controller.refusals import refuses
from tests.simulation.virtual_loop import run_virtual


class RefusedLease:
    """A Lease that was taken, and that no write reaches any more."""

    context = "osaka"
    is_valid = False

    def __init__(self, code: Code) -> None:
        self._refusal = NotArmed(code.because(contexts=(self.context,)), request="PUT /lease")

    async def try_acquire(self, require_readable: object) -> bool:
        return True

    async def write(self) -> None:
        raise self._refusal


async def hold(code: Code) -> LeasePair:
    """A pair whose source's Lease could not be renewed for that reason."""
    loop = asyncio.get_running_loop()
    timing = Timing(MigrationSettings(), Clocks(loop.time, loop.time), asyncio.sleep)
    leases = {side: cast(ClusterLease, RefusedLease(code)) for side in Side}
    pair = LeasePair(leases, (Side.SOURCE, Side.TARGET), timing)
    await pair.take(Side.SOURCE, asyncio.sleep, None, lambda journal: None)
    await asyncio.sleep(60)
    await pair.stop_renewing()
    return pair


@pytest.mark.parametrize("code", [Code.NOT_ARMED, Code.ARMED_CLUSTER_REPLACED])
def test_who_may_write_no_more_stands_still_at_once(code: Code) -> None:
    async def scenario() -> None:
        pair = await hold(code)
        with refuses(NotArmed, code):
            pair.check_armed()

    run_virtual(scenario())


def test_a_cluster_that_has_not_said_who_it_is_is_looked_at_as_a_silent_one_and_not_written_to() -> None:
    """Nobody has forbidden anything: whoever stood still would not see that it is silent."""

    async def scenario() -> None:
        pair = await hold(Code.ARMED_UNIDENTIFIED)
        pair.check_armed()
        with refuses(NotArmed, Code.ARMED_UNIDENTIFIED):
            pair.check((Side.SOURCE,))

    run_virtual(scenario())
