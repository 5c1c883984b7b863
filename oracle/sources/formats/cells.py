"""Times and numbers as tools write them into a cell. Pure.

A time says its zone (`Z`, an offset, UTC or GMT), is a count since 1970, or is a day, which begins at 00:00 UTC. One
without a zone is refused: hours apart are other prices. A count is taken for seconds, milliseconds, microseconds or
nanoseconds by its length, which no two of them share between 1990 and 2200.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

from oracle.foundation.reason import Reason
from oracle.reasons import OracleCode

#: Clouds sell by the hour since 2006; far beyond both ends calendars and clocks overflow.
EARLIEST_YEAR, LATEST_YEAR = 1990, 2200
#: Characters of a wrong cell that a message repeats.
SHOWN = 40

_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d{1,3})?", re.ASCII)
_COMMA_NUMBER = re.compile(r"[-+]?\d+,\d+([eE][-+]?\d{1,3})?", re.ASCII)
_COUNT = re.compile(r"\d{9,19}(\.\d{1,9})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d|\d{8}", re.ASCII)
#: `2026-07-22 14:16:48 +0000 UTC`, as programs in Go print a time.
_GO = re.compile(r"(.{19}(?:\.\d+)?) ([-+]\d\d:?\d\d)(?: [A-Z]{1,5})?", re.ASCII)
#: `Wed, 22 Jul 2026 14:16:48 GMT`, as mail and the web write a time.
_MAIL = re.compile(
    r"(?:[A-Za-z]{3}, )?(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d:\d\d(?::\d\d)?) (GMT|UTC|[-+]\d{4})", re.ASCII
)
_MONTHS = {"Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6}
_MONTHS |= {"Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12}
_UNITS = ((1e11, 1.0), (1e14, 1e-3), (1e17, 1e-6), (1e20, 1e-9))
#: What tools write where there is no number.
_NOTHING = frozenset({"", "-", "--", "n/a", "n/a*", "na", "nan", "null", "none", "nil", "<na>"})


class UnknownCell(Exception):
    """A cell that says nothing which can be believed; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(str(reason))


def parse_time(text: str, column: str) -> float:
    """Return Unix seconds. Raises: UnknownCell."""
    try:
        moment = datetime.fromisoformat(text) if text[4:5] == "-" else _parse_other_time(text)
        if moment.tzinfo is None:
            moment = _place_in_zone(moment, text, column)
        if EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
            return moment.timestamp()
    except (ValueError, OverflowError, KeyError) as error:
        return _parse_rare_time(text, column, error)
    raise UnknownCell(
        OracleCode.TIME_OUT_OF_RANGE.because(
            column=column, found=cut(text), earliest=EARLIEST_YEAR, latest=LATEST_YEAR
        )
    )


def _parse_rare_time(text: str, column: str, error: Exception) -> float:
    """Return the time in a text that says UTC in words, in small letters or as Go does. Raises: UnknownCell."""
    tidy = text.strip().upper()
    if tidy[4:5] == tidy[7:8] == "/":
        tidy = tidy.replace("/", "-")
    for word in ("UTC", "GMT"):
        if tidy.endswith(word) and tidy[:4].isdigit() and not _GO.fullmatch(tidy):
            tidy = tidy.removesuffix(word).rstrip() + "Z"
    if go := _GO.fullmatch(tidy):
        tidy = f"{go[1]}{go[2]}"
    if tidy != text:
        try:
            return parse_time(tidy, column)
        except UnknownCell as found:
            if found.reason.code is not OracleCode.TIME_NOT_UNDERSTOOD:
                raise
    if not tidy:
        raise UnknownCell(OracleCode.CELL_EMPTY.because(column=column)) from error
    raise UnknownCell(OracleCode.TIME_NOT_UNDERSTOOD.because(column=column, found=cut(text))) from error


def _parse_other_time(text: str) -> datetime:
    """Raises: ValueError, KeyError, OverflowError."""
    if _DAY.fullmatch(text):
        return datetime.fromisoformat(text)
    if _COUNT.fullmatch(text):
        count = float(text)
        return datetime.fromtimestamp(next(unit * count for limit, unit in _UNITS if count < limit), UTC)
    if mail := _MAIL.fullmatch(text):
        zone = mail[5].replace("GMT", "Z").replace("UTC", "Z")
        return datetime.fromisoformat(f"{mail[3]}-{_MONTHS[mail[2]]:02}-{mail[1]:0>2}T{mail[4]}{zone}")
    return datetime.fromisoformat(text)


def _place_in_zone(moment: datetime, text: str, column: str) -> datetime:
    if not _DAY.fullmatch(text):
        raise UnknownCell(OracleCode.TIME_WITHOUT_ZONE.because(column=column, found=cut(text)))
    return moment.replace(tzinfo=UTC)


def parse_number(text: str, column: str, *, has_decimal_comma: bool) -> Decimal:
    """Return a finite number.

    has_decimal_comma: whether the cells are separated by something else, as where a comma stands before decimals.
    Raises: UnknownCell; CELL_EMPTY for what tools write where they have no number.
    """
    if text.lower() in _NOTHING:
        raise UnknownCell(_describe_nothing(text, column))
    if has_decimal_comma and _COMMA_NUMBER.fullmatch(text):
        text = text.replace(",", ".")
    if not _NUMBER.fullmatch(text):
        raise UnknownCell(OracleCode.PRICE_NOT_A_NUMBER.because(column=column, found=cut(text)))
    return Decimal(text)


def _describe_nothing(text: str, column: str) -> Reason:
    if not text:
        return OracleCode.CELL_EMPTY.because(column=column)
    return OracleCode.PRICE_NOT_A_NUMBER.because(column=column, found=cut(text))


def cut(text: str) -> str:
    """Return so much of a cell as a message repeats."""
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
