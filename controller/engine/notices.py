"""What a person should know while it lasts: the store, the contexts, the history. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controller.clusters.fleet import FleetPicture
from controller.contract.snapshots import Notice, PriceOrigin, StoreView
from oracle.reason import Reason, Severity
from oracle.status import OracleStatus, StoreKind

_ADVICE = "Give real ones with --prices or --redis."
#: Where the clusters are real.
_SIMULATED_PRICES = {
    PriceOrigin.SIMULATED: f"These clusters are real, but the prices are simulated: nothing is moved. {_ADVICE}",
    PriceOrigin.MIXED: "These clusters are real, but some of the prices are simulated: nothing is moved on those. "
    f"{_ADVICE}",
}


def collect_notices(
    status: OracleStatus,
    picture: FleetPicture,
    history_troubles: Sequence[Reason],
    origin: PriceOrigin,
    *,
    warns_of_simulation: bool,
) -> tuple[Notice, ...]:
    """Return the notices that hold now, the loudest trouble first. `origin` is that of the prices on the board."""
    notices = tuple(_iterate_notices(status, picture, history_troubles))
    if warns_of_simulation and origin in _SIMULATED_PRICES:
        return (*notices, Notice("prices", Severity.WARNING, _SIMULATED_PRICES[origin]))
    return notices


def describe_store(status: OracleStatus) -> StoreView:
    """Return the price store as shown."""
    if status.kind is StoreKind.REMOTE:
        kind = "remote"
    else:
        kind = "shared" if status.is_shared else "embedded"
    return StoreView(kind, status.is_up, status.reason or status.location)


def _iterate_notices(
    status: OracleStatus, picture: FleetPicture, history_troubles: Sequence[Reason]
) -> Iterator[Notice]:
    if status.reason is not None:
        yield Notice(
            "store",
            Severity.ERROR,
            f"No new prices: {status.reason.rstrip('.')}. Migrations hold until they are back.",
        )
    if status.displacement is not None:
        yield Notice("source", Severity.WARNING, status.displacement)
    for reason in history_troubles:
        yield Notice(f"history:{reason.code}", reason.severity, f"{reason}.")
    for cluster in picture.clusters.values():
        if cluster.health.is_lost:
            yield Notice(
                f"context:{cluster.context}", Severity.WARNING, f"{cluster.context}: {cluster.reason}"
            )
    for text in status.notices:
        yield Notice(f"oracle:{text}", Severity.INFO, text)
