"""What may stand in the way of a move that has not begun, and how that is known. Pure.

The rules judge what is watched and what was priced, as it changes. What no watch tells is asked of both clusters by the
preflight, and remembered until they answer otherwise.
"""

from __future__ import annotations

from controller.decision.rule import Moment
from controller.decision.rules import select_rules
from controller.reasons import Code
from oracle.foundation.reason import ReasonCode

#: What the gate of a migration says beside its rules (`migration/protocol/gate.py`).
_OF_THE_GATE = frozenset({Code.NO_FRESH_PRICE, Code.NOTHING_LEFT_TO_SAVE, Code.NO_WORKLOAD})


def is_asked_of_clusters(code: ReasonCode) -> bool:
    """Whether a preflight that is refused by this has got as far as to ask both clusters: it first asks the gate, whose
    answers (not armed, no price) come from what is known here.
    """
    of_rules = {one for rule in select_rules(Moment.WAVE) for one in rule.codes}
    return code not in of_rules | _OF_THE_GATE
