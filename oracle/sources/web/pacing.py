"""How often one host is asked, and when it is left alone. Pure: the time is an argument, counted seconds."""

from __future__ import annotations

#: Seconds between two questions to one host, where nothing else is known of it. Arbitrary: four a second are far below
#: what any cloud throttles, and enough for a page after page.
DEFAULT_GAP_S = 0.25
#: Failures in a row after which a host is left alone, and for how long, seconds. Arbitrary: a restart of a service is
#: over by then, and nobody is asked three times a second whether it is.
MAX_FAILURES = 5
REST_S = 120.0


class Pace:
    """Gives each question to one host its turn: a gap after the one before, and not before the host wants one."""

    def __init__(self, gap_s: float = DEFAULT_GAP_S) -> None:
        self._gap_s = gap_s
        self._next_at = 0.0

    def reserve(self, now: float) -> float:
        """Take the next turn; return for how many seconds it has to be waited."""
        turn_at = max(self._next_at, now)
        self._next_at = turn_at + self._gap_s
        return turn_at - now

    def rest(self, now: float, seconds: float) -> None:
        """Give no turn within the next seconds."""
        self._next_at = max(self._next_at, now + seconds)


class Breaker:
    """Leaves a host alone that fails again and again; after a rest one more failure is enough for the next."""

    def __init__(self, max_failures: int = MAX_FAILURES, rest_s: float = REST_S) -> None:
        self._max_failures = max_failures
        self._rest_s = rest_s
        self._rests_until = 0.0
        self.failures = 0

    def find_rest(self, now: float) -> float:
        """Return for how many seconds the host is still left alone, 0 where it may be asked."""
        return max(0.0, self._rests_until - now)

    def record_success(self) -> None:
        """The host has answered, whatever it was."""
        self.failures, self._rests_until = 0, 0.0

    def record_failure(self, now: float) -> None:
        """The host was not reached, or could not answer."""
        self.failures += 1
        if self.failures >= self._max_failures:
            self._rests_until = now + self._rest_s
