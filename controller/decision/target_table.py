"""What is known of each target whatever would move there, and of each route between two of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from controller.decision.candidates import find_route
from controller.decision.route_rates import UNKNOWN_ROUTE, RouteRates
from controller.decision.settings import DecisionSettings
from controller.decision.sites import Site, is_same_cluster


class TargetTable:
    """The targets as columns, and their pairs."""

    def __init__(self, count: int) -> None:
        #: Filled by `describe`, column by column.
        self.sites: list[Site] = []
        #: The number of the code why nothing may move there; 0: nothing is against it.
        self.code = np.zeros(count, np.uint8)
        self.same_cluster = np.zeros((count, count), np.bool_)
        self.rates = RouteRates()
        #: source, target -> the number of the route's rate, there and (where it is known) back.
        self.route = np.full((count, count), UNKNOWN_ROUTE, np.int64)
        self.route_back = np.full((count, count), UNKNOWN_ROUTE, np.int64)

    def describe(self, column: int, site: Site, number: int) -> bool:
        """Take in a target; returns whether what the screens see of it has changed.

        `number`: of the code why nothing may move there, 0 where nothing is against it.
        """
        self.sites[column : column + 1] = [site]
        before = self.code[column]
        self.code[column] = number
        return bool(before != number)

    def measure_routes(self, columns: Iterable[int], settings: DecisionSettings) -> None:
        """Take in where these targets are: their identities, and the routes from and to them."""
        done: set[int] = set()
        for column in columns:
            done.add(column)
            for other, there in enumerate(self.sites):
                if other not in done or other == column:
                    self._measure_route(column, other, self.sites[column], there, settings)
        self.route_back[:] = np.where(self.route.T == UNKNOWN_ROUTE, self.route, self.route.T)

    def _measure_route(
        self, here: int, there: int, source: Site, target: Site, settings: DecisionSettings
    ) -> None:
        same = is_same_cluster(source, target)
        self.same_cluster[here, there] = self.same_cluster[there, here] = same
        self.route[here, there] = self.rates.number(find_route(settings.egress, source, target))
        self.route[there, here] = self.rates.number(find_route(settings.egress, target, source))
