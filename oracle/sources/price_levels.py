"""The long-run prices around which the simulated market moves, for any instance type of a known family. Pure.

The figures and their origin are in resources/price_levels.json and the .md beside it. Within a family the
price is taken as proportional to the size, which is exact for on-demand prices of all three providers and
roughly so for spot.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from oracle.market import CapacityType, Offering, OperatingSystem

_AWS_SIZE = re.compile(r"(?P<family>[a-z0-9-]+)\.(?:(?P<count>[0-9]*)(?P<xlarge>xlarge)|(?P<large>large))")
_GCP_SIZE = re.compile(r"(?P<family>[a-z0-9]+-[a-z]+)-(?P<count>[0-9]+)")
_AZURE_SIZE = re.compile(r"(?P<before>Standard_[A-Z]+)(?P<count>[0-9]+)(?P<after>[a-z]*(?:_[A-Za-z0-9]+)*)")


class PriceLevels:
    """Answers for every offering of a known region and family; None for all others."""

    def __init__(self, levels: Mapping[str, Any]) -> None:
        """`levels` is the parsed content of price_levels.json: provider -> types and regions."""
        self._levels = levels

    def find_on_demand(self, offering: Offering) -> Decimal | None:
        """Return the on-demand price in USD per hour, whatever the capacity type of `offering`."""
        found = self._find(offering) if offering.system is OperatingSystem.LINUX else None
        if found is None:
            return None
        row, scale, (factor, _) = found
        price = row["on_demand_in"].get(offering.region, row["on_demand"] * factor)
        return _to_decimal(price * scale)

    def find_level(self, offering: Offering) -> Decimal | None:
        """Return the price around which `offering` moves, in USD per hour."""
        on_demand = self.find_on_demand(offering)
        found = self._find(offering)
        if on_demand is None or found is None or offering.capacity_type is CapacityType.ON_DEMAND:
            return on_demand
        row, scale, (_, spot_share) = found
        measured = row["spot_in"].get(offering.region)
        return _to_decimal(measured * scale if measured is not None else float(on_demand) * spot_share)

    def _find(self, offering: Offering) -> tuple[Mapping[str, Any], float, tuple[float, float]] | None:
        """Return the nearest known type's row, the wanted size as a multiple of it, and the region's figures."""
        level = self._levels.get(offering.provider)
        if level is None or offering.region not in level["regions"]:
            return None
        types, region = level["types"], tuple(level["regions"][offering.region])
        if offering.instance_type in types:
            return types[offering.instance_type], 1.0, region
        wanted = split_size(offering.provider, offering.instance_type)
        for name, row in types.items():
            known = split_size(offering.provider, name)
            if wanted is not None and known is not None and known[0] == wanted[0]:
                return row, wanted[1] / known[1], region
        return None


def split_size(provider: str, instance_type: str) -> tuple[str, float] | None:
    """Return the family of an instance type and its size within it, None for unknown patterns.

    m5.2xlarge       -> ("m5", 4.0)
    n2-standard-8    -> ("n2-standard", 8.0)
    Standard_D8s_v5  -> ("Standard_D s_v5", 8.0)
    """
    if provider == "aws" and (match := _AWS_SIZE.fullmatch(instance_type)):
        return match["family"], 1.0 if match["large"] else 2.0 * float(match["count"] or 1)
    if provider == "gcp" and (match := _GCP_SIZE.fullmatch(instance_type)):
        return match["family"], float(match["count"])
    if provider == "azure" and (match := _AZURE_SIZE.fullmatch(instance_type)):
        return f"{match['before']} {match['after']}", float(match["count"])
    return None


def _to_decimal(usd_per_hour: float) -> Decimal:
    return Decimal(f"{usd_per_hour:.6f}")
