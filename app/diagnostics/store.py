"""Does the price store answer, is it durable, and does its clock agree with ours?"""

from __future__ import annotations

import asyncio

from app.composition import oracle_settings
from app.configuration import Configuration
from app.diagnostics.checks import Check, broken, ok, warning
from oracle.errors import StoreUrlError
from oracle.oracle import Oracle, open_oracle

#: How long the store may take to answer. Seconds; the embedded one needs 0.2, a remote one over the ocean 1.
ANSWER_TIMEOUT_S = 6.0


async def check_store(configuration: Configuration) -> list[Check]:
    """Open the store as the engine would, without generating prices."""
    try:
        async with open_oracle(oracle_settings(configuration), source=None) as oracle:
            return [await _check_answer(oracle)]
    except StoreUrlError as error:
        return [broken("price store", str(error), "correct --redis")]


async def _check_answer(oracle: Oracle) -> Check:
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            while not oracle.status.is_up:
                await oracle.wait_for_change(oracle.revision)
    except TimeoutError:
        reason = oracle.status.reason or "no answer"
        return broken("price store", reason, "start that Redis, correct --redis, or leave --redis out")
    status = oracle.status
    if not status.is_durable:
        return warning("price store", f"{status.location}, not durable", "history is lost at the end")
    return ok("price store", status.location)
