"""What a cloud says of a spot machine beside its price: how often it is taken away, and whether one is to be had. Pure.

Each cloud says it in its own way and of its own period; both are kept, because a share of the last month and a share of
a day are not the same. What nobody has said is None, never a default.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Longest words of a cloud that are kept.
MAX_WORDS = 64
#: Shortest and longest period of a share, seconds: clouds speak of hours to months. One of no time at all would make an
#: infinite rate of any share, and one without end a rate of nothing.
MIN_PERIOD_S, MAX_PERIOD_S = 60.0, 1e8


@dataclass(frozen=True, slots=True)
class Interruption:
    """The share of spot machines that were taken away within a period: from `at_least` to `at_most`, 0 to 1.

    period_s: of which the share is, seconds; from MIN_PERIOD_S to MAX_PERIOD_S.
    words: as the cloud says it ("5-10 % in the last month").
    is_of_stopped: the share is one of the machines that stopped for whatever reason, and not of those that ran: it
    compares places, and no rate can be made of it.
    """

    at_least: float
    at_most: float
    period_s: float
    words: str
    is_of_stopped: bool = False

    def __post_init__(self) -> None:
        if not (
            0 <= self.at_least <= self.at_most <= 1
            and MIN_PERIOD_S <= self.period_s <= MAX_PERIOD_S
            and 0 < len(self.words) <= MAX_WORDS
        ):
            raise ValueError(f"{self!r} is no share of a period")


@dataclass(frozen=True, slots=True)
class Obtainability:
    """How likely a spot machine is to be had now, 0 (none) to 1 (surely).

    words: as the cloud says it ("7 of 10", "Medium").
    expected_uptime_s: for how long one is expected to stay, seconds; None where the cloud does not say.
    """

    score: float
    words: str
    expected_uptime_s: float | None = None

    def __post_init__(self) -> None:
        is_time = self.expected_uptime_s is None or self.expected_uptime_s > 0
        if not (0 <= self.score <= 1 and is_time and 0 < len(self.words) <= MAX_WORDS):
            raise ValueError(f"{self!r} is no chance to get a machine")
