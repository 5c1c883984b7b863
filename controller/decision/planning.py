"""The best move for every workload, kept up to date as prices and clusters change. Pure.

Every pair of a workload and a target is judged by the screens of the rules, in columns of numbers, and exactly where
floats cannot tell (`pair_table.py`). So a plan names the same targets, and for each pair the same code, as a loop that
evaluates everything exactly: the tests hold both together. Bills and sentences are made when somebody looks; see
`plan.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from controller.clusters.fleet import Cluster, FleetPicture, WorkloadKey
from controller.contract.inventory import Inventory
from controller.decision import questions
from controller.decision.budgets import DAY_S, BudgetUsage, Move, sum_egress
from controller.decision.code_numbers import number_of
from controller.decision.columns import Ints, grow, merge
from controller.decision.facts import Facts, PreflightFinding
from controller.decision.pair_table import PairTable
from controller.decision.plan import BillCache, Plan
from controller.decision.ranking import Ranking
from controller.decision.risk import find_basis
from controller.decision.rule import Moment, WorkloadRule
from controller.decision.rules import judge_fleet, judge_target, select_rules
from controller.decision.sites import Site, describe_site, quote_group
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: Above this share of changed columns or rows, everything is worked out anew.
_MANY = 0.3

#: Instead of a code: nothing is asked of a row that is free.
_GONE = 255

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
    #: Rows whose pairs are to be judged again, and the columns of clusters all of whose workloads' are.
    rows: set[int] = field(default_factory=set)
    homes: set[int] = field(default_factory=set)
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
        self._judge_pairs(facts, changes)
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
        self._pairs, self._ranking = PairTable(count), Ranking()
        self._rows, self._targets = self._pairs.rows, self._pairs.targets
        #: Replaced whenever a workload comes or goes, because plans that were handed out look into it.
        self._index: dict[WorkloadKey, int] = {}
        self._is_index_new = True
        #: column -> the prices of its groups of nodes, here and there, None: not known. None: nothing is priced there
        #: yet.
        self._prices: list[tuple[object, ...] | None] = [None] * count
        self._priced_classes = 0
        self._concerned: set[int] = set()
        #: ((namespace, name), column) -> the number of the code of a move under way with a side there.
        self._moving: dict[tuple[tuple[str, str], int], int] = {}
        #: row, column -> the number of the code that tells how such a move ended lately.
        self._refused: dict[tuple[int, int], int] = {}
        self._inventories: dict[WorkloadKey, Inventory] = {}
        self._bills = BillCache()
        self._own_code = np.zeros(0, np.uint8)

    def _follow_clusters(self, picture: FleetPicture, facts: Facts, changes: _Changes) -> None:
        moved = [
            column
            for column, context in enumerate(self._contexts)
            if self._follow_cluster(column, picture.clusters[context], facts, changes)
        ]
        changes.columns |= self._rows.meetings.settle()
        rates = self._targets.rates
        dearest_gb_usd = rates.dearest_gb_usd
        if moved:
            self._targets.measure_routes(moved, facts.settings)
            changes.columns.update(moved)
            changes.homes.update(moved)
            changes.everything |= dearest_gb_usd < rates.dearest_gb_usd
        is_month_fuller = rates.use_up(facts.sent_gb, facts.month)
        if is_month_fuller:
            changes.everything = True
            # They are billed by the month's volume.
            self._bills = BillCache()
        self._rows.price_routes(sorted(changes.fresh), rates, anew=is_month_fuller)
        changes.rejudged |= changes.fresh
        changes.rows |= changes.fresh

    def _follow_cluster(self, column: int, cluster: Cluster, facts: Facts, changes: _Changes) -> bool:
        """Take in one cluster; returns whether it is somewhere or somebody else now."""
        before = self._clusters[column]
        self._clusters[column] = cluster
        if before is not None and (before is cluster or replace(before, read_at=cluster.read_at) == cluster):
            return False
        known = self._targets.sites[column] if before is not None else None
        site = describe_site(cluster, known)
        reason = judge_target(site, facts, Moment.PLAN)
        is_changed = self._targets.describe(column, site, _number(reason))
        is_changed |= self._rows.note_free(column, site.cluster.free)
        if known is None or not known.has_same_places(site):
            self._prices[column] = None
            self._rows.meetings.note_site(column, site)
            self._pairs.homes.forget(column)
        if before is None or before.namespaces != cluster.namespaces:
            self._rows.note_namespaces(column, cluster.namespaces)
            is_changed = True
        if self._follow_workloads(column, before, cluster, facts, changes):
            is_changed |= self._rows.note_namesakes(column, site)
        if self._follow_autoscalers(column, before, cluster, changes):
            is_changed = True
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
            self._is_index_new = True
        for key in old:
            self._drop(self._index.pop(key))
        for key in unknown:
            self._index[key] = self._rows.take()
        self._make_room()
        if fresh:
            rows = [self._index[workload.key] for workload in fresh]
            self._pairs.write(rows, column, fresh, facts.settings)
            changes.fresh.update(rows)
        return bool(old or fresh)

    def _follow_autoscalers(
        self, column: int, before: Cluster | None, cluster: Cluster, changes: _Changes
    ) -> bool:
        """Take in the autoscalers of a cluster, which concern its workloads and who would move there.

        Returns whether one has come or gone.
        """
        known = before.autoscalers if before is not None else None
        old, new = (known or {}).items(), (cluster.autoscalers or {}).items()
        if old == new:
            return False
        for (namespace, name), _ in old ^ new:
            row = self._index.get(WorkloadKey(cluster.context, namespace, name))
            if row is not None:
                changes.rejudged.add(row)
        self._rows.note_autoscaled(column, (cluster.autoscalers or {}).keys())
        return True

    def _drop(self, row: int) -> None:
        self._rows.drop(row)
        self._own_code[row] = _GONE
        self._concerned.discard(row)
        self._refused = {pair: number for pair, number in self._refused.items() if pair[0] != row}
        self._pairs.refused_before[row] = 0

    def _make_room(self) -> None:
        self._pairs.make_room()
        self._own_code = grow(self._own_code, len(self._rows))

    def _follow_prices(self, facts: Facts, changes: _Changes) -> None:
        """Price the targets whose prices have changed, and new classes everywhere."""
        classes = self._pairs.classes
        are_classes_new = self._priced_classes < len(classes.classes)
        repriced: set[int] = set()
        for column, site in enumerate(self._targets.sites):
            prices = _find_prices(site, facts)
            if prices != self._prices[column]:
                classes.price(column, site, facts)
                changes.columns.add(column)
                changes.homes.add(column)
                repriced.add(column)
                self._prices[column] = prices
            elif are_classes_new:
                classes.price(column, site, facts)
        self._priced_classes = len(classes.classes)
        self._pairs.price_homes(repriced, changes.fresh, facts)

    def _follow_history(self, facts: Facts, changes: _Changes) -> None:
        """Take in what the usage says of workloads and of the day's egress, and what preflights have found."""
        limit = facts.settings.budgets.egress_usd_per_day
        spent = sum_egress(facts.usage.begun_since(facts.now - DAY_S))
        left_usd = float(limit - spent) if limit is not None else np.inf
        if left_usd != self._pairs.egress_left_usd:
            self._pairs.egress_left_usd, changes.everything = left_usd, True
        self._follow_refused(facts, changes)
        concerned = {
            self._index[key]
            for move in (*facts.usage.moves, *facts.usage.unfinished)
            for context in (move.workload.context, move.target)
            if (key := replace(move.workload, context=context)) in self._index
        }
        changes.rejudged.update(concerned | self._concerned)
        self._concerned = concerned
        self._follow_inventories(facts, changes)
        self._follow_sides(facts, changes)

    def _follow_inventories(self, facts: Facts, changes: _Changes) -> None:
        """Take in what somebody has found to break by a move, or not any more."""
        old, new = self._inventories, facts.inventories
        if new == old:
            return
        changed = (key for key in {**old, **new} if old.get(key) != new.get(key))
        changes.rejudged.update(self._index[key] for key in changed if key in self._index)
        self._inventories = dict(new)

    def _follow_refused(self, facts: Facts, changes: _Changes) -> None:
        """Take in which moves came to nothing lately; of two reasons, that of the rule that is asked first."""
        found = number_of(Code.PREFLIGHT_REFUSED)
        refused = {pair: found for finding in facts.findings for pair in self._find_refused(finding)}
        refused.update(dict.fromkeys(self._find_resting(facts), number_of(Code.TARGET_RESTS)))
        for (row, column), _ in refused.items() ^ self._refused.items():
            self._pairs.refused_before[row, column] = refused.get((row, column), 0)
            changes.rows.add(row)
        self._refused = refused

    def _find_resting(self, facts: Facts) -> Iterator[tuple[int, int]]:
        """The pairs, as row and column, of moves that were rolled back and still rest."""
        rest_s = facts.settings.budgets.cooldown_s
        for move in facts.usage.rolled_back():
            row, column = self._index.get(move.workload), self._column.get(move.target)
            is_resting = move.ended_at is not None and facts.now < move.ended_at + rest_s
            if is_resting and row is not None and column is not None:
                yield row, column

    def _follow_sides(self, facts: Facts, changes: _Changes) -> None:
        """Take in which targets are a side of a move under way: nothing else of its name moves there."""
        moving: dict[tuple[tuple[str, str], int], int] = {}
        for move in reversed(facts.usage.under_way()):  # the first of several is the one that is named
            number = number_of(questions.tell_move(move, facts).code)
            for context in (move.workload.context, move.target):
                if (column := self._column.get(context)) is not None:
                    moving[(move.workload.namespace, move.workload.name), column] = number
        if moving == self._moving:
            return
        for (namespace, name), _ in {place for place, _ in moving.items() ^ self._moving.items()}:
            keys = (WorkloadKey(context, namespace, name) for context in self._contexts)
            changes.rows.update(self._index[key] for key in keys if key in self._index)
        self._rows.note_moving(moving)
        self._moving = moving

    def _find_refused(self, finding: PreflightFinding) -> list[tuple[int, int]]:
        """The pairs, as row and column, that a finding rules out."""
        row = self._index.get(finding.workload.key)
        workload = self._rows.workloads[row] if row is not None else None
        if row is None or workload is None or not finding.is_about(workload):
            return []
        return [(row, column) for context, column in self._column.items() if finding.rules_out(context)]

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
            self._note_tie(row, questions.find_tie(workload, judged) is not None, changes)
            answers = (ask(site, workload, judged) for ask in _ASKED)
            self._own_code[row] = _number(next(filter(None, answers), None))
        codes, count = self._own_code.copy(), len(self._rows)
        block = self._pairs.cut(facts, slice(0, count))
        for screen in _SCREENS:
            np.copyto(codes[:count], screen(block), where=codes[:count] == 0)
        changes.rows.update(np.flatnonzero(self._pairs.row_code != codes).tolist())
        self._pairs.row_code = codes

    def _note_tie(self, row: int, is_tied: bool, changes: _Changes) -> None:
        """Take in whether something ties a workload to its cluster, which each target is asked about."""
        if is_tied != self._rows.tied[row]:
            self._rows.tied[row] = is_tied
            changes.rows.add(row)

    def _judge_pairs(self, facts: Facts, changes: _Changes) -> None:
        """Judge what has changed, and put the workloads whose best target may be another now in their places."""
        rows, count = self._find_changed(changes), len(self._rows)
        if len(rows) > _MANY * count or len(changes.columns) > _MANY * len(self._contexts):
            rows, changes.columns = np.arange(count), set()
        self._pairs.judge_rows(facts, rows)
        touched = [self._pairs.judge_column(facts, column) for column in changes.columns]
        if touched:
            touched_rows = merge(count, *touched)
            self._pairs.choose(facts, touched_rows)
            rows = merge(count, rows, touched_rows)
        if self._is_index_new:
            by_name = [self._index[key] for key in sorted(self._index, key=str)]
            self._ranking.name(np.array(by_name, np.int64), count)
            rows = np.arange(count)
            self._is_index_new = False
        self._ranking.update(rows, self._pairs.best, self._pairs.best_usd)

    def _find_changed(self, changes: _Changes) -> Ints:
        """The rows whose pairs are to be judged with every target."""
        count = len(self._rows)
        if changes.everything:
            return np.arange(count)
        is_home = np.zeros(len(self._contexts) + 1, np.bool_)  # a row that is free is at home in the last one
        is_home[list(changes.homes)] = True
        is_changed = is_home[self._rows.source[:count]]
        is_changed[list(changes.rows)] = True
        return np.flatnonzero(is_changed)

    def _rows_of(self, column: int) -> list[int]:
        """The rows of the workloads that run in a cluster."""
        count = len(self._rows)
        return np.flatnonzero(self._rows.source[:count] == column).tolist()

    def _hand_out(self, picture: FleetPicture, facts: Facts) -> Plan:
        count, pairs = len(self._rows), self._pairs
        return Plan(
            sites={context: self._targets.sites[self._column[context]] for context in picture.clusters},
            facts=facts,
            contexts=self._contexts,
            workloads=tuple(self._rows.workloads),
            index=self._index,
            row_codes=pairs.row_code[:count].copy(),
            target_codes=self._targets.code.copy(),
            refused_by=pairs.refused_by[:count].copy(),
            best=pairs.best[:count].copy(),
            ranked=self._ranking.rows,
            fleet_reason=judge_fleet(facts, Moment.PLAN),
            bills=self._bills,
        )


