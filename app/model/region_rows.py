"""What the table shows of each context: its cells as texts, and what they are sorted by. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum

from app.model.arming import describe_terms
from app.model.formatting import (
    UNKNOWN,
    format_age,
    format_percent,
    format_price,
    format_replicas,
    format_usd,
    to_number,
)
from app.model.market_lines import describe_market
from app.model.names import place_name, provider_name
from app.model.offer_words import OfferWords, name_offer
from app.model.overlay_items import best_opportunities
from controller.clusters.fleet import Health, WatchedKind
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import ContextView, EngineSnapshot
from oracle.foundation.untrusted_text import clean_text
from oracle.quotes import Freshness


class Column(IntEnum):
    """The columns, from left to right."""

    REGION = 0
    PRICE = 1
    AGE = 2
    TREND = 3
    WORKLOADS = 4
    COST = 5
    ACTION = 6


HEADERS = ("Region", "Price", "Age, source", "Trend", "Workloads", "Cost/day", "Best move, per day")
HEADER_TIPS = (
    "Where the context runs",
    "Per hour of one instance; in the colour that it has on the globe",
    "How old the price is, and where it comes from",
    "Change of the price over the recorded history",
    "Workloads, and their ready of desired replicas",
    "What all workloads of the context cost at today's price",
    "The best move from here, if there is one",
)


_KIND_NAMES = {kind: kind.value for kind in WatchedKind} | {WatchedKind.AUTOSCALERS: "autoscalers"}


@dataclass(frozen=True, slots=True)
class RegionRow:
    """One row. `share` is the price's place on the colour scale, None for an unknown one."""

    view: ContextView
    name: str
    offers: tuple[DryRun, ...]
    share: float | None
    texts: tuple[str, ...]
    freshness: Freshness | None
    #: What the button of the best offer says; None where there is none.
    words: OfferWords | None = None

    @property
    def is_reachable(self) -> bool:
        """Whether what the row says is true now."""
        return self.view.health is Health.REACHABLE


def make_rows(
    snapshot: EngineSnapshot, names: Mapping[str, str], shares: Mapping[str, float | None], now: float
) -> tuple[RegionRow, ...]:
    """Return the rows of all contexts at wall time `now`, in the order of the snapshot.

    Args:
        names: context -> its distinct name. shares: context -> its price's place on the colour scale.
    """
    offers = best_opportunities(snapshot, snapshot.migrations)
    return tuple(
        make_row(view, names, tuple(offers.get(view.context, ())), shares.get(view.context), now)
        for view in snapshot.contexts
    )


def make_row(
    view: ContextView,
    names: Mapping[str, str],
    offers: tuple[DryRun, ...],
    share: float | None,
    now: float,
) -> RegionRow:
    """Return the row of a context at wall time `now`; `names`: context -> its distinct name."""
    words = name_offer(offers[0], names) if offers else None
    freshness = None if view.quote is None else view.quote.freshness(now)
    texts = (
        place_name(view),
        _price(view, freshness),
        _age(view, now),
        format_percent(view.trend),
        _workloads(view),
        UNKNOWN if _is_unread(view) else format_usd(view.usd_per_day),
        words.text if words is not None else "",
    )
    return RegionRow(view, names[view.context], offers, share, texts, freshness, words)


def fade_row(row: RegionRow) -> RegionRow:
    """Return the row of a context that is not watched any more: nothing starts from it."""
    texts = (row.texts[Column.REGION], *(UNKNOWN for _ in range(len(row.texts) - 2)), "")
    return replace(row, offers=(), share=None, texts=texts, freshness=None, words=None)


def sort_value(row: RegionRow, column: Column) -> tuple[int, float | str]:
    """Return what a row is sorted by; unknown values come last when ascending."""
    view = row.view
    if column is Column.REGION:
        return (0, row.texts[Column.REGION].casefold())
    number = {
        Column.PRICE: None if row.share is None or view.quote is None else float(view.quote.usd_per_hour),
        Column.AGE: None if view.quote is None else -view.quote.confirmed_at,
        Column.TREND: view.trend,
        Column.WORKLOADS: None if _is_unread(view) else float(len(view.workloads)),
        Column.COST: None if _is_unread(view) else to_number(view.usd_per_day),
        Column.ACTION: to_number(row.offers[0].savings_usd_per_day) if row.offers else None,
    }[column]
    return (1, 0.0) if number is None else (0, number)


def describe_row(row: RegionRow) -> str:
    """Return everything about a row as a tool tip: the context's own name, its health, its price."""
    view = row.view
    lines = [
        clean_text(view.context, 120),
        " ".join(part for part in (provider_name(view.provider), view.region) if part),
    ]
    if view.health_reason is not None:
        lines.append(health_text(view))
    lines.extend(describe_market(view))
    if row.freshness is Freshness.EXPIRED:
        lines.append("The price is past its deadline: nothing is decided on it.")
    if view.arming is not None:
        lines.append(f"Armed: {describe_terms(view.arming.terms)}.")
    elif not view.armed:
        lines.append(f"{view.unarmed_reason or 'Not armed: nothing is changed here'}.")
    return "\n".join(clean_text(line, 300) for line in lines if line)


def reads_text(read_at: Mapping[WatchedKind, float], now: float) -> str:
    """Return how long ago each kind of a cluster was read: `nodes 3 s, pods 41 s ago`; empty where none was."""
    ages = ", ".join(f"{_KIND_NAMES[kind]} {format_age(now - at)}" for kind, at in read_at.items())
    return f"{ages} ago" if ages else ""


def health_text(view: ContextView) -> str:
    """Return what is known of a context's server, and why no more."""
    why = f": {view.health_reason}" if view.health_reason is not None else ""
    return clean_text(f"{view.health.value}{why}")


def accessible_text(row: RegionRow, column: Column) -> str:
    """Return a cell's words for a screen reader."""
    if column is Column.ACTION:
        return f"Migrate {row.texts[column]}" if row.offers else "no move pays from here"
    state = "" if row.is_reachable else f", {row.view.health.value}"
    prefix = (
        f"{row.name}, {clean_text(row.view.context, 60)}, "
        if column is Column.REGION
        else f"{HEADERS[column]} "
    )
    return f"{prefix}{row.texts[column]}{state}"


def _price(view: ContextView, freshness: Freshness | None) -> str:
    if view.quote is None:
        return UNKNOWN
    return (
        "expired"
        if freshness is Freshness.EXPIRED
        else format_price(view.quote.usd_per_hour).removesuffix("/h")
    )


def _age(view: ContextView, now: float) -> str:
    if view.quote is None:
        return UNKNOWN
    # The tool tip has the source in full: in a narrow column the word that all of them end with hides the rest.
    source = clean_text(view.quote.source, 24).removesuffix(" market")
    playback = view.quote.playback
    return f"{format_age(view.quote.age_s(now)) if playback is None else playback.date}, {source}"


def _is_unread(view: ContextView) -> bool:
    """Whether nobody knows what runs there: no workloads were ever listed, which is not the same as none."""
    return view.health is not Health.REACHABLE and not view.workloads


def _workloads(view: ContextView) -> str:
    if _is_unread(view):
        return UNKNOWN
    if not view.workloads and view.desired_replicas == 0:
        return "0"
    return f"{len(view.workloads)}  {format_replicas(view.ready_replicas, view.desired_replicas)}"
