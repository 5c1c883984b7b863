"""What a person should know while it lasts: the store, the contexts, the history. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controller.clusters.fleet import FleetPicture
from controller.contract.snapshots import Notice, PriceOrigin, StoreView, make_notice
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.status import OracleStatus, StoreKind

#: Where the clusters are real.
_NOT_LIVE = {
    PriceOrigin.SIMULATED: Code.PLANNED_ON_SIMULATED,
    PriceOrigin.RECORDED: Code.PLANNED_ON_RECORDED,
    PriceOrigin.MIXED: Code.PLANNED_ON_MIXED,
}
#: By which parameters the oracle's notices of one code differ: what a price is of, and where in a file it stands.
_TELLS_APART = ("offering", "line")


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
        return (*notices, make_notice(_NOT_LIVE[origin].because()))
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
        yield make_notice(Code.NO_NEW_PRICES.because(why=status.reason))
    if status.displacement is not None:
        yield make_notice(status.displacement)
    for reason in history_reasons:
        yield make_notice(reason)
    for cluster in picture.clusters.values():
        if cluster.health.is_lost:
            yield make_notice(
                Code.CONTEXT_LOST.because(
                    context=cluster.context, health=cluster.health.value, why=cluster.reason
                ),
                "context",
            )
    for reason in status.notices:
        yield make_notice(reason, *(name for name in _TELLS_APART if name in reason.code.parameters))
