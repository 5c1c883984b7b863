"""What one process asks of another over its socket, and what that answers: one line of JSON each. Pure.

Both ends are this program, of the same person. What is read is bounded and checked all the same: an older program may
answer, and a line may have been cut.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

import msgspec

from controller.contract.snapshots import MigrationView, QueuedMove
from controller.history.events import StatedReason

#: Longest line of a question and of an answer, bytes.
MAX_REQUEST_BYTES = 4096
MAX_ANSWER_BYTES = 1024 * 1024

#: How long one conversation may take, seconds. Both ends only look into their memory.
PATIENCE_S = 3.0


class Ask(StrEnum):
    """What can be asked of a process."""

    STOP = "stop"
    CANCEL = "cancel"
    TAKE_OUT = "take_out"
    #: Nothing but what every answer tells.
    TELL = "tell"


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question. `migration_id`: what a cancel speaks of. `workload`: whose move is taken out of the queue."""

    ask: Ask
    migration_id: str = ""
    workload: str = ""
    version: int = 1


class MoveState(msgspec.Struct, frozen=True):
    """Where a migration stands, as the process that answers has it. Replicas are what was asked for; None: unknown."""

    migration_id: str
    workload: str
    target: str
    phase: str
    sentence: str
    wave: int
    waves: int
    replicas: int
    source_replicas: int | None
    target_replicas: int | None
    is_leading: bool


class QueuedState(msgspec.Struct, frozen=True):
    """A confirmed move that waits for its turn in the process that answers."""

    workload: str
    target: str
    sentence: str


class Answer(msgspec.Struct, frozen=True):
    """Whether it was done, and if not why; and where the migrations of this process stand that are not over.

    queue: what waits for its turn there, in its order; a process that is older than queues has none.
    """

    is_done: bool
    moves: tuple[MoveState, ...]
    why: StatedReason | None = None
    version: int = 1
    queue: tuple[QueuedState, ...] = ()


Message = TypeVar("Message", Request, Answer)


def encode_message(message: Request | Answer) -> bytes:
    """Return the line."""
    return msgspec.json.encode(message) + b"\n"


def decode_message(line: bytes, kind: type[Message]) -> Message:
    """Return what a line says. Raises: ValueError for anything else."""
    return msgspec.json.decode(line, type=kind)


def describe_queued(queued: QueuedMove) -> QueuedState:
    """Return what waits, and for what."""
    return QueuedState(str(queued.start.workload), queued.start.target, str(queued.reason))


def describe_move(view: MigrationView) -> MoveState:
    """Return where a migration stands."""
    return MoveState(
        view.migration_id,
        str(view.workload),
        view.target,
        view.phase,
        view.sentence,
        view.wave,
        view.waves,
        view.replicas,
        view.source_desired,
        view.target_desired,
        view.is_leading,
    )
