"""Some workloads and some targets, as the screens of the rules see them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controller.decision.class_table import ClassTable
from controller.decision.code_numbers import number_of
from controller.decision.columns import Bytes, Floats, Ints, Mask, Selection, to_upright
from controller.decision.facts import Facts
from controller.decision.pricing import (
    RATE_STEP,
    SHARE_STEPS,
    Assumptions,
    assume_floats,
    bound_error,
    count_share_steps,
    rank_move,
)
from controller.decision.route_rates import UNKNOWN_ROUTE
from controller.decision.target_table import TargetTable
from controller.decision.workload_rows import RUNNING, UNFIT, WorkloadRows
from controller.reasons import Code

_STEP_USD = float(RATE_STEP)
#: Holds for no pair.
_NONE = np.zeros((1, 1), np.bool_)


@dataclass(frozen=True)
class Block:
    """Pairs of a workload and a target. What is known of them has a shape that broadcasts to (rows, columns)."""

    rows: WorkloadRows
    targets: TargetTable
    classes: ClassTable
    facts: Facts
    row: Selection
    column: slice
    #: (rows, columns): the number of the code that tells how such a move ended lately, of all rows and columns.
    refused_before: Bytes
    egress_left_usd: float

    @property
    def target_refused(self) -> Mask:
        """Whether nothing may move there, whatever it is."""
        is_refused: Mask = self.targets.code[self.column] != 0
        return is_refused

    @property
    def same_cluster(self) -> Mask:
        """Whether both contexts lead to one cluster."""
        return self._of_source(self.targets.same_cluster)

    @property
    def templates_differ(self) -> Mask:
        """Whether a Deployment of this name there is not the same, and nobody has accepted that."""
        return self._differs & ~to_upright(self.rows.accepts_template[self.row])

    @property
    def unfit(self) -> Mask:
        """Whether no replicas can be shifted to the Deployment of this name there."""
        if not self.rows.has_unfit:
            return _NONE
        is_unfit: Mask = (self._standing & UNFIT).astype(np.bool_)
        return is_unfit

    @property
    def tied_margin(self) -> Floats | float:
        """Below every limit where pods that are tied to their cluster would be copied. Endless where they are not tied,
        or none is copied because the target runs a Deployment of its own; one without replicas is asked about exactly.
        """
        tied = self.rows.tied[self.row]
        if not tied.any():
            return np.inf
        is_copied = to_upright(tied) & ((self._standing & RUNNING) == 0)
        return np.where(is_copied, np.where(self._there != 0, 0.0, -np.inf), np.inf)

    @cached_property
    def _standing(self) -> Bytes:
        return self._look_up(self.rows.standing, self.rows.name[self.row])

    @property
    def accepted_template_margin(self) -> Floats | float:
        """Nothing where the pods of a Deployment there may ask for something else than those of the row, as accepted or
        as declared, so that such a pair is asked exactly. Endless elsewhere.
        """
        if self._others is _NONE:
            return np.inf
        return np.where(self._others & ~self.templates_differ, 0.0, np.inf)

    @cached_property
    def _there(self) -> Ints:
        return self._look_up(self.rows.variants, self.rows.name[self.row])

    @cached_property
    def _others(self) -> Mask:
        """Whether a Deployment of this name there is in any way another."""
        is_other: Mask = (self._there != 0) & (self._there != to_upright(self.rows.variant[self.row]))
        return is_other if is_other.any() else _NONE

    @cached_property
    def _differs(self) -> Mask:
        """Whether a Deployment of this name there has another selector or pod template, but for what may differ."""
        if self._others is _NONE:
            return _NONE
        own = to_upright(self.rows.comparable[self.rows.variant[self.row]])
        is_other: Mask = self._others & (self.rows.comparable[self._there] != own)
        return is_other

    @property
    def unwatched(self) -> Mask:
        """Whether nobody looks into its namespace there."""
        if not self.rows.has_unwatched:
            return _NONE
        return self._look_up(self.rows.unwatched, self.rows.name[self.row])

    def has_move(self, code: Code) -> Mask:
        """Whether a move of a workload of this name has the target for a side, and says so by this code."""
        if not self.rows.has_moving:
            return _NONE
        is_moving: Mask = self._look_up(self.rows.moving, self.rows.name[self.row]) == number_of(code)
        return is_moving

    @property
    def autoscaled(self) -> Mask:
        """Whether an autoscaler there waits for a Deployment of this name, which nobody has accepted to be frozen."""
        if not self.rows.has_autoscaled:
            return _NONE
        is_autoscaled: Mask = self._look_up(self.rows.autoscaled, self.rows.name[self.row])
        return is_autoscaled & ~to_upright(self.rows.freezes[self.row])

    @property
    def frozen_autoscaler_margin(self) -> Floats | float:
        """Nothing where an autoscaler may be frozen, so that such a pair is asked exactly. Endless elsewhere."""
        if not self.rows.has_autoscaled:
            return np.inf
        may_freeze = to_upright(self.rows.freezes[self.row])
        return np.where(may_freeze, 0.0, np.inf) if may_freeze.any() else np.inf

    def has_reason(self, code: Code) -> Mask:
        """Whether this is why the rate of a replica there is not known."""
        return self._if_any(self.classes.reason == number_of(code))

    @property
    def here_reason(self) -> Bytes:
        """The number of the code why the rate of a replica at home is not known, shape (rows,); 0: it is."""
        return self.rows.here_reason[self.row]

    @property
    def here_platforms(self) -> Bytes:
        """One bit for each architecture at home; all of them: not known."""
        return to_upright(self._at_home(self.classes.platforms))

    @property
    def there_platforms(self) -> Bytes:
        """One bit for each architecture there; all of them: not known."""
        return self._of_class(self.classes.platforms)

    @property
    def replicas(self) -> Floats:
        """How many replicas there are of each."""
        return to_upright(self.rows.replicas[self.row])

    @property
    def places(self) -> Floats:
        """How many replicas find a node there; endless where that is not known."""
        of_class = self._of_class(self.classes.places)
        meetings = self.rows.meetings
        if not meetings.has_any:
            return of_class
        met = self._look_up(meetings.places, meetings.line[self.rows.terms[self.row]])
        return np.where(np.isnan(met), of_class, met)

    @property
    def needed_cpu_cores(self) -> Floats:
        """Cores that all replicas request."""
        return to_upright(self.rows.needed_cpu_cores[self.row])

    @property
    def needed_memory_gib(self) -> Floats:
        """Memory that all replicas request, GiB."""
        return to_upright(self.rows.needed_memory_gib[self.row])

    @property
    def free_cpu_cores(self) -> Floats:
        """Free cores on the nodes there that take it; NaN: not known."""
        return self._of_class(self.classes.free_cpu_cores)

    @property
    def free_memory_gib(self) -> Floats:
        """Free memory on the nodes there that take it, GiB; NaN: not known."""
        return self._of_class(self.classes.free_memory_gib)

    @property
    def devices_taken(self) -> Mask:
        """Whether not all devices that the replicas need are free there."""
        if not self.rows.lacking.any():
            return _NONE
        return self._look_up(self.rows.lacking, self.rows.need[self.row])

    @property
    def usable_share(self) -> float:
        """The share of the free room that may be used."""
        return 1.0 - self.facts.settings.headroom_share

    @property
    def node_too_dear(self) -> Mask:
        """Whether a node there costs more than may be paid."""
        return self._if_any(self.classes.too_dear)

    @cached_property
    def here_steps(self) -> Floats:
        """The rate of a replica at home, in steps."""
        return to_upright(self.rows.here_steps[self.row])

    @cached_property
    def there_steps(self) -> Floats:
        """The rate of a replica there, in steps."""
        return self._of_class(self.classes.steps)

    @property
    def dearest_steps(self) -> Floats:
        """The highest rate there that saves the least share of the one at home, in steps."""
        kept = SHARE_STEPS - count_share_steps(self.facts.settings.minimum_savings_share)
        return (self.here_steps.astype(np.int64) * kept // SHARE_STEPS).astype(np.float64)

    @property
    def minimum_net_usd(self) -> float:
        """The least gain, USD."""
        return float(self.facts.settings.minimum_net_usd)

    def was_refused(self, code: Code) -> Mask:
        """Whether the same move came to nothing lately, and is told of by this code."""
        if not self.facts.findings and not self.facts.usage.rolled_back():
            return _NONE
        is_refused: Mask = self.refused_before[self.row, self.column] == number_of(code)
        return is_refused

    @property
    def route_unknown(self) -> Mask:
        """Whether the egress price there is not known."""
        is_unknown: Mask = self._route == UNKNOWN_ROUTE
        return is_unknown

    @cached_property
    def egress_usd(self) -> Floats:
        """What sending the state there costs, USD; anything where the route is not known."""
        return self._send(self._route)

    @property
    def return_usd(self) -> Floats:
        """What sending it back would cost, USD; as much as there where the route back is not known."""
        return self._send(self._of_source(self.targets.route_back))

    @cached_property
    def _route(self) -> Ints:
        return self._of_source(self.targets.route)

    def _send(self, routes: Ints) -> Floats:
        """What sending the state by these routes costs, USD; anything where a route is not known."""
        table = self.rows.routes_usd[self.row]
        first = np.arange(len(table)) * table.shape[1]
        usd: Floats = table.take(routes + to_upright(first), mode="clip")
        return usd

    @property
    def egress_margin_usd(self) -> Floats | float:
        """How much of the day's egress would be left, USD; endless where nothing is sent or nothing is limited."""
        if self.egress_left_usd == np.inf:
            return np.inf
        return np.where(self.egress_usd == 0, np.inf, self.egress_left_usd - self.egress_usd)

    @cached_property
    def net_usd(self) -> Floats:
        """What the moves are worth, USD, where the target is cheaper; anything elsewhere."""
        at_home = self._here_usd * to_upright(self.rows.source_weight[self.row])
        net: Floats = self.there_steps * to_upright(self.rows.target_weight[self.row] * _STEP_USD)
        net += at_home
        net -= self.egress_usd
        return net

    @property
    def rank_usd(self) -> Floats:
        """What targets are compared by, USD, where they are cheaper; anything elsewhere."""
        return rank_move(self.net_usd, self.return_usd, self._assumed)

    @cached_property
    def slack_usd(self) -> Floats:
        """How far gain and rank can be from the exact ones, USD."""
        return bound_error(
            self._here_usd,
            to_upright(self.rows.replicas[self.row]),
            to_upright(self.rows.pod_waves[self.row]),
            to_upright(self.rows.gb[self.row]),
            self.targets.rates.dearest_gb_usd,
            self.targets.rates.most_used_gb,
            self._assumed,
        )

    @cached_property
    def _here_usd(self) -> Floats:
        return self.here_steps * _STEP_USD

    @cached_property
    def _assumed(self) -> Assumptions[Any]:
        return assume_floats(self.facts.settings)

    @cached_property
    def _kind(self) -> Ints:
        return self.rows.kind[self.row]

    @cached_property
    def _source(self) -> Ints:
        return self.rows.source[self.row]

    def _of_class(self, table: NDArray[Any]) -> NDArray[Any]:
        """(classes, targets) -> of each pair."""
        return self._look_up(table, self._kind)

    def _if_any(self, table: NDArray[np.bool_]) -> Mask:
        """(classes, targets) -> of each pair; what holds nowhere, as is common, need not be looked up."""
        return self._of_class(table) if table.any() else _NONE

    def _of_source(self, table: NDArray[Any]) -> NDArray[Any]:
        """(sources, targets) -> of each pair."""
        return self._look_up(table, self._source)

    def _at_home(self, table: NDArray[Any]) -> NDArray[Any]:
        """(classes, targets) -> of each row's own class at home, shape (rows,)."""
        return table.take(self.rows.home[self.row])

    def _look_up(self, table: NDArray[Any], lines: Ints) -> NDArray[Any]:
        return table[:, self.column].take(lines, axis=0)
