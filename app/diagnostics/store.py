"""Does the price store answer, is it durable, and does its clock agree with ours?"""

from __future__ import annotations

import asyncio

from app.config.configuration import Configuration
from app.diagnostics.checks import Check, broken, ok, warning
from app.diagnostics.doctor_reasons import DoctorCode
from oracle.errors import StoreUrlError
from oracle.oracle import Oracle, open_oracle
from oracle.status import OracleStatus

#: How long the store may take to answer. Seconds; the embedded one needs 0.2, a remote one over the ocean 1.
ANSWER_TIMEOUT_S = 6.0
#: A wrong clock makes prices older or is not believed at all. Seconds; a quarter of a quote's life, and NTP
#: keeps hosts far below.
MAX_CLOCK_DIFFERENCE_S = 5.0


async def check_store(configuration: Configuration) -> list[Check]:
    """Open the store as the engine would, without generating prices."""
    try:
        async with open_oracle(configuration.oracle, source=None) as oracle:
            return await _check_answer(oracle)
    except StoreUrlError as error:
        return [broken("price store", error.reason, "correct --redis")]


def judge_store(status: OracleStatus) -> list[Check]:
    """Return the findings about a store that answers."""
    checks = [ok("price store", status.location)]
    if not status.is_durable:
        lost = DoctorCode.STORE_NOT_DURABLE.because(location=status.location)
        checks = [warning("price store", lost, "history is lost at the end")]
    difference_s = status.clock_difference_s
    if difference_s is not None and abs(difference_s) > MAX_CLOCK_DIFFERENCE_S:
        code = DoctorCode.STORE_CLOCK_AHEAD if difference_s > 0 else DoctorCode.STORE_CLOCK_BEHIND
        wrong = code.because(location=status.location, seconds=abs(difference_s))
        advice = "let NTP set both; until then prices of other instances may count as expired"
        checks.append(warning("price store's clock", wrong, advice))
    return checks


async def _check_answer(oracle: Oracle) -> list[Check]:
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            while not oracle.status.is_up:
                await oracle.wait_for_change(oracle.revision)
    except TimeoutError:
        reason = oracle.status.reason or DoctorCode.STORE_SILENT.because()
        return [broken("price store", reason, "start that Redis, correct --redis, or leave --redis out")]
    return judge_store(oracle.status)
