"""Holds the source to the import rules of ARCHITECTURE.md, and the pure core to its purity."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("app", "controller", "gl", "oracle", "resources")

#: What a module whose docstring says "Pure" may import besides its like: values in, values out, the same every time.
PURE_IMPORTS = {
    *("__future__", "abc", "collections", "dataclasses", "enum", "types", "typing"),
    *("array", "bisect", "copy", "functools", "heapq", "itertools", "operator"),
    *("datetime", "decimal", "fractions", "math", "statistics", "numpy", "pyrr", "msgspec"),
    *(
        "argparse",
        "base64",
        "csv",
        "difflib",
        "fnmatch",
        "hashlib",
        "hmac",
        "json",
        "re",
        "reprlib",
        "shlex",
        "string",
        "struct",
        "textwrap",
        "zlib",
    ),
    *("random", "tomllib", "unicodedata", "uuid"),
}
#: What these modules also offer, and a pure module may not touch: hidden clocks, dice and files.
IMPURE_USES = re.compile(
    r"\b(datetime\.(now|utcnow)|date\.today|uuid\.?[14]|random\.(?!Random\b)[a-z]\w*|np\.random\.(?!default_rng|Generator)\w+"
    r"|np\.(load|save|fromfile)|(?<![.\w])(open|print|input)\()"
)

#: A clock that stands still while the machine sleeps judges no Lease, no read, no price and no patience.
SLEEPING_CLOCKS = re.compile(r"\b(time\.(monotonic|perf_counter)(_ns)?|CLOCK_MONOTONIC)\b")
#: Modules in which nothing but the program's own work is measured; a window animates by it.
MAY_SLEEP = {
    *(
        "app.tracing",
        "app.engine.loop_lag",
        "controller.clusters.bounded_yaml",
        "oracle.store.server_watchdog",
    ),
    # Where no clock counts sleep; and clusters that sleep with the machine.
    *("oracle.foundation.clocks", "controller.simulation.simulated_fleet"),
}


def modules() -> list[Path]:
    return [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def own_modules() -> dict[str, Path]:
    return {module_name(path): path for path in modules()}


def pure_core() -> list[str]:
    return [name for name, path in own_modules().items() if re.search(r"\bPure\b", docstring(path))]


@cache
def imported_names(path: Path) -> set[str]:
    """Every module that the file may load, wherever in it the import stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def reachable(name: str, own: dict[str, Path]) -> set[str]:
    """The modules of ours that importing `name` loads, itself included."""
    found: set[str] = set()
    waiting = {name}
    while waiting:
        current = waiting.pop()
        found.add(current)
        waiting |= (imported_names(own[current]) & own.keys()) - found
    return found


def test_every_module_opens_with_its_purpose() -> None:
    assert [name for name, path in own_modules().items() if not docstring(path)] == []


def test_pure_modules_reach_no_clock_no_io_and_no_framework() -> None:
    own = own_modules()
    allowed = PURE_IMPORTS | set(FOLDERS)
    impure = {
        f"{name} reaches {imported} through {module}"
        for name in pure_core()
        for module in reachable(name, own)
        for imported in imported_names(own[module])
        if imported.partition(".")[0] not in allowed
    }
    assert impure == set()


def test_pure_modules_read_no_hidden_clock_and_roll_no_dice() -> None:
    own = own_modules()
    uses = {
        f"{name}: {match.group()}"
        for name in pure_core()
        for match in IMPURE_USES.finditer(
            ast.unparse(_without_texts(ast.parse(own[name].read_text("utf-8"))))
        )
    }
    assert uses == set()


def test_nothing_is_judged_by_a_clock_that_stands_still_in_sleep() -> None:
    uses = {
        name
        for name, path in own_modules().items()
        if not name.startswith(("app.hud.", "app.window.", "gl."))
        and SLEEPING_CLOCKS.search(ast.unparse(_without_texts(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert uses == MAY_SLEEP


def _without_texts(tree: ast.Module) -> ast.Module:
    """The code alone: what a docstring or a message says is not done."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return tree


def test_there_is_a_pure_core() -> None:
    assert {"oracle.quotes", "controller.contract.dry_run", "controller.migration.protocol.states"} <= set(
        pure_core()
    )


def test_what_answers_at_once_waits_for_no_numpy() -> None:
    """`--help` and `config show` load neither it nor anything that needs it; rules and prices do not need it."""
    modules = "app.__main__, app.commands.config, controller.decision.evaluation, controller.migration.protocol.gate"
    program = f"import sys, {modules}; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_every_folder_has_an_order_of_all_its_modules() -> None:
    """A new folder gets its list of layers, or nothing holds its arrows."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    ordered = {
        container
        for contract in contracts
        if contract["type"] == "layers" and contract.get("exhaustive")
        for container in contract["containers"]
    }
    folders = {name.rpartition(".")[0] for name in own_modules()} - {""}
    assert folders - ordered == set()


def test_imports_keep_the_rules() -> None:
    checker = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
        "--no-cache",
    ]
    result = subprocess.run(checker, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
