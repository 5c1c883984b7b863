"""One run of the demo, as a person starts it, on a virtual screen and with folders of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.process_tree import ProcessUse, is_running, read_tree
from bootstrap import virtual_screen

ROOT = Path(__file__).resolve().parents[1]
START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 15.0


class DemoFailed(Exception):
    """The program ended or did not come up; the text has the end of what it printed."""


class DemoRun:
    """A running demo: what it traced and what it uses. Make it with `start_demo`."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self._process = process
        self._trace_file = folder / "trace"
        self._output_file = folder / "output"

    def events(self, name: str) -> list[dict[str, Any]]:
        """Everything traced under this name so far, oldest first."""
        if not self._trace_file.exists():
            return []
        lines = self._trace_file.read_text(encoding="utf-8").splitlines(keepends=True)
        entries = [json.loads(line) for line in lines if line.endswith("\n")]
        return [entry for entry in entries if entry["event"] == name]

    def wait_for(self, name: str) -> dict[str, Any]:
        """Return the first such event."""
        give_up_at = time.monotonic() + START_TIMEOUT_S
        while not (found := self.events(name)):
            self.require_alive()
            if time.monotonic() > give_up_at:
                raise DemoFailed(f"no {name} within {START_TIMEOUT_S:.0f} s\n{self._last_output()}")
            time.sleep(0.05)
        return found[0]

    def require_alive(self) -> None:
        """Raise DemoFailed when the program has ended."""
        if self._process.poll() is not None:
            raise DemoFailed(f"the program ended with {self._process.returncode}\n{self._last_output()}")

    def use(self) -> list[ProcessUse]:
        """What the window and all that it started use now; the window comes first."""
        self.require_alive()
        return read_tree(self._process.pid)

    def stop(self) -> int:
        """End the program and return how many of its processes outlived it."""
        tree = read_tree(self._process.pid)
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(STOP_TIMEOUT_S)
        give_up_at = time.monotonic() + STOP_TIMEOUT_S
        while time.monotonic() < give_up_at and any(is_running(use.pid) for use in tree):
            time.sleep(0.05)
        return sum(is_running(use.pid) for use in tree)

    def _last_output(self) -> str:
        return self._output_file.read_text(encoding="utf-8", errors="replace")[-2000:]


@contextmanager
def start_demo() -> Iterator[DemoRun]:
    """Start the demo; whoever is still running at the end is killed."""
    with virtual_screen("1280x720x24") as screen, TemporaryDirectory(prefix="aura") as name:
        folder = Path(name)
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "app"],
                cwd=ROOT,
                env={**_plain_environment(), **screen, **private_folders(folder)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield DemoRun(process, folder)
        finally:
            process.kill()
            process.wait()


def _plain_environment() -> dict[str, str]:
    """Ours, but with compiled modules kept between starts, as they are for a person."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def private_folders(folder: Path) -> dict[str, str]:
    """The environment that keeps the person's own data and settings out of the measurement."""
    names = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR")
    environment = {"SENTINELAURA_TRACE": str(folder / "trace")}
    for name in names:
        path = folder / name.lower()
        path.mkdir(mode=0o700)
        environment[name] = str(path)
    return environment
