"""What is shown between two engines: the contexts that the next one will watch, and nothing known of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from controller.clusters.fleet import Health
from controller.contract.snapshots import ContextView, EngineSnapshot, PriceOrigin, PriceSourceView, StoreView
from controller.reasons import Code


def make_connecting_snapshot(contexts: Iterable[str], now: float) -> EngineSnapshot:
    """Return the snapshot that comes before the first one of an engine."""
    return EngineSnapshot(
        sequence=0,
        taken_at=now,
        demo=False,
        price_source=PriceSourceView(PriceOrigin.UNKNOWN, "none yet"),
        store=StoreView("", False, "the engine is starting"),
        is_complete=False,
        contexts=tuple(map(_make_view, contexts)),
        opportunities=(),
        refused=(),
        migrations=(),
        timeline=(),
        notices=(),
        answers=(),
    )


def _make_view(context: str) -> ContextView:
    return ContextView(
        context=context,
        provider=None,
        region=None,
        city=None,
        latitude_degrees=None,
        longitude_degrees=None,
        instance_type=None,
        health=Health.CONNECTING,
        health_reason=Code.CONTEXT_CONNECTING.because(context=context),
        armed=False,
        quote=None,
        on_demand_usd_per_hour=None,
        trend=None,
        history=(),
        workloads=(),
        usd_per_day=None,
        node_count=None,
        ready_replicas=None,
        desired_replicas=0,
    )
