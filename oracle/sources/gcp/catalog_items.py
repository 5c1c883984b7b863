"""Google Cloud's billing catalog: what a core, a GiB of memory and a GPU cost, and so a machine made of them. Pure.

A machine has no price of its own there: it costs its cores, memory and GPUs at the prices of its family, on demand and
as spot. Which item is the price of what stands in its description alone, in plain English; one that is not exactly as
expected (custom machines, sole tenants, surcharges, reservations) is the price of something else. Two prices for one
part leave every machine that has it unknown.

Source: cloud.google.com, Cloud Billing Catalog API, v1; resources/gcp_machine_shapes.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from msgspec import Raw, Struct

from oracle.market import CapacityType
from oracle.sources.gcp.money import Money, read_usd
from oracle.sources.products import Moment, tidy_price

#: The items of Compute Engine, whose number this is.
PATH = "/services/6F81-5844-456A/skus"
#: Items of a page, the most that the catalog gives.
PAGE_ITEMS = 5000

_CORE_OR_MEMORY = re.compile(r"(?P<family>.+?)(?: Instance)? (?P<kind>Core|Ram) running in .+", re.ASCII)
_GPU = re.compile(r"(?P<family>Nvidia .+?) GPU (?:attached to Spot Preemptible VMs )?running in .+", re.ASCII)
#: Longest description that is looked at; Google's have some hundred characters. Looking at one takes its square.
MAX_DESCRIPTION = 512
_SPOT_PREFIX = "Spot Preemptible "
_SPOT_GPU = " attached to Spot Preemptible VMs "


class PartKind(StrEnum):
    """What a machine is made of."""

    CORE = "core"
    MEMORY = "memory"
    GPU = "gpu"


#: The unit by which each part has to be sold: an hour, a GiB for an hour.
_UNITS: Mapping[PartKind, str] = {PartKind.CORE: "h", PartKind.MEMORY: "GiBy.h", PartKind.GPU: "h"}
_USAGE: Mapping[str, CapacityType] = {"OnDemand": CapacityType.ON_DEMAND, "Preemptible": CapacityType.SPOT}


class Part(NamedTuple):
    """A part of machines of one family (`N2D AMD`, `Nvidia L4`) in a region."""

    region: str
    capacity_type: CapacityType
    family: str
    kind: PartKind


class Shape(NamedTuple):
    """What a machine type is made of."""

    family: str
    cores: Decimal
    gib: Decimal
    gpu: str = ""
    gpus: int = 0


class CatalogPage(Struct, frozen=True, rename="camel"):
    """One page of the catalog."""

    skus: list[Raw] = []
    next_page_token: str | None = None


class _Category(Struct, frozen=True, rename="camel"):
    resource_family: str
    usage_type: str


class _Rate(Struct, frozen=True, rename="camel"):
    unit_price: Money


class _Expression(Struct, frozen=True, rename="camel"):
    usage_unit: str
    tiered_rates: list[_Rate]


class _Pricing(Struct, frozen=True, rename="camel"):
    effective_time: Moment
    pricing_expression: _Expression


class CatalogItem(Struct, frozen=True, rename="camel"):
    """One item of the catalog, as far as it says what it is the price of."""

    description: str
    category: _Category
    service_regions: list[str]
    pricing_info: list[_Pricing]


def parse_shapes(table: Mapping[str, Any]) -> dict[str, Shape]:
    """Return machine type -> shape, from the content of gcp_machine_shapes.json."""
    shapes = {
        f"{name}-{cores}": Shape(kind["sku"], Decimal(cores), cores * Decimal(str(kind["gib_per_core"])))
        for name, kind in table["kinds"].items()
        for cores in kind["cores"]
    }
    for name, machine in table["machines"].items():
        cores, gib = Decimal(str(machine["cores"])), Decimal(str(machine["gib"]))
        shapes[name] = Shape(machine["sku"], cores, gib, machine.get("gpu", ""), machine.get("gpus", 0))
    return shapes


def read_parts(
    items: Iterable[CatalogItem], regions: frozenset[str], now: float
) -> Iterator[tuple[Part, Decimal]]:
    """Yield the parts of machines in some regions with what an hour of each costs at wall time `now`, USD."""
    for item in items:
        here = regions.intersection(item.service_regions)
        if here and (found := _find_part(item)) is not None:
            family, kind, capacity_type = found
            price = _read_price(item, kind, now)
            if price is not None:
                yield from ((Part(region, capacity_type, family, kind), price) for region in here)


def _find_part(item: CatalogItem) -> tuple[str, PartKind, CapacityType] | None:
    capacity_type = _USAGE.get(item.category.usage_type)
    if capacity_type is None or item.category.resource_family != "Compute":
        return None
    if len(item.description) > MAX_DESCRIPTION:
        return None
    is_spot = capacity_type is CapacityType.SPOT
    if found := _GPU.fullmatch(item.description):
        is_as_sold = (_SPOT_GPU in item.description) == is_spot
        return (found["family"], PartKind.GPU, capacity_type) if is_as_sold else None
    if item.description.startswith(_SPOT_PREFIX) != is_spot:
        return None
    if found := _CORE_OR_MEMORY.fullmatch(item.description.removeprefix(_SPOT_PREFIX)):
        kind = PartKind.CORE if found["kind"] == "Core" else PartKind.MEMORY
        return found["family"], kind, capacity_type
    return None


def _read_price(item: CatalogItem, kind: PartKind, now: float) -> Decimal | None:
    """Return the newest price that has begun; None where it depends on how much is bought, or is none."""
    begun = [pricing for pricing in item.pricing_info if pricing.effective_time.timestamp() <= now]
    if not begun:
        return None
    expression = max(begun, key=lambda pricing: pricing.effective_time).pricing_expression
    if expression.usage_unit != _UNITS[kind] or len(expression.tiered_rates) != 1:
        return None
    return read_usd(expression.tiered_rates[0].unit_price)


class PartPrices:
    """What the parts of machines cost, collected from page after page."""

    def __init__(self, parts: Iterable[tuple[Part, Decimal]]) -> None:
        self._prices: dict[Part, set[Decimal]] = {}
        for part, price in parts:
            self._prices.setdefault(part, set()).add(price)

    def find_price(self, shape: Shape, region: str, capacity_type: CapacityType) -> Decimal | None:
        """Return what an hour of a machine costs, USD; None where one of its parts has no price, or two."""
        amounts = {(shape.family, PartKind.CORE): shape.cores, (shape.family, PartKind.MEMORY): shape.gib}
        if shape.gpus:
            amounts[shape.gpu, PartKind.GPU] = Decimal(shape.gpus)
        total = Decimal(0)
        for (family, kind), amount in amounts.items():
            prices = self._prices.get(Part(region, capacity_type, family, kind), set())
            if len(prices) != 1:
                return None
            total += amount * next(iter(prices))
        return tidy_price(total)
