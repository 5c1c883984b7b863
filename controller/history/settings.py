"""How much of the past is kept, and how patiently it is written. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.foundation.setting import setting


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """Bounds of one installation's memory."""

    keep_days: float = setting(
        400.0,
        "After how long events and prices are pruned. A year, and a month to compare it with the one before.",
        unit="days",
        minimum=32,
        maximum=3650,
    )
    max_mib: float = setting(
        128.0,
        "How much disk the history may use; beyond that the oldest tenth is pruned. A year of 200 offerings needs at "
        "most 50.",
        unit="MiB",
        minimum=8,
        maximum=10_240,
    )
    price_step_s: float = setting(
        900.0,
        "Between two kept prices of an offering. A quarter of an hour: spot prices turn slower than that, and the "
        "price store keeps the last day finely.",
        minimum=60,
        maximum=86_400,
    )
    move_memory_days: float = setting(
        31.0,
        "For how long a move counts against budgets and cooldowns.",
        unit="days",
        minimum=1,
        maximum=365,
    )
    busy_timeout_s: float = setting(
        1.0,
        "How long writing waits for another process's transaction, which takes milliseconds.",
        minimum=0.1,
        maximum=60,
    )
    retry_s: float = setting(
        5.0, "Between two attempts to write what the disk has refused.", minimum=1, maximum=3600
    )
    look_s: float = setting(
        5.0,
        "Between two looks at what other processes of this installation have written.",
        minimum=1,
        maximum=3600,
    )
