"""The best move for every workload, kept up to date as prices and clusters change. Pure.

Every pair of a workload and a target is judged by the screens of the rules, in columns of numbers; what lies closer to
a limit than floats can tell, and targets that lie closer to one another, are asked exactly. So a plan names the same
targets, and for each pair the same code, as a loop that evaluates everything exactly: the tests hold both together.
Bills and sentences are made when somebody looks; see `plan.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

import numpy as np

from controller.clusters.fleet import Cluster, FleetPicture, WorkloadKey
from controller.decision.budgets import DAY_S, BudgetUsage, Move, sum_egress
from controller.decision.candidates import Candidate, price_candidate, rank_candidate
from controller.decision.code_numbers import number_of
from controller.decision.columns import (
    ALL,
    Block,
    ClassTable,
    Ints,
    Mask,
    RowTable,
    Selection,
    TargetTable,
    grow,
)
from controller.decision.facts import Facts, PreflightFinding
from controller.decision.plan import BillCache, Plan
from controller.decision.pricing import rank_move
from controller.decision.rules import (
    Moment,
    MoveRule,
    WorkloadRule,
    judge_fleet,
    judge_target,
    select_rules,
)
from controller.decision.sites import describe_site
from oracle.foundation.reason import Reason
from oracle.market import Offering
from oracle.quotes import Quote

#: Rows that are worked on at once: a block of them stays in the processor's cache.
_ROWS_AT_ONCE = 512
#: Above this share of changed columns or rows, everything is worked out anew.
_MANY = 0.3

#: Instead of a code: nothing is asked of a row that is free.
_GONE = 255

_MOVE_RULES = tuple(rule for rule in select_rules(Moment.PLAN) if isinstance(rule, MoveRule))
_WORKLOAD_RULES = tuple(rule for rule in select_rules(Moment.PLAN) if isinstance(rule, WorkloadRule))
#: Asked of one workload after the other, and of all at once.
_ASKED = tuple(rule.ask for rule in _WORKLOAD_RULES if rule.screen is None)
_SCREENS = tuple(rule.screen for rule in _WORKLOAD_RULES if rule.screen is not None)


@dataclass(slots=True)
class _Changes:
    """What one planning round has to work out anew."""

    #: Rows that were written.
    fresh: set[int] = field(default_factory=set)
    #: Rows whose own rules are to be asked again.
    rejudged: set[int] = field(default_factory=set)
    rows: set[int] = field(default_factory=set)
    columns: set[int] = field(default_factory=set)
    everything: bool = False


class Planner:
    """Owns the columns; works out again only what has changed since the last round. Belongs to one task."""

    def __init__(self) -> None:
        self._facts: Facts | None = None
        self._contexts: tuple[str, ...] = ()

    def plan(self, picture: FleetPicture, facts: Facts) -> Plan:
        """Find each workload's best paying target, as the picture, the prices and the rules say now."""
        changes = _Changes()
        if self._is_other_world(picture, facts):
            self._reset(tuple(sorted(picture.clusters)))
            changes.everything = True
        self._facts = facts
        self._follow_clusters(picture, facts, changes)
        self._follow_prices(facts, changes)
        self._follow_history(facts, changes)
        self._judge_workloads(facts, changes)
        touched = self._judge_pairs(facts, changes)
        self._choose(facts, touched)
        return self._hand_out(picture, facts)

    def _is_other_world(self, picture: FleetPicture, facts: Facts) -> bool:
        """Whether nothing that was worked out can be kept."""
        last = self._facts
        return (
            last is None
            or last.settings is not facts.settings
            or self._contexts != tuple(sorted(picture.clusters))
        )

    def _reset(self, contexts: tuple[str, ...]) -> None:
        count = len(contexts)
        self._contexts = contexts
        self._column = {context: column for column, context in enumerate(contexts)}
        self._clusters: list[Cluster | None] = [None] * count
        self._rows, self._targets, self._classes = RowTable(count), TargetTable(count), ClassTable(count)
        #: Replaced whenever a workload comes or goes, because plans that were handed out look into it.
        self._index: dict[WorkloadKey, int] = {}
        #: Rows in the order of their workloads' names; None: to be sorted anew.
        self._by_name: Ints | None = None
        #: column -> offering -> the quote that may be used, None: there is none. None: nothing is priced there yet.
        self._quotes: list[dict[Offering, Quote | None] | None] = [None] * count
        self._priced_classes = 0
        self._concerned: set[int] = set()
        self._refused: set[tuple[int, int]] = set()
        self._egress_left_usd = np.inf
        self._bills = BillCache()
        self._own_code = np.zeros(0, np.uint8)
        self._row_code = np.zeros(0, np.uint8)
        self._codes = np.zeros((0, count), np.uint8)
        self._ranks = np.zeros((0, count))
        self._refused_before: Mask = np.zeros((0, count), np.bool_)
        self._slack_usd = np.zeros(0)
        self._best = np.zeros(0, np.int64)
        self._best_usd = np.zeros(0)

    def _follow_clusters(self, picture: FleetPicture, facts: Facts, changes: _Changes) -> None:
        moved = [
            column
            for column, context in enumerate(self._contexts)
            if self._follow_cluster(column, picture.clusters[context], facts, changes)
        ]
        if moved:
            self._targets.measure_routes(moved, facts.settings)
            changes.columns.update(moved)
            for column in moved:
                changes.rows.update(self._rows_of(column))
        if changes.fresh or moved:
            rows = np.array(sorted(changes.fresh), np.int64)
            self._rows.price_routes(rows, self._targets, float(facts.settings.used_egress_gb))
            changes.rejudged |= changes.fresh
            changes.rows |= changes.fresh

    def _follow_cluster(self, column: int, cluster: Cluster, facts: Facts, changes: _Changes) -> bool:
        """Take in one cluster; returns whether it is somewhere or somebody else now."""
        before = self._clusters[column]
        self._clusters[column] = cluster
        if before is not None and (
            before is cluster or replace(before, observed_at=cluster.observed_at) == cluster
        ):
            return False
        known = self._targets.sites[column] if before is not None else None
        site = describe_site(cluster, known)
        reason = judge_target(site, facts, Moment.PLAN)
        is_changed = self._targets.describe(column, site, _number(reason))
        if known is None or known.groups is not site.groups:
            self._quotes[column] = None
        if self._follow_workloads(column, before, cluster, facts, changes):
            is_changed |= self._rows.note_running(column, site)
        if before is None or _standing(before) != _standing(cluster):
            changes.rejudged.update(self._rows_of(column))
        if is_changed:
            changes.columns.add(column)
        return before is None or _place(before) != _place(cluster)

    def _follow_workloads(
        self, column: int, before: Cluster | None, cluster: Cluster, facts: Facts, changes: _Changes
    ) -> bool:
        """Bring the rows of a cluster up to date; returns whether one has changed."""
        old = {w.key: w for w in before.workloads} if before is not None else {}
        fresh = [w for w in cluster.workloads if old.pop(w.key, None) is not w]
        unknown = [workload.key for workload in fresh if workload.key not in self._index]
        if old or unknown:
            self._index = dict(self._index)
            self._by_name = None
        for key in old:
            self._drop(self._index.pop(key))
        for key in unknown:
            self._index[key] = self._rows.take()
        self._make_room()
        if fresh:
            rows = [self._index[workload.key] for workload in fresh]
            self._rows.write(rows, column, fresh, self._classes, facts.settings)
            changes.fresh.update(rows)
        return bool(old or fresh)

    def _drop(self, row: int) -> None:
        self._rows.drop(row)
        self._own_code[row] = _GONE
        self._concerned.discard(row)
        self._refused = {pair for pair in self._refused if pair[0] != row}
        self._refused_before[row] = False

    def _make_room(self) -> None:
        count = len(self._rows)
        self._rows.make_room()
        for name in ("_own_code", "_row_code", "_codes", "_ranks", "_refused_before", "_slack_usd", "_best",
                     "_best_usd"):  # fmt: skip
            setattr(self, name, grow(getattr(self, name), count))

    def _follow_prices(self, facts: Facts, changes: _Changes) -> None:
        """Price the targets whose quotes have changed, and new classes everywhere."""
        for column, site in enumerate(self._targets.sites):
            quotes = {
                group.offering: facts.board.find_usable(site.context, group.offering, facts.now)
                for group in site.groups
            }
            if _is_same_price(self._quotes[column], quotes):
                self._classes.price(column, site, facts, self._priced_classes)
            else:
                self._classes.price(column, site, facts)
                changes.columns.add(column)
                changes.rows.update(self._rows_of(column))
            self._quotes[column] = quotes
        self._priced_classes = len(self._classes.requests)

    def _follow_history(self, facts: Facts, changes: _Changes) -> None:
        """Take in what the usage says of workloads and of the day's egress, and what preflights have found."""
        limit = facts.settings.budgets.egress_usd_per_day
        spent = sum_egress(facts.usage.begun_since(facts.now - DAY_S))
        left_usd = float(limit - spent) if limit is not None else np.inf
        if left_usd != self._egress_left_usd:
            self._egress_left_usd, changes.everything = left_usd, True
        refused = {
            pair for finding in facts.findings if (pair := self._find_refused(finding, facts)) is not None
        }
        for row, column in refused ^ self._refused:
            self._refused_before[row, column] = (row, column) in refused
            changes.rows.add(row)
        self._refused = refused
        concerned = {
            self._index[key]
            for move in (*facts.usage.moves, *facts.usage.unfinished)
            for context in (move.workload.context, move.target)
            if (key := replace(move.workload, context=context)) in self._index
        }
        changes.rejudged.update(concerned | self._concerned)
        self._concerned = concerned

    def _find_refused(self, finding: PreflightFinding, facts: Facts) -> tuple[int, int] | None:
        row, column = self._index.get(finding.workload.key), self._column.get(finding.target)
        workload = self._rows.workloads[row] if row is not None else None
        if row is None or column is None or workload is None:
            return None
        return (row, column) if facts.find_preflight(workload, finding.target) is not None else None

    def _judge_workloads(self, facts: Facts, changes: _Changes) -> None:
        """Ask the workloads' own rules where an answer may have changed, and those with a screen of all."""
        quiet, by_name = replace(facts, usage=BudgetUsage()), _sort_moves(facts.usage)
        for row in changes.rejudged:
            workload = self._rows.workloads[row]
            if workload is None:
                continue
            usage = by_name.get((workload.key.namespace, workload.key.name))
            judged = quiet if usage is None else replace(facts, usage=usage)
            site = self._targets.sites[self._rows.source[row]]
            answers = (ask(site, workload, judged) for ask in _ASKED)
            self._own_code[row] = _number(next(filter(None, answers), None))
        codes = self._own_code.copy()
        block = self._cut(facts, slice(0, len(self._rows)), ALL)
        for screen in _SCREENS:
            part = codes[: len(self._rows)]
            np.copyto(part, screen(block), where=part == 0)
        changes.rows.update(np.flatnonzero(self._row_code != codes).tolist())
        self._row_code = codes

    def _judge_pairs(self, facts: Facts, changes: _Changes) -> set[int] | None:
        """Screen what has changed; returns the rows whose best target may be another now, None: all."""
        rows, columns = sorted(changes.rows), sorted(changes.columns)
        many_rows = len(rows) > _MANY * len(self._rows)
        if changes.everything or many_rows or len(columns) > _MANY * len(self._contexts):
            for first in range(0, len(self._rows), _ROWS_AT_ONCE):
                self._screen(facts, slice(first, min(first + _ROWS_AT_ONCE, len(self._rows))), ALL)
            return None
        touched = set(rows)
        if columns:
            selected = np.array(columns)
            self._screen(facts, slice(0, len(self._rows)), selected)
            touched.update(self._find_touched(selected))
        if rows:
            self._screen(facts, np.array(rows), ALL)
        return touched

    def _find_touched(self, columns: np.ndarray) -> list[int]:
        """The rows whose best target is among these columns, or might be now."""
        count = len(self._rows)
        might = self._ranks[:count, columns].max(axis=1) >= self._best_usd[:count] - self._slack_usd[:count]
        return np.flatnonzero(might | np.isin(self._best[:count], columns)).tolist()

    def _screen(self, facts: Facts, rows: Selection, columns: Selection) -> None:
        """Judge a block of pairs: codes and ranks; at most one of both selections is a list."""
        block = self._cut(facts, rows, columns)
        shape = self._codes[rows, columns].shape
        codes = np.empty(shape, np.uint8)
        codes[:] = self._targets.code[columns]
        doubtful = np.zeros(shape, np.bool_)
        undecided = codes == 0
        slack = block.slack_usd
        for rule in _MOVE_RULES:
            if rule.screen is not None:
                refused = undecided & rule.screen(block)
            else:
                assert rule.margin is not None
                margin = rule.margin(block)
                refused = undecided & (margin <= slack)
                close = refused & (margin >= -slack)
                if close.any():
                    doubtful |= close
                    refused ^= close
            if refused.any():
                codes += refused.view(np.uint8) * np.uint8(number_of(rule.code))
                undecided ^= refused
        ranks = rank_move(block.bill.net_usd, block.return_usd, block.assumed)
        self._codes[rows, columns] = codes
        self._ranks[rows, columns] = np.where(undecided, ranks, -np.inf)
        if isinstance(columns, slice):
            self._slack_usd[rows] = slack[:, 0]
        if doubtful.any():
            self._settle(facts, rows, columns, doubtful)

    def _settle(self, facts: Facts, rows: Selection, columns: Selection, doubtful: Mask) -> None:
        """Ask exactly where floats cannot tell; not of workloads that may go nowhere anyway."""
        row_numbers = np.arange(len(self._rows))[rows]
        column_numbers = np.arange(len(self._contexts))[columns]
        for at, where in zip(*np.nonzero(doubtful), strict=True):
            row, column = int(row_numbers[at]), int(column_numbers[where])
            if self._row_code[row]:
                continue
            candidate = self._price(facts, row, column)
            refused = next(filter(None, (rule.ask(candidate, facts) for rule in _MOVE_RULES)), None)
            rank = rank_candidate(candidate, facts.settings)
            self._codes[row, column] = _number(refused)
            self._ranks[row, column] = float(rank) if refused is None and rank is not None else -np.inf

    def _choose(self, facts: Facts, touched: set[int] | None) -> None:
        """Find the best target of these rows; exactly where two lie closer than floats can tell."""
        rows: Selection = (
            slice(0, len(self._rows)) if touched is None else np.array(sorted(touched), np.int64)
        )
        ranks = self._ranks[rows]
        if not ranks.size:
            return
        best = ranks.argmax(axis=1)
        best_usd = ranks[np.arange(len(best)), best]
        is_offered = (best_usd > -np.inf) & (self._row_code[rows] == 0)
        self._best[rows], self._best_usd[rows] = np.where(is_offered, best, -1), best_usd
        near = ranks >= (best_usd - self._slack_usd[rows])[:, np.newaxis]
        near &= is_offered[:, np.newaxis]
        numbers = np.arange(len(self._rows))[rows]
        at, columns = np.nonzero(near)
        is_other = self._have_other_prices(numbers[at], columns, best[at])
        for place in sorted({*at[is_other].tolist()}):
            row = int(numbers[place])
            self._best[row] = self._find_best(facts, row, np.flatnonzero(near[place]))

    def _have_other_prices(self, rows: Ints, columns: Ints, others: Ints) -> Mask:
        """Whether a move into a column differs in any price from one into the other: without, their gains are equal."""
        kind, source = self._rows.kind[rows], self._rows.source[rows]
        steps, targets = self._classes.steps, self._targets
        is_other: Mask = steps[kind, columns] != steps[kind, others]
        for route in (targets.route, targets.route_back):
            is_other |= route[source, columns] != route[source, others]
        return is_other

    def _find_best(self, facts: Facts, row: int, columns: Iterable[int]) -> int:
        """The best of these targets by exact ranks; the first by name among equals."""
        exact = {
            column: rank_candidate(self._price(facts, row, column), facts.settings) for column in columns
        }
        return min((column for column in exact), key=lambda column: (-(exact[column] or 0), int(column)))

    def _price(self, facts: Facts, row: int, column: int) -> Candidate:
        workload, sites = self._rows.workloads[row], self._targets.sites
        assert workload is not None, "a free row is never asked about"
        return price_candidate(sites[self._rows.source[row]], workload, sites[column], facts)

    def _cut(self, facts: Facts, rows: Selection, columns: Selection) -> Block:
        return Block(
            self._rows,
            self._targets,
            self._classes,
            facts,
            rows,
            columns,
            self._refused_before,
            self._egress_left_usd,
        )

    def _rows_of(self, column: int) -> list[int]:
        """The rows of the workloads that run in a cluster."""
        count = len(self._rows)
        return np.flatnonzero(self._rows.source[:count] == column).tolist()

    def _hand_out(self, picture: FleetPicture, facts: Facts) -> Plan:
        count = len(self._rows)
        if self._by_name is None:
            self._by_name = np.array([self._index[key] for key in sorted(self._index, key=str)], np.int64)
        offered = self._by_name[self._best[self._by_name] >= 0]
        # Rounded, so that gains which differ by less than anybody sees do not make buttons jump.
        by_rank = np.argsort(-np.rint(self._best_usd[offered] * 1e6), kind="stable")
        return Plan(
            sites={context: self._targets.sites[self._column[context]] for context in picture.clusters},
            facts=facts,
            contexts=self._contexts,
            workloads=tuple(self._rows.workloads),
            index=self._index,
            row_codes=self._row_code[:count].copy(),
            codes=self._codes[:count].copy(),
            best=self._best[:count].copy(),
            ranked=offered[by_rank],
            fleet_reason=judge_fleet(facts, Moment.PLAN),
            bills=self._bills,
        )


