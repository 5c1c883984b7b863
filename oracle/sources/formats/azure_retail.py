"""What Azure's Retail Prices API answers: list and spot prices of regions, each since a day. Pure.

Of its items, those of virtual machines that anybody may buy by the hour are prices of ours: no reservations, no
DevTest, no volume tiers, and no other meters (azure_meters.py). Source: "Azure Retail Prices" in Microsoft's
documentation of Cost Management.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from oracle.sources.azure_meters import find_kind
from oracle.sources.formats.json_items import text_of
from oracle.sources.formats.names import RawOffering
from oracle.sources.formats.row_reading import Amount, RowReader

FORMAT = "azure-retail-json"
LIST = "Items"


def is_item(item: dict[str, Any]) -> bool:
    """Whether an item is one of these."""
    return {"armRegionName", "retailPrice"} <= item.keys() or {"armRegionName", "unitPrice"} <= item.keys()


def read_item(line: int, item: dict[str, Any], page: dict[str, Any], reader: RowReader) -> None:
    """Take in one item, or pass it over where it is no price of a machine. Raises: PriceFileError."""
    kind = find_kind(*(text_of(item, name) for name in ("productName", "meterName", "skuName")))
    if kind is None or not _is_by_consumption(item):
        return
    raw = RawOffering(
        provider="azure",
        region=text_of(item, "armRegionName"),
        instance_type=text_of(item, "armSkuName"),
        capacity=kind[0],
        system=kind[1],
    )
    price = "retailPrice" if "retailPrice" in item else "unitPrice"
    currency = text_of(item, "currencyCode") or text_of(page, "BillingCurrency")
    amount = Amount(text_of(item, price), currency, text_of(item, "unitOfMeasure"), price)
    since, until = text_of(item, "effectiveStartDate"), text_of(item, "effectiveEndDate")
    reader.add(line, since, "effectiveStartDate", raw, amount, ends=until)


def _is_by_consumption(item: dict[str, Any]) -> bool:
    """Whether it is of virtual machines of the public cloud, charged to whoever uses them, from the first on."""
    tier = item.get("tierMinimumUnits")
    return (
        text_of(item, "serviceName") in ("Virtual Machines", "")
        and text_of(item, "type") in ("Consumption", "")
        and not text_of(item, "reservationTerm")
        and not (isinstance(tier, Decimal) and tier > 0)
        and item.get("isPrimaryMeterRegion") is not False  # what is not primary is charged to nobody
        and "gov" not in text_of(item, "location").lower()
    )
