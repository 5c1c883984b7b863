"""The vocabulary of the spot market: regions, capacity types and offerings.

Pure: no I/O and no clock. Terms follow the providers' own documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CapacityType(StrEnum):
    """How capacity is bought: `spot` may be reclaimed by the provider, `on_demand` may not."""

    SPOT = "spot"
    ON_DEMAND = "on_demand"


@dataclass(frozen=True, slots=True)
class Region:
    """A cloud region and the place it is drawn at.

    Latitude is positive north, longitude positive east, both in degrees (WGS 84).
    """

    provider: str
    name: str
    city: str
    country: str
    latitude_degrees: float
    longitude_degrees: float

    @property
    def key(self) -> str:
        """`provider/name`, unique over all providers."""
        return f"{self.provider}/{self.name}"


@dataclass(frozen=True, slots=True, order=True)
class Offering:
    """What can be bought at one price: an instance type in a region as one capacity type."""

    provider: str
    region: str
    instance_type: str
    capacity_type: CapacityType = CapacityType.SPOT

    @property
    def region_key(self) -> str:
        """`provider/region`, the key of its `Region`."""
        return f"{self.provider}/{self.region}"

    def __str__(self) -> str:
        return f"{self.region_key}/{self.instance_type} ({self.capacity_type.value})"
