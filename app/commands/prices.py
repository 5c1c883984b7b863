"""`sentinelaura prices`: says what a file of prices holds, and writes it in our own columns."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path

from app.commands.output import report_line, write_output
from app.commands.prices_report import check_to_json, check_to_text, failure_to_json, table_to_lines
from app.config.configuration import Configuration
from app.exit_codes import ExitCode
from oracle.errors import PriceFileError
from oracle.foundation.reason import format_count
from oracle.reasons import OracleCode
from oracle.sources.price_file import load_table


async def run_prices(arguments: Namespace, configuration: Configuration) -> int:
    """Do what the action says. Raises: PriceFileError for a file that cannot be used or written."""
    rates = configuration.currency_rates
    if arguments.action == "check":
        return _check(arguments.file, rates, as_json=arguments.json)
    table = load_table(arguments.input, rates).require_prices()
    _write(arguments.output, table_to_lines(table))
    for notice in table.notices:
        report_line(str(notice))
    counts = (
        f"{format_count(table.priced, 'price')} of {format_count(table.offerings_with_prices, 'offering')}"
    )
    write_output(f"{arguments.output}: {counts}")
    return ExitCode.OK


def _check(path: str, rates: Mapping[str, Decimal], *, as_json: bool) -> int:
    """Print what is in a file; the exit code says whether it can be used. Raises: PriceFileError, if not as JSON."""
    try:
        table = load_table(path, rates)
        if not as_json:
            table.require_prices()
    except PriceFileError as error:
        if not as_json:
            raise
        write_output(json.dumps(failure_to_json(error), indent=2))
        return ExitCode.BAD_INPUT
    write_output(json.dumps(check_to_json(table), indent=2) if as_json else check_to_text(table))
    return ExitCode.OK if table.priced else ExitCode.BAD_INPUT


def _write(path: str, lines: Iterable[str]) -> None:
    """Write a new file; what is there already stays. Raises: PriceFileError."""
    try:
        with Path(path).open("x", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
    except FileExistsError as error:
        raise PriceFileError(path, None, OracleCode.PRICE_FILE_EXISTS.because()) from error
    except OSError as error:
        reason = OracleCode.PRICE_FILE_NOT_WRITTEN.because(error=error.strerror or str(error))
        raise PriceFileError(path, None, reason) from error
