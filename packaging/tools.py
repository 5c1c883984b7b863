"""The tools that look at what is shipped, in a virtual environment of their own: `.venv-tools`, from their own lock.

They come with some forty packages, of which none is to be beside the program or its tests.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements-tools.lock"
FOLDER = ROOT / ".venv-tools"
_BIN = FOLDER / ("Scripts" if sys.platform == "win32" else "bin")
PYTHON = _BIN / "python"


class ToolsUnavailable(Exception):
    """They could not be installed; the text says why."""


def make_ready() -> None:
    """Install what the lock says, unless it is there. Raises: ToolsUnavailable."""
    stamp, key = FOLDER / "installed", hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == key:
        return
    venv.create(FOLDER, clear=True, with_pip=True)
    command = [PYTHON, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet",
               "--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", LOCK]  # fmt: skip
    if subprocess.call(command) != 0:
        raise ToolsUnavailable("pip could not install them; its reason is above")
    stamp.write_text(key)
