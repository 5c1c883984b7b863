"""How the window and the engine's process talk: length-prefixed pickles of frozen values over two pipes.

Both ends are this program, started by one another as the same user: nothing else can write to the pipes, which
is what makes pickle acceptable here. The end of the stream means that the other side is gone, however it went.

Snapshots go as differences: a fleet of two thousand workloads is megabytes, and what changes in a quarter of a second
is hardly ever more than a few kilobytes.
"""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

from controller.contract.changes import SnapshotChange, apply_change, compute_change
from controller.contract.snapshots import EngineSnapshot
from oracle.foundation.reason import Reason

_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class EngineFailure:
    """The engine could not start or had to end."""

    reason: Reason


def write_message(stream: BinaryIO, message: Any) -> None:
    """Write one value and flush. Raises: OSError when the other side is gone."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(body)) + body)
    stream.flush()


def read_message(stream: BinaryIO) -> Any:
    """Block until one value has come and return it. Raises: EOFError when the other side is gone."""
    return pickle.loads(read_body(stream))


def read_body(stream: BinaryIO) -> bytes:
    """Block until one message has come and return it as it was sent. Raises: EOFError."""
    (length,) = _LENGTH.unpack(_read_exactly(stream, _LENGTH.size))
    return _read_exactly(stream, length)


def _read_exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data


class SnapshotSender:
    """Turns snapshots into messages: the first whole, every later one as what differs from the one before."""

    def __init__(self) -> None:
        self._sent: EngineSnapshot | None = None

    def encode(
        self, message: EngineSnapshot | EngineFailure
    ) -> EngineSnapshot | SnapshotChange | EngineFailure:
        """Return what is to be written in the place of `message`."""
        if isinstance(message, EngineFailure):
            return message
        before, self._sent = self._sent, message
        return message if before is None else compute_change(before, message)


class SnapshotReceiver:
    """Turns the messages of one `SnapshotSender` back into its snapshots."""

    def __init__(self) -> None:
        self._last: EngineSnapshot | None = None

    def decode(self, message: object) -> object:
        """Return the snapshot that a message stands for; what is neither snapshot nor change stays as it is.

        Raises: ValueError for a change that does not follow what came before.
        """
        if isinstance(message, EngineSnapshot):
            self._last = message
        elif isinstance(message, SnapshotChange):
            if self._last is None:
                raise ValueError("a change came before any snapshot")
            self._last = apply_change(self._last, message)
        else:
            return message
        return self._last
