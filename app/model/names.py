"""How people call what the window shows: providers, places, contexts and their prices. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from app.model.formatting import format_price
from controller.contract.snapshots import ContextView
from oracle.foundation.untrusted_text import clean_text

_PROVIDER_NAMES = {"aws": "AWS", "azure": "Azure", "gcp": "Google Cloud"}
_PROVIDER_MARKS = {"aws": "AWS", "azure": "AZURE", "gcp": "GCP"}


def provider_name(provider: str | None) -> str:
    """Return how people call a provider."""
    return "" if provider is None else _PROVIDER_NAMES.get(provider, clean_text(provider, 24))


def provider_mark(provider: str | None) -> str:
    """Return a provider's mark of at most five letters."""
    return "?" if provider is None else _PROVIDER_MARKS.get(provider, clean_text(provider, 5).upper())


def provider_mark_of(view: ContextView) -> str:
    """Return the mark of a context's provider."""
    return provider_mark(view.provider)


def region_of(view: ContextView) -> str:
    """Return a context's provider and region."""
    return f"{provider_mark(view.provider)} {clean_text(view.region or '?', 30)}"


def context_of(view: ContextView) -> str:
    """Return a context's own name."""
    return clean_text(view.context, 60)


def place_name(view: ContextView) -> str:
    """Return the name by which people know where a context runs: its city, else its region, else its own name."""
    return clean_text(view.city or view.region or view.context, 40)


def distinct_names(views: Iterable[ContextView]) -> dict[str, str]:
    """Return context -> a name that no other context has: the place, with as much more as it takes."""
    shown = list(views)
    names = {view.context: place_name(view) for view in shown}
    for add in (provider_mark_of, region_of, context_of):
        counts = Counter(names.values())
        for view in shown:
            if counts[names[view.context]] > 1:
                names[view.context] = f"{place_name(view)} ({add(view)})"
    return names


def price_text(view: ContextView, now: float) -> str:
    """Return a context's price for people; a price past its deadline is not shown as one."""
    if view.quote is None:
        return "no price"
    return format_price(view.quote.usd_per_hour) if view.quote.is_usable(now) else "price expired"


def sort_by_price(views: Iterable[ContextView], now: float) -> list[ContextView]:
    """Return the contexts from cheap to dear at wall time `now`, those without a usable price last."""

    def rank(view: ContextView) -> tuple[bool, Decimal]:
        usable = view.quote is not None and view.quote.is_usable(now)
        return not usable, view.quote.usd_per_hour if view.quote is not None and usable else Decimal(0)

    return sorted(views, key=rank)
