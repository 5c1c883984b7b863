"""What finished moves cost and save, told apart from what nobody knows of them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class KnownSum:
    """US dollars over the moves of which they are known, None where they are known of none; `unknown`: the others."""

    usd: Decimal | None = None
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Savings:
    """Predicted against realised, over the moves that reached their target.

    `since`: when the first of them ended, Unix seconds; None where there is none. What they save is a rate, at the
    prices of the end of each: nobody knows what the place that was left would have cost since.
    """

    moves: int
    since: float | None
    cost: KnownSum
    saved_per_day: KnownSum
    predicted_per_day: KnownSum
