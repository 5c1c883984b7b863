"""Numbers, moments and durations as a person reads them. Pure.

Unknown is shown as a dash, never as 0. Text from outside passes `oracle.foundation.untrusted_text` before it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from controller.contract.savings import KnownSum, Savings
from oracle.foundation import reason
from oracle.foundation.reason import format_count

#: What stands where a number is not known.
UNKNOWN = "\N{EM DASH}"
MINUS = "\N{MINUS SIGN}"

#: Above this growth the digits mean nothing, and a column has no room for them.
MAX_SHARE = 9.99

# Not strftime's: Qt sets the desktop's locale, and the program speaks English.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# Above this, cents mean nothing; arbitrary.
_CENTS_UNTIL_USD = Decimal(10_000)


def format_usd(amount: Decimal | None, *, signed: bool = False) -> str:
    """Format an amount of money as sentences do: `$12.40`, `\N{MINUS SIGN}$3.10`, `$0.0042`; `signed` adds a plus.

    Other than there, large ones have no cents: `$12,400`.
    """
    if amount is None:
        return UNKNOWN
    before = (MINUS, "+" if signed else "")
    if abs(amount) < _CENTS_UNTIL_USD:
        return reason.format_usd(amount, *before)
    return reason.format_usd(amount.quantize(Decimal(1), ROUND_HALF_UP), *before).removesuffix(".00")


def to_number(amount: Decimal | None) -> float | None:
    """Return an amount as JSON has it, to the millionth; an unknown one is null."""
    return None if amount is None else round(float(amount), 6)


def format_price(usd_per_hour: Decimal | None) -> str:
    """Format a price per hour with the digits in which spot prices differ: `$0.0412/h`."""
    if usd_per_hour is None:
        return UNKNOWN
    step = Decimal("0.0001") if usd_per_hour < 10 else Decimal("0.01")
    return f"${usd_per_hour.quantize(step, ROUND_HALF_UP):,}/h"


def format_percent(share: float | None) -> str:
    """Format a relative change: 0.041 gives `+4.1%`; what has grown tenfold and more is `>+999%`."""
    if share is None:
        return UNKNOWN
    if share > MAX_SHARE:
        return f">+{MAX_SHARE * 100.0:.0f}%"
    # From 10 % on the decimals mean nothing.
    percent = round(share * 100.0, 1 if abs(share) < 0.0995 else 0)
    sign = "+" if percent > 0 else MINUS if percent < 0 else ""
    digits = 1 if abs(percent) < 10.0 else 0
    return f"{sign}{abs(percent):.{digits}f}%"


def format_age(seconds: float) -> str:
    """Format how long ago something was: `8 s`, `3 min`, `2 h`, `5 d`."""
    whole = max(0, int(seconds))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if whole >= size:
            return f"{whole // size} {unit}"
    return f"{whole} s"


def format_left(seconds: float) -> str:
    """Format how long something lasts yet: `7 h 58 min`, `58 min`, `45 s`; never longer than it does."""
    whole = max(0, int(seconds))
    minutes = whole // 60
    if minutes < 1:
        return f"{whole} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def format_hours(hours: Decimal | None, *, unknown: str = UNKNOWN) -> str:
    """Format a duration given in hours: `45 s`, `12 min`, `2.4 h`, `3.0 d`."""
    if hours is None:
        return unknown
    minutes = hours * 60
    if minutes < 1:
        return f"{(minutes * 60).quantize(Decimal(1), ROUND_HALF_UP)} s"
    if hours < 1:
        return f"{minutes.quantize(Decimal(1), ROUND_HALF_UP)} min"
    if hours < 48:
        return f"{hours.quantize(Decimal('0.1'), ROUND_HALF_UP)} h"
    return f"{(hours / 24).quantize(Decimal('0.1'), ROUND_HALF_UP)} d"


def format_gb(gigabytes: Decimal | float | None) -> str:
    """Format an amount of data: `0.5 GB`, `12 GB`, `1.2 TB`."""
    if gigabytes is None:
        return UNKNOWN
    size = Decimal(str(gigabytes))
    if size >= 1000:
        return f"{(size / 1000).quantize(Decimal('0.1'), ROUND_HALF_UP)} TB"
    step = Decimal(1) if size >= 10 or size == size.to_integral_value() else Decimal("0.1")
    return f"{size.quantize(step, ROUND_HALF_UP)} GB"


def format_replicas(ready: int | None, desired: int | None) -> str:
    """Format a counter of replicas, `3/4`; `?` where nobody knows how many are ready, or wanted."""
    return f"{'?' if ready is None else ready}/{'?' if desired is None else desired}"


def format_savings(savings: Savings, now: float) -> str:
    """Format what moves came to: `2 moves since Nov 27 18:03: cost $1.20, save $14.40 a day`."""
    since = "" if savings.since is None else f" since {format_moment(savings.since, now)}"
    verb = "saves" if savings.moves == 1 else "save"
    cost, saved = (_format_sum(amount) for amount in (savings.cost, savings.saved_per_day))
    return f"{format_count(savings.moves, 'move')}{since}: cost {cost}, {verb} {saved} a day"


def _format_sum(amount: KnownSum) -> str:
    if amount.usd is None:
        return "an unknown amount"
    return format_usd(amount.usd) + (f" and {amount.unknown} unknown" if amount.unknown else "")


def format_moment(at: float, now: float) -> str:
    """Format Unix seconds as it is where the person is: `18:03:12` today, `Nov 27 18:03`, `Nov 27 2025` years apart."""
    moment, today = (datetime.fromtimestamp(seconds, UTC).astimezone() for seconds in (at, now))
    if moment.date() == today.date():
        return moment.strftime("%H:%M:%S")
    day = f"{_MONTHS[moment.month - 1]} {moment.day}"
    return f"{day} {moment:%H:%M}" if moment.year == today.year else f"{day} {moment.year}"


def format_first(lines: Sequence[str], most: int, more: str = "more") -> str:
    """Return the first lines below each other; those beyond `most` are only counted."""
    rest = len(lines) - most
    return "\n".join((*lines[:most], f"and {rest} {more}") if rest > 0 else lines)
