"""Builds one executable with the ordinary Go client, into its place in the cache.

Interrupting is harmless: Go keeps what it has compiled in its own build cache, the executable gets its name by an
atomic rename only when it is whole, and a guard ends the compilers if this process is killed. May not decide where
programs are looked for (`programs.py`).

Rejected: `go install module@version` (Kubernetes requires its staging modules at v0.0.0, which exist nowhere; etcd's
module has replace directives) and downloading release binaries (another source to trust, and not reachable from
every place where modules are).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from tests.controlplane.errors import BuildFailed, ProgramsMissing
from tests.controlplane.guard import ProcessGuard
from tests.controlplane.versions import MINIMUM_GO, Recipe

Report = Callable[[str], None]

REPORT_INTERVAL_S = 10.0
"""Arbitrary: often enough that nobody thinks the build hangs, seldom enough for a log file."""

GO_REMARK = "go: "
"""Begins the lines that name no package."""

MAX_PARALLEL_COMPILERS = 4
"""Each may need 1 GiB in the larger API packages; protects small machines with many cores."""


def find_go() -> str | None:
    """Return the path of the Go client, or None. The usual place counts even if PATH lacks it."""
    usual = Path("/usr/local/go/bin/go")
    return shutil.which("go") or (str(usual) if usual.is_file() else None)


def read_go_version(go: str) -> str:
    """Return for example "go1.26.8".

    Raises: ProgramsMissing when this Go is older than the modules allow.
    """
    answer = subprocess.run([go, "env", "GOVERSION"], env=make_environment(), text=True, capture_output=True)
    version = answer.stdout.strip()
    match = re.match(r"go(\d+)\.(\d+)", version)
    if match is None or (int(match[1]), int(match[2])) < MINIMUM_GO:
        wanted = ".".join(map(str, MINIMUM_GO))
        found = version or answer.stderr.strip() or "nothing"
        raise ProgramsMissing(
            f"{go} is {found}, but Kubernetes needs Go {wanted}: install Go {wanted} or newer."
        )
    return version


def make_environment() -> dict[str, str]:
    """Return the environment of every call of Go."""
    return {
        **os.environ,
        "GOTOOLCHAIN": "local",  # the key of the cache names the installed Go; do not swap it for another
        "CGO_ENABLED": "0",  # no C compiler needed, and the executables run wherever they are copied
        "GOGC": "200",  # the compilers' garbage collection: a tenth of the time for half as much memory again
    }


def compile_program(
    go: str, recipe: Recipe, destination: Path, report: Report, interval_s: float = REPORT_INTERVAL_S
) -> None:
    """Build `recipe` and put the executable at `destination`, telling `report` at intervals how far it is.

    `report` is called by this thread and by another one, never by both at once.

    Raises: BuildFailed with the end of Go's output.
    """
    unfinished = destination.with_name(destination.name + ".unfinished")
    title = f"{recipe.program} {recipe.version}"
    report(f"Building {title} from Go modules (once; minutes on two cores).")
    started = time.monotonic()
    with Progress(title, report, interval_s) as progress:
        run_go(go, recipe, make_list_arguments(recipe), progress.on_listed)
        run_go(go, recipe, make_build_arguments(recipe, unfinished), progress.on_built)
    unfinished.replace(destination)
    report(f"Built {title} in {time.monotonic() - started:.0f} s, {destination.stat().st_size / 1e6:.0f} MB.")


def make_list_arguments(recipe: Recipe) -> list[str]:
    """Return the arguments of the `go list` that names every package of the program, one a line; downloads modules."""
    return ["list", *make_module_arguments(recipe), "-deps", recipe.package]


def make_build_arguments(recipe: Recipe, output: Path) -> list[str]:
    """Return the arguments of `go build`."""
    variables = " ".join(f"-X {name}={value}" for name, value in recipe.linked_variables)
    return [
        "build",
        "-v",
        *make_module_arguments(recipe),
        "-trimpath",
        "-buildvcs=false",  # otherwise every commit of this repository makes another executable
        "-pgo=off",
        f"-p={min(os.cpu_count() or 1, MAX_PARALLEL_COMPILERS)}",
        "-gcflags=all=-dwarf=false",  # nobody debugs these; saves time and a third of the build cache
        f"-ldflags=-s -w {variables}".rstrip(),
        f"-o={output}",
        recipe.package,
    ]


def make_module_arguments(recipe: Recipe) -> list[str]:
    """Return what makes Go use exactly the pinned modules."""
    return ["-mod=readonly", f"-modfile={recipe.modfile}"]


def run_go(go: str, recipe: Recipe, arguments: list[str], on_line: Callable[[str], None]) -> None:
    """Run Go in the recipe's folder, line by line; its compilers end with this call or with this process.

    Raises: BuildFailed.
    """
    scratch = Path(tempfile.mkdtemp(prefix="sentinelaura-build-"))
    with (
        ProcessGuard(scratch) as guard,
        subprocess.Popen(
            [go, *arguments],
            cwd=recipe.folder,
            env={**make_environment(), "GOTMPDIR": str(scratch)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=guard.group,
        ) as process,
    ):
        last = deque(follow_lines(process, on_line), maxlen=15)
    if process.returncode != 0:
        text = "\n".join(last)
        raise BuildFailed(
            f"`go {arguments[0]}` of {recipe.program} {recipe.version} ended with {process.returncode}; run it again "
            f"to resume, and see that the Go module proxy is reachable (`go env GOPROXY`). It said:\n{text}"
        )


def follow_lines(process: subprocess.Popen[str], on_line: Callable[[str], None]) -> Iterator[str]:
    """Yield the lines of a running process, each told to `on_line`; end it if the reader is interrupted."""
    assert process.stdout is not None
    try:
        for line in process.stdout:
            on_line(line.rstrip())
            yield line.rstrip()
    except BaseException:
        process.kill()
        raise


class Progress:
    """Counts what Go names and tells how far it is at regular intervals, also while Go says nothing: the link alone may
    take a minute. Use it as a context manager; `on_listed` and `on_built` may be called by the thread that runs Go.
    """

    def __init__(self, title: str, report: Report, interval_s: float) -> None:
        self._title = title
        self._report = report
        self._interval_s = interval_s
        self._started = time.monotonic()
        self._downloads = 0
        self._packages = 0
        self._compiled = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._tell_until_over, name="progress", daemon=True)

    def __enter__(self) -> Progress:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def on_listed(self, line: str) -> None:
        """Take note of a line of `go list`."""
        self._note_download(line)
        self._packages += not line.startswith(GO_REMARK)

    def on_built(self, line: str) -> None:
        """Take note of a line of `go build -v`."""
        self._note_download(line)
        self._compiled += not line.startswith(GO_REMARK)

    def describe(self) -> str:
        """Return how far the build is."""
        elapsed = f"{self._title}: {time.monotonic() - self._started:.0f} s"
        if not self._packages:  # named by `go list` once all modules are there
            return f"{elapsed}, {self._downloads} modules downloaded"
        return f"{elapsed}, {self._compiled} packages compiled, {self._packages} at most; the link comes last"

    def _note_download(self, line: str) -> None:
        self._downloads += line.startswith("go: downloading ")

    def _tell_until_over(self) -> None:
        while not self._is_over.wait(self._interval_s):
            self._report(f"  {self.describe()}")
