"""What can turn a migration aside; each class exists because the run reacts to it in its own way. Pure.

ControllerError
├── MigrationRefused    this move cannot begin
├── HoldNeeded          stop writing for now, and say why
├── NewerWorkFound      others have changed the target since the source is at 0: their work is the truth
├── MoveFailed          this cannot go on: roll back
├── JournalError        a journal that cannot be written, or that is not acted upon
├── JournalDoubted      the other cluster does not confirm a journal
├── LeaseTaken          another instance works on this workload
├── LeaseLost           another instance has taken over: drop everything, write nothing
│   └── HandedOver      another instance asked for it
├── LeaseUncertain      our Leases were not renewed in time: write nothing until they are
├── ActRefused          a person's act cannot be done as things are
├── FactsOutdated       what a write rests on has grown old before it could leave: read again
└── Interrupted         a person cancelled, or the program ends
"""

from __future__ import annotations

from controller.errors import ControllerError
from controller.migration.protocol.newer_work import NewerWork
from controller.reasons import Code
from oracle.foundation.reason import Reason


class MigrationRefused(ControllerError):
    """This move cannot begin; nothing was changed. `context`: the cluster that is the cause; None: no single one is."""

    def __init__(self, workload: str, reason: Reason, *, context: str | None = None) -> None:
        super().__init__(reason)
        self.workload = workload
        self.context = context

    def __str__(self) -> str:
        return f"{self.workload} cannot be moved: {self.reason}"


class HoldNeeded(ControllerError):
    """Nothing may be written at the moment."""


class NewerWorkFound(ControllerError):
    """Others have changed the target since the source is at 0: the migration goes on with what they made."""

    def __init__(self, reason: Reason, newer: NewerWork) -> None:
        super().__init__(reason)
        self.newer = newer


class MoveFailed(ControllerError):
    """The move cannot be finished and has to be rolled back."""


class JournalError(ControllerError):
    """A journal that cannot be written (too large), or that this program does not understand completely."""


class JournalDoubted(ControllerError):
    """The other cluster does not confirm what a journal says: nothing may be done in its name."""


class LeaseTaken(ControllerError):
    """Another instance holds a Lease of this workload, or left an unfinished journal in it."""


class LeaseLost(ControllerError):
    """Another instance has taken over; this one drops its state and writes nothing more."""

    def __init__(self, context: str, holder: str) -> None:
        super().__init__(Code.LEASE_LOST.because(context=context, holder=holder or "nobody"))
        self.context = context


class HandedOver(LeaseLost):
    """A person at another instance asked for the migration; who led it lets go, and stands back for a while."""

    def __init__(self, context: str) -> None:
        super().__init__(context, "a person at another instance")


class LetGo(LeaseLost):
    """One Lease has run out because this instance may not write it: by the other it would only keep out who may."""

    def __init__(self, context: str, why: Reason) -> None:
        super().__init__(context, "nobody")
        self.why = why


class LeaseUncertain(ControllerError):
    """A Lease could not be renewed for so long that another instance may take over at any moment."""

    def __init__(self, context: str) -> None:
        super().__init__(Code.LEASE_UNCERTAIN.because(context=context))
        self.context = context


class ActRefused(ControllerError):
    """What a person decided about a migration that waits cannot be done as things are; nothing was changed."""


class FactsOutdated(ControllerError):
    """What was read for a write, or planned from it, holds no more at the moment at which it would leave; nothing was
    sent.
    """

    def __init__(self, context: str) -> None:
        super().__init__(Code.WRITE_TOO_LATE.because(context=context))


class Interrupted(ControllerError):
    """A wait ended early. `by_stop`: the program ends; otherwise a person cancelled the migration."""

    def __init__(self, *, by_stop: bool) -> None:
        super().__init__((Code.PROGRAM_ENDS if by_stop else Code.CANCELLED).because())
        self.by_stop = by_stop
