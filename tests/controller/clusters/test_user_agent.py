"""A cluster's audit log tells which migration sent a request."""

from __future__ import annotations

import tomllib
from contextvars import copy_context
from pathlib import Path

from controller.clusters.user_agent import MIGRATION, VERSION, make_user_agent

PROJECT = Path(__file__).resolve().parents[3] / "pyproject.toml"


def test_requests_of_a_migration_name_it() -> None:
    def in_its_task() -> str:
        MIGRATION.set("m-1")
        return make_user_agent("sentinelaura")

    assert copy_context().run(in_its_task) == f"sentinelaura/{VERSION} (migration m-1)"
    assert make_user_agent("sentinelaura") == f"sentinelaura/{VERSION}"


def test_the_version_is_that_of_the_program() -> None:
    assert tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"] == VERSION
