"""How much of the past is kept, and how patiently it is written. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """Bounds of one installation's memory."""

    #: Days after which events and prices are pruned. A year, and a month to compare it with the one before.
    keep_days: float = 400.0
    #: MiB that the database may use; beyond that the oldest tenth of events and of days of prices is pruned. A year of
    #: 200 offerings needs at most 50.
    max_mib: float = 128.0
    #: Seconds between two points of an offering's price. A quarter of an hour: spot prices turn slower than that, and
    #: Redis keeps the last day finely.
    price_step_s: float = 900.0
    #: Days for which a move is told to the budgets. Longer than any cooldown that is of use.
    move_memory_days: float = 31.0
    #: Seconds for which the writing thread waits for another process's transaction, which takes milliseconds.
    busy_timeout_s: float = 1.0
    #: Seconds between two attempts to write what the disk has refused.
    retry_s: float = 5.0
    #: Seconds between two looks at what other processes of this installation have written.
    look_s: float = 5.0
