"""The real program in directories of its own: nothing here reads or writes the home of whoever runs the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Directories of one user with nothing in them. The runtime one is short: a socket's path has a limit."""
    runtime = Path(tempfile.mkdtemp(prefix="sa-"))
    places = {
        "XDG_RUNTIME_DIR": runtime,
        "XDG_DATA_HOME": tmp_path / "data",
        "XDG_CONFIG_HOME": tmp_path / "config",
        "XDG_STATE_HOME": tmp_path / "state",
    }
    for name, path in places.items():
        monkeypatch.setenv(name, str(path))
    monkeypatch.setenv(
        "SENTINELAURA_PRICES_FROM", "simulated"
    )  # real clusters alone would have it ask their clouds
    yield Home(runtime)
    shutil.rmtree(runtime, ignore_errors=True)


class Home:
    """Where the program under test keeps its things."""

    def __init__(self, runtime: Path) -> None:
        self.runtime = runtime / "sentinelaura"

    def find_kubeconfig(self) -> Path | None:
        """The simulated fleet's kubeconfig, once the engine has written it."""
        return next(self.runtime.glob("engine-*/*.kubeconfig"), None)

    def run(self, *arguments: str, timeout: float = 100) -> subprocess.CompletedProcess[str]:
        """Run one headless command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
        )

    def start(self, *arguments: str, **options) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            [sys.executable, "-m", "app", *arguments], cwd=ROOT, text=True, stdout=subprocess.PIPE, **options
        )

    def processes(self) -> list[int]:
        """Everything that runs with this home in its environment or its title, other than the test itself.

        The store's server writes its title over its environment.
        """
        home = str(self.runtime.parent).encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                environment, title = (entry / "environ").read_bytes(), (entry / "cmdline").read_bytes()
            except OSError:
                continue
            is_ours = b"XDG_RUNTIME_DIR=" + home in environment.split(b"\0") or b":" + home in title
            if is_ours and int(entry.name) != os.getpid():
                found.append(int(entry.name))
        return found


@pytest.fixture
def desktop(home, qtbot, flows_run, interface_loop, request):
    """The real window with its real engine, shown and closed as `app.desktop` does it."""
    from app.config.window_settings import Motion, Settings
    from app.desktop import Desktop

    options = getattr(request, "param", ())
    desktop = Desktop(Settings(motion=Motion.REDUCED, opening_turn=False), options)
    desktop.window.show()
    qtbot.waitUntil(lambda: desktop.window.isVisible())
    desktop.start_engine()
    yield desktop
    desktop.window.close()
    stopping = interface_loop.create_task(desktop.stop_engine())
    qtbot.waitUntil(stopping.done, timeout=20_000)
    stopping.result()
    assert home.processes() == []
