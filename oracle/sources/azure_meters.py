"""What the names in Azure's price list mean: is a meter that of a machine, how is it bought, what does it run. Pure.

The list mixes under one machine: Linux and Windows, spot, regular and Low Priority (another product than spot), expired
meters, machines of Cloud Services and of dedicated hosts. Its live answers and files of it are read by the same rules.

Source: learn.microsoft.com, Azure Retail Prices REST API; opencost#3531.
"""

from __future__ import annotations

from oracle.market import CapacityType, OperatingSystem

#: What stands in the name of a product whose machine nobody rents by the hour for a cluster.
_OTHER_PRODUCTS = ("cloud services", "cloudservices", "dedicated host")
#: What stands in the name of a meter that is neither regular nor spot.
_OTHER_METERS = ("low priority", "expired")


def find_kind(product: str, meter: str, sku: str) -> tuple[CapacityType, OperatingSystem] | None:
    """Return how the machine of a meter is bought and what it runs; None for a meter of something else."""
    name, kinds = product.lower(), f"{meter} {sku}".lower()
    if any(other in name for other in _OTHER_PRODUCTS) or any(other in kinds for other in _OTHER_METERS):
        return None
    capacity_type = CapacityType.SPOT if "spot" in kinds.split() else CapacityType.ON_DEMAND
    return capacity_type, OperatingSystem.WINDOWS if "windows" in name else OperatingSystem.LINUX
