"""What sending data is charged for, as a bill names it: the way, the unit, the tier, and who says so. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class EgressKind(StrEnum):
    """What is charged for. The first three are ways, of which a transfer takes one; the others come on top of it."""

    SAME_REGION = "same_region"
    BETWEEN_REGIONS = "between_regions"
    INTERNET = "internet"
    NAT_GATEWAY = "nat_gateway"
    CROSS_ZONE = "cross_zone"


class EgressUnit(StrEnum):
    """What a provider means where its list says GB."""

    GB = "GB"
    GIB = "GiB"

    @property
    def gb(self) -> Decimal:
        """How many GB (10^9 bytes) it is, exactly."""
        return _GB_PER_UNIT[self]


_GB_PER_UNIT = {EgressUnit.GB: Decimal(1), EgressUnit.GIB: Decimal("1.073741824")}


class Trust(StrEnum):
    """How far a price can be relied on."""

    #: Read in a copy of the provider's own price list.
    PUBLISHED = "published"
    #: Read where others repeat it.
    REPORTED = "reported"
    #: Read nowhere: not below what the provider charges for the like.
    UPPER_BOUND = "upper_bound"
    #: A person's own, from their configuration.
    OWN = "own"


@dataclass(frozen=True, slots=True)
class PriceSource:
    """Where a price was read. `as_of` is the year, month or day for which it was said; empty: not known."""

    text: str
    as_of: str
    trust: Trust


@dataclass(frozen=True, slots=True)
class EgressCharge:
    """One line of what a transfer costs: so much of it, in one tier of one price.

    `gb` is in GB (10^9 bytes); `usd_per_unit` and the tier's bounds are of the provider's own unit, as its list has
    them. `up_to` None: the tier has no end.
    """

    kind: EgressKind
    gb: Decimal
    usd: Decimal
    unit: EgressUnit
    usd_per_unit: Decimal
    above: Decimal
    up_to: Decimal | None
    source: PriceSource
