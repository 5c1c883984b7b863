"""What kind of HOLD it is follows from the code, and for what a rule gives from the rule itself."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from controller.contract.dry_run import Verdict
from controller.decision.rule import FleetRule, Moment, Rule, TargetRule, WorkloadRule
from controller.decision.rules import select_rules
from controller.errors import AccessDenied, ClusterUnreachable, ServerFailed
from controller.migration.protocol.holds import HOLD_OF_VERDICT, find_hold, list_holds
from controller.migration.protocol.states import HoldReason
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.controller.migration.records import record

HOLDS: list[tuple[Reason, HoldReason]] = [
    (Code.CLUSTER_REPLACED.because(context="osaka"), HoldReason.INTERFERENCE),
    (Code.COPY_PATH_FOREIGN.because(path="/x"), HoldReason.INTERFERENCE),
    (Code.DEPLOYMENT_DELETED.because(context="osaka"), HoldReason.INTERFERENCE),
    (Code.DEPLOYMENT_FOREIGN.because(context="osaka"), HoldReason.INTERFERENCE),
    (Code.FENCE_FOREIGN.because(context="osaka", fence="m2:1:1"), HoldReason.INTERFERENCE),
    (Code.FENCE_REMOVED.because(context="osaka"), HoldReason.INTERFERENCE),
    (Code.NOT_ARMED.because(contexts=("osaka",)), HoldReason.OPERATOR),
    (Code.ARMED_UNIDENTIFIED.because(contexts=("osaka",)), HoldReason.TARGET_UNREACHABLE),
    (Code.ARMED_UNIDENTIFIED.because(contexts=("paris",)), HoldReason.SOURCE_UNREACHABLE),
    (Code.ARMED_UNIDENTIFIED.because(contexts=("paris", "osaka")), HoldReason.SOURCE_UNREACHABLE),
    (Code.NOTHING_LEFT_TO_SAVE.because(replicas=3, worth_usd=None), HoldReason.COST_FLIPPED),
    (
        Code.PRICES_NOT_LIVE.because(contexts=("osaka",), modes=("simulated",)),
        HoldReason.PRICE_STALE,
    ),
    (Code.TOO_MANY_REPLICAS.because(context="osaka"), HoldReason.INTERFERENCE),
    (
        Code.REPLICAS_CHANGED.because(context="osaka", replicas=2, expected=3, manager="kubectl"),
        HoldReason.INTERFERENCE,
    ),
    (Code.TEMPLATE_CHANGED.because(context="osaka", manager="kubectl"), HoldReason.TEMPLATE_CHANGED),
    (Code.TARGET_SILENT.because(context="osaka", silent_s=61.0), HoldReason.TARGET_UNREACHABLE),
    (Code.UNCLASSIFIED.because(text="as an older program had it"), HoldReason.OPERATOR),
]


def make(code: Code, context: str) -> Reason:
    """A reason with the parameters that it wants; which do not matter here."""
    others = {name: None for name in code.parameters if name != "context"}
    return code.because(context=context, **others)


@pytest.mark.parametrize("code", sorted(ClusterUnreachable.codes | ServerFailed.codes))
def test_a_cluster_that_gives_no_answer_may_come_back_whatever_kept_it(code: Code) -> None:
    assert find_hold(make(code, "osaka"), record()) is HoldReason.TARGET_UNREACHABLE
    assert find_hold(make(code, "paris"), record()) is HoldReason.SOURCE_UNREACHABLE


@pytest.mark.parametrize("code", sorted(AccessDenied.codes))
def test_a_credential_that_does_not_do_holds_as_one(code: Code) -> None:
    assert find_hold(make(code, "osaka"), record()) is HoldReason.AUTH


@pytest.mark.parametrize(("reason", "hold"), HOLDS, ids=lambda value: getattr(value, "code", value))
def test_the_code_alone_tells_what_kind_of_hold_it_is(reason: Reason, hold: HoldReason) -> None:
    assert find_hold(reason, record()) is hold


def questions_of(function: Callable[..., Any]) -> Iterator[ast.AST]:
    """The code of a rule's question, and of whatever of the decision it calls."""
    waiting, known = [function], set()
    while waiting:
        asked = waiting.pop()
        tree = ast.parse(inspect.getsource(asked))
        yield tree
        known.add(asked)
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        called = (inspect.unwrap(asked).__globals__.get(name) for name in names)
        waiting += [
            one
            for one in called
            if inspect.isfunction(one)
            and one.__module__.startswith("controller.decision")
            and one not in known
        ]


def codes_in(rule: Rule) -> set[Code]:
    """The codes that a rule's question can make a reason of."""
    return {
        Code[node.attr]
        for tree in questions_of(rule.ask)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Code"
    }


WAVE_RULES = [pytest.param(rule, id=rule.ask.__name__) for rule in select_rules(Moment.WAVE)]


@pytest.mark.parametrize("rule", WAVE_RULES)
def test_whatever_a_rule_of_a_wave_can_say_is_held_by_the_verdict_of_the_rule(rule: Rule) -> None:
    found = codes_in(rule)
    assert set(rule.codes) <= found, "it declares what it cannot give"
    declared = list_holds(select_rules(Moment.WAVE))
    assert {code: declared.get(code) for code in found} == dict.fromkeys(found, HOLD_OF_VERDICT[rule.verdict])


def test_every_verdict_that_refuses_is_a_hold_of_its_own() -> None:
    assert set(HOLD_OF_VERDICT) == set(Verdict) - {Verdict.PAYS, Verdict.WAY_BACK}
    assert len(set(HOLD_OF_VERDICT.values())) == len(HOLD_OF_VERDICT)


def test_no_code_is_held_in_two_ways() -> None:
    rules = select_rules(Moment.WAVE)
    assert list_holds(rules) == list_holds(reversed(rules))


@pytest.mark.parametrize("kind", [WorkloadRule, TargetRule, FleetRule])
def test_a_rule_of_a_wave_that_names_no_codes_is_no_rule(kind: type[Any]) -> None:
    def ask_nothing(*facts: object) -> None:
        """Nothing is against it."""

    with pytest.raises(ValueError, match="names the codes that it can give: ask_nothing"):
        kind(ask_nothing, moments=Moment.WAVE)
    kind(ask_nothing, moments=Moment.PLAN)
