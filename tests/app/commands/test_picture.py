"""A picture that is not full names what is missing."""

from __future__ import annotations

from dataclasses import replace

from app.commands.picture import incomplete_picture
from app.exit_codes import ExitCode
from controller.clusters.fleet import Health
from controller.contract.snapshots import StoreView, make_notice
from controller.reasons import Code
from oracle.reasons import OracleCode
from tests.app.scripted_engine import ScriptedEngine


def test_each_cluster_that_has_not_been_seen_is_named(engine: ScriptedEngine) -> None:
    full = engine.snapshot()
    first, second, third, *rest = full.contexts
    connecting = Code.CONTEXT_CONNECTING.because(context=first.context)
    unread = Code.CONTEXT_INCOMPLETE.because(context=second.context)
    snapshot = replace(
        full,
        contexts=(
            replace(first, health=Health.CONNECTING, health_reason=connecting),
            replace(second, node_count=None, health_reason=unread),
            replace(third, quote=None),
            *rest,
        ),
        notices=(make_notice(OracleCode.STORE_SHARED.because()),),
    )
    failure = incomplete_picture(snapshot)
    assert failure.code is ExitCode.INCOMPLETE
    assert str(failure) == "no full picture of prices and clusters after 30 s"
    assert failure.details == (
        str(connecting),
        str(unread),
        f"no price has arrived for {third.context}",
    )


def test_store_that_is_down_is_the_reason_and_not_every_price(engine: ScriptedEngine) -> None:
    full, notice = engine.snapshot(), make_notice(Code.NO_NEW_PRICES.because(why="refused"))
    snapshot = replace(
        full,
        store=StoreView("remote", False, "refused"),
        contexts=tuple(replace(view, quote=None) for view in full.contexts),
        notices=(notice,),
    )
    assert incomplete_picture(snapshot).details == (notice.text,)
