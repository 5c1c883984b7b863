"""What a person should know while it lasts: the store, the contexts, the history. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controller.clusters.fleet import FleetPicture
from controller.contract.snapshots import Notice, PriceOrigin, StoreView
from oracle.foundation.reason import Reason, Severity
from oracle.status import OracleStatus, StoreKind

_ADVICE = "Give live ones with --prices FILE --live."
#: Where the clusters are real.
_NOT_LIVE = {
    PriceOrigin.SIMULATED: "the prices are simulated: moves are planned on them, and nothing is moved.",
    PriceOrigin.RECORDED: "the prices are recorded: moves are planned on them, and nothing is moved.",
    PriceOrigin.MIXED: "some of the prices are not live: moves are planned on those, and nothing is moved.",
}


def collect_notices(
    status: OracleStatus,
    picture: FleetPicture,
    history_reasons: Sequence[Reason],
    origin: PriceOrigin,
    *,
    needs_live_prices: bool,
) -> tuple[Notice, ...]:
    """Return the notices that hold now, the loudest trouble first. `origin` is that of the prices on the board."""
    notices = tuple(_iterate_notices(status, picture, history_reasons))
    if needs_live_prices and origin in _NOT_LIVE:
        return (
            *notices,
            Notice("prices", Severity.WARNING, f"These clusters are real, but {_NOT_LIVE[origin]} {_ADVICE}"),
        )
    return notices


def describe_store(status: OracleStatus) -> StoreView:
    """Return the price store as shown."""
    if status.kind is StoreKind.REMOTE:
        kind = "remote"
    else:
        kind = "shared" if status.is_shared else "embedded"
    return StoreView(kind, status.is_up, str(status.reason) if status.reason is not None else status.location)


def _iterate_notices(
    status: OracleStatus, picture: FleetPicture, history_reasons: Sequence[Reason]
) -> Iterator[Notice]:
    if status.reason is not None:
        yield Notice(
            "store",
            Severity.ERROR,
            f"No new prices: {status.reason}. Migrations hold until they are back.",
        )
    if status.displacement is not None:
        yield Notice("source", Severity.WARNING, f"{_begin(status.displacement)}.")
    for reason in history_reasons:
        yield Notice(f"history:{reason.code}", reason.severity, f"{reason}.")
    for cluster in picture.clusters.values():
        if cluster.health.is_lost:
            text = f"{cluster.context} is {cluster.health.value}: {cluster.reason}"
            yield Notice(f"context:{cluster.context}", Severity.WARNING, text)
    for text in status.notices:
        yield Notice(f"oracle:{text}", Severity.INFO, text)


def _begin(reason: Reason) -> str:
    """Return a reason as the beginning of a sentence."""
    text = str(reason)
    return text[:1].upper() + text[1:]
