from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from controller.contract.dry_run import Verdict
from controller.migration.protocol.errors import JournalError
from controller.migration.protocol.journal import MAX_JOURNAL_BYTES, decode_journal, encode_journal
from controller.migration.protocol.journal_reasons import JournalCode
from controller.migration.protocol.record import Meter, Note, Side, StepRecord
from controller.migration.protocol.states import HoldReason, Phase
from controller.reasons import Code
from oracle.foundation.reason import Parameter, Reason
from tests.controller.migration.records import record
from tests.controller.refusals import refuses

FULL = replace(
    record(Phase.HOLD).with_intent(Side.TARGET, 3),
    state=replace(
        record().state,
        phase=Phase.HOLD,
        hold=HoldReason.AUTH,
        resume_phase=Phase.SURGE,
        reason=Code.ACCESS_DENIED.because(context="osaka", answer="403"),
    ),
    steps=(StepRecord("copies", target=(Note("/api/v1/namespaces/shop/configmaps/settings", "uid-c"),)),),
    meter=Meter(12.5, 0.25, Decimal("0.0125")),
)


def test_a_journal_reads_back_what_was_written() -> None:
    assert decode_journal(encode_journal(FULL)) == FULL


def test_a_reason_in_a_reason_asks_for_a_program_that_knows_such() -> None:
    """All others are written so that a program which knows version 2 can go on with the migration."""
    inner = Code.ACCESS_DENIED.because(context="osaka", answer="403")
    why = Code.HOLD_TOO_LONG.because(waited_s=60.0, why=inner)
    nested = replace(FULL, state=replace(FULL.state, reason=why))

    assert [json.loads(encode_journal(record))["version"] for record in (FULL, nested)] == [2, 3]
    assert decode_journal(encode_journal(nested)) == nested


def test_only_a_journal_of_an_insurance_asks_for_a_program_that_knows_such() -> None:
    """What follows it can be gone on with by an older program."""
    insured = replace(
        FULL, state=replace(FULL.state, phase=Phase.INSURED, hold=None, resume_phase=Phase.VERIFY)
    )
    after = replace(
        FULL, state=replace(FULL.state, phase=Phase.SCALE_DOWN_SOURCE, hold=None, resume_phase=None)
    )

    assert [json.loads(encode_journal(record))["version"] for record in (insured, after)] == [4, 2]
    assert decode_journal(encode_journal(insured)) == insured


def test_a_way_back_asks_for_a_program_that_knows_such() -> None:
    """An older one would hold it for a price, and every other journal is written as before."""
    confirmed = replace(FULL.dry_run, verdict=Verdict.WAY_BACK, way_back_of="m1")
    back = replace(FULL, dry_run=confirmed)

    assert json.loads(encode_journal(back))["version"] == 6
    assert decode_journal(encode_journal(back)) == back
    assert "way_back_of" not in encode_journal(FULL)


@pytest.mark.parametrize(
    ("verdict", "way_back_of"), [(Verdict.WAY_BACK, None), (Verdict.PAYS, "m1"), (Verdict.UNKNOWN, "m1")]
)
def test_a_way_back_of_no_move_is_no_journal_of_this_program(
    verdict: Verdict, way_back_of: str | None
) -> None:
    dry_run = replace(FULL.dry_run, verdict=verdict, way_back_of=way_back_of)
    with refuses(JournalError, Code.JOURNAL_UNREADABLE, problem=JournalCode.NO_SUCH_WAY_BACK):
        decode_journal(encode_journal(replace(FULL, dry_run=dry_run)))


def test_an_older_journal_speaks_of_no_way_back() -> None:
    journal = changed(lambda d: d["migration"]["dry_run"].update(way_back_of="m1"))
    with refuses(JournalError, Code.JOURNAL_UNREADABLE, problem=JournalCode.FIELDS_DIFFER):
        decode_journal(journal)


OFFERING = ("dry_run", "source_quote", "offering")


@pytest.mark.parametrize(
    ("path", "fields", "where"),
    [
        ((), {"watched": {}}, "migration"),
        (("state",), {"newer": None}, "migration"),
        (("dry_run",), {"way_back_of": "m1"}, "migration.dry_run"),
        (OFFERING, {"zone": "", "system": "linux"}, "migration.dry_run.offering"),
        (OFFERING, {"system": "linux"}, "migration.dry_run.offering"),
        (("dry_run",), {"staying": {"source": 0, "target": 0}}, "migration.dry_run"),
    ],
)
def test_an_older_journal_that_says_what_only_newer_ones_do_is_refused_with_the_place(
    path: tuple[str, ...], fields: dict[str, Any], where: str
) -> None:
    def say(document: dict[str, Any]) -> None:
        part = document["migration"]
        for name in path:
            part = part[name]
        part.update(fields)

    differs = JournalCode.FIELDS_DIFFER.because(where=where, unknown=tuple(fields), missing=())
    assert problem_of(changed(say)) == differs


