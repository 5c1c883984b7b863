"""The vocabulary of the spot market: regions, capacity types and offerings.

Pure: no I/O and no clock. Terms follow the providers' own documentation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class CapacityType(StrEnum):
    """How capacity is bought: `spot` may be reclaimed by the provider, `on_demand` may not."""

    SPOT = "spot"
    ON_DEMAND = "on_demand"


class OperatingSystem(StrEnum):
    """What a machine runs, as `kubernetes.io/os` names it; its licence is part of the price."""

    LINUX = "linux"
    WINDOWS = "windows"


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


class _Hashed:
    """Room for a hash beside the fields of a dataclass, which are compared, written and pickled without it."""

    __slots__ = ("_hash",)
    _hash: int


@dataclass(frozen=True, slots=True, order=True)
class Offering(_Hashed):
    """What can be bought at one price: an instance type in a region, or in one zone of it, as one capacity type.

    zone: as nodes and their provider name it (`us-east-1a`); empty where one price holds for the whole region.
    """

    provider: str
    region: str
    instance_type: str
    capacity_type: CapacityType = CapacityType.SPOT
    zone: str = ""
    system: OperatingSystem = OperatingSystem.LINUX

    def __hash__(self) -> int:
        # Looked up several times for each price, so it is kept; these fields tell nearly all offerings apart.
        try:
            return self._hash
        except AttributeError:
            object.__setattr__(self, "_hash", hash((self.region, self.instance_type, self.zone)))
            return self._hash

    @property
    def region_key(self) -> str:
        """`provider/region`, the key of its `Region`."""
        return f"{self.provider}/{self.region}"

    @property
    def of_region(self) -> Offering:
        """The same without its zone, as providers with one price for a region sell it."""
        return replace(self, zone="") if self.zone else self

    @property
    def on_demand(self) -> Offering:
        """The same machine bought on demand, which no provider prices by zone."""
        return replace(self, zone="", capacity_type=CapacityType.ON_DEMAND)

    def __str__(self) -> str:
        place = f"{self.region_key}/{self.zone}" if self.zone else self.region_key
        system = "" if self.system is OperatingSystem.LINUX else f", {self.system.value}"
        return f"{place}/{self.instance_type} ({self.capacity_type.value}{system})"


#: Providers whose spot price is one for the whole region. Sources: the clouds' price APIs (docs/prices.md).
_REGIONAL_PROVIDERS = frozenset({"azure", "gcp"})


def is_priced_by_zone(provider: str, capacity_type: CapacityType) -> bool:
    """Whether the zones of a region may have different prices."""
    return capacity_type is CapacityType.SPOT and provider not in _REGIONAL_PROVIDERS


def to_row(offering: Offering) -> tuple[str, str, str, str, str, str]:
    """Return an offering as texts: provider, region, machine, capacity type, system and zone, which may be empty."""
    place = (offering.provider, offering.region, offering.instance_type)
    return (*place, offering.capacity_type.value, offering.system.value, offering.zone)


def from_row(row: Sequence[str]) -> Offering:
    """Return the offering that `to_row` has written. Raises: ValueError, TypeError for anything else."""
    provider, region, instance_type, capacity, system, zone = row
    return Offering(provider, region, instance_type, CapacityType(capacity), zone, OperatingSystem(system))
