"""What stands in the row of a workload, and that whatever changes it is told."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from controller.clusters.acceptance import Acceptance
from controller.clusters.fleet import Resources, Workload, WorkloadKey
from controller.decision.class_table import ClassTable
from controller.decision.pod_classes import UNKNOWN_CLASS, classify
from controller.decision.route_rates import RouteRates
from controller.decision.settings import DecisionSettings
from controller.decision.sites import Site, describe_site
from controller.decision.workload_rows import RUNNING, UNFIT, WorkloadRows
from tests.controller.decision.worlds import (
    CHECKOUT,
    GPU,
    OTHER_OUTLINE,
    SETTINGS,
    TRAINER,
    make_cluster,
    make_rate,
    make_workload,
)

TOKYO, VIRGINIA = 0, 1
NAME = (CHECKOUT.namespace, CHECKOUT.name)
#: GPUs that are free: as many as the trainers need, and one less.
ENOUGH, TOO_FEW = Resources(64.0, 256.0, ((GPU, 16.0),)), Resources(64.0, 256.0, ((GPU, 15.0),))


class Table:
    """Rows for two targets."""

    def __init__(self, *workloads: Workload, settings: DecisionSettings = SETTINGS) -> None:
        self.rows, self.classes = WorkloadRows(2), ClassTable(2)
        self.add(*workloads, settings=settings)

    def add(self, *workloads: Workload, settings: DecisionSettings = SETTINGS, column: int = TOKYO) -> None:
        taken = [self.rows.take() for _ in workloads]
        self.rows.make_room()
        if workloads:
            self.rows.write(taken, column, workloads, self.classes, settings)

    def read(self, name: str) -> list[Any]:
        """A column, as long as there are rows."""
        return getattr(self.rows, name)[: len(self.rows)].tolist()


def make_named(name: str, **changes: Any) -> Workload:
    return make_workload(WorkloadKey("tokyo", "shop", name), **changes)


def make_site(*workloads: Workload) -> Site:
    """Virginia, in which these run."""
    there = [replace(one, key=replace(one.key, context="virginia")) for one in workloads]
    return describe_site(make_cluster("virginia", *there))


class TestWhatIsWritten:
    def test_replicas_that_stay_do_not_move(self) -> None:
        table = Table(make_workload(minimum_replicas=1), make_workload(minimum_replicas=9), make_workload())
        assert table.read("replicas") == [3.0, 0.0, 4.0]
        assert table.read("needed_cpu_cores") == [3.0, 0.0, 4.0]
        assert table.read("needed_memory_gib") == [6.0, 0.0, 8.0]

    def test_without_requests_a_pod_is_of_no_class_and_needs_no_room(self) -> None:
        table = Table(make_workload(), make_workload(requests=None))
        unknown = table.classes.add(UNKNOWN_CLASS)
        known = table.classes.add(classify(Resources(1.0, 2.0), make_workload().terms, 4))
        assert table.read("kind") == [known, unknown]
        assert known != unknown
        assert (table.read("needed_cpu_cores")[1], table.read("needed_memory_gib")[1]) == (0.0, 0.0)
        assert table.read("need") == [0, 0]

    def test_its_home_is_its_class_where_it_runs(self) -> None:
        table = Table(make_workload())
        table.add(make_workload(), column=VIRGINIA)
        kind = table.read("kind")[0]
        assert table.read("home") == [2 * kind + TOKYO, 2 * kind + VIRGINIA]
        assert table.read("source") == [TOKYO, VIRGINIA]

    def test_what_somebody_accepted_stands_in_its_own_row(self) -> None:
        accepted = [frozenset({one}) for one in (Acceptance.AUTOSCALER, Acceptance.TEMPLATE)]
        table = Table(*(make_workload(accepted=one) for one in accepted))
        assert table.read("freezes") == [True, False]
        assert table.read("accepts_template") == [False, True]

    @pytest.mark.parametrize(("assumed", "gb"), [(None, 0.0), (Decimal("2.5"), 2.5)])
    def test_a_state_that_nobody_declared_is_as_large_as_assumed(
        self, assumed: Decimal | None, gb: float
    ) -> None:
        settings = replace(SETTINGS, assumed_state_gb=assumed)
        table = Table(make_workload(state_gb=None), make_workload(state_gb=7.0), settings=settings)
        assert table.read("gb") == [gb, 7.0]

    def test_a_row_that_is_free_is_the_next_one_taken(self) -> None:
        table = Table(make_named("checkout"), make_named("search"))
        table.rows.drop(0)
        assert (table.rows.workloads[0], table.rows.source[0]) == (None, -1)
        table.add(found := make_named("ledger"))
        assert (len(table.rows), table.rows.workloads[0]) == (2, found)
        assert table.read("source") == [TOKYO, TOKYO]
        assert not table.rows.free


class TestNamesakes:
    def test_equal_deployments_have_one_number_and_others_have_others(self) -> None:
        same, other = make_workload(), make_workload(outline=OTHER_OUTLINE)
        larger = make_workload(requests=Resources(2.0, 2.0))
        table = Table(same, other, larger, make_workload(selector="app=other"))
        table.rows.note_namesakes(VIRGINIA, make_site(same))
        first, second, third, fourth = table.read("variant")
        assert len({first, second, third, fourth}) == 4
        assert 0 not in {first, second, third, fourth}
        assert table.rows.variants[table.read("name")[0]].tolist() == [0, first]
        # Pods of another size may still be of the same version.
        comparable = table.rows.comparable[[first, second, third, fourth]].tolist()
        assert comparable[0] == comparable[2] != 0
        assert len(set(comparable)) == 3

    def test_each_name_says_how_its_deployment_there_stands(self) -> None:
        table = Table()
        there = [
            make_named("running", desired_replicas=1),
            make_named("stopped", desired_replicas=0),
            make_named("unfit", requests=None),
            make_named("gone"),
        ]
        assert not table.rows.has_unfit
        table.rows.note_namesakes(VIRGINIA, make_site(*there[3:]))
        table.rows.note_namesakes(VIRGINIA, make_site(*there[:3]))
        numbers = [table.rows.number_name(("shop", one.key.name)) for one in there]
        standing = table.rows.standing[numbers, VIRGINIA].tolist()
        assert standing == [RUNNING, 0, UNFIT | RUNNING, 0]
        assert [bool(one) for one in table.rows.variants[numbers, VIRGINIA]] == [True, True, True, False]
        assert table.rows.has_unfit
        table.rows.note_namesakes(VIRGINIA, make_site())
        assert not table.rows.has_unfit

    @pytest.mark.parametrize(
        "change",
        [
            {"outline": OTHER_OUTLINE},
            {"desired_replicas": 0},
            {"requests": None},
            {"desired_replicas": 0, "template_hash": "other"},
        ],
        ids=["another version", "scaled to none", "unfit", "idle, of another template"],
    )
    def test_a_change_is_told_and_what_was_known_is_none(self, change: dict[str, Any]) -> None:
        table, site, changed = Table(), make_site(make_workload()), make_site(make_workload(**change))
        assert table.rows.note_namesakes(VIRGINIA, site)
        assert not table.rows.note_namesakes(VIRGINIA, site)
        assert table.rows.note_namesakes(VIRGINIA, changed)
        assert not table.rows.note_namesakes(VIRGINIA, changed)

    def test_the_template_of_one_that_runs_nothing_matters_alone(self) -> None:
        table = Table()
        idle = [make_site(make_workload(desired_replicas=0, template_hash=text)) for text in ("a", "b")]
        serving = [make_site(make_workload(template_hash=text)) for text in ("a", "b")]
        assert [table.rows.note_namesakes(VIRGINIA, one) for one in idle] == [True, True]
        assert [table.rows.note_namesakes(VIRGINIA, one) for one in serving] == [True, False]


class TestWhatStandsInTheWay:
    def test_a_move_is_told_of_at_its_own_sides_until_it_is_over(self) -> None:
        table = Table(make_named("checkout"), make_named("search"))
        table.rows.note_moving({(NAME, VIRGINIA): 7, (("shop", "search"), TOKYO): 5})
        names = table.read("name")
        assert table.rows.moving[names].tolist() == [[0, 7], [5, 0]]
        assert table.rows.has_moving is True
        table.rows.note_moving({})
        assert table.rows.moving[names].tolist() == [[0, 0], [0, 0]]
        assert table.rows.has_moving is False

    def test_an_autoscaler_is_known_until_it_is_gone(self) -> None:
        table = Table(make_named("checkout"), make_named("search"))
        assert table.rows.has_autoscaled is False
        table.rows.note_autoscaled(VIRGINIA, [NAME])
        assert table.rows.autoscaled[table.read("name")].tolist() == [[False, True], [False, False]]
        assert table.rows.has_autoscaled is True
        table.rows.note_autoscaled(TOKYO, [])
        assert table.rows.has_autoscaled is True
        table.rows.note_autoscaled(VIRGINIA, [])
        assert not table.rows.autoscaled.any()
        assert table.rows.has_autoscaled is False

    def test_a_name_that_comes_later_keeps_what_is_known_of_the_others(self) -> None:
        table = Table(make_workload())
        table.rows.note_autoscaled(VIRGINIA, [NAME])
        table.rows.note_moving({(NAME, TOKYO): 3})
        table.add(*(make_named(f"new-{n}") for n in range(40)))
        assert table.rows.autoscaled[table.read("name")].nonzero()[0].tolist() == [0]
        assert table.rows.moving[table.read("name")[0]].tolist() == [3, 0]

    def test_a_namespace_that_nobody_looks_into_is_known_for_names_of_before_and_after(self) -> None:
        table = Table(make_workload())
        assert table.rows.has_unwatched is False
        table.rows.note_namespaces(VIRGINIA, frozenset({"bank"}))
        table.add(make_workload(WorkloadKey("tokyo", "bank", "shop")), make_named("search"))
        assert table.rows.unwatched[table.read("name")].tolist() == [
            [False, True],
            [False, False],
            [False, True],
        ]
        assert table.rows.has_unwatched is True
        table.rows.note_namespaces(VIRGINIA, None)
        assert not table.rows.unwatched.any()
        assert table.rows.has_unwatched is False

    def test_devices_are_lacking_where_not_all_of_them_are_free(self) -> None:
        table = Table(trainer := make_workload(requests=TRAINER), make_workload())
        need = table.read("need")
        assert need[0] != 0
        assert need[1] == 0
        assert [
            table.rows.note_free(VIRGINIA, free) for free in (TOO_FEW, TOO_FEW, ENOUGH, None, TOO_FEW)
        ] == [
            True,
            False,
            True,
            False,
            True,
        ]
        assert table.rows.lacking[need].tolist() == [[False, True], [False, False]]
        # Who comes later is held to what is free now.
        table.add(replace(trainer, desired_replicas=5), replace(trainer, desired_replicas=2))
        assert table.rows.lacking[table.read("need")[2:]].tolist() == [[False, True], [False, False]]

    def test_what_all_replicas_need_together_is_lacking(self) -> None:
        table = Table(make_workload(requests=TRAINER, desired_replicas=4))
        table.rows.note_free(VIRGINIA, Resources(64.0, 256.0, ((GPU, 4.0),)))
        assert table.rows.lacking[table.read("need")[0], VIRGINIA]


class TestRoutes:
    def test_rows_are_priced_by_every_rate_and_only_those_that_are_asked_for(self) -> None:
        table, rates = Table(make_workload(state_gb=10.0), make_workload(state_gb=20.0)), RouteRates()
        rates.number(make_rate((None, "0.5")))
        table.rows.price_routes([0, 1], rates, anew=False)
        assert table.rows.routes_usd[:2].tolist() == [[5.0], [10.0]]
        table.rows.gb[:2] = 30.0
        table.rows.price_routes([1], rates, anew=False)
        assert table.rows.routes_usd[:2].tolist() == [[5.0], [15.0]]
        table.rows.price_routes([], rates, anew=True)
        assert table.rows.routes_usd[:2].tolist() == [[15.0], [15.0]]

    def test_another_rate_prices_all_rows(self) -> None:
        table, rates = Table(make_workload(state_gb=10.0), make_workload(state_gb=20.0)), RouteRates()
        for usd in ("0.5", "0.25"):
            rates.number(make_rate((None, usd)))
            table.rows.price_routes([0], rates, anew=False)
        assert table.rows.routes_usd[:2].tolist() == [[5.0, 2.5], [10.0, 5.0]]

    def test_many_rows_are_priced_as_few(self) -> None:
        count, rates = 2_500, RouteRates()
        rates.number(make_rate((None, "1")))
        table = Table(*(make_workload(state_gb=float(n)) for n in range(count)))
        table.rows.price_routes(range(count), rates, anew=False)
        assert np.array_equal(table.rows.routes_usd[:count, 0], np.arange(count, dtype=np.float64))


def test_nothing_stands_in_the_way_of_the_first_workload() -> None:
    table = Table(make_workload(), make_workload(state_gb=None))
    names = table.read("name")
    for of_names in (table.rows.moving, table.rows.autoscaled, table.rows.unwatched, table.rows.standing):
        assert not of_names[names].any()
    assert not table.rows.tied[: len(table.rows)].any()
    assert not table.rows.has_moving
