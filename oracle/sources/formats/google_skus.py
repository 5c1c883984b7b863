"""What Google Cloud's Billing Catalog answers (`skus.list`): prices of cores, of memory and of GPUs, by family. Pure.

No machine has a price there: it is the sum of its parts, so that the whole list is read before any machine has one. A
machine of which a part is missing has none. The list says since when each part costs what it does; the newest of those
is since when the machine does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from msgspec import ValidationError, convert

from oracle.errors import PriceFileError
from oracle.market import CapacityType
from oracle.reasons import OracleCode
from oracle.sources.formats.names import RawOffering
from oracle.sources.formats.row_reading import Amount, RowReader
from oracle.sources.gcp.catalog_items import CatalogItem, Part, PartPrices, read_parts

FORMAT = "google-skus-json"
LIST = "skus"


class _Origin(NamedTuple):
    """Where the price of a part stands, and since when it is charged (ISO 8601)."""

    since: str
    line: int


def is_item(item: dict[str, Any]) -> bool:
    """Whether an item is one of these."""
    return {"skuId", "description", "pricingInfo"} <= item.keys()


def read_items(items: Iterable[tuple[int, dict[str, Any]]], reader: RowReader) -> None:
    """Take in every machine of which the list prices all parts. Raises: PriceFileError where there is none."""
    parts: list[tuple[Part, Decimal]] = []
    origins: dict[Part, _Origin] = {}
    line = 1
    for line, item in items:
        try:
            sku = convert(_to_numbers(item), CatalogItem)
        except ValidationError:
            reader.builder.leave_out(line, OracleCode.ITEM_NOT_UNDERSTOOD.because(format=FORMAT))
            continue
        for part, price in read_parts([sku], frozenset(sku.service_regions), math.inf):
            parts.append((part, price))
            origins[part] = _Origin(max(one.effective_time.isoformat() for one in sku.pricing_info), line)
    if not _add_machines(PartPrices(parts), origins, reader):
        raise PriceFileError(reader.builder.file, line, OracleCode.PRICES_OF_PARTS.because())


def _to_numbers(value: Any) -> Any:
    """Return an item with whole numbers as such, which a document of this program has as Decimal."""
    if isinstance(value, dict):
        return {key: _to_numbers(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_to_numbers(one) for one in value]
    return int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else value


def _add_machines(prices: PartPrices, origins: dict[Part, _Origin], reader: RowReader) -> bool:
    """Put the machines whose parts are priced into the table; returns whether there are any."""
    has_any = False
    newest: dict[tuple[str, CapacityType, str], _Origin] = {}
    for part, origin in origins.items():
        family = (part.region, part.capacity_type, part.family)
        newest[family] = max(origin, newest.get(family, origin))
    for region, capacity_type in sorted({(part.region, part.capacity_type) for part in origins}):
        for machine, shape in reader.circumstances.shapes.items():
            price = prices.find_price(shape, region, capacity_type)
            if price is None:
                continue
            families = [family for family in (shape.family, shape.gpu) if family]
            since, line = max(newest[region, capacity_type, family] for family in families)
            raw = RawOffering("gcp", region, instance_type=machine, capacity=capacity_type)
            reader.add(line, since, "effectiveTime", raw, Amount(f"{price:f}"))
            has_any = True
    return has_any
