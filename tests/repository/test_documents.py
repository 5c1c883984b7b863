"""What the documents promise is there: linked files, the flags, and the README's command, which CI runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.config.catalogue import list_settings
from app.config.configuration import Configuration

ROOT = Path(__file__).parents[2]
TEST_COMMAND = "python3 bootstrap.py test"
LINK = re.compile(r"\]\((?!\w+:|#)(?P<path>[^)#\s]+)")


def documents() -> list[Path]:
    folders = ("docs", "tests", "resources", "packaging", "benchmarks")
    return [*ROOT.glob("*.md"), *(path for folder in folders for path in (ROOT / folder).rglob("*.md"))]


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    links = [match["path"] for match in LINK.finditer(document.read_text(encoding="utf-8"))]
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_ci_runs_the_command_that_the_readme_gives() -> None:
    assert TEST_COMMAND in (ROOT / "README.md").read_text(encoding="utf-8")
    assert TEST_COMMAND in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_page_of_commands_has_a_row_for_each_flag_with_its_variable() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(--\S+?)(?: [^`]+)?` \| `(\w+)` \|", page, re.MULTILINE)
    flags = [(one.flag, one.variable) for one in list_settings(Configuration) if one.flag is not None]
    assert sorted(rows) == sorted([*flags, ("--config", "SENTINELAURA_CONFIG")])
