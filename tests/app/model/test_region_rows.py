from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from msgspec import structs

from app.model.region_rows import (
    Column,
    RegionRow,
    accessible_text,
    describe_row,
    make_row,
    reads_text,
    sort_value,
)
from controller.clusters.fleet import Health, WatchedKind
from controller.contract.snapshots import ContextView
from controller.reasons import Code
from oracle.quotes import Freshness
from tests.app.scripted_engine import PRICE_LIFE_S, ScriptedEngine
from tests.controller.faults import unreachable


@pytest.fixture
def view(engine: ScriptedEngine) -> ContextView:
    engine.set_price("aws-eu-central-1", 0.0612)
    return next(view for view in engine.snapshot().contexts if view.context == "aws-eu-central-1")


def row_of(view: ContextView, now: float) -> RegionRow:
    return make_row(view, {view.context: "Frankfurt (AWS)"}, (), 0.5, now)


def test_a_row_says_price_age_and_source(engine: ScriptedEngine, view: ContextView) -> None:
    row = row_of(view, engine.now + 12.0)
    assert row.texts[Column.PRICE] == "$0.0612"
    assert row.texts[Column.AGE] == "12 s, simulated"
    assert row.texts[Column.WORKLOADS] == "3  19/19"


def test_a_narrow_column_says_the_source_shortly_and_the_tool_tip_in_full(
    engine: ScriptedEngine, view: ContextView
) -> None:
    assert view.quote is not None
    row = row_of(replace(view, quote=structs.replace(view.quote, source="simulated market")), engine.now)
    assert row.texts[Column.AGE] == "0 s, simulated"
    assert "Price from simulated market" in describe_row(row)


def test_a_context_where_nothing_runs_has_no_counters(engine: ScriptedEngine, view: ContextView) -> None:
    empty = replace(view, workloads=(), ready_replicas=0, desired_replicas=0)
    assert row_of(empty, engine.now).texts[Column.WORKLOADS] == "0"


def test_a_saving_that_nobody_knows_is_sorted_as_unknown(engine: ScriptedEngine, view: ContextView) -> None:
    offer = replace(engine.snapshot().opportunities[0], source_usd_per_hour=None)
    row = make_row(view, {view.context: "Frankfurt (AWS)"}, (offer,), 0.5, engine.now)
    assert sort_value(row, Column.ACTION) == (1, 0.0)


def test_an_expired_price_is_not_shown_as_a_price(engine: ScriptedEngine, view: ContextView) -> None:
    row = row_of(view, engine.now + PRICE_LIFE_S)
    assert row.freshness is Freshness.EXPIRED
    assert row.texts[Column.PRICE] == "expired"
    assert "past its deadline" in describe_row(row)


def test_unknown_things_are_dashes(engine: ScriptedEngine, view: ContextView) -> None:
    unknown = replace(view, quote=None, trend=None, usd_per_day=None, workloads=(), health=Health.CONNECTING)
    assert set(row_of(unknown, engine.now).texts[1:6]) == {"—"}


def test_a_context_that_was_never_read_does_not_cost_nothing(
    engine: ScriptedEngine, view: ContextView
) -> None:
    unread = replace(view, workloads=(), usd_per_day=Decimal(0), health=Health.CONNECTING)
    assert row_of(unread, engine.now).texts[Column.COST] == "—"
    known, unknown = row_of(view, engine.now), row_of(unread, engine.now)
    assert sort_value(known, Column.COST) < sort_value(unknown, Column.COST)


def test_how_long_ago_each_kind_was_read_is_said() -> None:
    read_at = {WatchedKind.NODES: 97.0, WatchedKind.AUTOSCALERS: 20.0}
    assert reads_text(read_at, 100.0) == "nodes 3 s, autoscalers 1 min ago"
    assert reads_text({}, 100.0) == ""


def test_a_context_of_which_something_is_too_old_says_what(engine: ScriptedEngine, view: ContextView) -> None:
    old = Code.KINDS_OUTDATED.because(context=view.context, kinds=("pods",))
    described = describe_row(row_of(replace(view, health_reason=old), engine.now))
    assert f"reachable: the pods of {view.context} were read too long ago" in described


def test_an_unreachable_context_gives_its_reason(engine: ScriptedEngine, view: ContextView) -> None:
    row = row_of(
        replace(view, health=Health.UNREACHABLE, health_reason=unreachable("eu", "no route\u202e").reason),
        engine.now,
    )
    assert "unreachable: cannot connect to eu (https://eu): no route\n" in describe_row(row)
    assert accessible_text(row, Column.REGION).endswith("unreachable")


def test_unknown_values_sort_after_known_ones(engine: ScriptedEngine, view: ContextView) -> None:
    known, unknown = row_of(view, engine.now), row_of(replace(view, trend=None), engine.now)
    assert sort_value(known, Column.TREND) < sort_value(unknown, Column.TREND)
