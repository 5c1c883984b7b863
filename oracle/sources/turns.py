"""When a service is asked next. Pure: the times are arguments, seconds of a clock that counts.

It is asked again when its refresh is due, or sooner where something is wanted about which it was not asked; after a
failure later and later, and never before it wants to be.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

from oracle.market import Offering

#: Seconds after a question before what is newly wanted is asked for. Arbitrary: clusters are found one after the other.
NEWS_GAP_S = 15.0
#: Seconds after a first failure; each further one doubles it, up to the refresh of the service.
FIRST_RETRY_S = 30.0


@dataclass(frozen=True, slots=True)
class Turn:
    """What was asked last, and when the next question may come. asked_at: None before the first."""

    asked_for: frozenset[Offering] = frozenset()
    asked_at: float | None = None
    failures: int = 0
    not_before: float = 0.0

    def is_due(self, wanted: Set[Offering], refresh_s: float, now: float) -> bool:
        """Whether it is to be asked now about `wanted`."""
        if not wanted or now < self.not_before:
            return False
        if self.asked_at is None or self.failures:
            return True
        age_s = now - self.asked_at
        if age_s >= refresh_s:
            return True
        # Mostly the very same set, which need not be compared.
        is_news = wanted is not self.asked_for and not wanted <= self.asked_for
        return is_news and age_s >= NEWS_GAP_S

    def begin(self, wanted: frozenset[Offering], now: float) -> Turn:
        """A question leaves."""
        return replace(self, asked_for=wanted, asked_at=now)

    def succeed(self) -> Turn:
        """It was answered."""
        return replace(self, failures=0, not_before=0.0)

    def fail(self, refresh_s: float, retry_after_s: float | None, now: float) -> Turn:
        """It was not; `retry_after_s` is what the service wants, None where it did not say."""
        wait_s = min(refresh_s, FIRST_RETRY_S * 2 ** min(self.failures, 20))
        return replace(self, failures=self.failures + 1, not_before=now + max(wait_s, retry_after_s or 0.0))