def test_an_older_journal_without_a_state_or_a_quote_is_refused_with_the_place() -> None:
    nothing = JournalCode.NOTHING_AT.because(wanted="object", where="migration.state")
    assert problem_of(changed(lambda d: d["migration"].pop("state"))) == nothing
    assert problem_of(changed(lambda d: d["migration"].update(state=[]))) == nothing
    cheap = changed(lambda d: d["migration"]["dry_run"].update(source_quote="cheap"))
    assert "migration.dry_run.source_quote" in str(problem_of(cheap))


def test_a_constant_that_is_no_number_is_named() -> None:
    named = JournalCode.NO_JSON.because(error="NaN is not a number")
    assert problem_of(encode_journal(FULL).replace("12.5", "NaN")) == named


NOTHING_AT, WRONG = JournalCode.NOTHING_AT, JournalCode.VALUE_WRONG
REASON = "migration.state.reason"


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("steps",), {}, NOTHING_AT.because(wanted="list", where="migration.steps")),
        (("source",), [], NOTHING_AT.because(wanted="object", where="migration.source")),
        (("state", "reason"), 7, NOTHING_AT.because(wanted="reason", where=REASON)),
        (
            ("state", "reason"),
            {"code": "cancelled", "parameters": []},
            NOTHING_AT.because(wanted="parameters", where=REASON),
        ),
        (
            ("state", "reason"),
            {"code": 7, "parameters": {}},
            WRONG.because(value="7", where=REASON, wanted="str"),
        ),
        (
            ("state", "reason"),
            {"code": "cancelled", "parameters": {"a": True}},
            WRONG.because(value="True", where=f"{REASON}.a", wanted="str"),
        ),
        (
            ("state", "waves"),
            [1, -3],
            WRONG.because(value="-3", where="migration.state.waves[1]", wanted="int"),
        ),
        (
            ("state", "phase"),
            "FLYING",
            WRONG.because(value="FLYING", where="migration.state.phase", wanted="Phase"),
        ),
        (
            ("meter", "overlap_usd"),
            f"NaN{'9' * 80}",
            WRONG.because(value=f"NaN{'9' * 36}…", where="migration.meter.overlap_usd", wanted="amount"),
        ),
    ],
)
def test_what_does_not_belong_there_is_told_with_its_place(
    path: tuple[str, ...], value: object, problem: Reason
) -> None:
    def put(document: dict[str, Any]) -> None:
        part = document["migration"]
        for name in path[:-1]:
            part = part[name]
        part[path[-1]] = value

    assert problem_of(changed(put)) == problem


def test_all_fields_that_differ_are_named_in_order() -> None:
    def differ(document: dict[str, Any]) -> None:
        for name in ("floor", "epoch"):
            document["migration"]["b" + name] = document["migration"].pop(name)

    differs = JournalCode.FIELDS_DIFFER.because(
        where="migration", unknown=("bepoch", "bfloor"), missing=("epoch", "floor")
    )
    assert problem_of(changed(differ)) == differs


def test_a_price_of_a_zone_needs_a_program_that_knows_zones() -> None:
    quote = FULL.dry_run.source_quote
    assert quote is not None
    in_a_zone = structs.replace(quote, offering=replace(quote.offering, zone="eu-west-3a"))
    record = replace(FULL, dry_run=replace(FULL.dry_run, source_quote=in_a_zone))
    assert json.loads(encode_journal(record))["version"] == 7
    assert decode_journal(encode_journal(record)) == record
    assert "zone" not in encode_journal(FULL)


def test_an_older_journal_has_no_zone() -> None:
    journal = changed(
        lambda d: d["migration"]["dry_run"]["source_quote"]["offering"].update(
            zone="eu-west-3a", system="linux"
        )
    )
    with pytest.raises(JournalError):
        decode_journal(journal)


def test_a_journal_of_version_2_has_the_inner_reason_as_text() -> None:
    why = Code.HOLD_TOO_LONG.because(waited_s=60.0, why="osaka answered: 403")
    older = replace(FULL, state=replace(FULL.state, reason=why))
    journal = encode_journal(older)

    assert json.loads(journal)["version"] == 2
    assert str(decode_journal(journal).state.reason) == "after 60 s of waiting: osaka answered: 403"


