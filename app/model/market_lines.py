"""What is known of a price beside the number: who says it, its zones, how often machines are taken away. Pure."""

from __future__ import annotations

from app.model.formatting import UNKNOWN, format_age, format_price
from controller.contract.snapshots import ContextView
from oracle.foundation.untrusted_text import clean_text
from oracle.market import CapacityType
from oracle.quotes import Quote

#: Zones that are named; a region has up to six.
_MAX_ZONES = 6


def describe_market(view: ContextView) -> tuple[str, ...]:
    """Return lines for people: none where there is no price. What nobody says is said to be so."""
    quote = view.quote
    if quote is None:
        return ()
    lines = (
        f"Price from {quote.provenance}",
        _tell_dispute(quote),
        _tell_zones(view),
        " · ".join(filter(None, (_tell_interruption(view, quote), _tell_obtainability(quote)))),
    )
    return tuple(clean_text(line, 300) for line in lines if line)


def _tell_dispute(quote: Quote) -> str:
    if quote.dispute is None:
        return ""
    other = f"{quote.dispute.source} says {format_price(quote.dispute.usd_per_hour)}"
    return f"In doubt: {other}; nothing is moved on it"


def _tell_zones(view: ContextView) -> str:
    if not view.zones:
        return ""
    named = (
        f"{zone.zone} {UNKNOWN if zone.usd_per_hour is None else format_price(zone.usd_per_hour)}"
        f" × {zone.node_count}"
        for zone in view.zones[:_MAX_ZONES]
    )
    rest = f" and {len(view.zones) - _MAX_ZONES} more" if len(view.zones) > _MAX_ZONES else ""
    return f"Zones: {', '.join(named)}{rest}"


def _tell_interruption(view: ContextView, quote: Quote) -> str:
    if quote.offering.capacity_type is CapacityType.ON_DEMAND:
        return "On demand: not taken away"
    if quote.interruption is None:
        return "Taken away: nobody says how often"
    price = view.usd_per_hour_with_risk
    with_risk = "" if price is None else f"; with that {format_price(price)}"
    return f"Taken away: {quote.interruption.words}{with_risk}"


def _tell_obtainability(quote: Quote) -> str:
    if quote.offering.capacity_type is CapacityType.ON_DEMAND:
        return ""
    if quote.obtainability is None:
        return "Obtainable: nobody says"
    uptime_s = quote.obtainability.expected_uptime_s
    stays = "" if uptime_s is None else f", for about {format_age(uptime_s)}"
    return f"Obtainable: {quote.obtainability.words}{stays}"
