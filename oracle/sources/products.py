"""What a cloud has one price for, and its fields as the clouds' answers write them. Pure.

Clouds write the names of regions and machines now in lower case, now not; a product is known by them in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, TypeAlias

from msgspec import Meta

from oracle.bounds import MAX_PRICE_DECIMALS, MAX_USD_PER_HOUR
from oracle.foundation.reason import Reason
from oracle.market import CapacityType, Offering, OperatingSystem
from oracle.quotes import count_decimals
from oracle.reasons import OracleCode

#: A time in an answer; one without a zone is garbled.
Moment: TypeAlias = Annotated[datetime, Meta(tz=True)]


_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Product:
    """What has one price in a region. region, machine: in lower case."""

    region: str
    machine: str
    capacity_type: CapacityType
    system: OperatingSystem


def find_product(offering: Offering) -> Product:
    """Return the product that an offering is of, whichever zone it names."""
    return Product(
        offering.region.lower(), offering.instance_type.lower(), offering.capacity_type, offering.system
    )


def tidy_price(price: Decimal) -> Decimal | None:
    """Return a price as a quote may have it; None for nothing, for no number, and for more than anything costs.

    Programs that write floats leave tails such as 0.16129999999999999, which are cut.
    """
    if not price.is_finite() or not 0 < price <= MAX_USD_PER_HOUR:
        return None
    tidy = round(price, MAX_PRICE_DECIMALS) if count_decimals(price) > MAX_PRICE_DECIMALS else price
    return tidy or None


def is_plain_name(name: str) -> bool:
    """Whether a name can stand in a question: it comes from a cluster, and could end a text or a path in one."""
    return _PLAIN_NAME.fullmatch(name) is not None


def find_askable(offerings: Iterable[Offering]) -> tuple[frozenset[Offering], tuple[Reason, ...]]:
    """Return the offerings of which can be asked, and what is to be said of the others."""
    wanted = frozenset(offerings)
    askable = frozenset(
        one for one in wanted if is_plain_name(one.region) and is_plain_name(one.instance_type)
    )
    return askable, note_unaskable(len(wanted) - len(askable))


def note_unaskable(count: int) -> tuple[Reason, ...]:
    """Return what is to be said of `count` offerings of which cannot be asked."""
    return (OracleCode.NAMES_UNASKABLE.because(count=count),) if count else ()


def list_spot(offerings: Iterable[Offering]) -> frozenset[Offering]:
    """Return the spot machines among offerings as one price for a whole region is said of them."""
    return frozenset(one.of_region for one in offerings if one.capacity_type is CapacityType.SPOT)


def find_place(offering: Offering) -> tuple[str, str]:
    """Return region and machine in lower case: of what has no system, such as capacity."""
    return offering.region.lower(), offering.instance_type.lower()
