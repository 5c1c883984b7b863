"""Do the services answer that are asked for live prices, and what do they know of what the clusters run on?"""

from __future__ import annotations

import asyncio
import time

from app.config.configuration import Configuration
from app.diagnostics.checks import Check, broken, ok, warning
from app.diagnostics.doctor_reasons import DoctorCode
from app.model.services import describe_service
from controller.clusters.discovery import bindings_of
from controller.clusters.fleet import FleetPicture
from oracle.errors import SourceUnavailable
from oracle.foundation.clocks import SYSTEM_CLOCKS
from oracle.reasons import OracleCode
from oracle.sources.choosing import ask_services
from oracle.sources.composite import LiveMarket
from oracle.status import SourceState, SourceStatus

#: How long they may take together. Seconds; a price list of a region takes up to a minute, the others a few.
ANSWER_TIMEOUT_S = 60.0
_NAME = "live prices"
#: What no status of a service says.
_TOLD = frozenset(
    {
        OracleCode.PRICES_OFFLINE,
        OracleCode.CLOUD_NOT_ASKED,
        OracleCode.REGION_NOT_ASKED,
        OracleCode.PRICE_DISPUTED,
    }
)
_OTHERS = "docs/prices.md says what each is asked for; --prices FILE needs none of them"


async def check_services(configuration: Configuration, picture: FleetPicture) -> list[Check]:
    """Ask each service about what the clusters run on, as the engine would."""
    if not configuration.is_asking:
        return []
    try:
        source = ask_services(configuration.live_prices, SYSTEM_CLOCKS)
    except SourceUnavailable as error:
        return [broken(_NAME, error.reason, "correct prices.ca_bundle")]
    try:
        await _wait_for_answers(source, picture)
        told = (warning(_NAME, notice, _OTHERS) for notice in source.notices if notice.code in _TOLD)
        return [*told, *(_judge(status) for status in source.statuses)]
    finally:
        await source.aclose()


async def _wait_for_answers(source: LiveMarket, picture: FleetPicture) -> None:
    offerings = sorted({binding.offering for binding in bindings_of(picture)})
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            await source.observe(offerings, time.time())
            await source.wait_for_answers()
            await source.observe(
                offerings, time.time()
            )  # what they said, and where they contradict each other
    except TimeoutError:
        pass  # who has not answered is reported as awaited


def _judge(status: SourceStatus) -> Check:
    name = f"{_NAME} {status.name}"
    if status.reason is not None:
        return warning(name, status.reason, _OTHERS)
    if status.state is SourceState.AWAITED:
        slow = DoctorCode.SERVICE_SLOW.because(hosts=status.hosts, seconds=ANSWER_TIMEOUT_S)
        return warning(name, slow, _OTHERS)
    return ok(name, f"{describe_service(status, time.time())} ({', '.join(status.hosts)})")
