"""Holds the import rules, and the list of pure modules, in step with the source."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("app", "controller", "gl", "oracle", "resources")


def modules() -> list[Path]:
    return [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def pure_core() -> list[str]:
    """The modules that the import-linter contract names."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = [c for c in config["tool"]["importlinter"]["contracts"] if "pure core" in c["name"]]
    return contract["source_modules"]


@pytest.mark.parametrize("path", modules(), ids=module_name)
def test_module_opens_with_its_purpose(path: Path) -> None:
    assert docstring(path)


def test_modules_that_call_themselves_pure_are_those_that_are_checked() -> None:
    says_pure = {module_name(path) for path in modules() if re.search(r"\bPure\b", docstring(path))}
    assert says_pure == set(pure_core())


def test_imports_keep_the_rules() -> None:
    checker = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
        "--no-cache",
    ]
    result = subprocess.run(checker, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
