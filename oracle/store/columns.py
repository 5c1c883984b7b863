"""The quotes of one part of a message as columns of JSON, and back. Pure.

What tells the offerings apart changes rarely, what they cost with each refresh: so the names are one line and the
numbers another, and whoever has read the names once does not read them again (`NameCache`). In a column of numbers one
value stands for all, if it is the same for all.

Decoding is strict, because the store may be shared and anything in it may move a fleet: the types are those declared
here, an unknown field, a name that cannot be shown or a number that means nothing refuse the part as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import repeat
from operator import attrgetter
from typing import Annotated, Any, TypeVar

import msgspec

from oracle.bounds import MAX_LIFE_S, MAX_PRICE_DECIMALS
from oracle.errors import QuoteDecodeError
from oracle.market import CapacityType, Offering, OperatingSystem
from oracle.quotes import Dispute, Playback, PriceMode, Quote
from oracle.reasons import OracleCode
from oracle.signals import Interruption, Obtainability
from oracle.store import codec

#: Quotes of one part.
PART_QUOTES = 250
#: The longest line of names: seven of them and a price, each character of them as six.
MAX_NAMES_BYTES = PART_QUOTES * 7 * 6 * codec.MAX_NAME_LENGTH
#: What the names that are kept may take, bytes of their lines; those of 100,000 offerings take some 8 MB.
MAX_CACHED_BYTES = 32 * 2**20

_PRICES = re.compile(rf"{codec.PRICE}(,{codec.PRICE})*", re.ASCII)
_T = TypeVar("_T")

_Number = Annotated[int, msgspec.Meta(ge=0, lt=PART_QUOTES)]
_Numbers = Annotated[list[_Number], msgspec.Meta(max_length=PART_QUOTES)]
_Times = Annotated[list[float], msgspec.Meta(max_length=PART_QUOTES)]
_Price = Annotated[str, msgspec.Meta(max_length=8 + MAX_PRICE_DECIMALS)]
_Prices = Annotated[list[_Price], msgspec.Meta(max_length=PART_QUOTES)]
_Said = tuple[str, PriceMode, tuple[float, float] | None]
_Share = tuple[float, float, float, str, bool]
_Chance = tuple[float, str, float | None]
_Other = tuple[str, _Price]


class _Columns(msgspec.Struct, forbid_unknown_fields=True):
    """The numbers of one part. What many quotes have in common stands once, and its place in a column of numbers."""

    usd_per_hour: _Prices
    in_force_since: _Times
    confirmed_at: _Times
    deadline: _Times
    said: list[_Said]
    said_by: _Numbers
    interruptions: list[_Share | None]
    interruption: _Numbers
    obtainabilities: list[_Chance | None]
    obtainability: _Numbers
    disputes: list[_Other | None]
    dispute: _Numbers


_NAMES = msgspec.json.Decoder(
    Annotated[
        list[tuple[str, str, str, str, CapacityType, OperatingSystem, str, str | None]],
        msgspec.Meta(max_length=PART_QUOTES),
    ]
)
_COLUMNS = msgspec.json.Decoder(_Columns)
_ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Names:
    """What the quotes of a part are of; the n-th of each is that of the n-th quote.

    on_demand: what the same machines cost on demand, USD per hour; None where the publisher does not know it.
    """

    contexts: tuple[str, ...]
    offerings: tuple[Offering, ...]
    on_demand: tuple[Decimal | None, ...]


class NameCache:
    """Lines of names that were read or written before. Owned by one task."""

    def __init__(self) -> None:
        self._names: dict[bytes, Names] = {}
        self._size = 0
        #: Number of a part -> what it was last written from, and its line.
        self._lines: dict[int, tuple[Names, bytes]] = {}

    def decode(self, line: bytes) -> Names:
        """Return the names in a line. Raises: QuoteDecodeError."""
        names = self._names.get(line)
        if names is None:
            names = _decode_names(line)
            if self._size + len(line) > MAX_CACHED_BYTES:
                self._names.clear()
                self._size = 0
            self._names[line] = names
            self._size += len(line)
        return names

    def encode(self, number: int, names: Names) -> bytes:
        """Return the line of the names of part `number`."""
        known = self._lines.get(number)
        if known is None or known[0] != names:
            known = self._lines[number] = (names, _encode_names(names))
        return known[1]


def name_quotes(quotes: Sequence[Quote], on_demand: tuple[Decimal | None, ...]) -> Names:
    """Return what quotes are of."""
    return Names(tuple(_list_all(quotes, "context")), tuple(_list_all(quotes, "offering")), on_demand)


def encode_columns(quotes: Sequence[Quote]) -> bytes:
    """Return all that is not a name as one line. Raises: ValueError for what cannot be a price."""
    said, said_by = _pool(_list_all(quotes, "source", "mode", "playback"))
    interruptions, interruption = _pool(_list_all(quotes, "interruption"))
    obtainabilities, obtainability = _pool(_list_all(quotes, "obtainability"))
    disputes, dispute = _pool(_list_all(quotes, "dispute"))
    columns = _Columns(
        _encode_prices(_list_all(quotes, "usd_per_hour")),
        _shorten(_list_all(quotes, "in_force_since")),
        _shorten(_list_all(quotes, "confirmed_at")),
        _shorten(_list_all(quotes, "deadline")),
        [(source, mode, _to_pair(playback)) for source, mode, playback in said],
        said_by,
        list(map(_to_share, interruptions)),
        interruption,
        list(map(_to_chance, obtainabilities)),
        obtainability,
        list(map(_to_other, disputes)),
        dispute,
    )
    return _ENCODER.encode(columns)


def decode_columns(line: bytes, names: Names) -> tuple[Quote, ...]:
    """Return the quotes of a part. Raises: QuoteDecodeError."""
    count = len(names.contexts)
    columns = _load(_COLUMNS.decode, line)
    confirmed_at = _widen(columns.confirmed_at, count, "confirmed_at")
    deadline = _widen(columns.deadline, count, "deadline")
    # Mostly all quotes of a part were confirmed together.
    lives = set(zip(confirmed_at, deadline, strict=True))
    if not all(0 < end - begin <= MAX_LIFE_S for begin, end in lives):
        raise QuoteDecodeError(OracleCode.QUOTE_LIFE_WRONG.because())
    said = tuple(map(_decode_said, columns.said))
    sources, modes, playbacks = zip(*said, strict=True) if said else ((), (), ())
    return tuple(
        map(
            Quote,
            names.contexts,
            names.offerings,
            _decode_prices(columns.usd_per_hour, count),
            _widen(columns.in_force_since, count, "in_force_since"),
            confirmed_at,
            deadline,
            _pick(sources, columns.said_by, count, "source"),
            _pick(modes, columns.said_by, count, "source"),
            _pick(playbacks, columns.said_by, count, "source"),
            _pick(
                list(map(_decode_interruption, columns.interruptions)),
                columns.interruption,
                count,
                "interruption",
            ),
            _pick(
                list(map(_decode_obtainability, columns.obtainabilities)),
                columns.obtainability,
                count,
                "obtainability",
            ),
            _pick(list(map(_decode_dispute, columns.disputes)), columns.dispute, count, "dispute"),
        )
    )


def _list_all(quotes: Sequence[Quote], *names: str) -> list[Any]:
    """Return a field of each quote, or a tuple of several."""
    return list(map(attrgetter(*names), quotes))


def _encode_names(names: Names) -> bytes:
    rows = zip(names.contexts, names.offerings, names.on_demand, strict=True)
    return _ENCODER.encode(
        [
            (context, *codec.LIST_NAMES(one), None if price is None else codec.format_price(price))
            for context, one, price in rows
        ]
    )


def _decode_names(line: bytes) -> Names:
    if len(line) > MAX_NAMES_BYTES:
        raise _wrong("names")
    rows = _load(_NAMES.decode, line)
    contexts, providers, regions, machines, capacities, systems, zones, on_demand = (
        zip(*rows, strict=True) if rows else ((),) * 8
    )
    if not codec.are_plain_names((*contexts, *providers, *regions, *machines, *filter(None, zones))):
        raise _wrong("names")
    offerings = tuple(map(Offering, providers, regions, machines, capacities, zones, systems))
    prices = {text: codec.parse_price(text, "on_demand") for text in set(on_demand) if text is not None}
    return Names(contexts, offerings, tuple(map(prices.get, on_demand)))


def _encode_prices(prices: list[Decimal]) -> list[str]:
    texts = list(map(str, prices))
    # All at once; a price that is written otherwise, such as 1E-7, is seen to alone.
    return texts if _PRICES.fullmatch(",".join(texts)) else list(map(codec.format_price, prices))


def _decode_prices(texts: list[str], count: int) -> list[Decimal]:
    if len(texts) != count or (texts and not _PRICES.fullmatch(",".join(texts))):
        raise _wrong("usd_per_hour")
    try:
        prices = list(map(Decimal, texts))
    except ArithmeticError as error:
        raise _wrong("usd_per_hour") from error
    if prices and min(prices) <= 0:
        raise _wrong("usd_per_hour")
    return prices


def _shorten(times: list[float]) -> list[float]:
    return times[:1] if _are_one(times) else times


def _widen(times: list[float], count: int, field: str) -> list[float]:
    if len(times) == 1:
        return times * count
    if len(times) != count:
        raise _wrong(field)
    return times


def _pool(values: list[_T]) -> tuple[list[_T], list[int]]:
    """Return each value once, and where the value of each quote stands there."""
    if _are_one(values):
        return values[:1], [0]
    numbers: dict[_T, int] = {}
    places = [numbers.setdefault(value, len(numbers)) for value in values]
    return list(numbers), places


def _are_one(values: list[_T]) -> bool:
    """Whether there are values, and all are the same: mostly the very same object, which needs no comparison."""
    return bool(values) and values.count(values[0]) == len(values)


def _pick(values: Sequence[_T], places: list[int], count: int, field: str) -> Iterator[_T]:
    if len(places) == 1 and len(values) == 1:
        return repeat(values[0], count)
    if len(places) != count or (places and max(places) >= len(values)):
        raise _wrong(field)
    return map(values.__getitem__, places)


def _to_pair(playback: Playback | None) -> tuple[float, float] | None:
    return None if playback is None else (playback.recorded_at, playback.speed)


def _to_share(one: Interruption | None) -> _Share | None:
    return (
        None if one is None else (*(one.at_least, one.at_most, one.period_s, one.words, one.is_of_stopped),)
    )


def _to_chance(one: Obtainability | None) -> _Chance | None:
    return None if one is None else (one.score, one.words, one.expected_uptime_s)


def _to_other(one: Dispute | None) -> _Other | None:
    return None if one is None else (one.source, codec.format_price(one.usd_per_hour))


def _decode_dispute(other: _Other | None) -> Dispute | None:
    if other is None:
        return None
    source, price = other
    if not codec.is_plain_name(source):
        raise _wrong("dispute")
    return Dispute(source, codec.parse_price(price, "dispute"))


def _decode_said(said: _Said) -> tuple[str, PriceMode, Playback | None]:
    source, mode, pair = said
    if not codec.is_plain_name(source):
        raise _wrong("source")
    if (mode is PriceMode.RECORDED) != (pair is not None):
        raise QuoteDecodeError(OracleCode.QUOTE_CLOCK_WRONG.because())
    playback = None if pair is None else Playback(*pair)
    if playback is not None and not codec.is_possible(playback):
        raise _wrong("playback")
    return source, mode, playback


def _decode_interruption(share: _Share | None) -> Interruption | None:
    return None if share is None else _make(Interruption, share, share[3], "interruption")


def _decode_obtainability(chance: _Chance | None) -> Obtainability | None:
    return None if chance is None else _make(Obtainability, chance, chance[1], "obtainability")


def _make(kind: Callable[..., _T], fields: tuple[Any, ...], words: str, field: str) -> _T:
    if not codec.is_plain_name(words):
        raise _wrong(field)
    try:
        return kind(*fields)
    except ValueError as error:
        raise _wrong(field) from error


def _load(decode: Callable[[bytes], _T], line: bytes) -> _T:
    try:
        return decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise QuoteDecodeError(OracleCode.QUOTES_GARBLED.because()) from error


def _wrong(field: str) -> QuoteDecodeError:
    return QuoteDecodeError(OracleCode.QUOTE_FIELD_WRONG.because(field=field))
