"""Texts as files of prices, read by the one function that reads them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from decimal import Decimal

from oracle.regions import load_regions, suggest_region
from oracle.sources.formats.names import Names
from oracle.sources.formats.reading import read_prices
from oracle.sources.formats.row_reading import Circumstances
from oracle.sources.gcp.catalog_items import parse_shapes
from oracle.sources.price_table import PriceTable
from resources.loader import load_json

#: What Google's machines are made of.
SHAPES = parse_shapes(load_json("gcp_machine_shapes.json"))
HEADER = "observed_at,provider,region,instance_type,capacity_type,usd_per_hour"


def read_bytes(
    content: bytes, rates: Mapping[str, Decimal] | None = None, written_at: float | None = None
) -> PriceTable:
    """Return what a file of this content holds; its name says nothing."""
    circumstances = Circumstances(Names(load_regions(), suggest_region), written_at, rates or {}, {}, SHAPES)
    return read_prices(io.BufferedReader(io.BytesIO(content)), "prices.csv", circumstances)  # type: ignore[arg-type]


def read_lines(*lines: str, header: str = HEADER) -> PriceTable:
    """Return what a table of these rows holds."""
    return read_bytes("".join(f"{line}\n" for line in (header, *lines)).encode())


def prices_of(table: PriceTable) -> dict[str, list[str]]:
    """Return the prices of each offering in words, oldest first; `None` where one is unknown."""
    return {
        str(offering): [str(table.row(number).usd_per_hour) for number in range(place.start, place.stop)]
        for offering, place in table.slices()
    }


def problems_of(table: PriceTable) -> Iterable[tuple[int, str]]:
    """Return line and code of each problem."""
    return [(problem.line, problem.reason.code.value) for problem in table.problems]
