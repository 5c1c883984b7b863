"""What is written into a journal is the same for every program, whatever the names in the code are."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from controller.clusters.kubeconfig_reasons import KubeconfigCode
from controller.migration.access.lease import name_lease
from controller.migration.protocol.fences import FENCE_ANNOTATION, MIGRATION_LABEL
from controller.migration.protocol.journal import (
    JOURNAL_ANNOTATION,
    WIRE_FORMAT,
    decode_journal,
    encode_journal,
    to_wire,
)
from controller.migration.protocol.journal_reasons import JournalCode
from controller.migration.protocol.states import Phase
from controller.migration.protocol.wire import WireError
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.foundation.trust_reasons import TrustCode
from oracle.quotes import PriceMode
from oracle.reasons import OracleCode
from tests.controller.migration.old_journals import NAMES, load

#: When the quotes of those journals were observed, Unix seconds.
START = 1_790_000_000.0
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9)
PARAMETERS = st.one_of(
    TEXTS,
    st.integers(-(10**9), 10**9),
    st.floats(-1e9, 1e9),
    AMOUNTS,
    st.none(),
    st.lists(TEXTS, max_size=3).map(tuple),
    st.builds(Code.ACCESS_DENIED.because, context=TEXTS, answer=TEXTS),
    st.builds(Code.HOLD_TOO_LONG.because, waited_s=st.just(60.0), why=st.just(Code.PROGRAM_ENDS.because())),
)


def test_every_member_has_a_name_of_its_own() -> None:
    for enum, names in WIRE_FORMAT.members.items():
        assert set(names) == set(enum), enum
        assert len(set(names.values())) == len(names), enum


@pytest.mark.parametrize("kind", list(WIRE_FORMAT.fields), ids=lambda kind: kind.__name__)
def test_what_does_not_travel_can_be_left_out(kind: type) -> None:
    """A field without a name on the wire needs a default, or no journal could be read any more."""
    travels = set(WIRE_FORMAT.fields[kind].values())
    for name, is_required in list_fields(kind):
        assert name in travels or not is_required, f"{kind.__name__}.{name}"


def list_fields(kind: type) -> Iterator[tuple[str, bool]]:
    """Each field, and whether it has no default."""
    if issubclass(kind, msgspec.Struct):
        yield from ((field.name, field.required) for field in msgspec.structs.fields(kind))
    else:
        for field in dataclasses.fields(kind):
            yield field.name, field.default is field.default_factory is dataclasses.MISSING


def test_the_phase_that_lowers_the_source_is_called_drain_for_ever() -> None:
    assert to_wire(Phase.SCALE_DOWN_SOURCE) == "DRAIN"


def test_what_older_programs_look_for_keeps_its_name() -> None:
    assert JOURNAL_ANNOTATION == "sentinelaura.io/journal"
    assert FENCE_ANNOTATION == "sentinelaura.io/fence"
    assert MIGRATION_LABEL == "sentinelaura.io/migration"
    assert name_lease("shop", "checkout") == "sentinelaura-45bc16ec8a1296e2"


@given(st.sampled_from(list(Code)), st.data())
def test_a_reason_is_read_back_as_it_was_with_the_types_of_its_parameters(
    code: Code, data: st.DataObject
) -> None:
    reason = code.because(**{name: data.draw(PARAMETERS) for name in sorted(code.parameters)})
    assume(_can_be_said(reason))
    read = WIRE_FORMAT.decode(Reason, to_wire(reason), "reason")
    assert read == reason
    assert [type(value) for _, value in read.parameters] == [type(value) for _, value in reason.parameters]


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"code": "hold_ended"},
        {"code": "hold_ended", "parameters": []},
        {"code": "hold_ended", "parameters": {"extra": {"more": 1}}},
        {"code": "unclassified", "parameters": {"text": {"decimal": "much"}}},
        {"code": "unclassified", "parameters": {"text": True}},
        {"code": "unclassified", "parameters": {"text": "\ud800"}},
        {"code": ["hold_ended"], "parameters": {}},
    ],
)
def test_a_reason_that_is_not_completely_understood_is_refused(value: object) -> None:
    with pytest.raises(WireError):
        WIRE_FORMAT.decode(Reason, value, "reason")


@pytest.mark.parametrize(
    "problem",
    [
        KubeconfigCode.PLACED.because(
            problem=KubeconfigCode.PROXY_UNSUPPORTED.because(scheme="socks5"), line=3, path="/k/config"
        ),
        JournalCode.NO_JOURNAL.because(),
        OracleCode.STORE_STARTING.because(),
        TrustCode.NO_FILE.because(path="/k/token"),
    ],
    ids=lambda reason: reason.code.value,
)
def test_a_reason_says_the_same_after_a_restart_from_wherever_it_comes(problem: Reason) -> None:
    reason = Code.CONTEXT_REFUSED.because(context="osaka", problem=problem)
    written = json.loads(json.dumps(WIRE_FORMAT.encode(reason)))
    assert WIRE_FORMAT.decode(Reason, written, "reason") == reason


@pytest.mark.parametrize("levels", [4, 200])
def test_reasons_too_deep_in_one_another_are_refused(levels: int) -> None:
    """Nobody wrote them but a forger, who would have the program run out of its stack."""
    value: object = {"code": "program_ends", "parameters": {}}
    for _ in range(levels):
        value = {"code": "following", "parameters": {"why": value}}
    with pytest.raises(WireError, match="too deep"):
        WIRE_FORMAT.decode(Reason, value, "reason")


def test_a_reason_of_another_program_stands_in_no_migrations_way() -> None:
    """A code that was added or dropped, or a sentence with more in it: a person still reads what was known."""
    unknown = {"code": "out_of_fuel", "parameters": {"context": "osaka", "left": {"decimal": "0.5"}}}
    other = {"code": "hold_ended", "parameters": {"after": 3}}
    bare = {"code": "out_of_fuel", "parameters": {}}
    texts = [str(WIRE_FORMAT.decode(Reason, value, "reason")) for value in (unknown, other, bare)]
    assert texts == ["out of fuel: context osaka, left 0.5", "hold ended: after 3", "out of fuel"]


@pytest.mark.parametrize(
    ("code", "parameters"),
    [
        ("check_not_passed", {"check": "room in the quotas", "text": "the quota team leaves 3 of pods"}),
        ("cluster_unreachable", {"answer": "no route (GET /version)", "context": "osaka"}),
        ("contexts_share_cluster", {}),
        ("move_already_running", {"migration_id": "m7"}),
        ("move_not_finished", {"migration_id": "m7", "source": "paris", "target": "osaka"}),
        ("move_running", {}),
        ("recorded", {"sentence": "it saves $2 a day"}),
        ("replicas_not_available", {"available": "5", "replicas": "6"}),
        ("target_runs_it_already", {"context": "osaka"}),
        ("workload_not_movable", {"text": "its rollout is paused"}),
        ("write_not_armed", {"advice": "arm it", "context": "osaka", "request": "PATCH /x"}),
    ],
)
def test_a_code_that_version_two_of_a_journal_had_once_still_says_what_it_knew(
    code: str, parameters: dict[str, str]
) -> None:
    read = WIRE_FORMAT.decode(Reason, {"code": code, "parameters": parameters}, "reason")
    assert read.code is Code.UNCLASSIFIED
    assert all(text in str(read["text"]) for text in (code.replace("_", " "), *parameters.values()))


@given(st.sampled_from(list(Code)), st.data())
def test_whatever_a_journal_gives_as_a_reason_can_be_said(code: Code, data: st.DataObject) -> None:
    """A sentence that cannot be made would end the move's task, and the window that shows it."""
    forged = Reason(code, tuple((name, data.draw(PARAMETERS)) for name in sorted(code.parameters)))
    assert str(WIRE_FORMAT.decode(Reason, to_wire(forged), "reason"))


