"""Prices on a Redis to which others may write, on a real server: what they could say there, and what is believed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from redis.asyncio import Redis

from oracle.foundation.clocks import SYSTEM_CLOCKS
from oracle.foundation.key_ring import KeyRing
from oracle.foundation.reason import Reason
from oracle.key_ring_file import make_ring, rotate_ring
from oracle.oracle import Oracle, open_oracle
from oracle.price_history import PricePoint
from oracle.quotes import PriceMode
from oracle.reasons import OracleCode
from oracle.settings import OracleSettings
from oracle.store import codec
from oracle.store.base import FeedLease, FeedMessage
from oracle.store.clients import make_unix_client
from oracle.store.columns import NameCache
from oracle.store.messages import encode_parts
from oracle.store.remote import RemoteHost
from tests.oracle.fakes import VIRGINIA, bind, make_quote
from tests.oracle.oracles import SAID, make_source, price_of, remote_store, until

PREFIX = "sentinelaura"
CHANNEL = f"{{{PREFIX}}}:announcements"
KEY = ("blue", VIRGINIA)
RING = make_ring()


@dataclass
class Shared:
    """A reader, the price that its publisher has told it, and another client of the same server."""

    settings: OracleSettings
    reader: Oracle
    client: Redis

    async def settle(self, is_true: Callable[[], bool]) -> None:
        await until(self.reader, is_true)

    def refusals(self) -> set[object]:
        """Why messages were not believed, and prices."""
        whys = (
            notice["why"] if notice.code is OracleCode.FEED_REFUSED else notice
            for notice in self.reader.status.notices
        )
        return {why.code for why in whys if isinstance(why, Reason)}

    def is_signed(self) -> bool:
        board = self.reader.board()
        return KEY in board.quotes and KEY not in board.unsigned

    async def forge(self, price: str, ring: KeyRing | None = None, **changes: object) -> None:
        """Say a price on the channel, as the holder of the lease would: whoever may read it can copy it."""
        term, holder = (await self.client.get(f"{{{PREFIX}}}:feed-lease")).decode().split(" ", 1)
        now = SYSTEM_CLOCKS.wall()
        quote = make_quote(usd_per_hour=price, confirmed_at=now, life_s=86_400.0)
        message = FeedMessage(FeedLease(holder, int(term)), 10**6, now, (quote,))
        for part in encode_parts(replace(message, **changes), PREFIX, ring, NameCache()):  # type: ignore[arg-type]
            await self.client.publish(CHANNEL, part)


@asynccontextmanager
async def share(
    settings: OracleSettings, reader: KeyRing | None, publisher: KeyRing | None
) -> AsyncIterator[Shared]:
    async with remote_store(replace(settings, quote_life_s=3600.0)) as shared:
        assert shared.redis_url is not None
        client = make_unix_client(shared.redis_url.removeprefix("unix://"), 0)
        async with (
            open_oracle(shared, make_source(), ring=publisher),
            open_oracle(shared, None, ring=reader) as oracle,
        ):
            oracle.set_bindings(bind("blue"))
            await until(oracle, lambda: price_of(oracle) is not None)
            yield Shared(shared, oracle, client)
        await client.aclose()


def run(
    settings: OracleSettings,
    talk: Callable[[Shared], Awaitable[None]],
    reader: KeyRing | None = RING,
    publisher: KeyRing | None = RING,
) -> None:
    async def main() -> None:
        async with share(settings, reader, publisher) as shared:
            await talk(shared)

    asyncio.run(main())


def test_what_the_publisher_has_signed_may_move_clusters(settings: OracleSettings) -> None:
    async def talk(shared: Shared) -> None:
        assert shared.is_signed()
        assert price_of(shared.reader) == Decimal("0.1613")
        assert shared.reader.status.notices == ()

    run(settings, talk)


def test_a_reader_that_starts_later_reads_what_lies_there(settings: OracleSettings) -> None:
    async def talk(shared: Shared) -> None:
        quiet = replace(shared.settings, refresh_s=1800.0)
        async with open_oracle(quiet, None, ring=RING) as late:
            late.set_bindings(bind("blue"))
            await until(late, lambda: price_of(late) is not None)
            assert KEY not in late.board().unsigned

    run(settings, talk)


@pytest.mark.parametrize("price", ["9999999.99", "0.000000000001"])
def test_a_plain_publish_sets_no_price(settings: OracleSettings, price: str) -> None:
    async def talk(shared: Shared) -> None:
        await shared.client.publish(CHANNEL, price)
        await shared.settle(lambda: OracleCode.MESSAGE_GARBLED in shared.refusals())
        await shared.forge(price)
        await shared.settle(lambda: OracleCode.MESSAGE_UNSIGNED in shared.refusals())
        await shared.forge(price, make_ring())
        await shared.settle(lambda: OracleCode.MESSAGE_UNSIGNED in shared.refusals())
        assert price_of(shared.reader) == Decimal("0.1613")
        assert shared.is_signed()

    run(settings, talk)


@pytest.mark.parametrize(
    ("price", "code"),
    [("9999999.99", OracleCode.PRICE_ABSURD), ("0.000000000001", OracleCode.PRICE_TINY)],
)
def test_a_plain_publish_sets_no_price_where_nothing_is_signed_either(
    settings: OracleSettings, price: str, code: OracleCode
) -> None:
    async def talk(shared: Shared) -> None:
        assert not shared.is_signed()
        await shared.forge(price, on_demand=())
        await shared.settle(lambda: code in shared.refusals())
        assert price_of(shared.reader) == Decimal("0.1613")

    run(settings, talk, reader=None, publisher=None)


@pytest.mark.parametrize(
    ("reader", "publisher", "code"),
    [
        (RING, None, OracleCode.FEED_UNSIGNED),
        (None, RING, OracleCode.FEED_KEY_UNKNOWN),
        (RING, make_ring(), OracleCode.FEED_KEY_UNKNOWN),
    ],
    ids=["unsigned", "no ring here", "another ring"],
)
def test_prices_that_we_cannot_prove_are_shown_in_their_true_mode_and_move_nothing(
    settings: OracleSettings, reader: KeyRing | None, publisher: KeyRing | None, code: OracleCode
) -> None:
    async def talk(shared: Shared) -> None:
        await shared.settle(lambda: code in shared.refusals())
        board = shared.reader.board()
        assert (board.quotes[KEY].usd_per_hour, board.quotes[KEY].mode) == (Decimal("0.1613"), PriceMode.LIVE)
        assert board.unsigned == {KEY}

    run(settings, talk, reader, publisher)


def test_the_publisher_itself_moves_nothing_on_what_it_does_not_sign(settings: OracleSettings) -> None:
    async def main() -> None:
        async with remote_store(settings) as shared, open_oracle(shared, make_source()) as oracle:
            oracle.set_bindings(bind("blue"))
            await until(oracle, lambda: price_of(oracle) is not None)
            assert oracle.board().unsigned == {KEY}

    asyncio.run(main())


def test_what_was_signed_before_is_not_believed_again(settings: OracleSettings) -> None:
    async def talk(shared: Shared) -> None:
        (part,) = await shared.client.hvals(f"{{{PREFIX}}}:message")
        held = shared.reader.board().quotes[KEY]
        await shared.settle(lambda: shared.reader.board().quotes[KEY].confirmed_at > held.confirmed_at)
        await shared.client.publish(CHANNEL, part)
        await shared.settle(lambda: OracleCode.MESSAGE_REPLAYED in shared.refusals())
        assert shared.is_signed()

    run(settings, talk)


def test_what_a_former_publisher_signs_now_is_not_believed(settings: OracleSettings) -> None:
    async def talk(shared: Shared) -> None:
        await shared.forge("0.20", RING, lease=FeedLease("there/2/bb/script", 10**15))
        await shared.settle(lambda: OracleCode.MESSAGE_NOT_OF_HOLDER in shared.refusals())
        assert price_of(shared.reader) == Decimal("0.1613")

    run(settings, talk)


def test_a_signature_over_other_words_is_forged(settings: OracleSettings) -> None:
    async def talk(shared: Shared) -> None:
        (part,) = await shared.client.hvals(f"{{{PREFIX}}}:message")
        await shared.client.publish(CHANNEL, part.replace(b"0.1613", b"0.1600"))
        await shared.settle(lambda: OracleCode.MESSAGE_FORGED in shared.refusals())
        assert price_of(shared.reader) == Decimal("0.1613")

    run(settings, talk)


def test_prices_go_on_while_keys_are_rotated(settings: OracleSettings) -> None:
    """Readers get the new ring first; the publisher signs with the old key until it is started again."""
    rotated = rotate_ring(RING)

    async def talk(shared: Shared) -> None:
        assert shared.is_signed()

    run(settings, talk, reader=rotated, publisher=RING)
    run(settings, talk, reader=rotated, publisher=rotated)


def test_a_store_that_was_emptied_begins_a_newer_term(settings: OracleSettings) -> None:
    """Redis was flushed, or started anew without its file: what comes then is no replay."""

    async def main() -> None:
        async with remote_store(settings) as shared:
            assert shared.redis_url is not None
            store = await RemoteHost(shared.redis_url, shared, RING).connect()
            now = SYSTEM_CLOCKS.wall()
            first = await store.acquire_lease("here/1/aa/script", 60.0, now)
            client = make_unix_client(shared.redis_url.removeprefix("unix://"), 0)
            await client.flushall()
            second = await store.acquire_lease("here/1/aa/script", 60.0, now + 1.0)
            assert second.term > first.term
            await client.aclose()
            await store.aclose()

    asyncio.run(main())


def test_what_others_may_write_into_the_history_is_no_price(settings: OracleSettings) -> None:
    async def talk(shared: Shared) -> None:
        now = SYSTEM_CLOCKS.wall()
        (key,) = await shared.client.keys(f"{{{PREFIX}}}:points:*:{codec.format_offering_key(VIRGINIA)}")
        await shared.client.append(
            key, codec.encode_points([PricePoint(now - 60.0, Decimal(9_999_999), SAID)])
        )
        async with open_oracle(shared.settings, None, ring=RING) as late:
            late.set_bindings(bind("blue"))
            await until(late, lambda: late.has_read_history("blue", VIRGINIA))
            assert {point.usd_per_hour for point in late.history("blue", VIRGINIA)} == {Decimal("0.1613")}

    run(settings, talk)
