"""Gives memory that starting used and freed back to the system. With glibc; elsewhere nothing happens."""

from __future__ import annotations

import ctypes
import sys


def return_free_memory() -> None:
    """Release what the C heap keeps for later: 3 MiB once the graphics driver has compiled. Takes a millisecond."""
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(ctypes.c_size_t(0))
