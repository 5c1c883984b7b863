"""What Infracost's pricing API answers: products with their prices, one for each way to buy. Pure.

A report of `infracost breakdown` is another thing: what a project costs, with machines by their names in Terraform and
without regions. It is refused with that sentence. Source: the schema of Infracost's cloud-pricing-api.
"""

from __future__ import annotations

from typing import Any

from oracle.sources.formats.json_items import text_of
from oracle.sources.formats.names import RawOffering
from oracle.sources.formats.row_reading import Amount, RowReader

FORMAT = "infracost"
LIST = "products"

#: The purchase options that are capacity types; reservations and commitments are not.
_OPTIONS = frozenset({"spot", "preemptible", "on_demand", "OnDemand", "Consumption"})
_CURRENCIES = ("USD", "CNY", "EUR")
_MACHINES = frozenset({"Compute Instance", "Compute", ""})


def is_item(item: dict[str, Any]) -> bool:
    """Whether an item is one of these."""
    return {"vendorName", "prices"} <= item.keys()


def is_report(page: dict[str, Any]) -> bool:
    """Whether a document is a report of costs."""
    return "projects" in page and "version" in page


def read_item(line: int, item: dict[str, Any], page: dict[str, Any], reader: RowReader) -> None:
    """Take in the prices of one product. Raises: PriceFileError."""
    attributes = _read_attributes(item.get("attributes"))
    machine = next(
        (attributes[name] for name in ("instanceType", "armSkuName", "machineType") if name in attributes), ""
    )
    if text_of(item, "productFamily") not in _MACHINES or not _is_shared(attributes):
        return
    prices = item.get("prices")
    for price in prices if isinstance(prices, list) else ():
        if isinstance(price, dict) and text_of(price, "purchaseOption") in _OPTIONS:
            _read_price(line, item, price, machine, attributes.get("operatingSystem", ""), reader)


def _read_price(
    line: int, item: dict[str, Any], price: dict[str, Any], machine: str, system: str, reader: RowReader
) -> None:
    option = text_of(price, "purchaseOption").replace("Consumption", "on_demand")
    raw = RawOffering(text_of(item, "vendorName"), text_of(item, "region"), "", machine, option, system)
    currency = next((code for code in _CURRENCIES if text_of(price, code)), "USD")
    amount = Amount(text_of(price, currency), currency, text_of(price, "unit"), currency)
    since, until = text_of(price, "effectiveDateStart"), text_of(price, "effectiveDateEnd")
    reader.add(line, since, "effectiveDateStart", raw, amount, ends=until)


def _is_shared(attributes: dict[str, str]) -> bool:
    """Whether it is a machine as nodes are: no dedicated host, no reserved capacity, no software in its price."""
    return (
        attributes.get("tenancy", "Shared") == "Shared"
        and attributes.get("capacitystatus", "Used") == "Used"
        and attributes.get("preInstalledSw", "NA") == "NA"
    )


def _read_attributes(value: Any) -> dict[str, str]:
    """Return attributes as the API (a list of keys and values) or its database (an object) has them."""
    if isinstance(value, dict):
        return {name: text for name, text in value.items() if isinstance(text, str)}
    pairs = [pair for pair in value if isinstance(pair, dict)] if isinstance(value, list) else []
    return {text_of(pair, "key"): text_of(pair, "value") for pair in pairs}
