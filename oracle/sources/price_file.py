"""Reads files of prices, whatever their format and packing, without ever holding more of one than its rows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from oracle.errors import PriceFileError
from oracle.foundation.reason import Reason
from oracle.foundation.trusted_file import UntrustedFile, open_trusted
from oracle.reasons import OracleCode
from oracle.regions import load_regions, suggest_region
from oracle.sources.formats.names import Names
from oracle.sources.formats.reading import read_prices
from oracle.sources.formats.row_reading import Circumstances
from oracle.sources.gcp.catalog_items import parse_shapes
from oracle.sources.price_list import PriceList, make_price_list
from oracle.sources.price_table import PriceTable
from oracle.sources.recording import Recording, make_recording
from oracle.sources.watched_file import Version
from resources.loader import load_json

#: Rates where a person has given none: code of a currency -> USD for one of it.
NO_RATES: Mapping[str, Decimal] = {}


def load_table(path: str, rates: Mapping[str, Decimal] = NO_RATES) -> PriceTable:
    """Read all prices of a file, which may have none that is usable. Raises: PriceFileError."""
    try:
        with Path(path).open("rb") as file:
            written_at = os.fstat(file.fileno()).st_mtime
            return read_prices(file, Path(path).name, _find_circumstances(rates, written_at))
    except OSError as error:
        raise PriceFileError(path, None, _unreadable(error)) from error


def load_recording(path: str, rates: Mapping[str, Decimal] = NO_RATES) -> Recording:
    """Read a file of recorded prices. Raises: PriceFileError."""
    return make_recording(load_table(path, rates))


def load_price_list(path: str, life_s: float, rates: Mapping[str, Decimal] = NO_RATES) -> PriceList:
    """Read one version of a file of live prices, which nobody else may have written. Raises: PriceFileError."""
    try:
        with _open_trusted(path) as file:
            table = read_prices(file, Path(path).name, _find_circumstances(rates, None))
            return make_price_list(table, life_s)
    except OSError as error:
        raise PriceFileError(path, None, _unreadable(error)) from error


def find_version(path: str) -> Version:
    """Return what tells this version of a file from another. Raises: PriceFileError."""
    try:
        facts = os.stat(path)
    except OSError as error:
        raise PriceFileError(path, None, _unreadable(error)) from error
    # The second time cannot be set by whoever copies a file with its times.
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


def _find_circumstances(rates: Mapping[str, Decimal], written_at: float | None) -> Circumstances:
    list_prices = {
        (provider, machine): Decimal(str(facts["on_demand"]))
        for provider, known in load_json("price_levels.json").items()
        for machine, facts in known["types"].items()
    }
    shapes = parse_shapes(load_json("gcp_machine_shapes.json"))
    return Circumstances(Names(load_regions(), suggest_region), written_at, rates, list_prices, shapes)


def _open_trusted(path: str) -> BinaryIO:
    """Raises: PriceFileError, OSError."""
    try:
        return open_trusted(Path(path))
    except UntrustedFile as error:
        reason = OracleCode.PRICE_FILE_UNTRUSTED.because(problem=error.reason)
        raise PriceFileError(path, None, reason) from error


def _unreadable(error: OSError) -> Reason:
    return OracleCode.PRICE_FILE_UNREADABLE.because(error=error.strerror or str(error))
