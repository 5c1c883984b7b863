"""How requests name themselves in a cluster's audit log: program, version, and the migration that they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: Of this program, as in pyproject.toml: a frozen program has no metadata of a package to ask.
VERSION = "0.1.0"

#: The migration whose task sends the requests; None where they belong to none. Tasks hand it on to those they start.
MIGRATION: ContextVar[str | None] = ContextVar("migration", default=None)


@contextmanager
def naming(migration_id: str) -> Iterator[None]:
    """Let all requests that are sent within the block name this migration."""
    token = MIGRATION.set(migration_id)
    try:
        yield
    finally:
        MIGRATION.reset(token)


def make_user_agent(name: str) -> str:
    """Return the header's value, by which an audit log is joined with our history."""
    migration = MIGRATION.get()
    return f"{name}/{VERSION}" if migration is None else f"{name}/{VERSION} (migration {migration})"
