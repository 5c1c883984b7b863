"""What a transfer is charged for, in words and as JSON: the way, the tier, the unit, and who says so. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.model.formatting import to_number
from controller.contract.egress import EgressCharge, EgressKind, Trust

#: What is charged for -> how a bill calls it.
NAMES = {
    EgressKind.SAME_REGION: "within the region",
    EgressKind.BETWEEN_REGIONS: "between regions",
    EgressKind.INTERNET: "over the internet",
    EgressKind.NAT_GATEWAY: "NAT gateway",
    EgressKind.CROSS_ZONE: "Another zone",
}
#: What comes on top of a way.
ON_TOP = (EgressKind.NAT_GATEWAY, EgressKind.CROSS_ZONE)


def price_text(charge: EgressCharge) -> str:
    """Return the price of a tier in its own unit: `at $0.09/GiB`, `free`; `at most` where it was read nowhere."""
    if charge.usd_per_unit == 0:
        return "free"
    before = "at most" if charge.source.trust is Trust.UPPER_BOUND else "at"
    return f"{before} ${charge.usd_per_unit.normalize():f}/{charge.unit}"


def tier_text(charge: EgressCharge) -> str:
    """Return which tier of the month it is: `up to 100 GB a month`; empty where the price has none."""
    unit = f"{charge.unit} a month"
    if charge.up_to is None:
        return f"above {_count(charge.above)} {unit}" if charge.above else ""
    if charge.above == 0:
        return f"up to {_count(charge.up_to)} {unit}"
    return f"{_count(charge.above)} to {_count(charge.up_to)} {unit}"


def encode_charge(charge: EgressCharge) -> dict[str, Any]:
    """Return one line as JSON has it; `up_to` is null where the tier has no end."""
    return {
        "kind": charge.kind.value,
        "gb": to_number(charge.gb),
        "usd": to_number(charge.usd),
        "unit": charge.unit.value,
        "usd_per_unit": to_number(charge.usd_per_unit),
        "above": to_number(charge.above),
        "up_to": to_number(charge.up_to),
        "source": charge.source.text,
        "as_of": charge.source.as_of or None,
        "trust": charge.source.trust.value,
    }


def _count(volume: Decimal) -> str:
    return f"{volume.normalize():,f}"
