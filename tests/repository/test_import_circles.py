"""No module imports itself by way of others, imports for types included: each can be read after those below it."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("app", "controller", "gl", "oracle", "resources")


def read_modules() -> dict[str, ast.Module]:
    """Return name -> tree of every module of the source."""
    found = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def find_imports(tree: ast.Module, own: set[str]) -> set[str]:
    """Return the modules of ours that are imported, wherever in the file and for whatever purpose.

    `from package import name` is an import of the module `name` where that is one, else of the package.
    """
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name if name in own else node.module for name in names}
    return found & own


def find_circles(imports: dict[str, set[str]]) -> list[list[str]]:
    """Return every group of modules that reach one another. Source: Tarjan 1972, strongly connected components."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    circles: list[list[str]] = []

    def visit(name: str) -> None:
        number[name] = low[name] = len(number)
        path.append(name)
        for imported in sorted(imports[name]):
            if imported not in number:
                visit(imported)
                low[name] = min(low[name], low[imported])
            elif imported in path:
                low[name] = min(low[name], number[imported])
        if low[name] == number[name]:
            group = path[path.index(name) :]
            del path[path.index(name) :]
            if len(group) > 1 or name in imports[name]:
                circles.append(sorted(group))

    for name in imports:
        if name not in number:
            visit(name)
    return circles


def test_no_module_is_in_an_import_circle() -> None:
    trees = read_modules()
    own = set(trees)
    assert find_circles({name: find_imports(tree, own) for name, tree in trees.items()}) == []


def test_a_circle_is_found_however_long_it_is() -> None:
    imports = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"a", "e"}}
    assert find_circles(imports) == [["a", "b", "c"], ["e"]]


def test_an_import_for_types_counts() -> None:
    tree = ast.parse("if TYPE_CHECKING:\n    from app.window import layout\nfrom app.model.tone import Tone")
    own = {"app.window", "app.window.layout", "app.model", "app.model.tone"}
    assert find_imports(tree, own) == {"app.window.layout", "app.model.tone"}
