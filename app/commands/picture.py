"""The full picture of prices and clusters: how long a command waits for it, and what is missing without it."""

from __future__ import annotations

from collections.abc import Iterator

from app.commands.failures import CommandFailed
from app.exit_codes import ExitCode
from controller.contract.snapshots import ContextView, EngineSnapshot
from controller.engine.engine import Engine
from controller.reasons import Code
from oracle.foundation.reason import Severity

#: How long the prices and the clusters may take to arrive. Seconds; a cluster that needs longer is called unreachable.
PICTURE_TIMEOUT_S = 30.0
#: Offerings without a price that are named one by one.
MAX_NAMED = 50


async def wait_for_picture(engine: Engine) -> EngineSnapshot:
    """Return the first full picture, or the newest one when the time is over; `is_complete` is which of them."""
    return await engine.wait_until(lambda seen: seen.is_complete, PICTURE_TIMEOUT_S)


def incomplete_picture(snapshot: EngineSnapshot) -> CommandFailed:
    """Return the failure that names what has not arrived."""
    reason = Code.PICTURE_INCOMPLETE.because(seconds=PICTURE_TIMEOUT_S)
    return CommandFailed(ExitCode.INCOMPLETE, reason, tuple(_list_missing(snapshot)))


def unpriced_offerings(snapshot: EngineSnapshot) -> CommandFailed:
    """Return the failure that names what nobody says a price of."""
    names = [f"{binding.context}: {binding.offering}" for binding in snapshot.unpriced]
    shown = names[:MAX_NAMED]
    if len(names) > MAX_NAMED:
        shown.append(f"{len(names) - MAX_NAMED} more")
    return CommandFailed(ExitCode.INCOMPLETE, Code.OFFERINGS_UNPRICED.because(count=len(names)), tuple(shown))


def _list_missing(snapshot: EngineSnapshot) -> Iterator[str]:
    for notice in snapshot.notices:
        if notice.severity is not Severity.INFO:
            yield notice.text
    for view in snapshot.contexts:
        if not view.health.is_lost and view.health_reason is not None:
            yield str(view.health_reason)
    unpriced = [view.context for view in snapshot.contexts if _lacks_price(view)]
    if unpriced and snapshot.store.is_up:  # else a notice has said why no price comes
        yield f"no price has arrived for {', '.join(unpriced)}"


def _lacks_price(view: ContextView) -> bool:
    return view.instance_type is not None and view.quote is None