def _number(reason: Reason | None) -> int:
    """The number of a reason's code; 0: there is none."""
    return number_of(reason.code) if reason is not None else 0


def _standing(cluster: Cluster) -> tuple[object, ...]:
    """What the rules of a workload ask of its cluster."""
    unread = cluster.find_unread()
    return cluster.health, unread, cluster.uid, cluster.nodes


def _place(cluster: Cluster) -> tuple[object, ...]:
    return cluster.uid, cluster.provider, cluster.region


def _find_prices(site: Site, facts: Facts) -> tuple[object, ...]:
    """What the groups of nodes cost, as far as an action may rest on it; and each zone, where pods may run."""
    lost_h, context = facts.settings.lost_h, site.context
    quotes = [quote_group(context, group, facts.board, facts.now) for group in site.groups]
    both = [quote for of_group in quotes for quote in (of_group.here, of_group.there)]
    found: list[object] = [find_basis(quote, lost_h) if quote is not None else None for quote in both]
    if len(site.zones) > 1:
        zones = [facts.board.find_usable(context, zone, facts.now) for zone in site.zones]
        found += [(find_basis(quote, lost_h), quote.mode) if quote is not None else None for quote in zones]
    return tuple(found)


def _sort_moves(usage: BudgetUsage) -> dict[tuple[str, str], BudgetUsage]:
    """(namespace, name) -> the moves of such workloads: most workloads have none."""
    sorted_moves: dict[tuple[str, str], tuple[list[Move], list[Move]]] = {}
    for place, moves in enumerate((usage.moves, usage.unfinished)):
        for move in moves:
            name = (move.workload.namespace, move.workload.name)
            sorted_moves.setdefault(name, ([], []))[place].append(move)
    return {name: BudgetUsage(tuple(ours), tuple(theirs)) for name, (ours, theirs) in sorted_moves.items()}
