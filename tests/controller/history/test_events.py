"""Every kind of event comes back from the disk as it was, and nothing else comes back as one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.clusters.fleet import WorkloadKey
from controller.history.events import (
    ClustersLost,
    ContextArmed,
    Event,
    KnownEvent,
    MoveFigures,
    OfferWithdrawn,
    StatedReason,
    UnknownEvent,
    decode_event,
    encode_event,
    state_reason,
    tag_of,
)
from controller.history.sentences import describe
from controller.reasons import Code
from oracle.foundation.reason import Severity
from tests.controller.history.histories import started

KINDS = get_args(KnownEvent)
#: Names on the disk: whoever changes one makes older histories unreadable.
TAGS = {
    *("engine_started", "engine_stopped", "history_begun", "ledger_line", "ledger_taken_over"),
    *("move_offered", "offer_withdrawn", "start_refused", "start_queued"),
    *("move_started", "move_resumed", "phase_entered", "move_ended", "move_stopped"),
    *("cancel_requested", "cancel_not_led", "act_requested", "request_ignored", "move_left_unfinished"),
    *("journal_not_understood", "leases_denied", "search_failed"),
    *("prices_lost", "prices_back", "clusters_lost", "clusters_back", "context_armed", "context_disarmed"),
    "arming_ended",
    "arming_refused",
}

MONEY = st.decimals(-1_000, 1_000, places=6)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
REASONS = st.builds(StatedReason, TEXT, st.none() | TEXT, st.sampled_from(Severity))
BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(0, 2**31),
    float: st.floats(0, 1e11),
    Decimal: MONEY,
    StatedReason: REASONS,
    WorkloadKey: st.builds(WorkloadKey, TEXT, TEXT, TEXT),
    MoveFigures: st.builds(MoveFigures, *[st.none() | MONEY] * 4),
    dict[str, StatedReason]: st.dictionaries(TEXT, REASONS, min_size=1, max_size=3),
    dict[str, Any]: st.dictionaries(TEXT, st.none() | TEXT | st.integers(0, 9), max_size=3),
    tuple[str, ...]: st.lists(TEXT, min_size=1, max_size=3).map(tuple),
}


def strategy_of(hint: Any) -> st.SearchStrategy[Any]:
    if hint in BY_TYPE:
        return BY_TYPE[hint]
    options = get_args(hint)
    return st.one_of(map(strategy_of, options)) if options else st.from_type(hint)


def events_of(kind: type[Event]) -> st.SearchStrategy[Any]:
    return st.builds(kind, **{field.name: strategy_of(field.type) for field in msgspec.structs.fields(kind)})


EVENTS = st.one_of(map(events_of, KINDS))


@given(EVENTS)
def test_an_event_comes_back_as_it_was(event: Any) -> None:
    assert decode_event(encode_event(event)) == event


@given(EVENTS)
def test_every_event_has_a_sentence(event: Any) -> None:
    describe(event)


def test_what_a_person_accepted_for_one_move_stands_in_the_ledger() -> None:
    accepting = msgspec.structs.replace(started(), accepts=("host-access", "two-at-once"))
    assert describe(accepting).text.endswith(", accepting host-access, two-at-once")
    assert "accepting" not in describe(started()).text


def leaves_of(kind: type[Event]) -> Iterator[type[Event]]:
    """What happens, without the roots that only say what several events have in common."""
    below = kind.__subclasses__()
    for other in below:
        yield from leaves_of(other)
    if not below:
        yield kind


def test_every_event_that_there_is_can_be_read_back() -> None:
    assert [kind.__name__ for kind in leaves_of(Event) if kind not in KINDS] == []


def test_the_names_on_the_disk_are_those_that_they_were() -> None:
    assert {kind.__struct_config__.tag for kind in KINDS} == TAGS


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[" * 100_000,
        b"null",
        b"{}",
        b'{"kind":"from_the_future"}',
        b'{"kind":"context_armed"}',
        b'{"kind":"context_armed","context":7}',
        b'{"kind":"context_armed","context":"eu","until":7}',
        b'{"kind":"context_armed","context":"\xff"}',
    ],
)
def test_what_is_no_event_of_this_version_is_kept_as_unknown(body: bytes) -> None:
    event = decode_event(body, "context_armed")
    assert event == UnknownEvent("context_armed")
    assert tag_of(event) == "context_armed"
    assert "does not know (context_armed)" in describe(event).text


def test_half_a_character_from_a_cluster_is_recorded_with_a_mark_in_its_place() -> None:
    lost = ClustersLost({"paris\udfff": state_reason("\ud800 no route")})
    assert decode_event(encode_event(lost)) == ClustersLost({"paris?": state_reason("? no route")})


def test_a_reason_keeps_its_code_its_numbers_and_what_it_said() -> None:
    reason = Code.NOT_CHEAPER.because(target_usd_per_day=Decimal("9.10"), source_usd_per_day=None)
    withdrawn = OfferWithdrawn(WorkloadKey("paris", "shop", "checkout"), "osaka", state_reason(reason))
    kept = decode_event(encode_event(withdrawn))
    assert isinstance(kept, OfferWithdrawn)
    assert (kept.reason.code, str(kept.reason)) == ("not_cheaper", str(reason))
    assert kept.reason.parameters == {"target_usd_per_day": "9.10", "source_usd_per_day": None}


def test_a_reason_whose_code_has_gone_since_still_says_what_it_said() -> None:
    reason = StatedReason("it rains", "a_code_of_old")
    kept = decode_event(encode_event(OfferWithdrawn(WorkloadKey("a", "b", "c"), "d", reason)))
    assert isinstance(kept, OfferWithdrawn)
    assert str(kept.reason) == "it rains"


def test_an_event_is_frozen() -> None:
    with pytest.raises(AttributeError):
        ContextArmed("eu").context = "us"  # type: ignore[misc]
