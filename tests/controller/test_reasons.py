"""What the sentences of reasons tell a person: what happened, to what, what to do. Other tests ask for codes."""

from __future__ import annotations

from collections import Counter
from itertools import chain

import pytest

from controller.clusters.kubeconfig_reasons import KubeconfigCode, at_line
from controller.migration.protocol.act_reasons import ActCode
from controller.migration.protocol.journal_reasons import JournalCode
from controller.migration.protocol.request_reasons import RequestCode
from controller.reasons import Code
from oracle.foundation.reason import Reason, ReasonCode
from oracle.reasons import OracleCode

SENTENCES: list[tuple[Reason, str]] = [
    (
        Code.PLAN_EXPIRED.because(),
        "the prices that the plan rests on have expired; look at the new dry run and confirm again",
    ),
    (
        Code.HISTORY_NOT_WRITTEN.because(path="/h/ledger.db", error="disk full"),
        "The history /h/ledger.db cannot be written (disk full); what happens is kept in memory and written later. "
        "Migrations go on; make room or check the file's permissions",
    ),
    (
        Code.HISTORY_BEGINS_ANEW.because(path="/h/ledger.db", error="read-only"),
        "The history /h/ledger.db cannot be opened (read-only): it begins anew with each start and stands in memory "
        "only. Migrations go on; make its folder writable to keep it",
    ),
    (
        Code.HISTORY_NEWER.because(found=9, known=2),
        "a newer version of this program wrote it (format 9; this one knows 2), so it is left alone",
    ),
    (
        Code.TARGET_NOT_SERVING.because(context="osaka", waited_s=90.0, available=None, replicas=3),
        "osaka: after 90 s unknown of 3 replicas serve",
    ),
    (
        Code.JOURNAL_NEWER.because(version=9, known=2),
        "the migration's journal has version 9, this program knows 2; go on with the newer program that wrote it",
    ),
    (
        Code.CONTEXT_REFUSED.because(
            context="eu",
            problem=KubeconfigCode.PLACED.because(
                problem=KubeconfigCode.BOTH_GIVEN.because(
                    section="its user", names=("a token", "a password")
                ),
                line=7,
                path="/k/config",
            ),
        ),
        "context eu: its user has a token and a password: keep one (line 7 of /k/config)",
    ),
    (
        Code.KUBECONFIG_REFUSED.because(
            path="config", problem=at_line(3, KubeconfigCode.KEY_TWICE.because(name="users"))
        ),
        "kubeconfig config: line 3: users stands twice",
    ),
    (Code.NOTHING_SERVES.because(context="osaka"), "osaka: none of the replicas serves any more"),
]


@pytest.mark.parametrize(("reason", "sentence"), SENTENCES, ids=lambda value: getattr(value, "code", None))
def test_a_sentence_says_what_happened_to_what_and_what_to_do(reason: Reason, sentence: str) -> None:
    assert str(reason) == sentence


#: Codes whose parameters are all shown as they are, so that any text may stand for them.
PLAIN = [
    code
    for code in chain(Code, KubeconfigCode, JournalCode, ActCode, RequestCode)
    if all("{" + name + "}" in code.template for name in code.parameters)
]


@pytest.mark.parametrize("code", PLAIN)
def test_every_sentence_shows_all_that_its_reason_knows(code: ReasonCode) -> None:
    shown = str(code.because(**{name: f"<{name}>" for name in code.parameters}))
    assert "{" not in shown
    assert [name for name in code.parameters if f"<{name}>" not in shown] == []


def test_no_code_has_two_meanings() -> None:
    """Programs get the reasons of all parts through one door and see the code alone."""
    codes = [code.value for code in chain(Code, KubeconfigCode, JournalCode, ActCode, OracleCode)]
    assert [code for code, count in Counter(codes).items() if count > 1] == []
