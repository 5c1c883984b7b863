"""What the rules and the formula say of every pair of a workload and a target, and each workload's best target. Pure.

What lies closer to a limit than floats can tell, and targets that lie closer to one another, are asked exactly.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from controller.clusters.fleet import Workload
from controller.decision.block import Block
from controller.decision.candidates import Candidate, price_candidate, rank_candidate
from controller.decision.class_table import ClassTable
from controller.decision.columns import ALL, Ints, Mask, Selection, grow, merge, to_upright
from controller.decision.facts import Facts
from controller.decision.home_table import HomeTable
from controller.decision.screening import judge_pair, screen_pairs
from controller.decision.settings import DecisionSettings
from controller.decision.target_table import TargetTable
from controller.decision.workload_rows import WorkloadRows

#: The rank of a move that is refused, USD: no gain comes near, and adding it to one leaves nothing of the gain.
_REFUSED_USD = -1e300
#: Rows that are worked on at once: a block of them stays in the processor's cache.
_ROWS_AT_ONCE = 512


class PairTable:
    """Kept up to date by being asked to judge rows or columns again. Belongs to one task."""

    def __init__(self, targets: int) -> None:
        self.rows, self.targets, self.classes = (
            WorkloadRows(targets),
            TargetTable(targets),
            ClassTable(targets),
        )
        self.homes = HomeTable()
        self.egress_left_usd = np.inf
        #: row -> the number of the code why the workload may go nowhere; 0: nothing is against it.
        self.row_code = np.zeros(0, np.uint8)
        #: rows × targets: the rule that refuses (`screening.py`), and the number of the code that tells how such a
        #: move ended lately, 0: in no way that is against it.
        self.refused_by = np.zeros((0, targets), np.uint8)
        self.refused_before = np.zeros((0, targets), np.uint8)
        self._ranks = np.zeros((0, targets))
        self._slack_usd = np.zeros(0)
        #: row -> the column of the best target, -1: there is none; and its rank.
        self.best = np.zeros(0, np.int64)
        self.best_usd = np.zeros(0)

    def make_room(self) -> None:
        """Grow to the number of workloads."""
        self.rows.make_room()
        for name in ("row_code", "refused_by", "refused_before", "_ranks", "_slack_usd", "best", "best_usd"):
            setattr(self, name, grow(getattr(self, name), len(self.rows)))

    def cut(self, facts: Facts, rows: Selection, column: slice = ALL) -> Block:
        """The pairs of these rows and columns, as the rules see them."""
        return Block(
            self.rows, self.targets, self.classes, facts, rows, column, self.refused_before,
            self.egress_left_usd,
        )  # fmt: skip

    def write(
        self, rows: Sequence[int], column: int, workloads: Sequence[Workload], settings: DecisionSettings
    ) -> None:
        """Fill rows with workloads that run in the cluster of `column`; `price_homes` follows."""
        self.rows.write(rows, column, workloads, self.classes, settings)
        for row, workload in zip(rows, workloads, strict=True):
            self.homes.write(row, column, int(self.rows.kind[row]), workload.hosts)

    def price_homes(self, columns: Collection[int], fresh: Collection[int], facts: Facts) -> None:
        """Take in what replicas cost where they run: in these columns, and of rows that were written."""
        if not columns and not fresh:
            return
        self.homes.price(columns, self.targets.sites, self.classes, facts)
        rows, count = self.rows, len(self.rows)
        is_here = np.zeros(
            len(self.targets.sites) + 1, np.bool_
        )  # a row that is free is at home in the last one
        is_here[list(columns)] = True
        is_changed = is_here[rows.source[:count]]
        is_changed[list(fresh)] = True
        at = np.flatnonzero(is_changed)
        rates, home = self.homes.find_rates(at), rows.home[at]
        rows.here_steps[at] = np.where(rates.is_placed, rates.steps, self.classes.home_steps.take(home))
        rows.here_reason[at] = np.where(rates.is_placed, rates.reason, self.classes.home_reason.take(home))

    def judge_rows(self, facts: Facts, rows: Ints) -> None:
        """Judge workloads with every target, and find their best ones. `rows` is sorted."""
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            part = _select(rows[first : first + _ROWS_AT_ONCE])
            block = self.cut(facts, part)
            self._slack_usd[part] = block.slack_usd[:, 0]
            self._judge(block)
            self._choose(facts, part)

    def judge_column(self, facts: Facts, column: int) -> Ints:
        """Judge every workload with one target; returns the rows whose best target that may change."""
        count = len(self.rows)
        self._judge(self.cut(facts, slice(0, count), slice(column, column + 1)))
        ranks, best_usd = self._ranks[:count, column], self.best_usd[:count]
        might = (ranks > _REFUSED_USD) & (ranks >= best_usd - self._slack_usd[:count])
        return np.flatnonzero(might | (self.best[:count] == column))

    def choose(self, facts: Facts, rows: Ints) -> None:
        """Find the best targets of these rows anew. `rows` is sorted."""
        self._choose(facts, _select(rows))

    def _judge(self, block: Block) -> None:
        refused_by = screen_pairs(block)
        is_refused = (refused_by != 0) | block.target_refused
        self.refused_by[block.row, block.column] = refused_by
        # Adding is several times as fast as choosing between two values.
        self._ranks[block.row, block.column] = block.rank_usd + is_refused.view(np.uint8) * _REFUSED_USD
        doubtful = (refused_by & 1).view(np.bool_)
        if doubtful.any():
            self._settle(block, *np.nonzero(doubtful))

    def _settle(self, block: Block, at: Ints, where: Ints) -> None:
        """Ask exactly where floats cannot tell; not of workloads that may go nowhere anyway."""
        rows, columns = (
            self._number_rows(block.row)[at],
            np.arange(len(self.targets.sites))[block.column][where],
        )
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            if self.row_code[row] or self.targets.code[column]:
                continue
            candidate = self._price(block.facts, row, column)
            rank = rank_candidate(candidate, block.facts.settings)
            self.refused_by[row, column] = refused = judge_pair(candidate, block.facts)
            self._ranks[row, column] = float(rank) if not refused and rank is not None else _REFUSED_USD

    def _choose(self, facts: Facts, rows: Selection) -> None:
        """Find the best targets; exactly where two lie closer than floats can tell."""
        ranks = self._ranks[rows]
        best = ranks.argmax(axis=1)
        best_usd = ranks[np.arange(len(best)), best]
        is_offered = (best_usd > _REFUSED_USD) & (self.row_code[rows] == 0)
        self.best[rows], self.best_usd[rows] = np.where(is_offered, best, -1), best_usd
        near = ranks >= to_upright(np.where(is_offered, best_usd - self._slack_usd[rows], np.inf))
        if np.count_nonzero(near) > np.count_nonzero(is_offered):
            self._settle_ties(facts, self._number_rows(rows), near)

    def _settle_ties(self, facts: Facts, rows: Ints, near: Mask) -> None:
        """Find the best of those near it by exact ranks, but for those that cost just the same."""
        at, columns = np.nonzero(near)
        is_other = self._differ(rows[at], columns, self.best[rows[at]])
        for place in merge(len(rows), at[is_other]).tolist():
            row = int(rows[place])
            self.best[row] = self._find_best(facts, row, np.flatnonzero(near[place]).tolist())

    def _differ(self, rows: Ints, columns: Ints, others: Ints) -> Mask:
        """Whether a move into a column has another price than one into the other: equal prices make equal ranks."""
        kind, source = self.rows.kind[rows], self.rows.source[rows]
        is_other: Mask = self.classes.steps[kind, columns] != self.classes.steps[kind, others]
        for route in (self.targets.route, self.targets.route_back):
            is_other |= route[source, columns] != route[source, others]
        return is_other

    def _find_best(self, facts: Facts, row: int, columns: list[int]) -> int:
        """The best of these targets by exact ranks; the first by name among equals."""
        ranks = {
            column: rank_candidate(self._price(facts, row, column), facts.settings) for column in columns
        }
        return min(columns, key=lambda column: (-(ranks[column] or 0), column))

    def _price(self, facts: Facts, row: int, column: int) -> Candidate:
        workload, sites = self.rows.workloads[row], self.targets.sites
        assert workload is not None, "a free row is never asked about"
        return price_candidate(sites[self.rows.source[row]], workload, sites[column], facts)

    def _number_rows(self, rows: Selection) -> Ints:
        return np.arange(len(self.rows))[rows]


def _select(rows: Ints) -> Selection:
    """These rows as a range where they are one: what is cut out of a range is not copied."""
    if len(rows) and rows[-1] - rows[0] + 1 == len(rows):
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows
