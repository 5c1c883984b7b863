"""The rules about a workload and a target, asked of many pairs at once. Pure.

The answer for a pair is a byte: 0 where no rule refuses, else the number of the first one that does. The earlier a rule
stands in the list, the higher is its number, so that the first to refuse is the highest. Numbers of rules are even. The
odd number below one says that the pair lies closer to the limit of this rule than floats can tell: it is asked exactly.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from controller.decision.block import Block
from controller.decision.candidates import Candidate
from controller.decision.columns import Bytes
from controller.decision.facts import Facts
from controller.decision.rule import Moment, MoveRule
from controller.decision.rules import select_rules
from controller.reasons import Code

_RULES = tuple(rule for rule in select_rules(Moment.PLAN) if isinstance(rule, MoveRule))
#: Number -> its rule, from the last of the list to the first.
_NUMBERED = {2 * place: rule for place, rule in enumerate(reversed(_RULES), start=1)}
_FIRST = 2 * len(_RULES)
assert _FIRST < 256, "a rule's number has to fit in a byte"


def screen_pairs(block: Block) -> Bytes:
    """What refuses each pair of a block first, shape (rows, columns)."""
    refused_by = np.zeros((len(block.slack_usd), len(block.target_refused)), np.uint8)
    for number, rule in _NUMBERED.items():
        np.maximum(refused_by, _screen(block, number, rule), out=refused_by)
    return refused_by


def _screen(block: Block, number: int, rule: MoveRule) -> Any:
    if rule.screen is not None:
        return rule.screen(block).view(np.uint8) * np.uint8(number)
    assert rule.margin is not None
    margin, slack = rule.margin(block), block.slack_usd
    is_near = (margin <= slack).view(np.uint8) * np.uint8(number - 1)
    return is_near + (margin < -slack).view(np.uint8)


def judge_pair(candidate: Candidate, facts: Facts) -> int:
    """What refuses one pair first, asked exactly."""
    refusing = (number for number, rule in reversed(_NUMBERED.items()) if rule.ask(candidate, facts))
    return next(refusing, 0)


def codes_of_rule(number: int) -> tuple[Code, ...]:
    """The codes that a rule may give, by its number; none for 0."""
    return _NUMBERED[number].codes if number else ()
