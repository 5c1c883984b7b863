"""The newest quotes, as two clocks see them."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from oracle.board import FORGET_AFTER_S, LiveBoard
from oracle.quotes import Quote
from tests.oracle.fakes import DUBLIN, NOON, VIRGINIA, ManualClocks, make_quote

DAY = 86_400.0


def is_usable(board: LiveBoard, time: ManualClocks) -> bool:
    snapshot = board.observe(time.wall_s, time.counted_s)
    usable = snapshot.find_usable("blue", VIRGINIA, time.wall_s) is not None
    assert board.has_usable(time.wall_s, time.counted_s) == usable
    return usable


def received(time: ManualClocks) -> LiveBoard:
    board = LiveBoard()
    board.receive([make_quote(life_s=20.0)], time.wall_s, time.counted_s, is_proven=True)
    return board


def test_quote_runs_out_by_the_wall_clock() -> None:
    time = ManualClocks()
    board = received(time)
    time.pass_time(19.0)
    assert is_usable(board, time)
    time.pass_time(1.0)
    assert not is_usable(board, time)


def test_quote_runs_out_by_the_counting_clock_when_the_wall_clock_is_set_back() -> None:
    time = ManualClocks()
    board = received(time)
    time.pass_time(25.0)
    time.set_wall(NOON + 5.0)
    assert not is_usable(board, time)


def test_quote_is_gone_when_the_wall_clock_is_set_a_day_ahead() -> None:
    time = ManualClocks()
    board = received(time)
    time.set_wall(NOON + DAY)
    assert not is_usable(board, time)


def test_quote_that_slept_with_the_machine_is_gone() -> None:
    time = ManualClocks()
    board = received(time)
    time.set_wall(NOON + 3600.0)  # and the other clock stood still, where no clock counts sleep
    assert not is_usable(board, time)


def test_new_quotes_are_taken_after_the_wall_clock_was_set_back_a_day() -> None:
    time = ManualClocks()
    board = received(time)
    time.set_wall(NOON - DAY)
    news = board.receive([make_quote(confirmed_at=NOON - DAY)], time.wall_s, time.counted_s, is_proven=True)
    assert len(news) == 1
    assert is_usable(board, time)


def test_late_read_does_not_lengthen_a_life() -> None:
    time = ManualClocks()
    board = LiveBoard()
    time.pass_time(15.0)
    board.receive([make_quote(life_s=20.0)], time.wall_s, time.counted_s, is_proven=True)
    time.counted_s += 6.0  # the wall clock stands still
    assert not is_usable(board, time)


def test_expired_quote_stays_visible_and_expired() -> None:
    time = ManualClocks()
    board = LiveBoard()
    time.pass_time(3600.0)
    board.receive([make_quote()], time.wall_s, time.counted_s, is_proven=True)
    snapshot = board.observe(time.wall_s, time.counted_s)
    assert snapshot.find("blue", VIRGINIA) is not None
    assert snapshot.find_usable("blue", VIRGINIA, time.wall_s) is None


def test_older_quote_never_replaces_a_usable_newer_one() -> None:
    time = ManualClocks()
    board = LiveBoard()
    newer, older = make_quote(usd_per_hour="0.2"), make_quote(usd_per_hour="0.1", confirmed_at=NOON - 5)
    board.receive([newer], time.wall_s, time.counted_s, is_proven=True)
    assert board.receive([older], time.wall_s, time.counted_s, is_proven=True) == ()
    assert board.observe(time.wall_s, time.counted_s).find("blue", VIRGINIA) == newer


def test_same_quote_is_news_once() -> None:
    time = ManualClocks()
    board = received(time)
    assert board.receive([make_quote()], time.wall_s, time.counted_s, is_proven=True) == ()


def test_snapshot_does_not_change_afterwards() -> None:
    time = ManualClocks()
    board = received(time)
    snapshot = board.observe(time.wall_s, time.counted_s)
    board.receive([make_quote("red", DUBLIN)], time.wall_s, time.counted_s, is_proven=True)
    assert len(snapshot.quotes) == 1


def test_quotes_of_contexts_that_are_long_gone_are_forgotten() -> None:
    time = ManualClocks()
    board = received(time)
    time.pass_time(FORGET_AFTER_S + 21.0)
    board.receive([], time.wall_s, time.counted_s, is_proven=True)
    assert board.observe(time.wall_s, time.counted_s).quotes == {}


def test_jump_ahead_and_back_takes_a_quote_away_and_gives_it_back_as_old_as_it_is() -> None:
    time = ManualClocks()
    board = received(time)
    time.pass_time(5.0)
    time.set_wall(NOON + 5.0 + DAY)
    assert not is_usable(board, time)
    time.pass_time(5.0)
    time.set_wall(NOON + 10.0)
    [quote] = board.observe(time.wall_s, time.counted_s).quotes.values()
    assert is_usable(board, time)
    assert quote.age_s(time.wall_s) == 10.0


def test_quote_written_during_a_jump_ahead_blocks_no_later_one_after_the_way_back() -> None:
    time = ManualClocks()
    board = received(time)
    time.set_wall(NOON + DAY)
    board.receive([make_quote(confirmed_at=NOON + DAY)], time.wall_s, time.counted_s, is_proven=True)
    time.set_wall(NOON + 1.0)
    assert not is_usable(board, time)
    board.receive([make_quote(confirmed_at=NOON + 1.0)], time.wall_s, time.counted_s, is_proven=True)
    assert is_usable(board, time)


@given(st.floats(0, 20), st.floats(-50, 20))
@example(15.0, -15.0)
def test_no_jump_of_the_wall_clock_makes_a_usable_price_younger(passed_s: float, jump_s: float) -> None:
    time = ManualClocks()
    board = received(time)
    time.pass_time(passed_s)
    time.set_wall(time.wall_s + jump_s)
    [quote] = board.observe(time.wall_s, time.counted_s).quotes.values()
    if quote.is_usable(time.wall_s):
        assert quote.age_s(time.wall_s) >= passed_s - 0.3


@given(st.floats(0, 60), st.floats(-DAY, DAY))
def test_no_jump_of_the_wall_clock_makes_a_price_live_longer_than_its_life(
    passed_s: float, jump_s: float
) -> None:
    time = ManualClocks()
    board = received(time)
    time.pass_time(passed_s)
    time.set_wall(time.wall_s + jump_s)
    assert not (is_usable(board, time) and passed_s > 20.0 + 0.25)


def test_board_that_was_handed_out_does_not_change() -> None:
    time = ManualClocks()
    board = received(time)
    before = board.observe(time.wall_s, time.counted_s)
    assert board.observe(time.wall_s, time.counted_s).quotes is before.quotes, "without news it is the same"
    time.pass_time(1.0)
    later = make_quote(usd_per_hour="0.2", confirmed_at=NOON + 1.0)
    board.receive([later, make_quote("red")], time.wall_s, time.counted_s, is_proven=True)
    assert list(before.quotes.values()) == [make_quote(life_s=20.0)]
    time.pass_time(FORGET_AFTER_S + 61.0)
    now = board.observe(time.wall_s, time.counted_s)
    board.receive([], time.wall_s, time.counted_s, is_proven=True)
    assert len(now.quotes) == 2


_SAID = st.builds(
    lambda context, offering, late, life_s: make_quote(context, offering, "0.1", NOON + late, life_s),
    *(st.sampled_from(["blue", "red"]), st.sampled_from([VIRGINIA, DUBLIN])),
    *(st.sampled_from([-30.0, -10.0, 0.0, 0.0, 2.0]), st.sampled_from([5.0, 20.0])),
)


@given(st.lists(st.tuples(st.lists(_SAID, max_size=4), st.integers(-20, 20)), max_size=5))
def test_many_quotes_are_received_like_each_of_them(rounds: list[tuple[list[Quote], int]]) -> None:
    time, together, alone = ManualClocks(), LiveBoard(), LiveBoard()
    for quotes, jump_s in rounds:
        news = together.receive(quotes, time.wall_s, time.counted_s, is_proven=True)
        each = [alone.receive([quote], time.wall_s, time.counted_s, is_proven=True) for quote in quotes]
        assert news == tuple(quote for one in each for quote in one)
        time.pass_time(3.0)
        time.set_wall(time.wall_s + jump_s)
        assert together.observe(time.wall_s, time.counted_s) == alone.observe(time.wall_s, time.counted_s)


def test_what_nobody_proves_is_marked_and_takes_the_place_of_nothing_that_is_proven() -> None:
    time, board = ManualClocks(), LiveBoard()
    key = ("blue", VIRGINIA)

    def receive(price: str, confirmed_at: float, *, is_proven: bool) -> int:
        quote = make_quote(usd_per_hour=price, confirmed_at=confirmed_at, life_s=20.0)
        return len(board.receive([quote], time.wall_s, time.counted_s, is_proven=is_proven))

    assert receive("9.00", NOON + 10.0, is_proven=False) == 1
    assert board.observe(time.wall_s, time.counted_s).unsigned == {key}
    assert receive("0.10", NOON, is_proven=True) == 1, "although it is older"
    assert board.observe(time.wall_s, time.counted_s).unsigned == frozenset()
    assert receive("9.00", NOON + 10.0, is_proven=False) == 0
    assert str(board.observe(time.wall_s, time.counted_s).quotes[key].usd_per_hour) == "0.10"
    time.pass_time(20.0)
    assert receive("9.00", NOON + 20.0, is_proven=False) == 1, "the proven one has expired"
    assert board.observe(time.wall_s, time.counted_s).unsigned == {key}
