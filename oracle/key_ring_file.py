"""The key ring on the disk: a file that nobody but its owner reads, or a mounted Secret.

Whoever reads it can sign in the name of this installation, so that no message of this module repeats any of it.
"""

from __future__ import annotations

import logging
import os
import secrets
import tempfile
import threading
from pathlib import Path

from oracle.errors import KeyRingError
from oracle.foundation.key_ring import KEY_BYTES, KeyRing, RingGarbled, RingKey, format_ring, parse_ring
from oracle.foundation.trusted_file import UntrustedFile, read_secret
from oracle.reasons import OracleCode

_log = logging.getLogger(__name__)

#: Two keys and their heading take 500 bytes.
MAX_RING_BYTES = 4096

#: Seconds for which a ring that is known waits for its file, once. A disk takes a millisecond; a network home that is
#: away would hold up a move with its source half-way down, and every watch.
LOOK_PATIENCE_S = 1.0


class RingFile:
    """The ring of an installation in its file, made with the first need of one and not before.

    may_make: whether one is made where there is none; not where a person has named a file.
    """

    def __init__(self, path: Path, *, may_make: bool) -> None:
        self._path = path
        self._may_make = may_make
        self._ring: KeyRing | None = None
        #: The state of the file that was read last.
        self._stamp = _stamp(path)
        self._looking: threading.Thread | None = None

    def find(self) -> KeyRing | None:
        """Return the ring as its file says it now, so that a rotation counts without a restart; None where there is
        none yet. The known one stays where the file cannot be used, or holds another installation's: what is under way
        was signed with it. A known one is not waited for where its disk gives no answer. Raises: KeyRingError.
        """
        if self._ring is not None:
            self._look_again()
        elif not self._may_make or os.path.lexists(self._path):
            stamp = _stamp(self._path)
            self._ring, self._stamp = load_ring(self._path), stamp
        return self._ring

    def _look_again(self) -> None:
        """Take over what the file says now. While one look hangs, no other is begun, and nobody waits."""
        if self._looking is not None and self._looking.is_alive():
            return
        self._looking = threading.Thread(target=self._look, name="key-ring", daemon=True)
        self._looking.start()
        self._looking.join(LOOK_PATIENCE_S)

    def _look(self) -> None:
        stamp = _stamp(self._path)
        if stamp not in (self._stamp, None):
            self._stamp = stamp
            self._follow(self._ring)

    def _follow(self, known: KeyRing | None) -> None:
        try:
            ring = load_ring(self._path)
        except KeyRingError as error:
            _log.warning("the key ring has changed and is not taken over: %s", error)
            return
        if known is not None and not known.is_related(ring):
            _log.warning("another key ring is in %s, which counts from the next start on", self._path)
            return
        self._ring = ring

    def require(self) -> KeyRing:
        """Return the ring, and make one first where there is none yet. Raises: KeyRingError."""
        if self.find() is None:
            try:
                save_new_ring(self._path, make_ring())
            except KeyRingError as error:
                if error.reason.code is not OracleCode.KEY_RING_EXISTS:
                    raise
            self._ring = load_ring(self._path)  # another process may have been first
        ring = self._ring
        assert ring is not None, "it was found or made"
        return ring


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What tells one state of the file from another; None: it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


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
