"""The reports under docs/evidence/: what was run, of which commit, on what machine, and what came of it."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
EVIDENCE = ROOT / "docs" / "evidence"


def read_commit() -> str:
    """The commit of the checkout; empty where there is none."""
    return _ask("rev-parse", "HEAD")


def describe_commit() -> str:
    """The commit of the checkout, and whether it has been changed since."""
    commit = read_commit() or "unknown"
    return f"{commit}, with changes that are not committed" if _ask("status", "--porcelain") else commit


def _ask(*arguments: str) -> str:
    asked = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return asked.stdout.strip()


def write_report(name: str, title: str, lines: Iterable[str], *, commit: str, wall_s: float) -> Path:
    """Write `docs/evidence/<name>.md`; returns where it lies."""
    EVIDENCE.mkdir(exist_ok=True)
    path = EVIDENCE / f"{name}.md"
    now = datetime.now(UTC)
    head = [
        f"# {title}",
        "",
        f"Made by `python3 bootstrap.py prove {name}`; not written by hand.",
        "",
        f"- commit: {commit}",
        f"- date: {now:%Y-%m-%d}",
        f"- machine: {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}",
        f"- took {wall_s / 60:.1f} minutes",
        "",
    ]
    path.write_text("\n".join([*head, *lines, ""]), encoding="utf-8")
    return path


def format_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Lines of a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines]