def test_unknown_money_stays_unknown() -> None:
    unknown = replace(FULL, meter=Meter(1.0, 0.5, None), ended_at=None)
    assert decode_journal(encode_journal(unknown)).meter.overlap_usd is None


def test_a_journal_with_twenty_created_objects_fits() -> None:
    path = "/api/v1/namespaces/a-rather-long-namespace-name/configmaps/a-rather-long-name-of-an-object-{:03}"
    notes = tuple(Note(path.format(index), f"{index:036}") for index in range(20))
    assert len(encode_journal(replace(FULL, steps=(StepRecord("copies", target=notes),)))) < MAX_JOURNAL_BYTES


def test_a_journal_that_would_be_too_big_is_not_written() -> None:
    notes = tuple(Note("/x" * 100, f"{index:036}") for index in range(60))
    with refuses(JournalError, Code.JOURNAL_TOO_LARGE, limit=8192):
        encode_journal(replace(FULL, steps=(StepRecord("copies", target=notes),)))


STEP = {"name": "copies", "status": "prepared", "source": [], "target": []}


def problem_of(text: str) -> Parameter:
    """What is wrong with a journal that is refused."""
    with pytest.raises(JournalError) as refused:
        decode_journal(text)
    assert refused.value.reason.code is Code.JOURNAL_UNREADABLE
    return refused.value.reason["problem"]


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    """The journal's text after a change of its JSON."""
    document = json.loads(encode_journal(FULL))
    change(document)
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON"),
        ("[]", "does not look like one"),
        ("[" * 5000, "not JSON"),
        ('{"version": 1}', "does not look like one"),
        ("x" * MAX_JOURNAL_BYTES, "longer"),
        (changed(lambda d: d.update(version=0)), "version 0"),
        (changed(lambda d: d.update(version=True)), "version True"),
        (changed(lambda d: d["migration"].pop("epoch")), "missing epoch"),
        (changed(lambda d: d["migration"].update(extra=1)), "unknown extra"),
        (changed(lambda d: d["migration"].update(epoch="4")), "migration.epoch"),
        (changed(lambda d: d["migration"].update(epoch=True)), "migration.epoch"),
        (changed(lambda d: d["migration"].update(epoch=4.5)), "migration.epoch"),
        (changed(lambda d: d["migration"].update(steps={})), "no list at migration.steps"),
        (changed(lambda d: d["migration"].update(source=[])), "no object at migration.source"),
        (changed(lambda d: d.update(migration=[])), "no object at migration"),
        (changed(lambda d: d["migration"].pop("plan")), "plan at migration.plan that no program writes"),
        (changed(lambda d: d["migration"]["plan"].update(create_namespace=True)), "plan at migration.plan"),
        (changed(lambda d: d["migration"]["plan"].update(create_namespace=0)), "plan at migration.plan"),
        (changed(lambda d: d["migration"]["plan"].update(create_cluster=False)), "plan at migration.plan"),
        (changed(lambda d: d["migration"]["state"].update(phase="FLYING")), "migration.state.phase"),
        (changed(lambda d: d["migration"]["state"].update(phase=[])), "migration.state.phase"),
        (changed(lambda d: d["migration"]["meter"].update(elapsed_s=10**400)), "elapsed_s"),
        (changed(lambda d: d["migration"].update(floor=-1)), "migration.floor"),
        (changed(lambda d: d["migration"].update(started_at=1e12)), "started_at"),
        (changed(lambda d: d["migration"]["workload"].update(context="\ud800")), "workload.context"),
        ("\ud800" + encode_journal(FULL), "not JSON"),
        (changed(lambda d: d["migration"]["meter"].update(overlap_usd="9E+999999")), "no amount"),
        (changed(lambda d: d["migration"]["state"].update(waves=[1, None])), "migration.state.waves[1]"),
        (changed(lambda d: d["migration"]["meter"].update(overlap_usd="NaN")), "no amount"),
        (changed(lambda d: d["migration"]["meter"].update(overlap_usd="cheap")), "no amount"),
        (changed(lambda d: d["migration"]["meter"].update(overlap_usd=0.5)), "overlap_usd"),
        (encode_journal(FULL).replace("12.5", "NaN"), "not JSON"),
        (encode_journal(FULL).replace("12.5", "1e999"), "elapsed_s"),
    ],
)
def test_a_journal_that_is_not_completely_understood_is_refused(text: str, reason: str) -> None:
    with refuses(JournalError, Code.JOURNAL_UNREADABLE, problem=reason):
        decode_journal(text)


def test_a_journal_of_a_newer_version_is_refused_as_one() -> None:
    with refuses(JournalError, Code.JOURNAL_NEWER, version=9):
        decode_journal(changed(lambda d: d.update(version=9)))


