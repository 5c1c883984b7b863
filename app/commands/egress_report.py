"""`sentinelaura egress`'s answer, as JSON and as text. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.model.egress_lines import NAMES, ON_TOP, encode_charge, price_text, tier_text
from app.model.formatting import format_gb, format_usd, to_number
from controller.contract.egress import EgressCharge
from controller.decision.egress import EgressRate
from oracle.foundation.untrusted_text import clean_text


@dataclass(frozen=True, slots=True)
class Place:
    """Where a transfer begins or ends; `name` is what a person called it."""

    name: str
    provider: str
    region: str

    def __str__(self) -> str:
        place = f"{self.provider}/{self.region}"
        return place if self.name == place else f"{self.name} ({place})"


@dataclass(frozen=True, slots=True)
class PricedWay:
    """A volume sent from one place to another in a month (`2026-11`); `rate` None: the price is not known."""

    source: Place
    target: Place
    gb: Decimal
    rate: EgressRate | None
    month: str

    @property
    def used_gb(self) -> Decimal | None:
        """The month's volume that has used up tiers before it; None where the price has none."""
        if self.rate is None or not self.rate.is_tiered:
            return None
        return self.rate.find_used_gb({}, self.month)

    def list_charges(self) -> tuple[EgressCharge, ...]:
        """The price line by line; empty where it is not known."""
        return () if self.rate is None else self.rate.list_charges(self.gb, self.used_gb or Decimal(0))

    def compute_usd(self) -> Decimal | None:
        """What it costs; None: not known."""
        return None if self.rate is None else self.rate.compute_usd(self.gb, self.used_gb or Decimal(0))


def ways_to_json(there: PricedWay, back: PricedWay) -> dict[str, Any]:
    """Return the document that docs/commands.md describes; an unknown number is null."""
    return {
        "from": _place_to_json(there.source),
        "to": _place_to_json(there.target),
        "gb": to_number(there.gb),
        "there": _way_to_json(there),
        "back": _way_to_json(back),
    }


def ways_to_text(there: PricedWay, back: PricedWay) -> str:
    """Return both ways as a person reads them, with the source below each price."""
    return "\n".join([*_to_lines(there), "", "and back:", *_to_lines(back)])


def _place_to_json(place: Place) -> dict[str, Any]:
    return {"name": place.name, "provider": place.provider, "region": place.region}


def _way_to_json(way: PricedWay) -> dict[str, Any]:
    return {
        "way": None if way.rate is None else way.rate.kind.value,
        "usd": to_number(way.compute_usd()),
        "month_so_far_gb": to_number(way.used_gb),
        "charges": [encode_charge(charge) for charge in way.list_charges()],
    }


def _to_lines(way: PricedWay) -> Iterator[str]:
    sides = f"{way.source} -> {way.target}"
    if way.rate is None:
        yield clean_text(f"{sides}: the price is not known; [egress.prices.NAME] can say it")
        return
    yield clean_text(f"{sides}, {NAMES[way.rate.kind]}")
    for charge in way.list_charges():
        yield _charge_to_line(charge)
        yield f"{'':14}{clean_text(_tell_source(charge))}"
    yield f"  {format_usd(way.compute_usd()):>10}  for {format_gb(way.gb)}"
    if way.used_gb is not None:
        yield f"{'':14}{clean_text(_tell_month(way.rate, way.used_gb, way.month))}"


def _charge_to_line(charge: EgressCharge) -> str:
    on_top = f"{NAMES[charge.kind]}, " if charge.kind in ON_TOP else ""
    tier = tier_text(charge)
    detail = f"{on_top}{format_gb(charge.gb)} {price_text(charge)}{f', {tier}' if tier else ''}"
    return f"  {format_usd(charge.usd):>10}  {clean_text(detail)}"


def _tell_source(charge: EgressCharge) -> str:
    source = charge.source
    return f"{source.text} ({source.as_of or 'no date'}, {source.trust.value.replace('_', ' ')})"


def _tell_month(rate: EgressRate, used_gb: Decimal, month: str) -> str:
    setting = f"egress.providers.{rate.provider}.month_so_far_gb"
    free = "what is free each month counts as used up" if used_gb else "as if nothing was sent this month"
    if rate.month_so_far_gb is None:
        return f"{free}: {setting} is not set"
    if rate.month in (None, month):
        return f"after {format_gb(used_gb)} this month, as {setting} says"
    return f"{free}: {setting} is of {rate.month}"