def _number(reason: Reason | None) -> int:
    """The number of a reason's code; 0: there is none."""
    return number_of(reason.code) if reason is not None else 0


def _standing(cluster: Cluster) -> tuple[object, ...]:
    """What the rules of a workload ask of its cluster."""
    return cluster.health, cluster.reason, cluster.is_complete, cluster.uid, cluster.nodes


def _place(cluster: Cluster) -> tuple[object, ...]:
    return cluster.uid, cluster.provider, cluster.region


def _is_same_price(
    before: Mapping[Offering, Quote | None] | None, now: Mapping[Offering, Quote | None]
) -> bool:
    return before is not None and all(
        quote is before[offering] or _price_of(quote) == _price_of(before[offering])
        for offering, quote in now.items()
    )


def _price_of(quote: Quote | None) -> Decimal | None:
    return quote.usd_per_hour if quote is not None else None


def _sort_moves(usage: BudgetUsage) -> dict[tuple[str, str], BudgetUsage]:
    """(namespace, name) -> the moves of such workloads: most workloads have none."""
    sorted_moves: dict[tuple[str, str], tuple[list[Move], list[Move]]] = {}
    for place, moves in enumerate((usage.moves, usage.unfinished)):
        for move in moves:
            name = (move.workload.namespace, move.workload.name)
            sorted_moves.setdefault(name, ([], []))[place].append(move)
    return {name: BudgetUsage(tuple(ours), tuple(theirs)) for name, (ours, theirs) in sorted_moves.items()}
