"""What can turn a migration aside; each class exists because the run reacts to it in its own way.

ControllerError
├── MigrationRefused    this move cannot begin
├── HoldNeeded          stop writing for now, and say why
├── MoveFailed          this cannot go on: roll back
├── LeaseTaken          another instance works on this workload
├── LeaseLost           another instance has taken over: drop everything, write nothing
├── LeaseUncertain      our Leases were not renewed in time: write nothing until they are
└── Interrupted         a person cancelled, or the program ends
"""

from __future__ import annotations

from controller.errors import ControllerError
from controller.migration.protocol.states import HoldReason


class MigrationRefused(ControllerError):
    """This move cannot begin; nothing was changed."""

    def __init__(self, workload: str, reason: str) -> None:
        self.workload = workload
        self.reason = reason
        super().__init__(f"{workload} cannot be moved: {reason}")


class HoldNeeded(ControllerError):
    """Nothing may be written at the moment."""

    def __init__(self, hold: HoldReason, reason: str) -> None:
        self.hold = hold
        self.reason = reason
        super().__init__(reason)


class MoveFailed(ControllerError):
    """The move cannot be finished and has to be rolled back."""


class LeaseTaken(ControllerError):
    """Another instance holds a Lease of this workload, or left an unfinished journal in it."""


class LeaseLost(ControllerError):
    """Another instance has taken over; this one is a zombie and drops all it believes."""

    def __init__(self, context: str, holder: str) -> None:
        self.context = context
        super().__init__(f"{context}: the migration is now led by {holder or 'nobody'}, not by this instance")


class LeaseUncertain(ControllerError):
    """A Lease could not be renewed for so long that another instance may take over at any moment."""

    def __init__(self, context: str) -> None:
        self.context = context
        super().__init__(f"{context}: the Lease could not be renewed in time; nothing is written until it is")


class Interrupted(ControllerError):
    """A wait ended early. `by_stop`: the program ends; otherwise a person cancelled the migration."""

    def __init__(self, *, by_stop: bool) -> None:
        self.by_stop = by_stop
        super().__init__("the program ends" if by_stop else "cancelled")
