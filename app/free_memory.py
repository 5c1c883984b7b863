"""Gives back to the system what starting used and nobody needs any more."""

from __future__ import annotations

import ctypes
import linecache
import sys


def return_free_memory() -> None:
    """Forget the sources of modules that PySide6 read, and release what the C heap keeps for later. Takes milliseconds.

    Python reads a source again where a traceback is written. The graphics driver leaves 3 MiB once it has compiled;
    only glibc can be asked to release them.
    """
    linecache.clearcache()
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(ctypes.c_size_t(0))