def state_with(**changes: Any) -> Callable[[dict[str, Any]], None]:
    """A change of the journaled state."""

    def change(document: dict[str, Any]) -> None:
        document["migration"]["state"].update(changes)

    return change


def migration_with(**changes: Any) -> Callable[[dict[str, Any]], None]:
    """A change of fields of the migration, one level deep."""

    def change(document: dict[str, Any]) -> None:
        for name, value in changes.items():
            if isinstance(value, dict):
                document["migration"][name].update(value)
            else:
                document["migration"][name] = value

    return change


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        (state_with(waves=[]), "no such wave"),
        (state_with(wave=4), "no such wave"),
        (state_with(waves=[3, 1, 5, 6]), "no such wave"),
        (state_with(waves=[1, 6]), "other waves than its plan"),
        (state_with(phase="PLANNED", resume_phase=None), "the phase PLANNED"),
        (state_with(phase="PREFLIGHT", resume_phase=None), "the phase PREFLIGHT"),
        (state_with(resume_phase=None), "no way out of its phase"),
        (state_with(phase="DRAIN"), "no way out of its phase"),
        (state_with(resume_phase="DONE"), "the phase DONE to come back to"),
        (
            state_with(phase="INSURED", hold=None, resume_phase="SOAK"),
            "the phase SOAK to come back to",
        ),
        (state_with(resume_phase="HOLD"), "the phase HOLD to come back to"),
        (migration_with(workload={"namespace": "a/b"}), "a name that is none in Kubernetes"),
        (migration_with(migration_id="x:99:1"), "a name that is none in Kubernetes"),
        (migration_with(workload={"context": "osaka"}), "two workloads"),
        (migration_with(dry_run={"target": "tokyo"}), "two targets"),
        (migration_with(target={"cluster_uid": "cluster-a"}), "no two clusters"),
        (migration_with(source={"deployment_uid": None}), "no two clusters"),
        (migration_with(steps=[STEP, STEP]), "steps without a name of their own"),
        (migration_with(steps=[{**STEP, "name": "a/b"}]), "steps without a name of their own"),
        (migration_with(floor=0), "no floor"),
        (migration_with(dry_run={"egress_usd": "-1000000"}), "a cost below zero"),
    ],
)
def test_a_journal_that_no_run_could_have_left_is_refused(
    change: Callable[[dict[str, Any]], None], flaw: str
) -> None:
    with refuses(JournalError, Code.JOURNAL_UNREADABLE, problem=flaw):
        decode_journal(changed(change))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (state_with(wave="first"), "has 'first' at migration.state.wave, which is no int"),
        (state_with(hold=3), "has '3' at migration.state.hold, which is no HoldReason"),
        (migration_with(epoch="x" * 200), f"has '{'x' * 39}…' at migration.epoch, which is no int"),
    ],
)
def test_a_wrong_value_is_told_with_its_place_and_what_it_should_be(
    change: Callable[[dict[str, Any]], None], problem: str
) -> None:
    with refuses(JournalError, Code.JOURNAL_UNREADABLE) as refused:
        decode_journal(changed(change))
    assert problem in str(refused.value)


def older(version: int, change: Callable[[dict[str, Any]], object]) -> str:
    """The text of a journal that says that it is of an older version, after a change."""
    document = json.loads(encode_journal(record()))
    document["version"] = version
    change(document["migration"])
    return json.dumps(document)


def first(change: Callable[[dict[str, Any]], object]) -> str:
    """A journal of version 1 with one created object, after a change."""

    def to_version_1(migration: dict[str, Any]) -> None:
        del migration["steps"]
        migration["created"] = [{"path": "/api/v1/namespaces/shop/configmaps/settings", "uid": "uid-c"}]
        change(migration)

    return older(1, to_version_1)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda migration: migration.pop("created"), "differs at migration: it is none of version 1"),
        (lambda migration: migration.update(steps=[]), "differs at migration: it is none of version 1"),
        (lambda migration: migration.update(created={}), "no list at migration.created"),
        (lambda migration: migration.update(created=[[]]), "no created object at migration.created[0]"),
        (
            lambda migration: migration.update(created=[{"path": "/x"}]),
            "no created object at migration.created[0]",
        ),
    ],
)
def test_a_journal_of_version_1_that_is_none_is_refused_with_the_place(
    change: Callable[[dict[str, Any]], object], problem: str
) -> None:
    with refuses(JournalError, Code.JOURNAL_UNREADABLE, problem=problem):
        decode_journal(first(change))
