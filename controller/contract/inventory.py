"""What becomes of all that belongs to a workload when it moves: what travels, what stays, what breaks. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.foundation.reason import Reason

#: Lines of one kind. Arbitrary, far more than a person reads: a namespace may hold thousands of routes.
MAX_LINES = 32

#: How long it is believed, seconds: what it tells of is watched by nobody. Arbitrary.
INVENTORY_LIFE_S = 3600.0


@dataclass(frozen=True, slots=True)
class Inventory:
    """As the API server of the source told it at Unix time `looked_at`, each line as a reason with its sentence.

    travels: what a copy is made of in the target. stays: what has to be there already, or is about more than this
    workload. breaks: what refuses the move until somebody accepts it (`clusters/acceptance.py`), or for good.
    left_off: lines of kinds of which there are more than anybody reads, and which are none of the above.
    unread: why it could not be looked at; nothing else is known then.
    """

    looked_at: float
    travels: tuple[Reason, ...] = ()
    stays: tuple[Reason, ...] = ()
    breaks: tuple[Reason, ...] = ()
    left_off: int = 0
    unread: Reason | None = None
