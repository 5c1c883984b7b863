"""How the window and the engine's process talk: length-prefixed pickles of frozen values over two pipes.

Both ends are this program, started by one another as the same user: nothing else can write to the pipes, which
is what makes pickle acceptable here. The end of the stream means that the other side is gone, however it went.
"""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class EngineFailure:
    """The engine could not start or had to end; `reason` is for the person at the window."""

    reason: str


def write_message(stream: BinaryIO, message: Any) -> None:
    """Write one value and flush. Raises: OSError when the other side is gone."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(body)) + body)
    stream.flush()


def read_message(stream: BinaryIO) -> Any:
    """Block until one value has come and return it. Raises: EOFError when the other side is gone."""
    (length,) = _LENGTH.unpack(_read_exactly(stream, _LENGTH.size))
    return pickle.loads(_read_exactly(stream, length))


def _read_exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data
