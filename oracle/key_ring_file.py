"""The key ring on the disk: a file that nobody but its owner reads, or a mounted Secret.

Whoever reads it can sign in the name of this installation, so that no message of this module repeats any of it.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from oracle.errors import KeyRingError
from oracle.foundation.key_ring import KEY_BYTES, KeyRing, RingGarbled, RingKey, format_ring, parse_ring
from oracle.foundation.trusted_file import UntrustedFile, read_secret
from oracle.reasons import OracleCode

#: Two keys and their heading take 500 bytes.
MAX_RING_BYTES = 4096


def load_ring(path: Path) -> KeyRing:
    """Return the ring. Raises: KeyRingError where there is none, or none that may be used."""
    if not os.path.lexists(path):
        raise KeyRingError(OracleCode.KEY_RING_MISSING.because(path=str(path)))
    try:
        data = read_secret(path, MAX_RING_BYTES)
    except UntrustedFile as error:
        raise KeyRingError(OracleCode.KEY_RING_UNUSABLE.because(problem=error.reason)) from error
    return decode_ring(data, str(path))


def decode_ring(data: bytes, name: str) -> KeyRing:
    """Return the ring in the bytes of a file; `name` is for people. Raises: KeyRingError."""
    try:
        return parse_ring(data[: MAX_RING_BYTES + 1].decode("ascii"))
    except UnicodeDecodeError:
        garbled = OracleCode.KEY_RING_GARBLED.because(path=name)
    except RingGarbled as error:
        where = OracleCode.KEY_RING_LINE_GARBLED if error.line is not None else OracleCode.KEY_RING_GARBLED
        garbled = where.because(path=name, **({} if error.line is None else {"line": error.line}))
    raise KeyRingError(garbled)  # outside of the handlers: what they caught may hold a part of a key


def make_ring() -> KeyRing:
    """Return a ring with one new key."""
    return KeyRing((RingKey(secrets.token_bytes(KEY_BYTES)),))


def rotate_ring(ring: KeyRing) -> KeyRing:
    """Return the ring with a new key that signs."""
    return ring.rotate(secrets.token_bytes(KEY_BYTES))


def save_new_ring(path: Path, ring: KeyRing) -> None:
    """Write a ring where there is none, whole or not at all. Raises: KeyRingError, also where there is one."""
    _save(path, ring, is_new=True)


def replace_ring(path: Path, ring: KeyRing) -> None:
    """Write a ring in the place of another, whole or not at all. Raises: KeyRingError."""
    _save(path, ring, is_new=False)


def _link_new(temporary: str, path: Path) -> None:
    try:
        os.link(temporary, path)
    except FileExistsError as error:
        raise KeyRingError(OracleCode.KEY_RING_EXISTS.because(path=str(path))) from error


def _save(path: Path, ring: KeyRing, *, is_new: bool) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".key-ring-")  # 0600
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(format_ring(ring))
                file.flush()
                os.fsync(file.fileno())
            if is_new:
                _link_new(temporary, path)
            else:
                os.replace(temporary, path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        refused = OracleCode.KEY_RING_NOT_WRITTEN.because(path=str(path), error=error.strerror or str(error))
        raise KeyRingError(refused) from error
