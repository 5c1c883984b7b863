"""Tools in a virtual environment of their own, `.venv-NAME`, from their own lock, `requirements-NAME.lock`.

They come with dozens of packages, of which none is to be beside the program or its tests. As a program it installs
those that it is told and prints their interpreter: `python3 packaging/tools.py mutation`.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


class ToolsUnavailable(Exception):
    """They could not be installed; the text says why."""


@dataclass(frozen=True)
class Tools:
    """What one lock installs."""

    name: str

    @property
    def lock(self) -> Path:
        return ROOT / f"requirements-{self.name}.lock"

    @property
    def folder(self) -> Path:
        return ROOT / f".venv-{self.name}"

    @property
    def python(self) -> Path:
        """Their interpreter, once they are there."""
        windows = sys.platform == "win32"
        return self.folder / ("Scripts" if windows else "bin") / ("python.exe" if windows else "python")

    def make_ready(self) -> None:
        """Install what the lock says, unless it is there. Raises: ToolsUnavailable."""
        stamp, key = self.folder / "installed", hashlib.sha256(self.lock.read_bytes()).hexdigest()
        if stamp.exists() and stamp.read_text() == key:
            return
        venv.create(self.folder, clear=True, with_pip=True)
        command = [str(self.python), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "-r",
                   str(self.lock), "--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:"]  # fmt: skip
        if subprocess.call(command) != 0:
            raise ToolsUnavailable("pip could not install them; its reason is above")
        stamp.write_text(key)


#: They look at what is shipped.
TOOLS = Tools("tools")
#: They change the program a hundred times a minute, to see whether its tests notice.
MUTATION = Tools("mutation")


def main(arguments: Sequence[str]) -> int:
    """Install those of one name and print their interpreter."""
    chosen = {tools.name: tools for tools in (TOOLS, MUTATION)}.get(" ".join(arguments))
    if chosen is None:
        print(f"usage: python3 packaging/tools.py {TOOLS.name}|{MUTATION.name}", file=sys.stderr)
        return 2
    try:
        chosen.make_ready()
    except ToolsUnavailable as error:
        print(f"{chosen.name}: {error}", file=sys.stderr)
        return 1
    print(chosen.python)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
