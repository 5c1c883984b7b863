"""What `aws ec2 describe-spot-price-history` prints, and boto3 returns: prices of zones in USD per hour. Pure."""

from __future__ import annotations

from typing import Any

from oracle.market import CapacityType
from oracle.sources.formats.json_items import text_of
from oracle.sources.formats.names import RawOffering
from oracle.sources.formats.row_reading import Amount, RowReader

FORMAT = "aws-cli-json"
LIST = "SpotPriceHistory"


def is_item(item: dict[str, Any]) -> bool:
    """Whether an item is one of these."""
    return {"SpotPrice", "InstanceType", "Timestamp"} <= item.keys()


def read_item(line: int, item: dict[str, Any], page: dict[str, Any], reader: RowReader) -> None:
    """Take in one item. Raises: PriceFileError where there are too many."""
    zone = text_of(item, "AvailabilityZone") or text_of(item, "AvailabilityZoneId")
    machine, system = text_of(item, "InstanceType"), text_of(item, "ProductDescription")
    raw = RawOffering("aws", "", zone, machine, CapacityType.SPOT, system)
    amount = Amount(text_of(item, "SpotPrice"), column="SpotPrice")
    reader.add(line, text_of(item, "Timestamp"), "Timestamp", raw, amount)
