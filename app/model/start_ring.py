"""A move that is about to start, and can be taken back until its time has run out. Pure: no clock is read here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from app.model.formatting import UNKNOWN, format_usd
from app.model.offer_words import name_offer
from controller.contract.dry_run import DryRun, Verdict

#: How long a move can be taken back before anything is sent. Seconds.
RING_S = 5.0
#: No more than this counts between two looks: what nobody could see, because the window stood still or the machine
#: slept, is not time in which they could have taken it back. Seconds.
LONGEST_STEP_S = 1.0


class RingState(Enum):
    """What has become of a start."""

    OPEN = "open"
    SENT = "sent"
    TAKEN_BACK = "taken back"


@dataclass(slots=True)
class StartRing:
    """One start that waits. Its owner changes it, and everybody else only looks."""

    dry_run: DryRun
    left_s: float = RING_S
    state: RingState = RingState.OPEN

    @property
    def is_open(self) -> bool:
        """Whether nothing was sent, and it can still be taken back."""
        return self.state is RingState.OPEN

    @property
    def seconds(self) -> int:
        """The whole seconds that are left, the one that runs included."""
        return max(1, math.ceil(self.left_s))

    def watch(self, elapsed_s: float) -> None:
        """Let time pass that a person could watch."""
        self.left_s = max(0.0, self.left_s - min(max(0.0, elapsed_s), LONGEST_STEP_S))


@dataclass(frozen=True, slots=True)
class RingWords:
    """What is said of a start that waits."""

    move: str
    money: str

    @property
    def text(self) -> str:
        """All of it on one line."""
        return f"{self.move}, {self.money}"


def describe_ring(dry_run: DryRun, target: str) -> RingWords:
    """Return the words for a start; `target` is the place's name for people."""
    words = name_offer(dry_run, {dry_run.target: target})
    replicas = f"{dry_run.replicas} replica{'s' if dry_run.replicas != 1 else ''}"
    return RingWords(f"{words.workload}: {replicas} → {words.target}", net_text(dry_run))


def net_text(dry_run: DryRun) -> str:
    """Return what a move brings in all."""
    net = UNKNOWN if dry_run.net_usd is None else format_usd(dry_run.net_usd, signed=True)
    return f"net {net} after {dry_run.horizon_h:g} h"


def start_text(dry_run: DryRun, target: str) -> str:
    """Return what the button that starts a move says: the money first, since a narrow button cuts the end."""
    words = name_offer(dry_run, {dry_run.target: target})
    does = f"Migrate · {net_text(dry_run)}"
    if dry_run.verdict is Verdict.WAY_BACK:
        does = f"Move back… · {cost_text(dry_run)}"
    return f"{does} · {words.workload} → {words.target}"


def cost_text(dry_run: DryRun) -> str:
    """Return what a way back costs, as far as that is known."""
    cost = dry_run.reason["cost_usd"]
    return f"costs {format_usd(cost)}" if isinstance(cost, Decimal) else "cost unknown"
