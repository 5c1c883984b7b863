"""What a person should know while it lasts: the store, the contexts, the ledger. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from controller.clusters.fleet import FleetPicture, Health
from controller.snapshots import Notice, Severity, StoreView
from oracle.quotes import SIMULATED_MARKET
from oracle.status import OracleStatus, StoreKind

_SIMULATED_PRICES = Notice(
    "prices",
    Severity.WARNING,
    "These clusters are real, but the prices are simulated: nothing is moved. Give real ones with --prices or --redis.",
)


def collect_notices(
    status: OracleStatus, picture: FleetPicture, ledger_trouble: str | None, *, warns_of_simulation: bool
) -> tuple[Notice, ...]:
    """Return the notices that hold now, the loudest trouble first."""
    simulated = (_SIMULATED_PRICES,) if warns_of_simulation and status.source == SIMULATED_MARKET else ()
    return (*_iterate_notices(status, picture, ledger_trouble), *simulated)


def describe_store(status: OracleStatus) -> StoreView:
    """Return the price store as shown."""
    if status.kind is StoreKind.REMOTE:
        kind = "remote"
    else:
        kind = "shared" if status.is_shared else "embedded"
    return StoreView(kind, status.is_up, status.reason or status.location)


def _iterate_notices(
    status: OracleStatus, picture: FleetPicture, ledger_trouble: str | None
) -> Iterator[Notice]:
    if status.reason is not None:
        yield Notice(
            "store", Severity.ERROR, f"No new prices: {status.reason}. Migrations hold until they are back."
        )
    if ledger_trouble is not None:
        yield Notice("ledger", Severity.WARNING, ledger_trouble)
    for cluster in picture.clusters.values():
        if cluster.health in (Health.UNREACHABLE, Health.DENIED):
            yield Notice(
                f"context:{cluster.context}", Severity.WARNING, f"{cluster.context}: {cluster.reason}"
            )
    for text in status.notices:
        yield Notice(f"oracle:{text}", Severity.INFO, text)
