"""What the header says of arming, also between two snapshots."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.model.arming import describe_armed, describe_terms
from app.model.arming_choices import is_typed, parse_namespaces
from app.model.tone import Tone
from controller.clusters.arming import ArmedBy, ArmingTerms
from controller.contract.snapshots import EngineSnapshot
from controller.reasons import Code
from tests.app.scripted_engine import ScriptedEngine


def unarmed(code: Code, is_complete: bool = True) -> EngineSnapshot:
    """Nothing is armed, and of the first context it is said why it is not any more."""
    engine = ScriptedEngine(demo=False)
    engine.disarm()
    snapshot = engine.snapshot()
    first = snapshot.contexts[0]
    ended = replace(first, unarmed_reason=code.because(contexts=(first.context,)))
    return replace(snapshot, contexts=(ended, *snapshot.contexts[1:]), is_complete=is_complete)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (Code.ARMING_OVER, "Read-only: arming ran out"),
        (Code.ARMED_CLUSTER_REPLACED, "Read-only: another cluster"),
        (Code.ARMED_UNIDENTIFIED, "Read-only: not identified"),
    ],
)
def test_why_what_was_armed_is_not_any_more_is_said(code: Code, text: str) -> None:
    snapshot = unarmed(code)
    state = describe_armed(snapshot, snapshot.taken_at, is_lost=False)
    assert (state.text, state.tone) == (text, Tone.WARNING)
    assert snapshot.contexts[0].context in state.tip


def test_what_has_not_been_read_yet_is_starting_and_nothing_is_wrong() -> None:
    snapshot = unarmed(Code.ARMED_UNIDENTIFIED, is_complete=False)
    state = describe_armed(snapshot, snapshot.taken_at, is_lost=False)
    assert (state.text, state.tone) == ("Starting…", Tone.PLAIN)


def test_the_terms_name_all_that_is_limited() -> None:
    terms = ArmingTerms(ArmedBy.WINDOW, "uid-1", frozenset({"shop", "billing"}), 1, 20)
    assert describe_terms(terms) == "cluster uid-1, billing and shop, 1 move a day, 20 replicas at once"
    assert describe_terms(ArmingTerms()) == "the cluster that answers, all namespaces"


@pytest.mark.parametrize(
    ("text", "namespaces"),
    [
        ("", None),
        ("  ", None),
        ("shop", {"shop"}),
        ("shop, billing", {"shop", "billing"}),
        ("a b,c", {"a", "b", "c"}),
    ],
)
def test_namespaces_are_those_that_were_listed_or_all(text: str, namespaces: set[str] | None) -> None:
    assert parse_namespaces(text) == namespaces


@pytest.mark.parametrize("text", ["Shop", "shop/../billing", "*", "-shop", "a" * 64])
def test_what_cannot_be_a_namespace_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        parse_namespaces(text)


def test_a_name_is_typed_whole() -> None:
    assert is_typed(" prod-eu ", "prod-eu")
    assert is_typed("prod\N{ZERO WIDTH SPACE}-eu", "prod-eu")
    assert not is_typed("prod", "prod-eu")
    assert not is_typed("PROD-EU", "prod-eu")
