"""What is known of targets and of the routes between them, target by target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from controller.decision.egress import EgressRate
from controller.decision.route_rates import UNKNOWN_ROUTE
from controller.decision.sites import Site, describe_site
from controller.decision.target_table import TargetTable
from tests.controller.decision.worlds import EGRESS, REGIONS, SETTINGS, make_cluster

CONTEXTS = tuple(REGIONS)


@dataclass(frozen=True)
class OneWay:
    """Egress prices that say nothing of what leaves one region."""

    silent: str

    def find_rate(self, provider: str, region: str, other: str, there: str) -> EgressRate | None:
        return None if region == self.silent else EGRESS.find_rate(provider, region, other, there)


def site(context: str, **changes: Any) -> Site:
    return describe_site(make_cluster(context, **changes))


def make_table(*sites: Site, egress: Any = EGRESS) -> TargetTable:
    """A table of these targets, in which all routes are measured."""
    table = TargetTable(len(sites))
    for column, one in enumerate(sites):
        table.describe(column, one, 0)
    table.measure_routes(range(len(sites)), replace(SETTINGS, egress=egress))
    return table


def test_a_target_has_changed_where_the_code_against_it_has() -> None:
    table = TargetTable(2)
    first, second = site("tokyo"), site("virginia")
    assert not table.describe(0, first, 0)
    assert table.describe(1, second, 7)
    assert (table.sites, table.code.tolist()) == ([first, second], [0, 7])
    again = site("virginia")
    assert not table.describe(1, again, 7)
    assert table.sites[1] is again
    assert len(table.sites) == 2
    assert table.describe(1, again, 0)
    assert table.code.tolist() == [0, 0]


def test_each_route_has_the_rate_of_its_direction_and_the_way_back_that_of_the_other() -> None:
    table = make_table(*map(site, CONTEXTS))
    for here, source in enumerate(CONTEXTS):
        for there, target in enumerate(CONTEXTS):
            rate = EGRESS.find_rate(*REGIONS[source], *REGIONS[target])
            assert table.route[here, there] == table.rates.number(rate) != UNKNOWN_ROUTE
            assert table.route_back[here, there] == table.route[there, here]
    assert table.route[0, 1] != table.route[1, 0], "Tokyo to Virginia is dearer than the way back"


def test_a_way_back_that_nobody_prices_counts_as_the_way_there() -> None:
    table = make_table(site("tokyo"), site("virginia"), egress=OneWay("us-east-1"))
    assert table.route[1, 0] == UNKNOWN_ROUTE
    assert table.route[0, 1] != UNKNOWN_ROUTE
    assert table.route_back.tolist()[0][1] == table.route[0, 1]
    assert table.route_back.tolist()[1][0] == table.route[0, 1]


def test_contexts_that_lead_to_one_cluster_are_the_same_in_both_directions() -> None:
    table = make_table(site("tokyo"), site("virginia", uid="uid-tokyo"), site("oregon"))
    assert table.same_cluster.tolist() == [[True, True, False], [True, True, False], [False, False, True]]


def test_only_what_has_changed_is_measured_again_with_every_other_target() -> None:
    table = make_table(site("tokyo"), site("virginia"), site("oregon"))
    before = table.route.copy()
    table.describe(1, site("virginia", provider="gcp", region="us-central1", uid="uid-oregon"), 0)
    table.measure_routes([1], SETTINGS)
    changed = table.route != before
    assert changed.tolist() == [[False, True, False], [True, True, True], [False, True, False]]
    assert table.same_cluster[1].tolist() == [False, True, True]
    assert table.route_back[0, 1] == table.route[1, 0]
