"""Mutants that nobody chose: mutmut changes every expression, one at a time, and the unit tests are to notice.

`controller/decision/` and `controller/migration/protocol/` are tried whole, each by its own unit tests; of the rest as
many as asked for are drawn by a seed. In `tests/mutants` stand single lines that must never go; this measures how much
goes unnoticed. mutmut works in a copy of the tree, and comes in an environment of its own (packaging/tools.py).
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.mutants.mutants import ROOT, copy_tree
from tests.proofs.report import format_table

#: mutmut's exit codes that say that the tests noticed: they failed, hung, or the process crashed.
_DIED = frozenset({1, 3, 36, -24, 24, 152, 255, -11, -9})
#: Nothing was run: no test comes by.
_UNREACHED = frozenset({5, 33})
#: How many are to die of each part.
WANTED_SHARE = 0.9


@dataclass(frozen=True)
class Part:
    """What is mutated (patterns of files) and by which tests it is judged.

    drawn: only that many of them. slow: tests that are asked only where the others notice nothing; one mutant that
    lives costs all their time.
    """

    title: str
    files: tuple[str, ...]
    tests: tuple[str, ...]
    drawn: int | None = None
    without: tuple[str, ...] = ()
    slow: tuple[str, ...] = ()


DECISION = Part(
    "decision",
    ("controller/decision/*.py",),
    ("tests/controller/decision",),
    slow=("tests/controller/decision/test_planning.py",),
)
PROTOCOL = Part(
    "migration/protocol", ("controller/migration/protocol/*.py",), ("tests/controller/migration/protocol",)
)


def name_rest(drawn: int) -> Part:
    """Return all else that has unit tests without a window."""
    whole = DECISION.files + PROTOCOL.files
    files = ("controller/**/*.py", "oracle/**/*.py", "app/model/*.py", "app/config/*.py", "gl/geometry/*.py")
    tests = ("tests/controller", "tests/oracle", "tests/app/model", "tests/app/config", "tests/gl/geometry")
    return Part(f"{drawn} of the rest", files, tests, drawn, whole)


@dataclass(frozen=True)
class Score:
    """What became of the mutants of one part. lived: mutmut's names of those that no test noticed."""

    part: Part
    died: int
    lived: tuple[str, ...]
    unreached: tuple[str, ...]

    @property
    def tried(self) -> int:
        return self.died + len(self.lived) + len(self.unreached)

    @property
    def share(self) -> float:
        """Of those that were tried, how many died; 0 where none was."""
        return self.died / self.tried if self.tried else 0.0


def measure(part: Part, seed: str, workers: int) -> Score:
    """Try the mutants of one part. Raises: subprocess.CalledProcessError where its tests fail without any."""
    fates = _try_mutants(part, seed, workers)
    if part.slow:
        left = sorted(name for name, code in fates.items() if code is not None and code not in _DIED)
        fates |= _try_mutants(replace(part, slow=()), seed, workers, left) if left else {}
    return count_fates(part, fates)


def _try_mutants(part: Part, seed: str, workers: int, chosen: Sequence[str] = ()) -> dict[str, int | None]:
    """Try those that are chosen, or all, or as many as are to be drawn; what became of each, None: not tried."""
    with copy_tree() as copy:
        with (copy / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write(_configure(part))
        if part.drawn is not None:
            _run(copy, workers, [_NOBODY])  # makes them all and tries none
            chosen = draw_names(_read_fates(copy), part.drawn, seed)
        _run(copy, workers, chosen)
        return {name: code for name, code in _read_fates(copy).items() if code is not None or not chosen}


#: A pattern that no mutant's name fits.
_NOBODY = "nobody"


def draw_names(fates: Mapping[str, int | None], count: int, seed: str) -> tuple[str, ...]:
    """Draw mutants, the same for the same seed."""
    names = sorted(fates)
    return tuple(sorted(random.Random(seed).sample(names, min(count, len(names)))))


def count_fates(part: Part, fates: Mapping[str, int | None]) -> Score:
    """Sort mutants by what mutmut's exit codes say; None was not tried, and any other code is no death."""
    tried = {name: code for name, code in fates.items() if code is not None}
    died = sum(code in _DIED for code in tried.values())
    unreached = tuple(sorted(name for name, code in tried.items() if code in _UNREACHED))
    lived = tuple(sorted(name for name, code in tried.items() if code not in _DIED | _UNREACHED))
    return Score(part, died, lived, unreached)


def describe_scores(scores: Iterable[Score]) -> list[str]:
    """Return the lines of the report: a row for each part, then what lived, module by module."""
    scores = list(scores)
    rows = [
        (one.part.title, one.tried, one.died, len(one.lived), len(one.unreached), f"{100 * one.share:.1f} %")
        for one in scores
    ]
    lines = format_table(("part", "mutants", "died", "lived", "no test comes by", "died, share"), rows)
    for one in scores:
        lines += ["", f"## Not noticed in {one.part.title}", "", *_list_by_module(one)]
    return lines


def _list_by_module(score: Score) -> list[str]:
    lived, unreached = Counter(map(_function_of, score.lived)), Counter(map(_function_of, score.unreached))
    rows = [(name, lived[name], unreached[name]) for name in sorted(lived | unreached)]
    return format_table(("function", "lived", "no test comes by"), rows) if rows else ["Nothing."]


def _function_of(name: str) -> str:
    """`controller.x.xǁClassǁmethod__mutmut_3` is of `controller.x.Class.method`."""
    module, _, function = name.partition("__mutmut_")[0].rpartition(".")
    return f"{module}.{function.removeprefix('x_').removeprefix('xǁ').replace('ǁ', '.')}"


def _configure(part: Part) -> str:
    names = {
        "source_paths": ("app", "controller", "gl", "oracle", "resources"),
        "also_copy": ("tests", "benchmarks", "packaging", "bootstrap.py"),
        "only_mutate": part.files,
        "do_not_mutate": part.without,
        "pytest_add_cli_args_test_selection": part.tests,
        "pytest_add_cli_args": (
            "-p",
            "no:cacheprovider",
            "--hypothesis-seed=0",
            *(f"--deselect={one}" for one in part.slow),
        ),
    }
    lines = [f"{name} = {json.dumps(values)}" for name, values in names.items() if values]
    return "\n".join(("", "[tool.mutmut]", *lines, ""))


def _run(copy: Path, workers: int, names: Sequence[str]) -> None:
    tools = [sys.executable, str(ROOT / "packaging" / "tools.py"), "mutation"]
    python = subprocess.run(tools, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    command = [python, "-m", "mutmut", "run", "--max-children", str(workers), *names]
    # The tests need what is installed beside us; mutmut itself is not installed there.
    environment = {**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")}
    with (copy / "mutmut.log").open("wb") as log:
        done = subprocess.run(command, cwd=copy, env=environment, stdout=log, stderr=log, check=False)
    if done.returncode and names != [_NOBODY]:
        print((copy / "mutmut.log").read_text(encoding="utf-8", errors="replace")[-4000:], file=sys.stderr)
        done.check_returncode()


def _read_fates(copy: Path) -> dict[str, int | None]:
    fates: dict[str, int | None] = {}
    for path in (copy / "mutants").rglob("*.meta"):
        fates |= json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    return fates
