"""The names of a history's files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class HistoryFiles:
    """Where a history stands: the database, its key, and the ledger that an earlier version may have left.

    first_key: what the key will be where there is none yet; None: a random one.
    """

    database: Path
    key: Path
    old_ledger: Path
    first_key: bytes | None = field(default=None, repr=False)

    @classmethod
    def in_folder(cls, folder: Path, prefix: str = "", first_key: bytes | None = None) -> HistoryFiles:
        """Return the usual names; `prefix` tells several histories in one folder apart, which share the key."""
        return cls(
            folder / f"{prefix}history.db",
            folder / "history.key",
            folder / f"{prefix}ledger.jsonl",
            first_key,
        )
