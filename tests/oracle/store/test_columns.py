"""Quotes survive the store exactly, and nothing else is taken for one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from oracle.errors import QuoteDecodeError
from oracle.quotes import Dispute, Playback, PriceMode, Quote
from oracle.signals import Interruption, Obtainability
from oracle.store import columns
from oracle.store.columns import PART_QUOTES, NameCache, decode_columns, encode_columns, name_quotes
from tests.oracle.fakes import DUBLIN, NOON, make_quote
from tests.oracle.store.offerings import names, offerings

words = st.text("abc% ", min_size=1, max_size=64).filter(str.strip)
interruptions = st.builds(
    lambda shares, period_s, said, stopped: Interruption(*sorted(shares), period_s, said, stopped),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.floats(60.0, 1e8),
    words,
    st.booleans(),
)
obtainabilities = st.builds(Obtainability, st.floats(0, 1), words, st.one_of(st.none(), st.floats(1.0, 1e8)))
disputes = st.builds(Dispute, names, st.integers(1, 10**7).map(lambda cents: Decimal(cents) / 10_000))
playbacks = st.builds(Playback, st.floats(1e9, 2e9), st.one_of(st.just(0.0), st.floats(0.001, 1e7)))
worlds = st.one_of(
    st.tuples(st.sampled_from([PriceMode.LIVE, PriceMode.SIMULATED])),
    st.tuples(st.just(PriceMode.RECORDED), playbacks),
)
quotes = st.builds(
    lambda context, offering, cents, since, at, life, source, world, said: Quote(
        *(context, offering, Decimal(cents) / 10_000, since, at, at + life, source, world[0]),
        world[1] if len(world) > 1 else None,
        *said,
    ),
    names,
    offerings,
    st.integers(1, 10**7),
    st.floats(1e9, 2e9),
    st.floats(1e9, 2e9),
    st.floats(1.0, 80_000.0),
    names,
    worlds,
    st.tuples(
        st.one_of(st.none(), interruptions),
        st.one_of(st.none(), obtainabilities),
        st.one_of(st.none(), disputes),
    ),
)


QUOTES = (make_quote("blue"), make_quote("red", DUBLIN, "0.2299", NOON + 1.0))
ON_DEMAND = (Decimal("0.384"), None)


def survive(quotes: Sequence[Quote], on_demand: Sequence[Decimal | None] = ()) -> tuple[Quote, ...]:
    """Write and read quotes."""
    named = name_quotes(quotes, tuple(on_demand) or (None,) * len(quotes))
    lines = NameCache().encode(0, named), encode_columns(quotes)
    assert b"\n" not in b"".join(lines)
    read = NameCache().decode(lines[0])
    assert read == named
    return decode_columns(lines[1], read)


@given(st.lists(quotes, max_size=4))
def test_quotes_survive_the_store(quotes: list[Quote]) -> None:
    assert survive(quotes) == tuple(quotes)


def test_a_recording_that_stands_still_survives_the_store() -> None:
    standing = structs.replace(make_quote(), mode=PriceMode.RECORDED, playback=Playback(NOON, 0.0))
    assert survive([standing]) == (standing,)


def test_what_all_quotes_share_stands_once() -> None:
    many = tuple(make_quote(f"context-{n}") for n in range(PART_QUOTES))
    assert survive(many) == many
    assert len(encode_columns(many)) < 10 * PART_QUOTES + 500


def test_a_price_that_python_writes_with_an_exponent_is_written_in_digits() -> None:
    quote = structs.replace(make_quote(), usd_per_hour=Decimal("1E-7"))
    assert survive([quote]) == (quote,)
    assert b"0.0000001" in encode_columns([quote])


@pytest.mark.parametrize("price", ["NaN", "-1", "Infinity", "1E+9"])
def test_what_is_no_price_is_never_written(price: str) -> None:
    with pytest.raises(ValueError, match="no price"):
        encode_columns([structs.replace(make_quote(), usd_per_hour=Decimal(price))])


def damage(change: Callable[[dict[str, Any]], object]) -> bytes:
    fields = json.loads(encode_columns(QUOTES))
    change(fields)
    return json.dumps(fields).encode()


SHARE, CHANCE = [0.05, 0.1, 2_592_000.0, "5-10 %", False], [0.7, "7 of 10", 3600.0]


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields.pop("said"),
        lambda fields: fields.update(extra=1),
        lambda fields: fields.update(said=[["two\nlines", "live", None]]),
        lambda fields: fields.update(said=[["x" * 300, "live", None]]),
        lambda fields: fields.update(said=[["script", "real", None]]),
        lambda fields: fields.update(said=[["script", "recorded", None]]),
        lambda fields: fields.update(said=[["script", "live", [1.0, 1.0]]]),
        lambda fields: fields.update(said=[["script", "recorded", [1.0, -1.0]]]),
        lambda fields: fields.update(said=[["script", "recorded", [1e300, 1.0]]]),
        lambda fields: fields.update(said=[]),
        lambda fields: fields.update(said_by=[]),
        lambda fields: fields.update(said_by=[0, 1]),
        lambda fields: fields.update(said_by=[0, -1]),
        lambda fields: fields.update(said_by=[0, 0, 0]),
        lambda fields: fields.update(usd_per_hour=["0.1"]),
        lambda fields: fields.update(usd_per_hour=["0.1", "0.2", "0.3"]),
        lambda fields: fields.update(usd_per_hour=["0.1", 0.2]),
        lambda fields: fields.update(usd_per_hour=["0.1", "NaN"]),
        lambda fields: fields.update(usd_per_hour=["0.1", "-0.1"]),
        lambda fields: fields.update(usd_per_hour=["0.1", "0"]),
        lambda fields: fields.update(usd_per_hour=["0.1", "1e-3"]),
        lambda fields: fields.update(usd_per_hour=["0.1", "٠.١"]),
        lambda fields: fields.update(usd_per_hour=["0.1", "0.2,0.3"]),
        lambda fields: fields.update(deadline=fields["confirmed_at"]),
        lambda fields: fields.update(deadline=[NOON + 20.0, NOON + 10 * 86_400.0]),
        lambda fields: fields.update(deadline=[]),
        lambda fields: fields.update(deadline=[float("inf")]),
        lambda fields: fields.update(confirmed_at=[float("nan")]),
        lambda fields: fields.update(confirmed_at=[True]),
        lambda fields: fields.update(confirmed_at=[NOON, NOON, NOON]),
        lambda fields: fields.update(in_force_since=None),
        lambda fields: fields.update(in_force_since=[None]),
        lambda fields: fields.update(interruptions=[SHARE[:2]]),
        lambda fields: fields.update(interruptions=[[0.05, 1.5, 3600.0, "w", False]]),
        lambda fields: fields.update(interruptions=[[0.05, 0.01, 3600.0, "w", False]]),
        lambda fields: fields.update(interruptions=[[0.5, 0.5, 1e-30, "w", False]]),
        lambda fields: fields.update(interruptions=[[0.5, 0.5, 1e300, "w", False]]),
        lambda fields: fields.update(interruptions=[[*SHARE[:3], "w" * 300, False]]),
        lambda fields: fields.update(interruptions=[[*SHARE[:3], "w\x1b[2J", False]]),
        lambda fields: fields.update(obtainabilities=[[-0.1, *CHANCE[1:]]]),
        lambda fields: fields.update(obtainabilities=[[*CHANCE[:2], 0.0]]),
        lambda fields: fields.update(obtainabilities=[[*CHANCE, 1.0]]),
        lambda fields: fields.update(disputes=[["two\nlines", "0.1"]]),
        lambda fields: fields.update(disputes=[["list", "NaN"]]),
        lambda fields: fields.update(disputes=[["list"]]),
        lambda fields: fields.pop("disputes"),
    ],
)
def test_a_damaged_line_is_refused_whole(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(QuoteDecodeError):
        decode_columns(damage(change), name_quotes(QUOTES, ON_DEMAND))


NAMES = ["blue", "aws", "us-east-1", "m5.large", "spot", "linux", "", None]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, ""),
        (0, "x" * 300),
        (0, "blue\u202egreen"),
        (0, "\ud800"),
        (1, None),
        (2, ["us-east-1"]),
        (4, "free"),
        (5, "plan9"),
        (6, None),
        (6, "us-east-1\u202ea"),
        (7, "-1"),
        (7, "0"),
        (7, 1),
    ],
)
def test_a_name_that_could_not_be_shown_refuses_the_line(place: int, value: object) -> None:
    assert NameCache().decode(json.dumps([NAMES]).encode()).contexts == ("blue",)
    line = json.dumps([NAMES, [*NAMES[:place], value, *NAMES[place + 1 :]]]).encode()
    with pytest.raises(QuoteDecodeError):
        NameCache().decode(line)


@pytest.mark.parametrize(
    "line",
    [
        *(b"", b"{}", b"[[]]", b"[" * 5000, b'["\xff"]', json.dumps([NAMES[:7]]).encode()),
        json.dumps([NAMES] * (PART_QUOTES + 1)).encode(),
        b"[" + b" " * columns.MAX_NAMES_BYTES + b"]",
    ],
    ids=["nothing", "object", "empty row", "nesting", "no UTF-8", "seven names", "too many", "too long"],
)
def test_no_other_bytes_are_names(line: bytes) -> None:
    with pytest.raises(QuoteDecodeError):
        NameCache().decode(line)


def test_whoever_says_ever_new_names_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    line = json.dumps([NAMES]).encode()
    monkeypatch.setattr(columns, "MAX_CACHED_BYTES", 10 * len(line))
    cache = NameCache()
    for number in range(100, 200):
        cache.decode(line.replace(b"blue", b"b%d" % number))
        assert sum(map(len, cache._names)) <= columns.MAX_CACHED_BYTES
