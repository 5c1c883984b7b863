"""What a reader believes of what lies in a shared store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from oracle import feed_reader
from oracle.bounds import MAX_CLOCK_SKEW_S
from oracle.feed_reader import MAX_TOLD, TOLD_S, FeedReader
from oracle.foundation.reason import Reason
from oracle.market import Offering
from oracle.quotes import Playback, PriceMode, Quote
from oracle.reasons import OracleCode
from oracle.settings import OracleSettings
from oracle.status import StoreKind
from oracle.store.base import FeedBatch, FeedLease, FeedMessage, StoreFacts
from tests.oracle.fakes import DUBLIN, NOON, VIRGINIA, make_quote

LEASE = FeedLease("here/1/aa/script", 7)
SETTINGS = OracleSettings(shared_life_s=60.0)
KEY = "0123456789abcdef"


def facts(kind: StoreKind = StoreKind.REMOTE) -> StoreFacts:
    return StoreFacts(kind, "redis://shared", is_durable=True, is_shared=True)


def say(*quotes: Quote, sequence: int = 1, at: float = NOON, **changes: object) -> FeedMessage:
    """A message that our ring has signed."""
    message = FeedMessage(LEASE, sequence, at, quotes, key_id=KEY, is_signed=True)
    return replace(message, **changes)  # type: ignore[arg-type]


def plain(*quotes: Quote, **changes: object) -> FeedMessage:
    return replace(say(*quotes), **{"key_id": None, "is_signed": False, **changes})  # type: ignore[arg-type]


class Reading:
    """A reader and what it said."""

    def __init__(self, kind: StoreKind = StoreKind.REMOTE) -> None:
        self.reader = FeedReader(SETTINGS, facts(kind))
        self.now = NOON
        self.on_demand: dict[Offering, Decimal] = {}

    def read(self, *messages: FeedMessage, last_lease: FeedLease | None = LEASE) -> list[tuple[Quote, bool]]:
        """Return each quote that is believed, and whether it is proven."""
        batch = FeedBatch(messages, last_lease)
        accepted = self.reader.read(batch, self.now, self.on_demand.get)
        return [(quote, one.is_proven) for one in accepted for quote in one.quotes]

    def believes(self, *messages: FeedMessage, last_lease: FeedLease | None = LEASE) -> bool:
        return bool(self.read(*messages, last_lease=last_lease))

    def prices(self, *messages: FeedMessage) -> list[str]:
        return [str(quote.usd_per_hour) for quote, _ in self.read(*messages)]

    @property
    def told(self) -> list[Reason]:
        return list(self.reader.list_notices(self.now, ()))

    @property
    def codes(self) -> list[object]:
        """Codes of what is told; of a message that is refused, why it is."""
        whys = (reason["why"] if reason.code is OracleCode.FEED_REFUSED else reason for reason in self.told)
        return [why.code for why in whys if isinstance(why, Reason)]


@pytest.fixture
def reading() -> Reading:
    return Reading()


def test_what_our_ring_has_signed_is_proven_and_nothing_else_is(reading: Reading) -> None:
    assert reading.read(say(make_quote())) == [(make_quote(), True)]
    assert reading.told == []


@pytest.mark.parametrize(
    ("key_id", "code"), [(None, OracleCode.FEED_UNSIGNED), (KEY, OracleCode.FEED_KEY_UNKNOWN)]
)
def test_what_is_not_signed_by_us_is_shown_in_its_true_mode_and_said_to_be_so(
    reading: Reading, key_id: str | None, code: OracleCode
) -> None:
    quote = make_quote(mode=PriceMode.SIMULATED)
    assert reading.read(plain(quote, key_id=key_id)) == [(quote, False)]
    assert reading.codes == [code]
    reading.now = quote.deadline
    assert reading.told == [], "nothing of it is shown any more"


def test_unsigned_prices_are_not_read_beside_signed_ones_that_hold(reading: Reading) -> None:
    signed = make_quote(life_s=20.0)
    reading.read(plain(make_quote()))
    assert reading.believes(say(signed))
    assert not reading.believes(plain(make_quote("red"), lease=LEASE, sequence=9))
    assert reading.codes == [OracleCode.MESSAGE_UNSIGNED]
    reading.now = signed.deadline
    assert reading.believes(plain(make_quote("red")))


def test_a_flood_of_unsigned_prices_takes_nothing_from_the_judgement_of_signed_ones(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_reader, "MAX_QUOTES", 2)
    flood = [make_quote(f"context-{n}", Offering("aws", f"us-east-{n}", "m5.large")) for n in range(3)]
    assert reading.believes(plain(*flood))
    assert reading.believes(say(make_quote(usd_per_hour="0.16")))
    assert not reading.believes(say(make_quote(usd_per_hour="0.016"), sequence=2, at=NOON + 1.0))


def test_whoever_invents_ever_new_sources_fills_no_memory(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_reader, "MAX_VOICES", 2)
    jump = make_quote(usd_per_hour="0.016")
    for number in range(3):
        assert reading.believes(plain(make_quote(source=f"source-{number}"), sequence=number + 1))
        assert reading.believes(plain(make_quote(), sequence=number + 1)), (
            "who goes on talking is not forgotten"
        )
    assert not reading.believes(plain(jump, sequence=9, published_at=NOON + 1.0))
    silent = structs.replace(jump, source="source-0")
    assert reading.believes(plain(silent, sequence=10)), "a first price, as nothing is remembered before it"


_MACHINES = [VIRGINIA, DUBLIN, VIRGINIA.on_demand]
_SAID = st.builds(
    lambda context, offering, cents, source, late: structs.replace(
        make_quote(context, offering, f"{cents / 100:.2f}", NOON + late, source=source), in_force_since=NOON
    ),
    st.sampled_from(["blue", "red"]),
    st.sampled_from(_MACHINES),
    st.sampled_from([1, 2, 10, 11, 25, 30, 38, 39, 46, 47, 100]),
    st.sampled_from(["script", "script", "script", "other"]),
    st.sampled_from([0.0, 0.0, 0.0, 31.5]),
)


@given(st.lists(st.lists(_SAID, min_size=1, max_size=6), min_size=1, max_size=4), st.booleans())
def test_many_prices_are_judged_like_each_of_them(rounds: list[list[Quote]], knows_on_demand: bool) -> None:
    together, alone = Reading(), Reading()
    for number, quotes in enumerate(rounds):
        changes: dict[str, object] = {"sequence": number + 1, "published_at": NOON + number}
        known = (Decimal("0.384") if knows_on_demand else None,)
        whole = say(*quotes, on_demand=known * len(quotes), **changes)
        parts = [say(quote, on_demand=known, **changes) for quote in quotes]
        assert together.read(whole) == alone.read(*parts)
        assert together.told == alone.told


@pytest.mark.parametrize("message", [say(make_quote()), plain(make_quote())], ids=["signed", "unsigned"])
@pytest.mark.parametrize(
    "last_lease",
    [None, replace(LEASE, term=8), replace(LEASE, term=6), replace(LEASE, holder="there/2/bb/script")],
)
def test_only_who_was_given_the_feed_lease_last_is_believed(
    reading: Reading, message: FeedMessage, last_lease: FeedLease | None
) -> None:
    assert not reading.believes(message, last_lease=last_lease)
    assert reading.codes == [OracleCode.MESSAGE_NOT_OF_HOLDER]
    assert reading.told[0]["why"]["term"] == 7  # type: ignore[index, call-overload]


def test_what_was_written_in_the_future_is_not_believed(reading: Reading) -> None:
    ahead = MAX_CLOCK_SKEW_S + 1.0
    assert reading.believes(say(make_quote(), at=NOON + MAX_CLOCK_SKEW_S))
    assert not reading.believes(say(make_quote(), sequence=2, at=NOON + ahead))
    assert reading.codes == [OracleCode.MESSAGE_OF_FUTURE]


def test_an_older_message_is_not_believed_again(reading: Reading) -> None:
    old = say(make_quote(usd_per_hour="0.10"), sequence=1)
    reading.read(old)
    assert reading.believes(say(make_quote(usd_per_hour="0.11"), sequence=2))
    assert not reading.believes(old)
    assert reading.codes == [OracleCode.MESSAGE_REPLAYED]
    assert reading.believes(say(make_quote("red"), sequence=2)), "the other part of the newest one"


def test_an_older_term_is_not_believed_again_though_its_numbers_are_higher(reading: Reading) -> None:
    newer = replace(LEASE, term=8)
    reading.read(say(make_quote(), lease=newer), last_lease=newer)
    assert not reading.believes(say(make_quote(), sequence=99))
    assert reading.codes == [OracleCode.MESSAGE_REPLAYED]


def test_a_batch_is_read_in_the_order_in_which_it_was_written(reading: Reading) -> None:
    newer, older = say(make_quote(), sequence=5), say(make_quote("red"), sequence=4)
    assert len(reading.read(newer, older)) == 2


def test_a_store_that_was_emptied_begins_anew_when_the_last_price_has_expired(reading: Reading) -> None:
    reading.read(say(make_quote(life_s=20.0), sequence=9))
    early = say(make_quote(confirmed_at=NOON + 21.0), sequence=1, at=NOON + 21.0)
    reading.now = NOON + 19.0
    assert not reading.believes(early)
    reading.now = NOON + 21.0
    assert reading.believes(early)


def test_unsigned_messages_stand_in_the_way_of_no_signed_one(reading: Reading) -> None:
    reading.read(plain(make_quote(usd_per_hour="9.00"), sequence=10**9))
    assert reading.read(say(make_quote(usd_per_hour="0.10"))) == [(make_quote(usd_per_hour="0.10"), True)]


@pytest.mark.parametrize(
    ("price", "code"),
    [
        ("9999999.99", OracleCode.PRICE_ABSURD),
        ("0.000000000001", OracleCode.PRICE_TINY),
        ("0.09", OracleCode.PRICE_BELOW_FLOOR),
        ("2.5", OracleCode.PRICE_ABOVE_ON_DEMAND),
    ],
)
@pytest.mark.parametrize("who", ["reader", "publisher"])
def test_each_price_keeps_the_bounds_of_its_publisher_also_here(
    reading: Reading, price: str, code: OracleCode, who: str
) -> None:
    known = {VIRGINIA: Decimal(2)}
    reading.on_demand = known if who == "reader" else {}
    message = say(
        make_quote("blue", VIRGINIA, price),
        make_quote("red", DUBLIN, "0.2"),
        on_demand=(None if who == "reader" else Decimal(2), None),
    )
    assert reading.prices(message) == ["0.2"]
    assert reading.codes == [code]
    assert reading.told[0]["offering"] == str(VIRGINIA)


def test_what_the_reader_knows_of_on_demand_is_stronger_than_what_it_is_told(reading: Reading) -> None:
    reading.on_demand = {VIRGINIA: Decimal("0.4")}
    assert not reading.believes(say(make_quote(usd_per_hour="3"), on_demand=(Decimal(40),)))


def in_turn(prices: Sequence[str]) -> Iterable[FeedMessage]:
    return (say(make_quote(usd_per_hour=p), sequence=n, at=NOON + n) for n, p in enumerate(prices, start=1))


@pytest.mark.parametrize(
    ("prices", "believed"),
    [
        (["0.1", "0.9", "0.9"], [["0.1"], [], ["0.9"]]),
        (["0.1", "0.9", "0.1"], [["0.1"], [], ["0.1"]]),
        (["0.1", "0.02", "0.02"], [["0.1"], [], ["0.02"]]),
    ],
    ids=["confirmed", "spike", "fall confirmed"],
)
def test_a_jump_waits_for_the_next_message(
    reading: Reading, prices: list[str], believed: list[list[str]]
) -> None:
    assert [reading.prices(message) for message in in_turn(prices)] == believed


def test_a_jump_is_not_confirmed_by_the_same_message_again(reading: Reading) -> None:
    first, jump = in_turn(["0.1", "0.9"])
    reading.read(first)
    for _ in range(3):
        reading.now += 1.0
        assert not reading.believes(jump)
    assert reading.codes == [OracleCode.PRICE_JUMPED]


def test_a_jump_that_was_taken_back_begins_anew(reading: Reading) -> None:
    said = ["0.1", "0.9", "0.1", "0.9"]
    messages = [say(make_quote(usd_per_hour=one), sequence=n, at=NOON + n) for n, one in enumerate(said)]
    assert [reading.believes(message) for message in messages] == [True, False, True, False]


def test_prices_of_another_world_make_none_doubtful(reading: Reading) -> None:
    reading.read(say(make_quote(usd_per_hour="0.1", mode=PriceMode.SIMULATED)))
    assert reading.prices(say(make_quote(usd_per_hour="0.9"), sequence=2)) == ["0.9"]


def test_a_price_of_the_future_is_not_believed(reading: Reading) -> None:
    later = NOON + MAX_CLOCK_SKEW_S + 1.0
    began_later = structs.replace(make_quote(), in_force_since=later)
    for quote in (make_quote(confirmed_at=later), began_later):
        reading = Reading()
        assert not reading.believes(say(quote))
        assert reading.codes == [OracleCode.PRICE_OF_FUTURE]
    played = make_quote(mode=PriceMode.RECORDED, playback=Playback(later, 1.0))
    assert Reading().believes(say(structs.replace(played, in_force_since=later))), (
        "a recording has its own clock"
    )


def test_no_price_lives_longer_than_the_settings_allow(reading: Reading) -> None:
    assert SETTINGS.shared_life_s == 60.0
    ((quote, _),) = reading.read(say(make_quote(life_s=86_400.0)))
    assert quote.deadline == NOON + 60.0
    assert reading.codes == [OracleCode.PRICE_LIFE_CUT]
    ((quote, _),) = Reading().read(say(make_quote(life_s=60.0)))
    assert quote == make_quote(life_s=60.0)


def test_what_was_refused_is_told_for_a_while_and_of_nobody_twice(reading: Reading) -> None:
    reading.read(say(make_quote(usd_per_hour="5000")))
    assert len(reading.told) == 1
    assert list(reading.reader.list_notices(NOON, {VIRGINIA})) == []
    reading.now += TOLD_S
    assert reading.told == []
    reading.read(say(make_quote(usd_per_hour="5000"), sequence=2, at=reading.now))
    reading.read(say(make_quote(usd_per_hour="0.5"), sequence=3, at=reading.now))
    assert reading.told == [], "it is believed again"


def test_whoever_writes_nonsense_fills_no_memory(reading: Reading) -> None:
    offerings = (Offering("aws", "us-east-1", f"m{number}") for number in range(5 * MAX_TOLD))
    reading.read(plain(*(make_quote("blue", one, "5000") for one in offerings)))
    assert len(reading.told) == MAX_TOLD


def test_what_is_no_message_is_told(reading: Reading) -> None:
    garbled = OracleCode.MESSAGE_FORGED.because(key_id=KEY)
    assert reading.reader.read(FeedBatch((), LEASE, (garbled,)), NOON, {}.get) == ()
    assert reading.codes == [OracleCode.MESSAGE_FORGED]


def test_the_store_of_our_own_is_believed_as_it_is() -> None:
    reading = Reading(StoreKind.EMBEDDED)
    quote = make_quote(usd_per_hour="0.1613", life_s=3600.0)
    assert reading.read(plain(quote), last_lease=None) == [(quote, True)]
    assert reading.told == []
