"""The key of the chain: a file of its own, for its owner only, made at the first start.

Whoever reads this file can write a history that verifies; so it does not stand in the database, and a copy of the
database without it proves nothing to anybody and gives nothing away. Where the installation has a key ring by then, it
follows from that, so that all who hold the ring can verify the history; once made, it stays, whatever becomes of the
ring: a chain can change its key no more than its entries.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from pathlib import Path

from controller.history.errors import HistoryUnusable
from controller.reasons import Code

KEY_BYTES = 32


def load_or_create_key(path: Path, first_key: bytes | None = None) -> bytes:
    """Return the key; where there is none, a first one or a random one. Raises: OSError, HistoryUnusable."""
    try:
        return load_key(path)
    except FileNotFoundError:
        _create_key(path, first_key or secrets.token_bytes(KEY_BYTES))
        return load_key(path)


def load_key(path: Path) -> bytes:
    """Return the key. Raises: OSError (FileNotFoundError where there is none), HistoryUnusable."""
    with path.open("rb") as file:
        if sys.platform != "win32" and os.fstat(file.fileno()).st_mode & 0o077:
            raise HistoryUnusable(Code.HISTORY_KEY_EXPOSED.because(path=str(path)))
        text = file.read(4 * KEY_BYTES).strip()
    try:
        key = bytes.fromhex(text.decode())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise HistoryUnusable(Code.HISTORY_KEY_UNREADABLE.because(path=str(path)))
    return key


def _create_key(path: Path, key: bytes) -> None:
    """Write a key whole or not at all; where two processes start at once, the first one's stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".history-", suffix=".key")  # 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        pass  # another process was faster
    finally:
        Path(temporary).unlink(missing_ok=True)
