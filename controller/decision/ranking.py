"""The order of offers: higher gains first, equal ones by name; kept as some of them change. Pure."""

from __future__ import annotations

import numpy as np

from controller.decision.columns import Floats, Ints


class Ranking:
    """The rows of workloads that have a best target, best first."""

    def __init__(self) -> None:
        self.rows = np.zeros(0, np.int64)
        self._places = np.zeros(0, np.int64)
        #: row -> gain and place in the order of names as one number: numpy compares complex ones part by part.
        self._keys = np.zeros(0, np.complex128)

    def name(self, by_name: Ints, count: int) -> None:
        """Forget the order, because workloads have come or gone; `by_name` are their rows, of `count` in all."""
        self.rows = np.zeros(0, np.int64)
        self._places, self._keys = np.zeros(count, np.int64), np.zeros(count, np.complex128)
        self._places[by_name] = np.arange(len(by_name))

    def update(self, changed: Ints, best: Ints, best_usd: Floats) -> None:
        """Put rows whose best target or gain may be another in their places."""
        if not len(changed):
            return
        is_changed = np.zeros(len(self._keys), np.bool_)
        is_changed[changed] = True
        kept = self.rows[~is_changed[self.rows]]
        fresh = changed[best[changed] >= 0]
        # Rounded, so that gains which differ by less than anybody sees do not make buttons jump.
        self._keys[fresh] = -np.rint(best_usd[fresh] * 1e6) + 1j * self._places[fresh]
        fresh = fresh[np.argsort(self._keys[fresh])]
        self.rows = np.insert(kept, np.searchsorted(self._keys[kept], self._keys[fresh]), fresh)
