"""What a rule is: a question, the moments at which it is asked, and what its refusal means. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from enum import Flag, auto
from typing import TYPE_CHECKING, Any, TypeAlias

from controller.clusters.fleet import Workload
from controller.contract.dry_run import Verdict
from controller.decision.candidates import Candidate
from controller.decision.facts import Facts
from controller.decision.sites import Site
from controller.reasons import Code
from oracle.foundation.reason import Reason

if TYPE_CHECKING:
    from controller.decision.block import Block

#: An array of booleans or of floats over the pairs of a block.
Screen: TypeAlias = "Callable[[Block], Any]"


class Moment(Flag):
    """When a rule is asked."""

    PLAN = auto()
    DRY_RUN = auto()
    CONFIRM = auto()
    #: In the middle of a move, as each of its waves begins; the docstring of `rules.py` says which rules belong there.
    WAVE = auto()
    #: While a move goes on, for what it costs and saves: which rates may be believed.
    RATES = auto()
    AUTOPILOT = auto()


#: Before a move begins, whoever asks.
BEFORE = Moment.PLAN | Moment.DRY_RUN | Moment.CONFIRM | Moment.AUTOPILOT
#: Also as each of its waves begins.
EACH_WAVE = BEFORE | Moment.WAVE
#: Also while it goes on.
THROUGHOUT = BEFORE | Moment.WAVE | Moment.RATES
#: Where something is offered by itself; a person who asks by name may try again.
OFFERED = Moment.PLAN | Moment.AUTOPILOT


@dataclass(frozen=True, slots=True)
class _SeveralCodes:
    """What is common to rules that may give more than one code.

    codes: all that it can give; a rule of a wave names them.
    binds_way_back: see `MoveRule`.
    """

    ask: Callable[..., Reason | None]
    _: KW_ONLY
    moments: Moment = BEFORE
    verdict: Verdict = Verdict.REFUSED
    codes: tuple[Code, ...] = ()
    binds_way_back: bool = True

    def __post_init__(self) -> None:
        """What holds a move is known by its code: one that no rule names would be taken for a person's matter."""
        if Moment.WAVE in self.moments and not self.codes:
            raise ValueError(f"a rule of a wave names the codes that it can give: {self.ask.__name__}")


@dataclass(frozen=True, slots=True)
class WorkloadRule(_SeveralCodes):
    """What is asked of a workload where it runs, whatever the target.

    screen: the number of the code (`code_numbers.py`) with which it refuses many at once, 0 where it does not.
    """

    ask: Callable[[Site, Workload, Facts], Reason | None]
    screen: Screen | None = None

    def judge(self, candidate: Candidate, facts: Facts) -> Reason | None:
        """Why the move may not happen; None: nothing against it."""
        return self.ask(candidate.source, candidate.workload, facts)


@dataclass(frozen=True, slots=True)
class TargetRule(_SeveralCodes):
    """What is asked of a target, whatever would move there."""

    ask: Callable[[Site, Facts], Reason | None]

    def judge(self, candidate: Candidate, facts: Facts) -> Reason | None:
        """Why the move may not happen; None: nothing against it."""
        return self.ask(candidate.target, facts)


@dataclass(frozen=True, slots=True)
class FleetRule(_SeveralCodes):
    """What is asked of all moves alike."""

    ask: Callable[[Facts], Reason | None]

    def judge(self, candidate: Candidate, facts: Facts) -> Reason | None:
        """Why the move may not happen; None: nothing against it."""
        return self.ask(facts)


@dataclass(frozen=True, slots=True)
class MoveRule:
    """What is asked of a workload and a target together, with a screen or a margin for many.

    also: other codes that its question gives; which of them it is for a pair of a plan is asked exactly.
    screen: True where it refuses. margin: USD above the limit; it refuses below 0. Neither: it is not asked of a plan.
    binds_way_back: whether it also stands in the way of a person who brings a workload back. What keeps it safe does;
    money, rests and missing prices do not.
    """

    code: Code
    ask: Callable[[Candidate, Facts], Reason | None]
    screen: Screen | None = None
    margin: Screen | None = None
    moments: Moment = BEFORE
    verdict: Verdict = Verdict.REFUSED
    also: tuple[Code, ...] = ()
    binds_way_back: bool = True

    @property
    def codes(self) -> tuple[Code, ...]:
        """All that it can give."""
        return (self.code, *self.also)

    def judge(self, candidate: Candidate, facts: Facts) -> Reason | None:
        """Why the move may not happen; None: nothing against it."""
        return self.ask(candidate, facts)


Rule: TypeAlias = WorkloadRule | TargetRule | MoveRule | FleetRule
