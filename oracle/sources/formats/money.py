"""What a price is in, and for how long: other currencies and units become US dollars per hour, or unknown. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from decimal import Decimal

from oracle.bounds import MAX_PRICE_DECIMALS, MAX_USD_PER_HOUR
from oracle.quotes import count_decimals
from oracle.reasons import OracleCode
from oracle.sources.formats.cells import UnknownCell, cut

#: Hours of a month as the clouds bill them: 8760 hours of a year by twelve. Source: their price calculators.
HOURS_PER_MONTH = 730
_HOURS = {
    **dict.fromkeys(("hour", "hours", "hourly", "hr", "hrs", "h"), Decimal(1)),
    **dict.fromkeys(("day", "days", "daily", "d"), Decimal(24)),
    **dict.fromkeys(("month", "months", "monthly", "mo"), Decimal(HOURS_PER_MONTH)),
    **dict.fromkeys(("year", "years", "yearly", "annual", "yr"), Decimal(12 * HOURS_PER_MONTH)),
    **dict.fromkeys(("minute", "minutes", "min"), Decimal(1) / 60),
    **dict.fromkeys(("second", "seconds", "sec", "s"), Decimal(1) / 3600),
}
#: `1 Hour`, `100 Hours`, `per month`, `USD/hour`, `1/Hour`.
_UNIT = re.compile(r"(?:[a-z$]{0,3}/|per )?\s*(\d{1,6})?\s*/?\s*([a-z]+)", re.ASCII)
_CODE = re.compile(r"[A-Z]{3}", re.ASCII)
_RATE = re.compile(r"\d{1,6}(\.\d{1,12})?", re.ASCII)


def find_currency(text: str) -> str:
    """Return the code of a currency, as ISO 4217 has it. Raises: UnknownCell."""
    code = text.strip().upper().replace("US$", "USD")
    if not _CODE.fullmatch(code):
        raise UnknownCell(OracleCode.CURRENCY_NOT_UNDERSTOOD.because(found=cut(text)))
    return code


def find_hours(text: str) -> Decimal:
    """Return for how many hours a price of this unit is. Raises: UnknownCell."""
    found = _UNIT.fullmatch(text.strip().lower())
    hours = _HOURS.get(found[2]) if found else None
    count = int(found[1] or 1) if found else 0
    if hours is None or not count:
        raise UnknownCell(OracleCode.UNIT_NOT_UNDERSTOOD.because(found=cut(text)))
    return hours * count


def to_usd_per_hour(amount: Decimal, currency: str, unit: str, rates: Mapping[str, Decimal]) -> Decimal:
    """Return what an amount is in USD per hour, rounded to what a quote may have.

    rates: USD for one of another currency, as a person gave them.
    Raises: UnknownCell for what is not between zero and MAX_USD_PER_HOUR, for zero, and for what has no rate.
    """
    code = find_currency(currency)
    rate = Decimal(1) if code == "USD" else rates.get(code)
    if rate is None:
        raise UnknownCell(OracleCode.CURRENCY_WITHOUT_RATE.because(currency=code))
    if not amount:
        raise UnknownCell(OracleCode.PRICE_ZERO.because())
    price = amount * rate / find_hours(unit)
    if not 0 < price <= MAX_USD_PER_HOUR:
        shown = cut(f"{amount}" if price == amount else f"{price:.6f}")
        raise UnknownCell(OracleCode.PRICE_OUT_OF_RANGE.because(found=shown, limit=MAX_USD_PER_HOUR))
    if count_decimals(price) > MAX_PRICE_DECIMALS:
        price = round(price, MAX_PRICE_DECIMALS)
    if not price:
        raise UnknownCell(OracleCode.PRICE_ZERO.because())
    return price


def parse_rate(text: str) -> tuple[str, Decimal]:
    """Return a currency and what one of it is in USD, from `EUR=1.08`. Raises: ValueError."""
    code, _, number = text.partition("=")
    if not _CODE.fullmatch(code) or not _RATE.fullmatch(number) or not Decimal(number):
        raise ValueError(f"{text!r} is no rate")
    return code, Decimal(number)


def are_rates(texts: Collection[str]) -> bool:
    """Whether each text is a rate, and each of another currency than US dollars, once."""
    try:
        codes = {parse_rate(text)[0] for text in texts}
    except ValueError:
        return False
    return len(codes) == len(texts) and "USD" not in codes
