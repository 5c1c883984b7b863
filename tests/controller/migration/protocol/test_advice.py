"""Who is called by a migration is told what to do about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.migration.protocol.act_reasons import ActCode
from controller.migration.protocol.advice import find_advice, is_insured_for_good, needs_person_though_insured
from controller.migration.protocol.newer_work import NewerWork
from controller.migration.protocol.pod_troubles import explain
from controller.migration.protocol.record import MigrationRecord
from controller.migration.protocol.states import Phase
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.controller.migration.records import record


def waiting(reason: Reason | None, phase: Phase = Phase.NEEDS_OPERATOR) -> MigrationRecord:
    """A migration that stands there for this reason."""
    known = record()
    return replace(known, state=replace(known.state, phase=phase, resume_phase=Phase.ROLLBACK, reason=reason))


def empty(code: Code, **known: str) -> Reason:
    """A reason of this code about which next to nothing is known."""
    return code.because(**{name: known.get(name) for name in code.parameters})


@pytest.mark.parametrize(
    ("cause", "advice"),
    [
        (empty(Code.DEPLOYMENT_DELETED, context="paris"), ActCode.ADVICE_ON_DELETED_SOURCE),
        (empty(Code.DEPLOYMENT_FOREIGN, context="paris"), ActCode.ADVICE_ON_OTHER_SOURCE),
        (empty(Code.ROLLBACK_WAITS_FOR_PODS), ActCode.ADVICE_ON_MISSING_PODS),
        (empty(Code.JOURNAL_OVER_THERE), ActCode.ADVICE_ON_DOUBT),
        (empty(Code.JOURNAL_REPLACED), ActCode.ADVICE_ON_DOUBT),
        (empty(Code.LEASE_UNCERTAIN, context="paris"), ActCode.ADVICE_ON_SILENCE),
        (empty(Code.ACCESS_DENIED, context="paris"), ActCode.ADVICE_ON_SILENCE),
        (empty(Code.TEMPLATE_CHANGED), ActCode.ADVICE_IN_GENERAL),
    ],
)
def test_each_kind_of_trouble_has_its_advice(cause: Reason, advice: ActCode) -> None:
    after = Code.HOLD_TOO_LONG.because(waited_s=900, why=cause)
    for reason in (cause, after):
        found = find_advice(waiting(reason))
        assert found is not None
        assert found.code is advice
        assert "sentinelaura migrations show m1" in str(found)


#: Their own sentences say what to do, or with which program.
SAY_IT_THEMSELVES = (
    *(Code.JOURNAL_FOREIGN, Code.JOURNAL_FORGED, Code.JOURNAL_UNSIGNED),
    *(Code.JOURNAL_NEWER, Code.JOURNAL_STEP_UNKNOWN, Code.NOT_ARMED),
)


@pytest.mark.parametrize("code", list(Code))
def test_nobody_is_called_without_being_told_what_to_do(code: Code) -> None:
    assert (find_advice(waiting(empty(code))) is None) is (code in SAY_IT_THEMSELVES)
    assert find_advice(waiting(None)) is not None


@pytest.mark.parametrize(
    ("why", "advice"),
    [
        (Code.CLUSTER_REPLACED.because(context="osaka"), ActCode.ADVICE_ON_REPLACED_CLUSTER),
        (empty(Code.LEASE_UNCERTAIN, context="osaka"), ActCode.ADVICE_ON_SILENCE),
        (empty(Code.TEMPLATE_CHANGED), ActCode.ADVICE_ON_SILENCE),
        (Code.NOT_ARMED.because(contexts=("paris",)), None),
    ],
)
def test_who_waits_to_take_a_move_up_is_told_what_to_do_where_that_may_never_come(
    why: Reason, advice: ActCode | None
) -> None:
    found = find_advice(waiting(Code.WAITING_TO_RESUME.because(why=why), Phase.SOAK))
    assert (found.code if found is not None else None) is advice


@pytest.mark.parametrize("phase", [Phase.SURGE, Phase.HOLD, Phase.ROLLBACK, Phase.DONE])
def test_what_goes_on_or_ends_by_itself_needs_nobody(phase: Phase) -> None:
    assert find_advice(waiting(empty(Code.LEASE_UNCERTAIN, context="paris"), phase)) is None


NEWER = NewerWork(5, "newer")


def insured(reason: Reason | None, *, newer: NewerWork | None = NEWER) -> MigrationRecord:
    """A migration whose source was raised, with what others have deployed in the target."""
    known = record()
    state = replace(known.state, phase=Phase.INSURED, resume_phase=Phase.VERIFY, reason=reason, newer=newer)
    return replace(known, state=state)


def test_a_source_that_is_insured_for_good_calls_a_person() -> None:
    stuck = empty(Code.TARGET_NOT_SERVING, context="osaka")
    assert is_insured_for_good(insured(stuck))
    assert is_insured_for_good(insured(explain(stuck, empty(Code.POD_NOT_READY, pod="web-1"))))
    assert find_advice(insured(stuck)) is not None
    others = (
        insured(None),
        insured(empty(Code.LEASE_UNCERTAIN, context="osaka")),
        insured(stuck, newer=None),
        replace(record(), state=replace(insured(stuck).state, phase=Phase.VERIFY, resume_phase=None)),
    )
    assert not any(map(is_insured_for_good, others))
    assert [find_advice(one) for one in others] == [None] * 4


@pytest.mark.parametrize(
    ("source", "reason", "advice"),
    [
        (6, empty(Code.DEPLOYMENT_DELETED, context="osaka"), ActCode.ADVICE_ON_LOST_TARGET),
        (6, empty(Code.LEASE_UNCERTAIN, context="osaka"), None),
        (0, empty(Code.ACCESS_DENIED, context="paris"), ActCode.ADVICE_ON_SILENCE),
        (0, empty(Code.REQUEST_REFUSED, context="paris"), ActCode.ADVICE_IN_GENERAL),
        (6, empty(Code.REQUEST_REFUSED, context="paris"), None),
        (0, empty(Code.ACCESS_DENIED, context="osaka"), None),
    ],
    ids=[
        "lost",
        "silent",
        "no right in the source",
        "denied by the source",
        "raised before",
        "no right there",
    ],
)
def test_an_insurance_that_only_a_person_can_help_calls_one(
    source: int, reason: Reason, advice: ActCode | None
) -> None:
    known = insured(reason, newer=None)
    known = replace(known, source=replace(known.source, replicas=source))
    found = find_advice(known)
    assert (found.code if found is not None else None) is advice
    assert needs_person_though_insured(known) is (advice is not None)