def test_an_amount_that_nobody_can_write_out_is_none() -> None:
    """As text it has a billion digits."""
    with pytest.raises(WireError, match="no amount"):
        WIRE_FORMAT.decode(Decimal, "1E-999999999", "amount")
    smallest = "4.94065645841247E-336"
    assert WIRE_FORMAT.decode(Decimal, smallest, "amount") == Decimal(smallest)


def _can_be_said(reason: Reason) -> bool:
    try:
        return bool(str(reason))
    except (ArithmeticError, TypeError, ValueError):
        return False


def test_what_the_tables_do_not_know_is_not_written() -> None:
    class Mood(StrEnum):
        HOPEFUL = "hopeful"

    for unknown in (Mood.HOPEFUL, object(), [1]):
        with pytest.raises(KeyError):
            to_wire(unknown)


@pytest.mark.parametrize("name", NAMES)
def test_a_journal_of_an_older_program_keeps_all_it_said(name: str) -> None:
    """Read, written as today and read again, it is the same; and its reason still says what it said."""
    for side in ("source", "target"):
        text = load(name)[side]["journal"]
        if text is None:
            continue
        known = decode_journal(text)
        assert decode_journal(encode_journal(known)) == known
        assert f'"reason":"{known.state.reason or ""}"' in text
        created = json.loads(text)["migration"]["created"]
        assert [(note.key, note.value) for note in known.target_notes] == [
            (one["path"], one["uid"]) for one in created
        ]
        assert known.dry_run.net_usd == Decimal("8.48")
        quote = known.dry_run.source_quote
        assert quote is not None
        assert (quote.in_force_since, quote.confirmed_at, quote.deadline) == (START, START, START + 60)
        assert quote.mode is PriceMode.RECORDED, "an older program had no live prices"
