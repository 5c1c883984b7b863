"""A plan: each workload's best target, and for every pair the code of why it is not offered. Pure.

Frozen, but for what it remembers of what was looked at. Codes are numbers that were worked out for all pairs; bills and
sentences are made exactly, for what is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from controller.clusters.fleet import Workload, WorkloadKey
from controller.contract.dry_run import DryRun, UnofferedMove
from controller.decision.candidates import price_candidate, rank_candidate
from controller.decision.code_numbers import code_of
from controller.decision.columns import Bytes, Ints
from controller.decision.evaluation import evaluate_candidate
from controller.decision.facts import Facts
from controller.decision.rule import Moment
from controller.decision.rules import judge_move, judge_workload
from controller.decision.screening import code_of_rule
from controller.decision.sites import Site, price_replica
from controller.reasons import Code
from oracle.foundation.reason import Reason, ReasonCode


@dataclass(frozen=True, slots=True)
class Offer:
    """A workload and its best target."""

    workload: WorkloadKey
    target: str


class BillCache:
    """The bills of offers, kept while neither workload, clusters nor quotes are other objects. Belongs to one task."""

    def __init__(self) -> None:
        self._kept: dict[Offer, tuple[tuple[object, ...], DryRun]] = {}

    def evaluate(self, offer: Offer, source: Site, workload: Workload, target: Site, facts: Facts) -> DryRun:
        """The dry run of an offer."""
        quotes = (
            price_replica(site, workload.requests, facts.board, facts.now).quote for site in (source, target)
        )
        rests_on = (workload, source, target, *quotes)
        kept = self._kept.get(offer)
        if kept is not None and all(a is b for a, b in zip(kept[0], rests_on, strict=True)):
            return kept[1]
        dry_run = evaluate_candidate(price_candidate(source, workload, target, facts), facts, Moment.PLAN)
        self._kept[offer] = (rests_on, dry_run)
        return dry_run

    def forget_all_but(self, offers: frozenset[Offer]) -> None:
        """Drop what is no longer offered."""
        for offer in self._kept.keys() - offers:
            del self._kept[offer]


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
        known = known or code_of_rule(int(self.refused_by[row, column]))
        if known is not None:
            return known
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
        if reason is not None:
            return (UnofferedMove(workload, None, reason),)
        reasons = ((t, self.why(workload, t)) for t in self.sites if t != workload.context)
        found_reasons = (
            UnofferedMove(workload, t, reason) for t, reason in reasons if reason.code is not Code.PAYS
        )
        return tuple(islice(found_reasons, limit))
