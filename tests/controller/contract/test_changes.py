"""A window that gets differences has what the engine has, for every way in which two snapshots can differ."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.clusters.fleet import Health, WorkloadKey
from controller.contract.changes import (
    apply_change,
    apply_series_change,
    compute_change,
    compute_series_change,
)
from controller.contract.snapshots import (
    ContextView,
    EngineSnapshot,
    EntryKind,
    PriceOrigin,
    PriceSourceView,
    StoreView,
    TimelineEntry,
    WorkloadView,
)


def make_workload(name: str, context: str = "paris", replicas: int = 3) -> WorkloadView:
    return WorkloadView(WorkloadKey(context, "shop", name), replicas, replicas, Decimal("1.5"), 2.0)


def make_context(name: str, *workloads: WorkloadView) -> ContextView:
    return ContextView(
        context=name,
        provider="aws",
        region="eu-west-3",
        city="Paris",
        latitude_degrees=48.9,
        longitude_degrees=2.4,
        instance_type="m5.large",
        health=Health.REACHABLE,
        health_reason=None,
        armed=False,
        quote=None,
        on_demand_usd_per_hour=None,
        trend=None,
        history=((1.0, 0.1), (2.0, 0.2)),
        workloads=workloads,
        usd_per_day=None,
        node_count=2,
        ready_replicas=3,
        desired_replicas=3,
    )


def make_snapshot(*contexts: ContextView, sequence: int = 1) -> EngineSnapshot:
    return EngineSnapshot(
        sequence=sequence,
        taken_at=float(sequence),
        demo=False,
        price_source=PriceSourceView(PriceOrigin.UNKNOWN, "none yet"),
        store=StoreView("embedded", True, ""),
        is_complete=True,
        contexts=contexts,
        opportunities=(),
        refused=(),
        migrations=(),
        timeline=(entry(1), entry(2)),
        notices=(),
        answers=(),
    )


def entry(sequence: int) -> TimelineEntry:
    return TimelineEntry(sequence, float(sequence), EntryKind.DECISION, f"entry {sequence}")


WEB, BATCH, CACHE = make_workload("web"), make_workload("batch"), make_workload("cache")
PARIS = make_context("paris", WEB, BATCH)
TOKYO = make_context("tokyo", make_workload("web", "tokyo"))
BEFORE = make_snapshot(PARIS, TOKYO)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s,
        lambda s: replace(s, is_complete=False),
        lambda s: replace(s, timeline=(*s.timeline[1:], entry(3))),
        lambda s: replace(s, timeline=()),
        lambda s: replace(s, contexts=(TOKYO,)),
        lambda s: replace(s, contexts=(TOKYO, PARIS)),
        lambda s: replace(s, contexts=(make_context("osaka"), PARIS, TOKYO)),
        lambda s: replace(s, contexts=(replace(PARIS, armed=True), TOKYO)),
        lambda s: replace(s, contexts=(replace(PARIS, history=((2.0, 0.2), (3.0, 0.3))), TOKYO)),
        lambda s: replace(s, contexts=(replace(PARIS, history=()), TOKYO)),
        lambda s: replace(s, contexts=(replace(PARIS, workloads=(WEB, CACHE)), TOKYO)),
        lambda s: replace(s, contexts=(replace(PARIS, workloads=(BATCH, WEB)), TOKYO)),
        lambda s: replace(s, contexts=(replace(PARIS, workloads=(make_workload("web", replicas=9), BATCH)), TOKYO)),
        lambda s: replace(s, contexts=(replace(PARIS, workloads=()), TOKYO)),
    ],
    ids=[
        "nothing", "a field", "timeline goes on", "timeline gone", "context gone", "contexts reordered", "context new",
        "context's field", "history goes on", "history gone", "workload replaced", "workloads reordered",
        "workload scaled", "workloads gone",
    ],
)  # fmt: skip
def test_change_leads_to_the_next_snapshot(change: Callable[[EngineSnapshot], EngineSnapshot]) -> None:
    after = replace(change(BEFORE), sequence=2, taken_at=2.0)
    received = pickle.loads(pickle.dumps(compute_change(BEFORE, after)))

    assert apply_change(BEFORE, received) == after


def test_what_has_not_changed_is_shared_and_not_sent() -> None:
    after = replace(BEFORE, sequence=2, contexts=(replace(PARIS, armed=True), TOKYO))
    change = compute_change(BEFORE, after)
    result = apply_change(BEFORE, change)

    assert change.fields == {"sequence": 2}
    assert [one.context for one in change.contexts] == ["paris"]
    assert result.contexts[1] is TOKYO
    assert result.contexts[0].workloads is PARIS.workloads


def test_one_scaled_workload_is_sent_alone() -> None:
    many = tuple(make_workload(f"web-{number}") for number in range(500))
    before = make_snapshot(make_context("paris", *many))
    scaled = replace(many[7], desired_replicas=9)
    after = make_snapshot(make_context("paris", *many[:7], scaled, *many[8:]), sequence=2)
    (context,) = compute_change(before, after).contexts

    assert context.workloads is not None
    assert (context.workloads.changed, context.workloads.order) == ((scaled,), None)


def test_change_of_another_snapshot_is_refused() -> None:
    change = compute_change(BEFORE, replace(BEFORE, sequence=2))
    with pytest.raises(ValueError, match="cannot follow"):
        apply_change(replace(BEFORE, sequence=7), change)


@given(st.lists(st.integers(0, 5), max_size=8), st.lists(st.integers(0, 5), max_size=8))
def test_any_series_leads_to_any_other(before: list[int], after: list[int]) -> None:
    change = compute_series_change(tuple(before), tuple(after))

    assert apply_series_change(tuple(before), change) == tuple(after)
    assert (change is None) == (before == after)
