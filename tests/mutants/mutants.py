"""One line of the program changed at a time, and whether the tests that guard the line see it.

The lists are data, one for each package, at its path under `lists/`. A mutant is applied to a copy of the tree, never
to the tree itself. One whose line is no longer there is an error of the list: it is adapted with the code, or deleted
with the line.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ROOT = Path(__file__).parents[2]
LISTS = Path(__file__).with_name("lists")

#: What the tests of a mutant need of the tree.
COPIED = (
    "app",
    "benchmarks",
    "controller",
    "gl",
    "oracle",
    "packaging",
    "resources",
    "tests",
    "pyproject.toml",
    "bootstrap.py",
)

#: How long one test may take, and all of a mutant, seconds: one that waits for ever is found by that.
HANG_S = 60
PATIENCE_S = 300.0


@dataclass(frozen=True)
class Mutant:
    """`old` stands exactly once in `file` and becomes `new`; `tests` are pytest's own names, `why` is for people."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    why: str


class Fate(StrEnum):
    """What became of a mutant."""

    DIED = "died"
    LIVED = "lived"
    #: The tests could not be run at all: a mutant that does not even import, a test that is not there.
    BROKEN = "broken"


@dataclass(frozen=True)
class Verdict:
    """One mutant's fate, the last lines of pytest, and how long it took."""

    mutant: Mutant
    fate: Fate
    output: str
    seconds: float


class OutdatedMutant(Exception):
    """The line that a mutant changes is not there, or is there twice."""

    def __init__(self, mutant: Mutant, count: int) -> None:
        super().__init__(f"{mutant.name}: its line stands {count} times in {mutant.file}, not once")


class StrayMutant(Exception):
    """A mutant stands in the list of another package than the one that it changes."""

    def __init__(self, mutant: Mutant, package: str) -> None:
        super().__init__(f"{mutant.name}: it changes {mutant.file}, and stands in the list of {package}")


def load_mutants(lists: Path = LISTS) -> tuple[Mutant, ...]:
    """All mutants, package by package. Raises: StrayMutant."""
    return tuple(mutant for path in sorted(lists.rglob("*.toml")) for mutant in _load_list(path, lists))


def _load_list(path: Path, lists: Path) -> Iterator[Mutant]:
    package = path.relative_to(lists).with_suffix("").as_posix()
    for one in tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]:
        mutant = Mutant(**{**one, "tests": tuple(one["tests"])})
        if Path(mutant.file).parent.as_posix() != package:
            raise StrayMutant(mutant, package)
        yield mutant


def mutate(mutant: Mutant, root: Path) -> str:
    """The text of the mutant's file with its line changed. Raises: OutdatedMutant."""
    path = root / mutant.file
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    count = text.count(mutant.old)
    if count != 1:
        raise OutdatedMutant(mutant, count)
    return text.replace(mutant.old, mutant.new)


def draw_mutants(mutants: Iterable[Mutant], seed: str, count: int) -> tuple[Mutant, ...]:
    """Some mutants, others for each seed and the same for the same one: with the commits, all get their turn."""

    def rank(mutant: Mutant) -> str:
        return hashlib.sha256(f"{seed}/{mutant.name}".encode()).hexdigest()

    return tuple(sorted(mutants, key=rank)[:count])


@contextmanager
def copy_tree() -> Iterator[Path]:
    """A copy of the tree in which mutants may be applied, for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as directory:
        copy = Path(directory)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                # With what was compiled: a copy keeps its time, so it is still valid, and a mutant's is not.
                shutil.copytree(source, copy / name)
            else:
                shutil.copy2(source, copy / name)
        yield copy


def try_mutant(mutant: Mutant, copy: Path) -> Verdict:
    """Apply one mutant to the copy, run its tests, and take it back. Raises: OutdatedMutant."""
    path = copy / mutant.file
    original = path.read_text(encoding="utf-8")
    path.write_text(mutate(mutant, copy), encoding="utf-8")
    began_at = time.monotonic()
    try:
        code, output = run_tests(mutant.tests, copy)
    finally:
        path.write_text(original, encoding="utf-8")
    fates = {0: Fate.LIVED, 1: Fate.DIED}
    return Verdict(mutant, fates.get(code, Fate.BROKEN), output, time.monotonic() - began_at)


def run_tests(tests: Sequence[str], copy: Path) -> tuple[int, str]:
    """Run pytest on the copy; returns its exit code (1 also where it had to be ended) and its last lines."""
    # The same examples every time: a property that another example breaks is no mutant's doing.
    options = ["-q", "-x", "--no-header", "--tb=line", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
    options += ["-o", f"timeout={HANG_S}"]
    # The virtual environment points at the real tree: the copy has to come first.
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", *options, *tests]
    try:
        done = subprocess.run(
            command,
            cwd=copy,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 1, f"nothing was over after {PATIENCE_S:.0f} s"
    return done.returncode, "\n".join(done.stdout.strip().splitlines()[-8:])
