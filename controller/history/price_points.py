"""A day of one offering's prices in a few hundred bytes. Pure.

A point is a moment and a price: the price was in force at that moment, as far as its source said, and is not known to
have been in force longer than until the next one. Two numbers of variable length each: seconds since the point before
and the change of the price, which most of the time is none. Prices are kept to the millionth of a dollar; amounts that
are decided on never come from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from oracle.market import Offering
from oracle.quotes import PriceMode

DAY_S = 86400
MICRODOLLARS = 1_000_000


@dataclass(frozen=True, slots=True)
class Series:
    """Whose prices of what: no recording is ever read as a market."""

    offering: Offering
    source: str
    mode: PriceMode


@dataclass(frozen=True, slots=True)
class PriceSample:
    """What a source said that an offering costs. `at` is when it said so, Unix seconds; `contexts`: for whom."""

    series: Series
    at: int
    microdollars: int
    contexts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PriceSpan:
    """A part of what one source said: from `since` to `until`, Unix seconds."""

    series: Series
    since: float
    until: float


#: (Unix seconds, USD per hour), oldest first.
Points = tuple[tuple[float, Decimal], ...]


def to_microdollars(usd_per_hour: Decimal) -> int:
    """Return the price as history keeps it."""
    return int((usd_per_hour * MICRODOLLARS).to_integral_value())


def to_usd(microdollars: int) -> Decimal:
    """Return the price per hour in dollars."""
    return Decimal(microdollars) / MICRODOLLARS


def pack_points(points: Iterable[tuple[int, int]]) -> bytes:
    """Pack (seconds since midnight, microdollars), ascending in time."""
    packed = bytearray()
    last_s = last_price = 0
    for second, price in points:
        change = price - last_price
        _append_number(packed, second - last_s)
        _append_number(packed, 2 * change if change >= 0 else -2 * change - 1)
        last_s, last_price = second, price
    return bytes(packed)


def unpack_points(packed: bytes) -> Iterator[tuple[int, int]]:
    """Yield what was packed. Raises: ValueError where it ends in the middle of a number."""
    numbers = _iterate_numbers(packed)
    second = price = 0
    for gap in numbers:
        change = next(numbers, None)
        if change is None:
            raise ValueError("the points end in the middle")
        second += gap
        price += change // 2 if change % 2 == 0 else -(change + 1) // 2
        yield second, price


def _append_number(packed: bytearray, number: int) -> None:
    """Seven bits a byte, the lowest first; the high bit says that more follow."""
    while number >= 0x80:
        packed.append(number & 0x7F | 0x80)
        number >>= 7
    packed.append(number)


def _iterate_numbers(packed: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in packed:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield number
            number = shift = 0
    if shift:
        raise ValueError("the points end in the middle")
