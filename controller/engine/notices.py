"""What a person should know while it lasts: moves that wait for them, the store, the contexts, the history. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from controller.clusters.fleet import FleetPicture
from controller.contract.snapshots import MigrationView, Notice, PriceOrigin, StoreView, make_notice
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


def call_for_person(migrations: Iterable[MigrationView]) -> Iterator[Notice]:
    """Return a notice for each migration that waits for a person, who can decide about it there."""
    for view in migrations:
        if view.advice is not None:
            reason = Code.MOVE_WAITS.because(
                workload=f"{view.workload.namespace}/{view.workload.name}",
                source=view.workload.context,
                target=view.target,
                why=view.reason or view.detail,
            )
            yield Notice(f"{reason.code}:{view.migration_id}", reason, view.migration_id)


def tell_stop(migrations: Iterable[MigrationView]) -> Notice:
    """Return the notice of a stop, wherever it was asked for: where each move stands still now."""
    moves = tuple(_tell_stand(view) for view in migrations if not view.stage.is_final)
    return make_notice(Code.STOPPED_MOVES.because(moves=moves) if moves else Code.STOPPED_BY_HAND.because())


def _tell_stand(view: MigrationView) -> str:
    workload = f"{view.workload.namespace}/{view.workload.name}"
    return f"{workload} with {view.landed} of {view.replicas} replicas in {view.target}"


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
        elif (outdated := cluster.find_outdated()) is not None:
            yield make_notice(outdated, "context")
        if cluster.left_out is not None:
            yield make_notice(cluster.left_out, "context")
    for reason in status.notices:
        yield make_notice(reason, *(name for name in _TELLS_APART if name in reason.code.parameters))
