"""Every rule of moving, and whatever else refuses a move before it begins, has a mutant.

A rule has one where a mutant changes its question or its line in the list, a refusal where one changes the call that
makes it. Who adds one of either adds its mutant, or fails here.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path

import pytest

from controller.decision import rules
from controller.decision.rule import Rule
from tests.mutants.mutants import ROOT, Mutant, load_mutants

MUTANTS = load_mutants()

#: What refuses a move before its first write; of the steps, each file.
REFUSING = (
    "controller/migration/run/migration_controller.py",
    "controller/migration/run/kept_target.py",
    "controller/migration/run/preflight.py",
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "controller/migration/steps").glob("*.py")),
)


@dataclass(frozen=True)
class Span:
    """A part of a file, in characters from its beginning."""

    file: str
    start: int
    end: int

    def meets(self, other: Span) -> bool:
        return self.file == other.file and self.start < other.end and other.start < self.end

    def __str__(self) -> str:
        return " ".join(read(self.file)[self.start : self.end].split())


@cache
def read(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


def find_span(file: str, node: ast.expr | ast.stmt) -> Span:
    """Where a part of the syntax tree stands; it counts bytes within a line."""
    lines = read(file).splitlines(keepends=True)

    def place(line: int, column: int) -> int:
        return sum(map(len, lines[: line - 1])) + len(lines[line - 1].encode()[:column].decode())

    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return Span(file, place(node.lineno, node.col_offset), place(node.end_lineno, node.end_col_offset))


def find_change(mutant: Mutant) -> Span:
    """Where a mutant differs from the program: what it only repeats around that is none of its change."""
    start = read(mutant.file).index(mutant.old)
    same = count_same(mutant.old, mutant.new)
    end = start + len(mutant.old) - count_same(mutant.old[same:][::-1], mutant.new[same:][::-1])
    return Span(mutant.file, start + same, max(end, start + same + 1))


def count_same(one: str, other: str) -> int:
    """With how many equal characters two texts begin."""
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))))


#: Of a mutant whose line has gone `test_mutants.py` tells.
CHANGES = tuple(find_change(mutant) for mutant in MUTANTS if mutant.old in read(mutant.file))


def has_mutant(*spans: Span) -> bool:
    return any(span.meets(change) for span in spans for change in CHANGES)


def find_question(rule: Rule) -> Span:
    """The function that a rule asks."""
    file = str(Path(inspect.getfile(rule.ask)).relative_to(ROOT))
    [found] = [one for one in ast.parse(read(file)).body if getattr(one, "name", "") == rule.ask.__name__]
    return find_span(file, found)


def find_line(rule: Rule) -> Span:
    """The call in the list of rules that names its question."""
    file = str(Path(inspect.getfile(rules)).relative_to(ROOT))
    [found] = [
        call
        for call in find_calls(file)
        if any(isinstance(one, ast.Attribute) and one.attr == rule.ask.__name__ for one in call.args)
    ]
    return find_span(file, found)


def find_calls(file: str) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(read(file))) if isinstance(node, ast.Call))


def find_refusals(file: str) -> Iterator[Span]:
    """Calls of `refuse`, and of the error that says that a move is refused."""

    def refuses(call: ast.expr) -> bool:
        if isinstance(call, ast.Attribute):
            return isinstance(call.value, ast.Name) and call.value.id == "refuse"
        return isinstance(call, ast.Name) and call.id == "MigrationRefused"

    def translates(call: ast.Call) -> bool:
        """What an API server answered is a refusal without that, too (`failures.py`)."""
        return any(ast.unparse(argument) == "error.reason" for argument in call.args)

    calls = (call for call in find_calls(file) if refuses(call.func) and not translates(call))
    return (find_span(file, call) for call in calls)


REFUSALS = tuple(span for file in REFUSING for span in find_refusals(file))


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.ask.__name__)
def test_every_rule_has_a_mutant(rule: Rule) -> None:
    assert has_mutant(find_question(rule), find_line(rule))


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_every_refusal_before_a_move_has_a_mutant(refusal: Span) -> None:
    assert has_mutant(refusal)


def test_refusals_are_found() -> None:
    """Where the preflight says it in other words one day, this must not fall silent."""
    found = {span.file for span in REFUSALS}
    assert found >= {file for file in REFUSING if "MigrationRefused(" in read(file)}
    assert len(REFUSALS) >= 20


def test_a_mutant_beside_a_line_is_no_mutant_of_it() -> None:
    """A mutant repeats its neighbours to be found."""
    file = "controller/decision/rules.py"
    old = "moments=Moment.CONFIRM | Moment.AUTOPILOT),\n    FleetRule(questions.find_spent_day"
    new = old.replace("find_spent_day", "find_nothing")
    change = find_change(Mutant("one", file, old, new, (), "why"))
    met = [rule.ask.__name__ for rule in rules.RULES if find_line(rule).meets(change)]
    assert met == ["find_spent_day"]
