"""The rows of a price list of AWS (CSV) that are on-demand prices of machines, read piece by piece.

A region's list takes hundreds of megabytes, of which one row in a hundred is the price of a machine as Kubernetes runs
it: shared hardware, nothing installed, no reservation, no licence of one's own. The others are passed over before they
are read as CSV. Two prices of one machine contradict each other: then it has none.

Source: the offer files of the AWS Price List, "Reading the service price list file".
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Set
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from oracle.market import Offering, OperatingSystem
from oracle.sources.live import PriceClaim
from oracle.sources.web.decoding import garbled

#: No row of a list is longer, bytes.
MAX_LINE_BYTES = 64 * 1024
#: Lines above the row of column names: version, disclaimer and the like.
MAX_PREAMBLE_LINES = 20
#: Column -> what it says where a row is the price of a machine as Kubernetes runs it.
_MEANT = {
    "TermType": "OnDemand",
    "Unit": "Hrs",
    "Currency": "USD",
    "Tenancy": "Shared",
    "Pre Installed S/W": "NA",
    "CapacityStatus": "Used",
    "License Model": "No License required",
}
#: The column that names the region, where a list has it: the list of another region is none of this one.
_REGION = "Region Code"
_READ = ("Instance Type", "Operating System", "PricePerUnit", "EffectiveDate")
#: What stands in every line that can be meant, so that the others are not read.
_MARKS = (b'"OnDemand"', b'"Shared"', b'"Used"')
_SYSTEMS = {"Linux": OperatingSystem.LINUX, "Windows": OperatingSystem.WINDOWS}


class OfferRows:
    """A Taker (web/client.py) of one region's list; `prices` holds what is known when all of it was taken."""

    def __init__(self, host: str, region: str, wanted: Set[Offering]) -> None:
        """`wanted` are on-demand offerings of the region."""
        self._host = host
        self._region = region
        self._wanted = {(one.instance_type, one.system): one for one in wanted}
        self._rest = b""
        self._columns: Mapping[str, int] | None = None
        self._lines_before = 0
        self._claims: dict[Offering, PriceClaim] = {}
        self._contradicted: set[Offering] = set()

    @property
    def prices(self) -> Mapping[Offering, PriceClaim]:
        return {one: claim for one, claim in self._claims.items() if one not in self._contradicted}

    @property
    def is_list(self) -> bool:
        """Whether it had the columns of a price list at all."""
        return self._columns is not None

    async def take(self, piece: bytes) -> None:
        """Raises: SourceUnavailable where this is no price list."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if len(self._rest) > MAX_LINE_BYTES:
            raise garbled(self._host, f"a line of more than {MAX_LINE_BYTES} bytes")
        for line in lines:
            if self._columns is None:
                self._find_columns(line)
            elif all(mark in line for mark in _MARKS):
                self._read(line, self._columns)

    def _find_columns(self, line: bytes) -> None:
        cells = _split(line)
        if "SKU" in cells:
            missing = [name for name in (*_MEANT, *_READ) if name not in cells]
            if missing:
                raise garbled(self._host, f"no column {', '.join(missing)}")
            self._columns = {name: index for index, name in enumerate(cells)}
            return
        self._lines_before += 1
        if self._lines_before > MAX_PREAMBLE_LINES:
            raise garbled(self._host, "no row of column names")

    def _read(self, line: bytes, columns: Mapping[str, int]) -> None:
        cells = _split(line)
        if len(cells) < len(columns) or any(cells[columns[name]] != text for name, text in _MEANT.items()):
            return
        if _REGION in columns and cells[columns[_REGION]] != self._region:
            return
        kind, system, price, since = (cells[columns[name]] for name in _READ)
        offering = self._wanted.get((kind, _SYSTEMS.get(system, OperatingSystem.LINUX)))
        if offering is None or system not in _SYSTEMS or (claim := _parse_claim(price, since)) is None:
            return
        before = self._claims.setdefault(offering, claim)
        if before.usd_per_hour != claim.usd_per_hour:
            self._contradicted.add(offering)


def _split(line: bytes) -> list[str]:
    try:
        return next(_rows(line.decode("utf-8", "replace")), [])
    except csv.Error:
        return []


def _rows(line: str) -> Iterator[list[str]]:
    return csv.reader((line.rstrip("\r"),), strict=True)


def _parse_claim(price: str, since: str) -> PriceClaim | None:
    """Return a price with the day from which it holds; None for what is none, as 0 is, which stands for that."""
    try:
        usd_per_hour = Decimal(price).normalize()
    except InvalidOperation:
        return None
    if not usd_per_hour.is_finite() or usd_per_hour <= 0:
        return None
    try:
        return PriceClaim(usd_per_hour, datetime.strptime(since, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return PriceClaim(usd_per_hour)
