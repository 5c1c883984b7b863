"""A plan: each workload's best target, and for every pair the code of why it is not offered. Pure.

Frozen, but for what it remembers of what was looked at. Codes are numbers that were worked out for all pairs; bills and
sentences are made exactly, for what is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import TypeAlias

from controller.clusters.fleet import Workload, WorkloadKey
from controller.clusters.namesakes import is_shift
from controller.contract.dry_run import DryRun, UnofferedMove
from controller.decision.candidates import (
    find_coming,
    find_namesake,
    price_candidate,
    price_home,
    rank_candidate,
)
from controller.decision.code_numbers import code_of
from controller.decision.columns import Bytes, Ints
from controller.decision.evaluation import evaluate_candidate
from controller.decision.facts import Facts
from controller.decision.questions import find_tie
from controller.decision.rule import Moment
from controller.decision.rules import judge_move, judge_workload
from controller.decision.screening import codes_of_rule
from controller.decision.sites import Site, price_coming
from controller.reasons import Code
from oracle.foundation.reason import Reason, ReasonCode
from oracle.quotes import Quote, QuoteBoard

#: What the rates at home and in the target rest on.
_Quotes: TypeAlias = tuple[tuple[Quote, ...], tuple[Quote, ...]]


@dataclass(frozen=True, slots=True)
class Offer:
    """A workload and its best target."""

    workload: WorkloadKey
    target: str


@dataclass(frozen=True, slots=True)
class _Kept:
    """A bill, the objects and the quotes that it rests on, and the board that these were last found on."""

    dry_run: DryRun
    rests_on: tuple[object, ...]
    quotes: _Quotes
    board: object
    found_at: float

    def holds_on(self, board: QuoteBoard, now: float) -> bool:
        """Whether the quotes need not be looked for again: nobody has said another, and none has run out."""
        if self.board is not board.quotes or now < self.found_at:
            return False
        return all(now < quote.deadline for side in self.quotes for quote in side)


class BillCache:
    """The bills of offers, kept while workload, inventory and clusters are the same objects and their prices equal.

    Belongs to one task.
    """

    def __init__(self) -> None:
        self._kept: dict[Offer, _Kept] = {}

    def evaluate(self, offer: Offer, source: Site, workload: Workload, target: Site, facts: Facts) -> DryRun:
        """The dry run of an offer."""
        rests_on = (workload, source, target, facts.inventories.get(workload.key))
        kept = self._kept.get(offer)
        if kept is not None and not _are_same(kept.rests_on, rests_on):
            kept = None
        if kept is not None and kept.holds_on(facts.board, facts.now):
            return kept.dry_run
        here = price_home(source, workload, facts).quotes
        coming = find_coming(workload, target)
        there = price_coming(target, coming.requests, facts.board, facts.now, terms=coming.terms).quotes
        if kept is not None and kept.quotes == (here, there):
            dry_run = kept.dry_run
        else:
            dry_run = evaluate_candidate(price_candidate(source, workload, target, facts), facts, Moment.PLAN)
        self._kept[offer] = _Kept(dry_run, rests_on, (here, there), facts.board.quotes, facts.now)
        return dry_run

    def forget_all_but(self, offers: frozenset[Offer]) -> None:
        """Drop what is no longer offered."""
        for offer in self._kept.keys() - offers:
            del self._kept[offer]


def _are_same(some: Iterable[object], others: Iterable[object]) -> bool:
    return all(one is other for one, other in zip(some, others, strict=True))


@dataclass(frozen=True)
class Plan:
    """What a planner found. `offers` are sorted, best first; sites are in the order of the picture."""

    sites: Mapping[str, Site]
    facts: Facts
    #: The targets, in the order of the columns.
    contexts: tuple[str, ...]
    #: The workloads, in the order of the rows; None: a free row.
    workloads: tuple[Workload | None, ...]
    index: Mapping[WorkloadKey, int]
    #: Why a workload can go nowhere, and why nothing can go to a target, as numbers of codes; 0: nothing is against it.
    row_codes: Bytes
    target_codes: Bytes
    #: rows × targets: the number of the rule that refuses; 0: none does.
    refused_by: Bytes
    #: row -> the column of the best target; -1: none.
    best: Ints
    #: Rows with a best target, best first.
    ranked: Ints
    #: Why nothing may move at all, whatever it would gain.
    fleet_reason: Reason | None
    bills: BillCache = field(repr=False)

    @cached_property
    def offers(self) -> tuple[Offer, ...]:
        """Each workload that has a paying target, with the best one; best first."""
        if self.fleet_reason is not None:
            return ()
        found = ((self.workloads[row], self.contexts[self.best[row]]) for row in self.ranked.tolist())
        return tuple(Offer(workload.key, target) for workload, target in found if workload is not None)

    def opportunities(self, limit: int | None = None) -> tuple[DryRun, ...]:
        """The exact bills of the best offers."""
        offers = self.offers[:limit]
        self.bills.forget_all_but(frozenset(offers))
        return tuple(self.evaluate(offer) for offer in offers)

    def evaluate(self, offer: Offer) -> DryRun:
        """The exact bill of one of the offers."""
        workload = self.workloads[self.index[offer.workload]]
        assert workload is not None, "the index names rows that are taken"
        source, target = self.sites[offer.workload.context], self.sites[offer.target]
        return self.bills.evaluate(offer, source, workload, target, self.facts)

    def find_code(self, workload: WorkloadKey, target: str) -> ReasonCode:
        """Why this move is not offered, as a code; `Code.PAYS`: it is."""
        row = self.index.get(workload)
        if row is None:
            return Code.NO_WORKLOAD
        if target not in self.sites:
            return Code.NO_CONTEXT
        column = self.contexts.index(target)
        known = code_of(int(self.row_codes[row])) or code_of(int(self.target_codes[column]))
        if known is not None:
            return known
        codes = codes_of_rule(int(self.refused_by[row, column]))
        if codes:
            return codes[0] if len(codes) == 1 else self.why(workload, target).code
        if self.fleet_reason is not None:
            return self.fleet_reason.code
        return Code.PAYS if self.best[row] == column else Code.BETTER_TARGET

    def why(self, workload: WorkloadKey, target: str) -> Reason:
        """Why this move is not offered, with the numbers of the moment; `Code.PAYS`: it is."""
        row = self.index.get(workload)
        found = self.workloads[row] if row is not None else None
        if row is None or found is None:
            return Code.NO_WORKLOAD.because(workload=str(workload))
        if target not in self.sites:
            return Code.NO_CONTEXT.because(context=target)
        source, settings = self.sites[workload.context], self.facts.settings
        candidate = price_candidate(source, found, self.sites[target], self.facts)
        refused = judge_move(candidate, self.facts, Moment.PLAN)
        if refused is not None:
            return refused[1]
        best = self.contexts[self.best[row]]
        if best == target:
            return self.evaluate(Offer(workload, target)).reason
        better = price_candidate(source, found, self.sites[best], self.facts)
        return Code.BETTER_TARGET.because(
            best=best, best_usd=rank_candidate(better, settings), usd=rank_candidate(candidate, settings)
        )

    def list_unoffered(self, workload: WorkloadKey, limit: int | None = None) -> tuple[UnofferedMove, ...]:
        """Why a workload is not offered: once where it can go nowhere, else for each target but the best.

        limit: so many at most; each takes some ten microseconds.
        """
        row = self.index.get(workload)
        found = self.workloads[row] if row is not None else None
        if row is None or found is None:
            return ()
        reason = judge_workload(self.sites[workload.context], found, self.facts, Moment.PLAN)
        reason = reason or self._find_tie_anywhere(found)
        if reason is not None:
            return (UnofferedMove(workload, None, reason),)
        reasons = ((t, self.why(workload, t)) for t in self.sites if t != workload.context)
        found_reasons = (
            UnofferedMove(workload, t, reason) for t, reason in reasons if reason.code is not Code.PAYS
        )
        return tuple(islice(found_reasons, limit))

    def _find_tie_anywhere(self, workload: Workload) -> Reason | None:
        """What ties it to its cluster, where no other one has a Deployment of its own to shift replicas to."""
        tie = find_tie(workload, self.facts)
        if tie is None:
            return None
        others = (site for context, site in self.sites.items() if context != workload.key.context)
        return None if any(is_shift(workload, find_namesake(workload, site)) for site in others) else tie
